"""A unit's letterheads by dates: a new one from a day on, changes to the one in use, and those of the sample."""

import datetime
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from orgunits import audit, roles
from orgunits.models import OrgUnit, Role, User
from orgunits.transitions import Conflict
from plans.models import Letterhead, NumberSeries, Signer
from plans.official.blocks import PARTY
from plans.official.letterhead import style_of

DATA = Path(__file__).parent / "data" / "letterheads.toml"

TEXTS: Final = (
    "superior_line", "issuer_line", "body_code", "drafting_code", "place_name", "signing_authority", "signer_post",
    "signer_name", "recipients",
)  # fmt: skip
SETTINGS: Final = ("numbers_by_type", "has_verify_code")
IMAGES: Final = ("signature_image", "seal_image")
CHANGED: Final = (
    "Mẫu văn bản này vừa được người khác sửa, nên phần bạn ghi chưa được lưu. Hãy xem lại rồi bấm lưu lần nữa."
)


@dataclass(frozen=True)
class Picture:
    """What becomes of a stored picture: a new one, none any more, or (neither) it stays."""

    new: ContentFile | None = None
    is_removed: bool = False


@dataclass(frozen=True)
class SignerRow:
    """One further signer as typed; ``pk`` names the row of the letterhead that the page showed."""

    pk: int | None
    authority: str
    post: str
    name: str
    picture: Picture = Picture()


@dataclass(frozen=True)
class Typed:
    """A whole letterhead as an administrator typed it: texts and settings, pictures by field, signers in order."""

    values: dict[str, Any]
    pictures: dict[str, Picture] = field(default_factory=dict)
    signers: Sequence[SignerRow] = ()


# --- who -------------------------------------------------------------------------------------------------------------
def may_see_images(user: User, unit: OrgUnit, *, on: datetime.date) -> bool:
    """Whether the user may see hand and seal: the unit's administrators, and those who sign for this very unit."""
    signs = user.role_assignments.as_of(on).filter(role=Role.APPROVER, org_unit=unit)
    return signs.exists() or roles.may(user, Role.ADMINISTRATOR, unit, on=on)


# --- what is there ---------------------------------------------------------------------------------------------------
def last_letterhead(unit: OrgUnit) -> Letterhead | None:
    """Return the letterhead that begins last, the one that a new one follows."""
    return unit.letterheads.order_by("-valid_from").first()


def is_open(letterhead: Letterhead, *, on: datetime.date) -> bool:
    """Whether it may still be changed: documents of days that have passed keep what they had."""
    return letterhead.valid_to is None or letterhead.valid_to > on


def stamp(letterhead: Letterhead | None) -> str:
    """Return a mark of everything that the letterhead says now; a page that shows another mark is stale."""
    if letterhead is None:
        return ""
    data = [letterhead.pk, str(letterhead.valid_from), _content(letterhead)]
    data += [[each.pk, _signer_content(each)] for each in letterhead.signers.order_by("order", "pk")]
    return hashlib.sha256(json.dumps(data, ensure_ascii=False).encode()).hexdigest()[:32]


def _content(letterhead: Letterhead) -> dict[str, Any]:
    values = {name: getattr(letterhead, name) for name in (*TEXTS, *SETTINGS)}
    return values | {name: getattr(letterhead, name).name or "" for name in IMAGES}


def _signer_content(signer: Signer) -> list[str]:
    return [signer.authority, signer.post, signer.name, signer.signature_image.name or ""]


def numbering_fault(unit: OrgUnit, *, by_type: bool, on: datetime.date) -> str:
    """Return why the unit cannot number this way from ``on``: numbers of that year or later were given the other way.

    The Party numbers by type and term in any case (HD 05-HD/VPTW), so nothing stands against it there.
    """
    if style_of(unit) == PARTY:
        return ""
    given = NumberSeries.objects.filter(org_unit=unit, year__gte=on.year, last__gt=0)
    other = given.filter(type_code="") if by_type else given.exclude(type_code="")
    year = other.order_by("-year").values_list("year", flat=True).first()
    if year is None:
        return ""
    way = "chung một dãy số" if by_type else "riêng từng loại"
    return (
        f"Năm {year} đơn vị đã cấp số {way}; đổi giữa năm thì số bị trùng. "
        f"Hãy giữ cách đánh số này và thêm mẫu mới từ ngày 01/01/{year + 1}."
    )


