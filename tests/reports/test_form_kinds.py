"""Kinds of items beside shares, counts, amounts and texts: groups, choices, models, levels; missing, zero and nil."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reports import attachments, content, drafts, form_fields, workflow
from reports.models import CareModel, CareModelStep, FormItem, Report, TextPick
from tests.builders import content as filed_content
from tests.builders import make_level, make_report, open_year

GROUPS = [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]
ANSWERS = [{"code": "tot", "name": "Tốt"}, {"code": "kha", "name": "Khá"}]


@pytest.fixture
def report(cast) -> Report:
    """A form with nothing but the items of the test."""
    report = make_report(cast.obligation)
    report.form_version.items.all().delete()
    return report


def add(report, code="so-tre", kind="count", **fields) -> FormItem:
    order = report.form_version.items.count()
    return report.form_version.items.create(code=code, kind=kind, label=f"Mục {code}", order=order, **fields)


def parse(report, raw, previous=None):
    return content.parse(report, raw, previous=previous)


def question(report, code="so-tre"):
    return next(each for each in form_fields.load(report).questions if each.code == code)


# --- counts and amounts by groups -----------------------------------------------------------------------------------


def test_groups_of_a_count_are_asked_apart_and_their_sum_is_frozen(report):
    add(report, groups=GROUPS)
    assert [cell.name for cell in question(report).cells] == ["so-tre.nam.v", "so-tre.nu.v"]
    parsed = parse(report, {"so-tre.nam.v": "1.200", "so-tre.nu.v": "34"})
    assert parsed.content["figures"] == {"so-tre": {"nam.v": 1200, "nu.v": 34, "v": 1234}}
    assert parsed.is_valid


def test_amount_by_groups_reads_money(report):
    add(report, "tien", "money", groups=GROUPS)
    parsed = parse(report, {"tien.nam.v": "1.000.000 đồng", "tien.nu.v": "0"})
    assert parsed.content["figures"]["tien"]["v"] == 1_000_000


def test_missing_group_is_told_and_leaves_the_sum_missing(report):
    add(report, groups=GROUPS)
    parsed = parse(report, {"so-tre.nam.v": "12"})
    assert parsed.errors == {"so-tre.nu.v": [content.MISSING_CELL]}
    assert parsed.content["figures"]["so-tre"] == {"nam.v": 12}


def test_zero_in_every_group_is_a_sum_of_zero_and_not_nil(report):
    add(report, groups=GROUPS)
    parsed = parse(report, {"so-tre.nam.v": "0", "so-tre.nu.v": "0"})
    assert parsed.content["figures"]["so-tre"] == {"nam.v": 0, "nu.v": 0, "v": 0}


def test_nil_missing_and_zero_of_groups_are_three_things(report):
    add(report, groups=GROUPS, required=False)
    assert parse(report, {"so-tre.nil": "on"}).content["figures"] == {"so-tre": {"nil": True}}
    assert parse(report, {}).content["figures"] == {}
    both = parse(report, {"so-tre.nil": "on", "so-tre.nu.v": "0"})
    assert list(both.errors) == ["so-tre.nil"]


def test_number_beside_the_groups_is_no_field_of_the_item(report):
    add(report, groups=GROUPS)
    parsed = parse(report, {"so-tre.nam.v": "1", "so-tre.nu.v": "2", "so-tre.v": "99"})
    assert parsed.content["figures"]["so-tre"]["v"] == 3


def test_filed_groups_become_typed_text_without_their_sum(report):
    raw = drafts.from_content({"figures": {"so-tre": {"nam.v": 1200, "nu.v": 34, "v": 1234}}}, tasks_code="x")
    assert raw == {"so-tre.nam.v": "1.200", "so-tre.nu.v": "34"}


def test_count_that_had_no_groups_last_period_is_held_against_the_sum(report):
    add(report, groups=GROUPS)
    raw = {"so-tre.nam.v": "20", "so-tre.nu.v": "11"}
    assert parse(report, raw, {"figures": {"so-tre": {"v": 93}}}).is_valid
    refused = parse(report, raw, {"figures": {"so-tre": {"v": 94}}})
    assert "Kỳ trước là 94, kỳ này ghi 31" in refused.errors["so-tre.nam.v"][0]


# --- shares without a target ----------------------------------------------------------------------------------------


def test_share_without_a_target_has_its_own_groups_and_words(report):
    add(report, "di-hoc", "share", groups=GROUPS, numerator_label="Trẻ đi học", denominator_label="Trẻ trong độ tuổi")
    cells = question(report, "di-hoc").cells
    assert [(cell.name, cell.label) for cell in cells[:2]] == [
        ("di-hoc.nam.n", "Nam: Trẻ đi học"),
        ("di-hoc.nam.d", "Nam: Trẻ trong độ tuổi"),
    ]
    raw = {"di-hoc.nam.n": "9", "di-hoc.nam.d": "10", "di-hoc.nu.n": "11", "di-hoc.nu.d": "10"}
    assert list(parse(report, raw).errors) == ["di-hoc.nu.n"]


def test_share_without_target_and_groups_is_one_pair(report):
    add(report, "di-hoc", "share")
    assert [cell.label for cell in question(report, "di-hoc").cells] == ["Tử số", "Mẫu số"]
    parsed = parse(report, {"di-hoc.all.n": "0", "di-hoc.all.d": "0"})
    assert parsed.content["figures"]["di-hoc"] == {"all.n": 0, "all.d": 0}


# --- yes or no, choices ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "answer"), [("yes_no", "no"), ("choice", "kha")])
def test_answer_is_kept_by_its_code(report, kind, answer):
    add(report, "hoi", kind, choices=ANSWERS)
    parsed = parse(report, {"hoi": answer})
    assert (parsed.is_valid, parsed.content["choices"]) == (True, {"hoi": answer})
    assert drafts.from_content(parsed.content, tasks_code="x") == {"hoi": answer}


@pytest.mark.parametrize("kind", ["yes_no", "choice"])
def test_no_is_an_answer_and_nothing_is_none(report, kind):
    item = add(report, "hoi", kind, choices=ANSWERS)
    assert parse(report, {}).errors == {"hoi": [content.MISSING_CHOICE]}
    FormItem.objects.filter(pk=item.pk).update(required=False)
    parsed = parse(report, {"hoi": ""})
    assert (parsed.is_valid, parsed.content["choices"]) == (True, {})


@pytest.mark.parametrize(("kind", "typed"), [("yes_no", "on"), ("yes_no", "Có"), ("choice", "yes"), ("choice", "Khá")])
def test_answer_that_the_form_does_not_know_is_asked_again(report, kind, typed):
    add(report, "hoi", kind, choices=ANSWERS, required=False)
    parsed = parse(report, {"hoi": typed})
    assert parsed.errors == {"hoi": [content.UNKNOWN_CHOICE]}
    assert parsed.content["choices"] == {}


# --- registers and texts from below ---------------------------------------------------------------------------------


def test_models_of_the_period_come_into_the_content(cast, report):
    add(report, "mo-hinh", "models", required=False)
    model = CareModel.objects.create(org_unit=cast.base, name="Câu lạc bộ Nữ công", recorded_by=cast.officer)
    for day in (datetime.date(2025, 12, 31), datetime.date(2026, 1, 1)):
        CareModelStep.objects.create(model=model, kind="kept", noted_on=day, recorded_by=cast.officer)
    (frozen,) = parse(report, {}).content["models"]
    assert (frozen["name"], [step["noted_on"] for step in frozen["steps"]]) == ("Câu lạc bộ Nữ công", ["2026-01-01"])


def test_required_text_may_come_from_below(cast, report):
    add(report, "ket-qua", "narrative")
    below = workflow.submit(make_report(cast.sibling_obligation), filed_content(), by=cast.sibling_officer)
    assert parse(report, {}).errors == {"ket-qua": [content.MISSING_TEXT]}
    TextPick.objects.create(
        report=report, item_code="ket-qua", source=below, source_code="ket-qua", text="Đã làm.", picked_by=cast.officer
    )
    parsed = parse(report, {})
    assert parsed.is_valid
    assert [row["text"] for row in parsed.content["collected"]["ket-qua"]] == ["Đã làm."]
    assert parsed.content["texts"] == {}


# --- levels ---------------------------------------------------------------------------------------------------------


def test_item_is_asked_only_of_its_levels(report):
    item = add(report)
    item.levels.add(make_level(code="nganh"))
    assert form_fields.load(report).questions == []
    assert parse(report, {}).is_valid
    item.levels.add(make_level(code="co-so"))
    assert [each.code for each in form_fields.load(report).questions] == ["so-tre"]


def test_target_and_item_must_both_ask_the_level(cast, report):
    item = add(report, "can-bo", "share", target=cast.target)
    cast.target.levels.add(make_level(code="co-so"))
    item.levels.add(make_level(code="nganh"))
    assert form_fields.load(report).questions == []
    item.levels.set([make_level(code="co-so")])
    assert [each.code for each in form_fields.load(report).questions] == ["can-bo"]
    cast.target.levels.set([make_level(code="nganh")])
    assert form_fields.load(report).questions == []


# --- what was filed before these kinds ------------------------------------------------------------------------------


def test_revision_without_the_new_keys_is_still_held_against_and_typed_again(cast, report):
    add(report)
    old = {key: filed_content()[key] for key in ("figures", "texts", "tasks", "activities", "attachments")}
    assert parse(report, {"so-tre.v": "5"}, {"figures": {"so-tre": {"v": 6}}, "texts": {}}).is_valid
    assert parse(report, {"so-tre.v": "5"}, {}).is_valid
    assert drafts.from_content(old, tasks_code="x")["ket-qua"] == "Đã làm tốt."


def test_earlier_year_without_the_new_keys_shows_the_form(client, cast):
    earlier = make_report(next(row for row in open_year(cast.duty, 2025) if row.org_unit == cast.base))
    workflow.submit(earlier, {"figures": {}, "texts": {}}, by=cast.officer)
    workflow.approve(earlier, by=cast.reviewer)
    report = make_report(cast.obligation)
    add(report, "hoi", "yes_no")
    add(report, "so-moi", "count", groups=GROUPS)
    client.force_login(cast.officer)
    assert client.get(f"/bao-cao/{report.pk}/lap/").status_code == 200


# --- files ----------------------------------------------------------------------------------------------------------


def test_files_that_must_come_are_asked_for_until_one_is_there(client, cast, report):
    add(report, "tep", "attachments")
    assert parse(report, {}).errors == {"tep.caption": [content.MISSING_FILE]}
    url = reverse("reports:filing", args=[report.pk])
    client.force_login(cast.officer)
    assert content.MISSING_FILE in client.get(f"{url}?kiem-tra=1").content.decode()
    pdf = SimpleUploadedFile("a.pdf", b"%PDF-1.4 thu", content_type="application/pdf")
    file = attachments.attach(report, pdf, caption="Biên bản", by=cast.officer)
    assert parse(report, {}).content["attachments"] == [file.pk]
    assert parse(report, {}).is_valid
    attachments.remove(file, by=cast.officer)
    assert not parse(report, {}).is_valid


def test_files_that_need_not_come_are_not_asked_for(report):
    add(report, "tep", "attachments", required=False)
    assert parse(report, {}).is_valid
