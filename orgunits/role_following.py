"""The roles of the people of a unit that ends: they end with it, or pass to a successor from the same day."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet

from orgunits import audit
from orgunits.following import SUCCESSOR, End, Option, Question, Section, Size, left_over, successor_options
from orgunits.models import OrgUnit, RoleAssignment, User
from orgunits.models.people import RoleAssignmentQuerySet

END = "end"
CHANGED = "Vai trò vừa được người khác sửa."


class RoleSection(Section):
    key = "roles"
    order = 10
    title = "Vai trò của người ở đơn vị kết thúc"
    lead = "Vai trò kết thúc cùng đơn vị, hoặc chuyển sang đơn vị kế thừa từ ngày có hiệu lực."
    proposal = (
        "Nơi kế thừa là một đơn vị duy nhất và chưa có ai giữ vai trò thì vai trò chuyển sang đơn vị đó. Mọi vai trò "
        "khác kết thúc cùng đơn vị."
    )

    def counted(self, units: QuerySet[OrgUnit], on: datetime.date) -> list[Size]:
        lasting = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), org_unit__in=units)
        sizes = lasting.aggregate(roles=Count("pk"), people=Count("user", distinct=True))
        return [Size("vai trò", sizes["roles"]), Size("người giữ vai trò", sizes["people"])]

    def questions(self, end: End) -> list[Question]:
        heir = end.only_successor
        passes = heir is not None and not _lasting(heir, end.on).exists()  # nobody would act for the new unit
        found = []
        for held in _lasting(end.unit, end.on):
            options = [Option(END, f"Kết thúc sau ngày {end.last_day:%d/%m/%Y}")]
            if held.delegated_by_id is None:
                options += successor_options(end, "Chuyển sang {}")
            words = held.get_role_display() + (" (được ủy quyền)" if held.delegated_by_id else "")
            first = options[-1].value if passes else END
            found.append(Question(f"role-{held.pk}", str(held.user), f"{words}, {end.unit}", options, first))
        return found

    def carry_out(self, end: End, answers: Mapping[str, str], *, by: User | None) -> list[dict[str, Any]]:
        done = []
        for held in _lasting(end.unit, end.on):
            answer = answers.get(f"role-{held.pk}", "")
            if not answer:
                continue
            before, ends_on = held.valid_to, max(end.on, held.valid_from)
            same = RoleAssignment.objects.filter(pk=held.pk, valid_to=before)
            if not same.update(valid_to=ends_on):
                done.append(left_over(str(held.user), f"{held.get_role_display()}, {end.unit}", CHANGED))
                continue
            audit.record(
                "role.end", held.user, by=by, org_unit=end.unit, role=held.role, valid_to=ends_on.isoformat(),
            )  # fmt: skip
            heir = end.successor(answer) if answer.startswith(SUCCESSOR) else None
            given = _give(held, heir, since=ends_on, until=before, by=by) if heir else None
            done.append({
                "role": held.pk, "before": before and before.isoformat(), "after": ends_on.isoformat(),
                "given": given and given.pk,
            })  # fmt: skip
        return done

    def undo(self, done: list[dict[str, Any]], *, by: User | None, on: datetime.date) -> None:
        for row in done:
            for given in RoleAssignment.objects.filter(pk=row["given"]).select_related("org_unit", "user"):
                ends_on = max(given.valid_from, on)
                lasts = Q(valid_to__isnull=True) | Q(valid_to__gt=ends_on)
                if RoleAssignment.objects.filter(lasts, pk=given.pk).update(valid_to=ends_on):
                    audit.record(
                        "role.end", given.user, by=by, org_unit=given.org_unit, role=given.role,
                        valid_to=ends_on.isoformat(),
                    )  # fmt: skip
            held = RoleAssignment.objects.filter(pk=row["role"], valid_to=row["after"])
            if held.update(valid_to=row["before"]):
                back = RoleAssignment.objects.select_related("org_unit", "user").get(pk=row["role"])
                audit.record("role.give_back", back.user, by=by, org_unit=back.org_unit, role=back.role)


def _lasting(unit: OrgUnit, on: datetime.date) -> RoleAssignmentQuerySet:
    """Roles on the unit that hold on the day or begin later; one that never holds is left alone."""
    lasting = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), org_unit=unit)
    return lasting.select_related("user").order_by("role", "user__sort_name", "pk")


def _give(
    held: RoleAssignment, heir: OrgUnit, *, since: datetime.date, until: datetime.date | None, by: User | None
) -> RoleAssignment | None:
    """The same role on the successor, unless the person has it there in that time."""
    later = Q() if until is None else Q(valid_from__lt=until)
    same = RoleAssignment.objects.filter(user=held.user_id, org_unit=heir, role=held.role, delegated_by__isnull=True)
    if same.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=since), later).exists():
        return None
    given = RoleAssignment.objects.create(
        user=held.user, org_unit=heir, role=held.role, valid_from=since, valid_to=until
    )
    audit.record("role.give", held.user, by=by, org_unit=heir, role=held.role, valid_from=since.isoformat())
    return given
