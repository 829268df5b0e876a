"""Does what a checked workbook of units says, in the transaction in which it was checked."""

import datetime
from collections import defaultdict
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError

from orgunits import appointments, audit, new_units, reorganisation
from orgunits.models import Invitation, OrgUnit, RoleAssignment, User, WorkbookImport
from orgunits.placing import BATCH, batches
from orgunits.transitions import Conflict
from orgunits.unit_book_units import Act, Key, UnitPlan
from orgunits.vietnamese import person_sort_key, without_marks
from orgunits.workbook_plan import Rejected
from orgunits.workbook_table import error

WHOLE_FROM: Final = 200  # acts from which it is quicker to read the whole tree at once
SHEET: Final = "Đơn vị"


def carry_out(plan: UnitPlan, *, by: User, on: datetime.date, file: WorkbookImport) -> None:
    """Units, then people, then roles; raises Rejected with what an act refused."""
    _Writing(plan, by=by, on=on, file=file).run()


class _Writing:
    def __init__(self, plan: UnitPlan, *, by: User, on: datetime.date, file: WorkbookImport) -> None:
        self.plan, self.by, self.on, self.file = plan, by, on, file
        self.units: dict[int, OrgUnit] = {}
        self.new: dict[Key, OrgUnit] = {}

    def run(self) -> None:
        self._load()
        by_order: dict[tuple[datetime.date, str], list[Act]] = defaultdict(list)
        for act in self.plan.acts:
            by_order[act.on, act.key[0]].append(act)
        for (day, sector), acts in sorted(by_order.items(), key=lambda pair: pair[0]):
            self._order(sector, day, acts)
        self._contacts()
        people = self._people()
        self._roles(people)
        data: dict[str, Any] = dict(self.plan.counts)
        audit.record("workbook.import", self.file, by=self.by, file=self.file.original_name, **data)

    def _load(self) -> None:
        known = {act.unit.pk for act in self.plan.acts if act.unit}
        known |= {pk for pk, _ in self.plan.contacts} | {
            row.unit for row in self.plan.given if isinstance(row.unit, int)
        }
        for act in self.plan.acts:
            if isinstance(act.parent, int):
                known.add(act.parent)
        for pks in batches(sorted(known)):
            self.units |= OrgUnit.objects.in_bulk(pks)

    # --- units -------------------------------------------------------------------------------------------------------
    def _order(self, sector: str, day: datetime.date, acts: list[Act]) -> None:
        errors = []
        wanted = {act.key[1]: act.contact for act in acts if act.unit is None}
        try:
            stored = new_units.store(sector, wanted, on=day)
            self.new |= {(sector, code): unit for code, unit in stored.items()}
            order = reorganisation.Order(sector, on=day, by=self.by, whole=len(acts) >= WHOLE_FROM)
            for act in acts:
                order.legal_basis = act.legal_basis
                try:
                    self._act(order, act)
                except ValidationError as refused:
                    errors += [error(SHEET, f"A{act.row.number}", text) for text in refused.messages]
            if not errors:
                order.write()
        except ValidationError as refused:
            errors += [error(SHEET, "", text) for text in refused.messages]
        if errors:
            raise Rejected(errors)

    def _act(self, order: reorganisation.Order, act: Act) -> None:
        parent = self._unit(act.parent)
        if act.unit is None:
            if act.level is None:
                raise ValidationError("Đơn vị mới phải có cấp.")
            order.establish(
                self.new[act.key], name=act.name or "", short_name=act.short_name or "", level=act.level,
                parent=parent, code=act.key[1],
            )  # fmt: skip
            return
        unit = self.units[act.unit.pk]
        if [act.name, act.short_name, act.level, act.code] != [None] * 4:
            order.change(unit, name=act.name, short_name=act.short_name, code=act.code, level=act.level)
        if act.moves:
            order.move(unit, parent=parent)

    def _unit(self, key: Key | int | None) -> OrgUnit | None:
        if isinstance(key, int):
            return self.units[key]
        return self.new[key] if key is not None else None

    def _contacts(self) -> None:
        rows, entries = [], []
        for pk, changed in self.plan.contacts:
            unit = self.units[pk]
            before = {name: getattr(unit, name) for name in changed}
            for name, text in changed.items():
                setattr(unit, name, text)
            rows.append(unit)
            data: dict[str, Any] = {"changes": {name: [before[name], text] for name, text in changed.items()}}
            entries.append(audit.Entry("unit.contact", unit, unit.code, unit, data))
        OrgUnit.objects.bulk_update(rows, ["email", "phone", "province_code", "commune_code"], batch_size=200)
        audit.record_each(entries, by=self.by)

    # --- people ------------------------------------------------------------------------------------------------------
    def _people(self) -> dict[str, User]:
        new = [
            User(
                **person,
                search_name=without_marks(person["full_name"]),
                sort_name=person_sort_key(person["full_name"]),
                password=make_password(None),
            )
            for person in self.plan.new_people
        ]
        User.objects.bulk_create(new, batch_size=BATCH)
        Invitation.objects.bulk_create(
            [Invitation(recipient=user, invited_by=self.by) for user in new], batch_size=BATCH
        )
        audit.record_each([audit.Entry("person.invite", user, user.full_name, None, {}) for user in new], by=self.by)
        for user, full_name, phone in self.plan.changed_people:
            appointments.change_person(user, full_name=full_name, phone=phone, by=self.by, on=self.on)
        return {user.email: user for user in new}

    def _roles(self, people: dict[str, User]) -> None:
        """Those that end first, so that a person may get at once what another gives up."""
        for ended in self.plan.ended:
            try:
                appointments.end_role(ended.held, ends_on=ended.ends_on, by=self.by, on=self.on)
            except (ValidationError, Conflict, PermissionDenied) as refused:
                sentence = "; ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
                raise Rejected([error("Vai trò", "", f"{ended.held.user.email}: {sentence}")]) from refused
        wanted = sorted({row.email for row in self.plan.given} - people.keys())
        for emails in batches(wanted):
            people |= {user.email: user for user in User.objects.filter(email__in=emails)}
        rows, entries = [], []
        for given in self.plan.given:
            user, unit = people[given.email], self._unit(given.unit)
            rows.append(
                RoleAssignment(user=user, org_unit=unit, role=given.role, valid_from=given.since, valid_to=given.until)
            )
            data = {"role": given.role, "valid_from": given.since.isoformat()}
            data |= {"valid_to": given.until.isoformat()} if given.until else {}
            entries.append(audit.Entry("role.give", user, user.full_name, unit, data))
        RoleAssignment.objects.bulk_create(rows, batch_size=BATCH)
        audit.record_each(entries, by=self.by)
