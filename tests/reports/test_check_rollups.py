"""The check finds every stored field that differs from the reports, and says nothing where all is right."""

import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from orgunits import reorganisation
from reports import restated, restated_check, rollup_check, rollups, workflow
from reports.models import Report, Revision, Rollup
from reports.obligations import waive
from reports.own_sums import share_of
from reports.tasks import check_rollups as check_rollups_task
from targets.models import Milestone
from tests import builders
from tests.builders import content, make_report

pytestmark = pytest.mark.django_db


def step(kind: str, places: int | None = None) -> dict:
    return {"kind": kind, "noted_on": "2026-06-01", "places": places}


@pytest.fixture
def filed(cast):
    """One approved report with tasks and activities, one obligation waived, and a second year."""
    body = content(people=(48, 50), children=7) | {
        "tasks": {"3": {"status": "done", "note": ""}, "4": {"status": "", "note": "chưa rõ"}},
        "activities": [
            {"children_reached": 30, "families_reached": None, "amount_spent": 2_000_000, "funding_source": "union"},
            {"children_reached": 12, "families_reached": None, "amount_spent": None},
            {"children_reached": None, "amount_spent": 7, "amounts": {"union": 3, "social": 4, "other": 0}},
            {"amount_spent": 5, "funding_source": "mixed"},
        ],
        "choices": {"co-ke-hoach": "yes", "muc-do": "tot"},
        "models": [
            {"pk": 1, "name": "Một", "steps": [step("kept"), step("kept"), step("spread", 2), step("spread", 3)]},
            {"pk": 2, "name": "Hai", "steps": [step("kept"), step("spread")]},
            {"pk": 3, "name": "Ba", "steps": [step("ended")]},
        ],
    }
    body["figures"]["tre-em-theo-gioi"] = {"nam.v": 4, "nu.v": 0, "v": 4}
    report = make_report(cast.obligation)
    workflow.submit(report, body, by=cast.officer)
    workflow.approve(report, by=cast.reviewer)
    Report.objects.update(first_submitted_at=datetime.datetime(2026, 11, 10, tzinfo=datetime.UTC))  # a day too late
    waive(cast.sibling_obligation, reason="Đơn vị đang giải thể.", by=cast.administrator)
    builders.open_year(cast.duty, 2027)
    return cast


def check(**options) -> str:
    out = StringIO()
    call_command("check_rollups", stdout=out, **options)
    return out.getvalue()


def test_nothing_differs_after_transitions(filed):
    row = Rollup.objects.get(org_unit=filed.province, period__year=2026)
    sums = row.subtree["approved"]
    counted = {"units": 1, "nil": 0, "met": 0}
    assert sums["@activities"] == counted | {
        "n": 4, "children_reached": 42, "amount_spent": 2_000_012,
        "amount_union": 2_000_003, "amount_social": 4, "amount_other": 5,
    }  # fmt: skip
    assert sums["@models"] == counted | {
        "n": 3, "started": 0, "kept": 2, "improved": 0, "spread": 2, "ended": 1, "places": 5,
    }  # fmt: skip
    assert sums["co-ke-hoach"] == counted | {"yes.c": 1}
    assert sums["muc-do"] == counted | {"tot.c": 1}
    assert sums["tre-em-theo-gioi"] == counted | {"nam.v": 4, "nu.v": 0, "v": 4}
    assert row.subtree["approved"]["@tasks"] == {"3.done": 1, "units": 1, "nil": 0, "met": 0}
    assert "khớp với báo cáo" in check()
    assert "Đã so 2 cặp" in check()


def test_answers_and_groups_are_added_up_over_units_and_never_become_a_share(filed, cast):
    other = make_report(next(row for row in builders.open_year(cast.duty, 2027) if row.org_unit_id == cast.base.pk))
    beside = make_report(next(row for row in builders.open_year(cast.duty, 2027) if row.org_unit_id == cast.sibling.pk))
    for report, answer, person in ((other, "yes", cast.officer), (beside, "no", cast.sibling_officer)):
        body = content() | {"choices": {"co-ke-hoach": answer}}
        body["figures"]["tre-em-theo-gioi"] = {"nam.v": 1, "nu.v": 2, "v": 3}
        workflow.submit(report, body, by=person)
        workflow.approve(report, by=cast.reviewer)
    sums = Rollup.objects.get(org_unit=filed.province, period__year=2027).subtree["approved"]
    assert sums["co-ke-hoach"] == {"yes.c": 1, "no.c": 1, "units": 2, "nil": 0, "met": 0}
    assert sums["tre-em-theo-gioi"] == {"nam.v": 2, "nu.v": 4, "v": 6, "units": 2, "nil": 0, "met": 0}
    assert share_of(sums["co-ke-hoach"]) is None
    assert share_of(sums["tre-em-theo-gioi"]) is None
    assert "khớp với báo cáo" in check()


