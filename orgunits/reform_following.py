"""What follows a whole reform: one choice for each section, not for each row, kept on every act that ends units.

1. ``counted``, in the dry run: how much hangs on the units that would end, in a few statements.
2. ``keep``, in the transaction of the import: the choices go to the acts, and nothing is done yet.
3. ``following.carry_out_due`` does it act by act; ``progress`` says how far it is, ``try_again`` what had failed.
4. ``take_up``: what was left for later is done as proposed after all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orgunits import audit, following
from orgunits.following import PROPOSED
from orgunits.models import OrgUnit, Placement, Reform, Reorganisation, ReorganisationUnit, User
from orgunits.transitions import Conflict

LEFT: Final = "left"  # stays as it is until a person decides
CHOICES: Final = ((PROPOSED, "Theo đề nghị của hệ thống"), (LEFT, "Để nguyên, quyết định sau"))
TOLD: Final = 50  # lines of what failed and of what was left over that the page names
BATCH: Final = 500


def ended_by(acts: QuerySet[Reorganisation]) -> QuerySet[OrgUnit]:
    """The units that these written acts of one day end."""
    origins = ReorganisationUnit.objects.filter(
        reorganisation__in=acts.filter(act__in=Reorganisation.ENDING), part=ReorganisationUnit.Part.ORIGIN
    )
    goes_on = Placement.objects.filter(org_unit=OuterRef("org_unit"), valid_to__isnull=True)
    return OrgUnit.objects.filter(pk__in=origins.exclude(Exists(goes_on)).values("org_unit"))


def counted(reform: Reform) -> list[dict[str, Any]]:
    """By section what there is to ask about; the acts are written. Sections with nothing are left out."""
    units = ended_by(Reorganisation.objects.filter(reform=reform))
    ended = units.count()
    found = []
    for section in following.sections() if ended else []:
        sizes = [size for size in section.counted(units, reform.effective_on) if size.number]
        if sizes:
            found.append({"key": section.key, "ended": ended, "sizes": [[size.label, size.number] for size in sizes]})
    return found


def titles(keys: Iterable[str]) -> list[str]:
    wanted = set(keys)
    return [section.title for section in following.sections() if section.key in wanted]


def told(rule: Mapping[str, str]) -> list[str]:
    """The choices in words, for the audit trail."""
    return [f"{choice.title}: {choice.words}" for choice in _choices(rule)]


def keep(reform: Reform, rule: Mapping[str, str]) -> None:
    """Write the choices on the acts that end units. Where all is left for later there is nothing to wait for."""
    if rule:
        done_at = None if PROPOSED in rule.values() else timezone.now()
        ending = Reorganisation.objects.filter(reform=reform, act__in=Reorganisation.ENDING)
        ending.update(follow_up={"rule": dict(rule)}, followed_up_at=done_at)


@dataclass(frozen=True)
class Choice:
    """What was chosen for one section."""

    key: str
    title: str
    words: str
    is_left: bool


@dataclass(frozen=True)
class Progress:
    """How far it is with what follows; ``failed`` are acts that a person has to look at."""

    total: int
    done: int
    failed: list[Reorganisation]
    failed_count: int
    left_over: list[dict[str, Any]]
    has_more_left: bool
    choices: list[Choice]

    @property
    def waits(self) -> bool:
        return self.done + self.failed_count < self.total


def progress(reform: Reform) -> Progress:
    acts = Reorganisation.objects.filter(reform=reform).standing().exclude(follow_up={}).order_by("pk")
    failing = Q(followed_up_at__isnull=True) & ~Q(follow_up_error="")
    sizes = acts.order_by().aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(followed_up_at__isnull=False)),
        failed=Count("pk", filter=failing),
        left=Count("pk", filter=Q(follow_up__has_key="left")),
    )
    first = acts.first()
    left = _left_over(acts) if sizes["left"] else []
    failed = acts.filter(failing).select_related("org_unit").prefetch_related("org_unit__placements")
    return Progress(
        sizes["total"],
        sizes["done"],
        list(failed[:TOLD]) if sizes["failed"] else [],
        sizes["failed"],
        left[:TOLD],
        len(left) > TOLD,
        _choices(first.follow_up.get("rule", {})) if first else [],
    )


def _left_over(acts: QuerySet[Reorganisation]) -> list[dict[str, Any]]:
    """Of the first acts that left something over, one more than are told; each of them has at least one line."""
    rows = acts.filter(follow_up__has_key="left").values_list("follow_up", flat=True)[: TOLD + 1]
    return [row for kept in rows for found in kept["left"].values() for row in found]


def _choices(rule: Mapping[str, str]) -> list[Choice]:
    words = dict(CHOICES)
    return [
        Choice(section.key, section.title, words[rule[section.key]], is_left=rule[section.key] == LEFT)
        for section in following.sections()
        if section.key in rule
    ]


@transaction.atomic
def try_again(reform: Reform, *, by: User) -> int:
    """Let the acts wait again whose following had failed; Conflict where there are none any more."""
    failing = Reorganisation.objects.filter(reform=reform).unfollowed().exclude(follow_up_error="")
    count = failing.update(follow_up_error="", follow_up_tries=0)
    if not count:
        raise Conflict("Không còn việc kèm theo nào bị lỗi: chúng đã được làm, hoặc người khác đã bấm thử lại.")
    audit.record("reform.follow_again", reform, by=by, count=count)
    return count


@transaction.atomic
def take_up(reform: Reform, key: str, *, by: User) -> None:
    """Do after all what the system proposes for a section that was left for later."""
    acts = Reorganisation.objects.filter(reform=reform).standing().exclude(follow_up={})
    taken = []
    for act in acts.select_for_update().order_by("pk"):
        if act.follow_up.get("rule", {}).get(key) == LEFT:
            act.follow_up["rule"][key] = PROPOSED
            act.followed_up_at, act.follow_up_error, act.follow_up_tries = None, "", 0
            taken.append(act)
    if not taken:  # also for a key that there is none of
        raise Conflict("Phần này không còn chờ quyết định: người khác đã chọn, hoặc đợt sắp xếp đã được hủy.")
    fields = ["follow_up", "followed_up_at", "follow_up_error", "follow_up_tries"]
    Reorganisation.objects.bulk_update(taken, fields, batch_size=BATCH)
    audit.record("reform.take_up", reform, by=by, section=titles([key])[0])