# --- changes ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def begin(unit: OrgUnit, typed: Typed, *, valid_from: datetime.date, seen: str, by: User) -> Letterhead:
    """Give the unit a new letterhead from a day on.

    1. Hold the unit's row; a page that did not show the letterhead that is the last now is stale (Conflict).
    2. The new one begins after the last one began (ValidationError otherwise), which ends on that day.
    3. Pictures and signers that were not replaced come along.
    """
    _lock(unit)
    last = last_letterhead(unit)
    if stamp(last) != seen:
        raise Conflict(CHANGED)
    if last and valid_from <= last.valid_from:
        raise ValidationError(
            {"valid_from": f"Ngày bắt đầu phải sau ngày {last.valid_from:%d/%m/%Y}, ngày bắt đầu của mẫu trước."}
        )
    if last and (last.valid_to is None or last.valid_to > valid_from):
        last.valid_to = valid_from
        last.save(update_fields=["valid_to"])
    made = Letterhead(org_unit=unit, valid_from=valid_from, **typed.values)
    _put_pictures(made, typed.pictures, before=last)
    made.save(force_insert=True)
    _write_signers(made, typed.signers, before=_signers_by_pk(last))
    audit.record("letterhead.begin", made, by=by, org_unit=unit, valid_from=valid_from.isoformat())
    return made


@transaction.atomic
def change(letterhead: Letterhead, typed: Typed, *, seen: str, on: datetime.date, by: User) -> bool:
    """Change a letterhead that has not ended; False when nothing differs from what is stored.

    Raises Conflict when it ended, or when somebody changed it since the page with the mark ``seen`` was opened.
    """
    _lock(letterhead.org_unit)
    stored = Letterhead.objects.filter(pk=letterhead.pk).first()
    if stored is None or stamp(stored) != seen:
        raise Conflict(CHANGED)
    require_open(stored, on=on)
    before, before_signers, files = _content(stored), _stored_labels(stored), _file_names(stored)
    for name, value in typed.values.items():
        setattr(stored, name, value)
    _put_pictures(stored, typed.pictures, before=stored)
    stored.save(update_fields=[*typed.values, *IMAGES])
    _write_signers(stored, typed.signers, before=_signers_by_pk(stored))
    if stamp(stored) == seen:
        return False
    changes = _differences(before, _content(stored))
    if before_signers != _stored_labels(stored):
        changes["signers"] = [before_signers, _stored_labels(stored)]
    audit.record("letterhead.change", stored, by=by, org_unit=stored.org_unit, **_audited(changes, before, stored))
    _forget(files - _file_names(stored))
    return True


@transaction.atomic
def remove_coming(letterhead: Letterhead, *, on: datetime.date, by: User) -> None:
    """Take back a letterhead whose first day has not come; the one before it goes on.

    Raises Conflict when that day has come or it is gone already.
    """
    unit = letterhead.org_unit
    _lock(unit)
    stored = unit.letterheads.filter(pk=letterhead.pk, valid_from__gt=on).first()
    if stored is None:
        raise Conflict("Mẫu văn bản này đã được bỏ, hoặc đã đến ngày dùng nên không bỏ được nữa.")
    files = _file_names(stored)
    audit.record("letterhead.remove", stored, by=by, org_unit=unit, valid_from=stored.valid_from.isoformat())
    unit.letterheads.filter(valid_to=stored.valid_from).update(valid_to=stored.valid_to)
    stored.delete()
    _forget(files)


def require_open(letterhead: Letterhead, *, on: datetime.date) -> None:
    """Raise Conflict unless the letterhead may still be changed."""
    if letterhead.valid_to is not None and not is_open(letterhead, on=on):
        raise Conflict(
            f"Mẫu này chỉ dùng đến trước ngày {letterhead.valid_to:%d/%m/%Y} nên không sửa được nữa. "
            "Hãy sửa mẫu đang dùng hoặc thêm mẫu mới."
        )