@pytest.mark.parametrize(
    ("steps", "places"),
    [([("kept", None)], 0), ([("spread", None)], None), ([("spread", None), ("spread", 2)], 2), ([("spread", 0)], 0)],
)
def test_places_are_zero_without_spreading_and_missing_where_nobody_says(filed, cast, steps, places):
    obligation = next(row for row in builders.open_year(cast.duty, 2027) if row.org_unit_id == cast.base.pk)
    models = [{"pk": 1, "name": "Một", "steps": [step(*each) for each in steps]}]
    report = make_report(obligation)
    workflow.submit(report, content() | {"models": models}, by=cast.officer)
    workflow.approve(report, by=cast.reviewer)
    sums = Rollup.objects.get(org_unit=filed.province, period__year=2027).subtree["approved"]
    assert sums["@models"].get("places") == places
    assert "khớp với báo cáo" in check()


def test_filing_from_before_choices_and_models_is_counted_as_it_is(filed):
    for revision in Revision.objects.all():
        revision.content = {"figures": revision.content["figures"], "texts": {}}
        revision.save(update_fields=["content"])
    row = Rollup.objects.get(org_unit=filed.province, period__year=2026)
    rollups.rebuild(row.duty, row.period)
    row.refresh_from_db()
    assert not {"@models", "@activities", "@tasks", "co-ke-hoach"} & row.subtree["approved"].keys()
    assert "khớp với báo cáo" in check()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"approved": 2}, "approved"),
        ({"expected": 0}, "expected"),
        ({"filed": 5}, "filed"),
        ({"on_time": 1}, "on_time"),
        ({"submitted": 1}, "submitted"),
        ({"returned": 1}, "returned"),
        ({"waived": 0}, "waived"),
        ({"own": {"approved": {}}}, "own"),
        ({"subtree": {}}, "subtree"),
        ({"depth": 5}, "depth"),
        ({"path": "0000001"}, "path"),
        ({"parent": None}, "parent_id"),
    ],
)
def test_every_stored_field_is_compared(filed, change, field):
    rows = Rollup.objects.filter(org_unit=filed.union, period__year=2026)
    rows.update(**change)
    row = rows.get()
    assert [(found.unit, found.field) for found in rollup_check.differences(row.duty, row.period)] == [
        (filed.union.pk, field)
    ]


def test_a_figure_changed_behind_the_sums_is_found_at_every_level(filed):
    revision = Revision.objects.get()
    revision.content["figures"]["tre-em-duoc-ho-tro"]["v"] = 8
    revision.save()
    row = Rollup.objects.get(org_unit=filed.union, period__year=2026)
    found = [(one.unit, one.field) for one in rollup_check.differences(row.duty, row.period)]
    assert found == sorted(
        [(unit.pk, name) for unit in (filed.province, filed.union) for name in ("subtree",)]
        + [(filed.base.pk, "own"), (filed.base.pk, "subtree")]
    )


def test_missing_and_superfluous_rows_are_found(filed):
    row = Rollup.objects.get(org_unit=filed.base, period__year=2026)
    Rollup.objects.filter(pk=row.pk).update(org_unit=filed.elsewhere)
    assert {(one.unit, one.field) for one in rollup_check.differences(row.duty, row.period)} == {
        (filed.base.pk, "row"),
        (filed.elsewhere.pk, "row"),
    }


def test_command_names_the_place_and_fails_then_rebuild_heals(filed):
    Rollup.objects.filter(org_unit=filed.union).update(approved=99)
    out = StringIO()
    with pytest.raises(CommandError, match="2 chỗ khác với báo cáo"):
        call_command("check_rollups", stdout=out)
    assert f"đơn vị {filed.union.pk} · approved: đang lưu 99, theo báo cáo 1" in out.getvalue()
    assert "Năm 2026" in out.getvalue()
    call_command("rebuild_rollups", stdout=StringIO())
    assert "khớp" in check()


