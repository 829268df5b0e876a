"""What a report upward freezes of the reports below when it is sent."""

import pytest

from orgunits.models import Role
from reports import asked_items, below, obligations, snapshots, workflow
from reports.models import FormItem, Snapshot
from reports.snapshots import take
from tests.builders import content, make_duty, make_form, make_report, make_user, open_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def upward(cast):
    """The sector union's own duty towards the province under the same plan, with its officer."""
    cast.up_duty = make_duty(cast.plan, name="Báo cáo lên tỉnh", reporters="chosen", recipient_unit=cast.province)
    cast.up_duty.units.add(cast.union)
    make_form(cast.up_duty)
    (cast.up_obligation,) = open_year(cast.up_duty)
    cast.union_officer = make_user("Trịnh Thị Tổng Hợp", unit=cast.union, role=Role.REPORTER)
    return cast


def approve(cast, obligation, by, **changes):
    report = make_report(obligation)
    revision = workflow.submit(report, content(**changes), by=by)
    workflow.approve(report, by=cast.reviewer)
    return revision


def file_upward(cast, **changes):
    report = make_report(cast.up_obligation)
    revision = workflow.submit(report, content(**changes), by=cast.union_officer)
    return report, revision, Snapshot.objects.filter(revision=revision).first() or take(revision)


def test_nothing_is_kept_where_nobody_reports_to_the_unit(cast):
    report = make_report(cast.obligation)
    revision = workflow.submit(report, content(), by=cast.officer)
    assert take(revision) is None


def test_snapshot_holds_the_sums_of_approved_reports_and_the_state_of_every_other(upward):
    counted = approve(upward, upward.obligation, upward.officer, children=12)
    workflow.submit(make_report(upward.sibling_obligation), content(children=5), by=upward.sibling_officer)
    _, _, snapshot = file_upward(upward)
    (row,) = snapshot.rows
    assert (row["expected"], row["approved"], row["submitted"], row["on_time"]) == (2, 1, 1, row["on_time"])
    assert row["figures"]["tre-em-duoc-ho-tro"] == {"v": 12, "units": 1, "nil": 0, "met": 0}
    kept = {child.obligation_id: (child.state, child.revision_id) for child in snapshot.children.all()}
    assert kept == {upward.obligation.pk: ("approved", counted.pk), upward.sibling_obligation.pk: ("submitted", None)}


def test_waived_and_missing_children_are_two_states(upward):
    obligations.waive(upward.obligation, reason="Mới thành lập", by=upward.unit_administrator)
    _, _, snapshot = file_upward(upward)
    states = dict(snapshot.children.values_list("obligation_id", "state"))
    assert states == {upward.obligation.pk: "waived", upward.sibling_obligation.pk: "none"}
    assert (snapshot.rows[0]["expected"], snapshot.rows[0]["waived"]) == (1, 1)


def test_halves_do_not_enter_the_snapshot_of_the_year(upward):
    workflow.approve(workflow_submitted_half(upward), by=upward.reviewer)
    _, _, snapshot = file_upward(upward)
    assert [row["figures"] for row in snapshot.rows] == [{}]


def workflow_submitted_half(cast):
    cast.duty.due_rules.create(period_kind="half_year", comparison="before", month=6, day=20)
    half = next(row for row in open_year(cast.duty, kind="half_year") if row.org_unit_id == cast.base.pk)
    report = make_report(half)
    workflow.submit(report, content(children=7), by=cast.officer)
    return report


def test_words_of_the_figures_are_kept_with_them(upward):
    _, _, snapshot = file_upward(upward)
    FormItem.objects.filter(code="tre-em-duoc-ho-tro").update(label="Tên mới của mục")
    labels = {item.code: item.label for item in asked_items.from_json(snapshot.rows[0]["items"])}
    assert labels["tre-em-duoc-ho-tro"] == "Số trẻ em được hỗ trợ"
    share = asked_items.from_json(snapshot.rows[0]["items"])[0]
    assert share.groups == (("chu-chot", "Nhóm chu-chot"), ("nu-cong", "Nhóm nu-cong"))
    assert share.milestone.year == 2030
    assert str(share.milestone.percent) == "95.00"


def test_snapshot_stays_when_something_changes_below(upward):
    _, _, snapshot = file_upward(upward)
    before = snapshot.rows
    approve(upward, upward.obligation, upward.officer)
    assert Snapshot.objects.get(pk=snapshot.pk).rows == before
    assert set(snapshot.children.values_list("state", flat=True)) == {"none"}


def take_while_something_is_decided(cast, monkeypatch):
    """A report below is approved after the sums were read and before the reports are."""
    report = make_report(cast.up_obligation)
    revision = workflow.submit(report, content(), by=cast.union_officer)
    Snapshot.objects.filter(revision=revision).delete()
    read = below.children_of
    calls = []

    def decided_meanwhile(row):
        if not calls:
            approve(cast, cast.obligation, cast.officer, children=9)
        calls.append(row)
        return read(row)

    monkeypatch.setattr(below, "children_of", decided_meanwhile)
    snapshot = take(revision)
    return snapshot.rows[0], snapshot.children.get(obligation=cast.obligation).state, len(calls)


def test_reading_while_something_is_decided_below_begins_again(upward, monkeypatch):
    row, state, reads = take_while_something_is_decided(upward, monkeypatch)
    assert (row["approved"], state, reads) == (1, "approved", 2)
    assert row["figures"]["tre-em-duoc-ho-tro"]["v"] == 9


def test_control_without_reading_the_sums_again_they_lack_a_report(upward, monkeypatch):
    monkeypatch.setattr(snapshots, "_mark", lambda row: ())
    row, state, _ = take_while_something_is_decided(upward, monkeypatch)
    assert (row["approved"], row["figures"], state) == (0, {}, "approved")