def _lock(unit: OrgUnit) -> None:
    OrgUnit.objects.select_for_update().get(pk=unit.pk)


# --- pictures and signers --------------------------------------------------------------------------------------------
def _put_pictures(letterhead: Letterhead, pictures: Mapping[str, Picture], *, before: Letterhead | None) -> None:
    for name in IMAGES:
        kept = getattr(before, name).name if before else ""
        _put(getattr(letterhead, name), pictures.get(name, Picture()), kept=kept)


def _put(target: Any, picture: Picture, *, kept: str | None) -> None:
    if picture.new is not None:
        target.save(picture.new.name, picture.new, save=False)
    else:
        setattr(target.instance, target.field.attname, "" if picture.is_removed else kept or "")


def _signers_by_pk(letterhead: Letterhead | None) -> dict[int, Signer]:
    return {signer.pk: signer for signer in letterhead.signers.all()} if letterhead else {}


def _write_signers(letterhead: Letterhead, rows: Sequence[SignerRow], *, before: Mapping[int, Signer]) -> None:
    """Make the further signers what was typed: known rows of this letterhead stay rows, others are written anew."""
    kept = set()
    for order, row in enumerate(rows, start=1):
        known = before.get(row.pk or 0)
        is_own = known is not None and known.letterhead_id == letterhead.pk
        signer = known if known is not None and is_own else Signer(letterhead=letterhead)
        picture = known.signature_image.name if known else ""
        signer.order, signer.authority, signer.post, signer.name = order, row.authority, row.post, row.name
        _put(signer.signature_image, row.picture, kept=picture)
        signer.save()
        kept.add(signer.pk)
    letterhead.signers.exclude(pk__in=kept).delete()


def signer_labels(signers: Iterable[Signer]) -> str:
    """Return the signers in one line, as the audit and a person who was too late read them."""
    return "; ".join(" ".join(f"{each.authority} {each.post} {each.name}".split()) for each in signers)


def _stored_labels(letterhead: Letterhead) -> str:
    return signer_labels(letterhead.signers.order_by("order", "pk"))


def _file_names(letterhead: Letterhead) -> set[str]:
    fields = [getattr(letterhead, name) for name in IMAGES]
    fields += [signer.signature_image for signer in letterhead.signers.all()]
    return {each.name for each in fields if each.name}


def _forget(names: Iterable[str]) -> None:
    """Delete pictures that no letterhead of any day holds any more, once the change is certain."""
    storage = Letterhead._meta.get_field("seal_image").storage
    for name in names:
        held = (
            Letterhead.objects.filter(seal_image=name).exists()
            or Letterhead.objects.filter(signature_image=name).exists()
            or Signer.objects.filter(signature_image=name).exists()
        )
        if not held:
            transaction.on_commit(partial(storage.delete, name))


# --- the audit -------------------------------------------------------------------------------------------------------
def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [before[name], after[name]] for name in (*TEXTS, *SETTINGS) if before[name] != after[name]}


def _audited(changes: dict[str, Any], before: Mapping[str, Any], stored: Letterhead) -> dict[str, Any]:
    """What the audit row says: texts before and after; of pictures only which were changed."""
    if "recipients" in changes:
        changes["copies"] = changes.pop("recipients")
    pictures = [name for name in IMAGES if before[name] != (getattr(stored, name).name or "")]
    return {"changes": changes, "changed": pictures}


# --- the sample ------------------------------------------------------------------------------------------------------
@transaction.atomic
def load_letterheads(units: Mapping[str, OrgUnit], *, valid_from: datetime.date) -> None:
    """Give each sample unit its letterhead; a unit that has one keeps it."""
    rows = tomllib.loads(DATA.read_text(encoding="utf-8"))["letterhead"]
    for key, unit in units.items():
        row = next((row for row in rows if any(fnmatch(key, pattern) for pattern in row["units"])), None)
        if row is None or unit.letterheads.exists():
            continue
        values = {field: text.replace("{NAME}", unit.name.upper()) for field, text in row.items() if field != "units"}
        Letterhead.objects.create(org_unit=unit, valid_from=valid_from, **values)