def test_command_looks_only_where_it_is_told(filed):
    wrong = Rollup.objects.get(org_unit=filed.union, period__year=2026)
    Rollup.objects.filter(pk=wrong.pk).update(approved=99)
    right = Rollup.objects.get(org_unit=filed.union, period__year=2027)
    assert "Đã so 1 cặp" in check(period=right.period_id, duty=right.duty_id)
    assert "Đã so 0 cặp" in check(sample=0)
    with pytest.raises(CommandError):
        check(sample=5)


def test_check_agrees_with_the_law_on_the_edge_of_a_milestone(cast):
    """95 of 100 has not met "over 95 %"; 951 of 1000 has."""
    for obligation, people in ((cast.obligation, (95, 100)), (cast.sibling_obligation, (951, 1000))):
        report = make_report(obligation)
        officer = cast.officer if obligation == cast.obligation else cast.sibling_officer
        workflow.submit(report, content(people=people), by=officer)
    assert "khớp" in check()
    row = Rollup.objects.get(org_unit=cast.union)
    assert row.subtree["submitted"]["can-bo"]["met"] == 1
    assert Report.objects.count() == 2


# --- the nightly check --------------------------------------------------------------------------------------------

MONDAY, SUNDAY = datetime.date(2027, 1, 11), datetime.date(2027, 1, 17)


def test_nightly_check_heals_what_differs_and_tells_it(filed, caplog):
    Rollup.objects.filter(org_unit=filed.union, period__year=2026).update(approved=99)
    check_rollups_task()
    assert Rollup.objects.get(org_unit=filed.union, period__year=2026).approved == 1
    assert "differed in" in caplog.text
    caplog.clear()
    assert rollup_check.heal(on=MONDAY) == 0
    assert not caplog.text


def test_a_milestone_changed_later_moves_the_count_of_units_that_meet_it(filed):
    """48 of 50 meet "over 95 %" and not "over 97 %"."""
    assert Rollup.objects.get(org_unit=filed.union, period__year=2026).subtree["approved"]["can-bo"]["met"] == 1
    Milestone.objects.filter(year=2030).update(percent=97)
    assert rollup_check.heal(on=MONDAY) == 1
    assert Rollup.objects.get(org_unit=filed.union, period__year=2026).subtree["approved"]["can-bo"]["met"] == 0


def test_periods_long_over_are_looked_at_on_sundays(filed):
    old = builders.open_year(filed.duty, 2025)[0].period
    Rollup.objects.filter(period=old).update(approved=99)
    assert rollup_check.heal(on=MONDAY) == 0
    assert rollup_check.heal(on=SUNDAY) == 1
    assert not Rollup.objects.filter(approved=99).exists()


# --- in today's tree ----------------------------------------------------------------------------------------------


def restate(on: datetime.date = datetime.date(2027, 1, 1)) -> None:
    assert restated.refresh(on=on) == 2


def test_sums_in_todays_tree_are_held_against_the_reports_too(filed):
    assert "theo tổ chức hiện nay: 0" in check()  # nothing computed yet: nothing to compare
    reorganisation.merge([filed.base, filed.sibling], [filed.sibling], on=datetime.date(2026, 12, 1), by=None)
    restate(timezone.localdate())
    assert "theo tổ chức hiện nay: 2" in check()
    Rollup.objects.filter(basis="restated", org_unit=filed.union, period__year=2026).update(on_time=7)
    with pytest.raises(CommandError, match="1 chỗ khác"):
        check()


@pytest.mark.parametrize("change", [{"own": {}}, {"subtree": {}}, {"approved": 9}, {"path": "0000001"}])
def test_healing_puts_sums_in_todays_tree_right(filed, change):
    on = datetime.date(2027, 1, 1)
    restate(on)
    row = Rollup.objects.get(basis="restated", org_unit=filed.base, period__year=2026)
    Rollup.objects.filter(pk=row.pk).update(**change)
    assert restated_check.heal(on=on) == 1
    assert restated_check.heal(on=on) == 0
    healed = Rollup.objects.get(pk=row.pk)
    assert {name: getattr(healed, name) for name in change} == {name: getattr(row, name) for name in change}


def test_what_waits_to_be_computed_anew_is_not_called_wrong(filed):
    restate(timezone.localdate())
    rollups.rebuild(filed.duty, filed.obligation.period)
    obligation = next(row for row in builders.open_year(filed.duty, 2027) if row.org_unit_id == filed.base.pk)
    workflow.submit(make_report(obligation), content(), by=filed.officer)
    assert "theo tổ chức hiện nay: 1" in check()
