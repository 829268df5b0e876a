"""What a workbook of units, people and roles would do."""

import datetime

from orgunits.models import User
from orgunits.unit_book_people import PeopleCheck
from orgunits.unit_book_units import UnitCheck, UnitPlan
from orgunits.workbook_table import Table


def check(units: Table, people: Table, roles: Table, *, by: User, on: datetime.date) -> UnitPlan:
    """Lock the trees of the file, then say what it would do and all that is wrong with it."""
    from_units = UnitCheck(units, by=by, on=on)
    from_units.run()
    PeopleCheck(from_units, people, roles).run()
    plan = from_units.plan
    plan.errors = [*units.errors, *people.errors, *roles.errors]
    return plan
