"""Notes beside the fields that were just saved: what they say, and what they leave to the check of the whole."""

import json

import pytest
from django.urls import reverse

from reports import filing_notes, risk_words, workflow
from reports.models import FormCheck, Report
from tests.builders import content, make_report, make_task, open_year, plan_form

CHILDREN = "tre-em-duoc-ho-tro"


@pytest.fixture
def report(cast) -> Report:
    return make_report(cast.obligation)


@pytest.fixture
def last_year(cast):
    earlier = make_report(next(row for row in open_year(cast.duty, 2025) if row.org_unit == cast.base))
    workflow.submit(earlier, content(children=100), by=cast.officer)
    workflow.approve(earlier, by=cast.reviewer)


def notes(report, **saved):
    draft = {name.replace("__", ".").replace("_", "-"): text for name, text in saved.items()}
    return filing_notes.of_saved(report, draft, draft)


def errors(found):
    return {name: note["errors"] for name, note in found.items() if note["errors"]}


def warnings(found):
    return {name: note["warnings"] for name, note in found.items() if note["warnings"]}


def test_ambiguous_number_is_asked_about_beside_its_field(report):
    found = errors(notes(report, tre_em_duoc_ho_tro__v="1,234"))
    assert list(found) == [f"{CHILDREN}.v"]
    assert "bạn muốn ghi 1234 hay 1,234?" in found[f"{CHILDREN}.v"][0]


def test_sound_field_gets_empty_lists_so_that_an_old_note_goes(report):
    assert notes(report, tre_em_duoc_ho_tro__v="12")[f"{CHILDREN}.v"] == {"errors": [], "warnings": []}


def test_missing_is_not_noted_while_one_types(report):
    assert errors(notes(report, can_bo__chu_chot__n="5")) == {}
    assert errors(notes(report, ket_qua="")) == {}


def test_numerator_is_noted_also_when_the_denominator_was_changed(report):
    draft = {"can-bo.chu-chot.n": "51", "can-bo.chu-chot.d": "50"}
    found = filing_notes.of_saved(report, draft, ["can-bo.chu-chot.d"])
    assert errors(found)["can-bo.chu-chot.n"][0].startswith("Tử số (51) lớn hơn mẫu số (50).")
    cured = filing_notes.of_saved(report, draft | {"can-bo.chu-chot.d": "51"}, ["can-bo.chu-chot.d"])
    assert cured["can-bo.chu-chot.n"] == {"errors": [], "warnings": []}


def test_nothing_is_said_of_questions_that_were_not_touched(report):
    draft = {"can-bo.chu-chot.n": "51", "can-bo.chu-chot.d": "50", f"{CHILDREN}.v": "x", "ket-qua": "Xong."}
    assert set(filing_notes.of_saved(report, draft, ["ket-qua"])) == {"ket-qua"}


def test_difference_from_last_period_is_noted_until_it_is_explained(report, last_year):
    assert "chênh lệch quá 3 lần" in errors(notes(report, tre_em_duoc_ho_tro__v="12"))[f"{CHILDREN}.v"][0]
    assert not errors(notes(report, tre_em_duoc_ho_tro__v="12", tre_em_duoc_ho_tro__explanation="Chuyển quỹ."))


def test_rule_is_noted_whichever_of_its_items_was_changed(report):
    items = {item.code: item for item in report.form_version.items.all()}
    FormCheck.objects.create(
        version=report.form_version, kind="item", item=items[CHILDREN], operator="lte", other=items["kinh-phi"],
        severity="stop",
    )  # fmt: skip
    found = filing_notes.of_saved(report, {f"{CHILDREN}.v": "12", "kinh-phi.v": "11"}, ["kinh-phi.v"])
    assert "không được lớn hơn" in errors(found)[f"{CHILDREN}.v"][0]


def test_text_that_seems_to_name_a_child_is_warned_about(report):
    assert warnings(notes(report, ket_qua="Thăm cháu Nguyễn Văn Thử.")).keys() == {"ket-qua"}


def test_text_same_as_last_period_is_marked_and_a_changed_one_is_not(report, last_year):
    assert warnings(notes(report, ket_qua=" đã làm  TỐT.\n")) == {"ket-qua": [filing_notes.SAME_AS_BEFORE]}
    assert not warnings(notes(report, ket_qua="Đã làm rất tốt."))


def test_text_about_children_at_risk_brings_the_telephone_numbers(report):
    assert warnings(notes(report, ket_qua="Có hai vụ bạo hành trẻ em."))["ket-qua"] == [risk_words.HOTLINES]
    assert "111" in risk_words.HOTLINES
    assert "18001744" in risk_words.HOTLINES


def test_note_of_a_task_is_read_without_loading_the_tasks(cast):
    task = make_task(cast.plan)
    report = make_report(cast.obligation)
    report.form_version = plan_form(cast.duty)
    report.save(update_fields=["form_version"])
    name = f"nhiem-vu.task{task.pk}.note"
    found = filing_notes.of_saved(report, {name: "Gọi 0912 345 678", "ket-qua": "x" * 20000}, [name])
    assert warnings(found).keys() == {name}
    too_long = filing_notes.of_saved(report, {name: "a" * 1001}, [name])
    assert "nhiều nhất là 1.000" in errors(too_long)[name][0]


def test_autosave_answers_with_notes(client, cast, report):
    client.force_login(cast.officer)
    body = json.dumps({"draft_version": 0, "changes": {f"{CHILDREN}.v": ["", "1.23"], "xyz": ["", "1"]}})
    url = reverse("reports:filing_autosave", args=[report.pk])
    answer = client.post(url, body, content_type="application/json").json()
    assert answer["draft"] == {f"{CHILDREN}.v": "1.23"}, "what cannot be read is saved all the same"
    assert answer["notes"][f"{CHILDREN}.v"]["errors"][0].startswith("Không rõ “1.23”")
    assert "xyz" not in answer["notes"]
