import datetime

import pytest

from orgunits.models import Role
from orgunits.sample import load_units
from plans.cascade import below_plan
from plans.loading import load_plans
from plans.models import Document, Plan
from plans.sample import load_sample_plans
from tests.builders import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def units():
    units = load_units()
    load_plans(units)
    return units


def test_sample_organisation_knows_every_unit_that_the_source_plans_name(units):
    assert Plan.objects.count() == 10  # the five, and five that they cite and that have an issuer here


def test_twelve_of_thirty_one_grassroots_unions_have_issued_their_plan(units):
    assert load_sample_plans(units) == 15
    reviewer = make_user(unit=units["cdvc-dak-lak"], role=Role.REVIEWER)
    below = below_plan(Plan.objects.get(document__key="57-kh-cdvc"), user=reviewer, on=datetime.date(2026, 11, 22))
    assert (below.issued, below.total) == (12, 31)


def test_sample_plans_are_marked_and_loaded_once(units):
    load_sample_plans(units)
    Plan.objects.filter(document__is_sample=True).first().delete()
    assert load_sample_plans(units) == 0
    assert not Document.objects.filter(is_sample=True, key__isnull=False).exists()
    assert not Document.objects.filter(is_sample=False, number__endswith="KH-CĐCS").exists()
