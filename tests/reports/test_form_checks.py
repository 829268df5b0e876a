"""The rules that an administrator gives a form: at their boundaries, with groups, nil, zero and missing."""

import pytest

from reports import content
from reports.models import FormCheck, Report
from tests.builders import make_level, make_report

GROUPS = [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]


@pytest.fixture
def report(cast) -> Report:
    """A form of two counts, one by groups and one plain, and one share; none of them is required."""
    report = make_report(cast.obligation)
    report.form_version.items.all().delete()
    for code, kind, groups in (("tong", "count", GROUPS), ("ho-tro", "count", []), ("di-hoc", "share", GROUPS)):
        order = report.form_version.items.count()
        report.form_version.items.create(
            code=code, kind=kind, label=f"Mục {code}", order=order, groups=groups, required=False
        )
    return report


def rule(report, item, kind="item", *, other=None, **fields):
    found = {each.code: each for each in report.form_version.items.all()}
    return FormCheck.objects.create(
        version=report.form_version,
        kind=kind,
        item=found[item],
        other=found[other] if other else None,
        **({"operator": "lte"} | fields),
    )


def errors(report, previous=None, **typed):
    raw = {name.replace("__", ".").replace("_", "-"): text for name, text in typed.items()}
    return content.parse(report, raw, previous={"figures": previous or {}}).errors


# --- against another item ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "holds"),
    [("lte", {"9": True, "10": True, "11": False}), ("gte", {"9": False, "10": True, "11": True}),
     ("eq", {"9": False, "10": True, "11": False})],
)  # fmt: skip
def test_item_against_the_sum_of_the_groups_of_another(report, operator, holds):
    rule(report, "ho-tro", other="tong", operator=operator, severity="stop")
    found = {number: not errors(report, ho_tro__v=number, tong__nam__v="4", tong__nu__v="6") for number in holds}
    assert found == holds


def test_sentence_names_both_items_and_numbers(report):
    rule(report, "ho-tro", other="tong", severity="stop")
    found = errors(report, ho_tro__v="1.500", tong__nam__v="4", tong__nu__v="6")
    assert found == {"ho-tro.v": ["“Mục ho-tro” (1.500) không được lớn hơn “Mục tong” (10)."]}


def test_own_words_of_a_rule_stand_for_its_sentence(report):
    rule(report, "ho-tro", other="tong", severity="stop", message="Không thể hỗ trợ nhiều hơn số trẻ.")
    found = errors(report, ho_tro__v="11", tong__nam__v="4", tong__nu__v="6")
    assert found["ho-tro.v"] == ["Không thể hỗ trợ nhiều hơn số trẻ."]


def test_parts_of_a_share_are_summed_over_its_groups(report):
    rule(report, "di-hoc", part="d", other="tong", operator="eq", severity="stop")
    share = {"di_hoc__nam__n": "1", "di_hoc__nam__d": "5", "di_hoc__nu__n": "1", "di_hoc__nu__d": "5"}
    assert not errors(report, **share, tong__nam__v="4", tong__nu__v="6")
    found = errors(report, **share, tong__nam__v="5", tong__nu__v="6")
    assert found["di-hoc.nam.d"][0].startswith("Mẫu số của “Mục di-hoc” (10) phải bằng “Mục tong” (11).")


def test_rule_says_nothing_where_a_number_is_missing(report):
    rule(report, "ho-tro", other="tong", severity="stop")
    rule(report, "ho-tro", "bound", bound=3, severity="stop")
    assert not errors(report)
    assert set(errors(report, ho_tro__v="9", tong__nam__v="1")) == {"tong.nu.v", "ho-tro.v"}
    assert errors(report, ho_tro__v="9", tong__nam__v="1")["ho-tro.v"] == ["“Mục ho-tro” (9) không được lớn hơn 3."]
    assert errors(report, ho_tro__v="2") == {}


def test_unreadable_number_is_asked_about_once_and_breaks_no_rule(report):
    rule(report, "ho-tro", other="tong", severity="stop")
    assert set(errors(report, ho_tro__v="11", tong__nam__v="1,234", tong__nu__v="6")) == {"tong.nam.v"}


def test_nil_is_held_as_nothing_to_count(report):
    rule(report, "ho-tro", other="tong", severity="stop")
    assert not errors(report, ho_tro__v="0", tong__nil="on")
    assert list(errors(report, ho_tro__v="1", tong__nil="on")) == ["ho-tro.v"]
    assert not errors(report, ho_tro__nil="on", tong__nil="on")


def test_broken_rule_of_a_nil_item_is_told_at_its_box(report):
    rule(report, "ho-tro", "bound", bound=1, operator="gte", severity="stop")
    assert list(errors(report, ho_tro__nil="on")) == ["ho-tro.nil"]
    assert list(errors(report, ho_tro__v="0")) == ["ho-tro.v"]
    assert not errors(report, ho_tro__v="1")


def test_rule_against_an_item_that_is_not_asked_says_nothing(cast, report):
    rule(report, "ho-tro", other="tong", severity="stop")
    report.form_version.items.get(code="tong").levels.add(make_level(code="nganh"))
    assert not errors(report, ho_tro__v="99")


# --- against the last period ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "before", "now", "broken"),
    [
        ("drop", 100, 70, False), ("drop", 100, 69, True), ("drop", 10, 7, False), ("drop", 3, 2, True),
        ("drop", 100, 100, False), ("drop", 100, 500, False), ("drop", 0, 0, False), ("drop", 7, 0, True),
        ("rise", 100, 130, False), ("rise", 100, 131, True), ("rise", 100, 10, False), ("rise", 0, 0, False),
        ("rise", 0, 1, True), ("rise", 6 * 10**14, 78 * 10**13, False), ("rise", 6 * 10**14, 78 * 10**13 + 1, True),
    ],
)  # fmt: skip
def test_exactly_thirty_per_cent_is_not_more_than_thirty(report, kind, before, now, broken):
    report.form_version.items.filter(code="ho-tro").update(kind="money")
    rule(report, "ho-tro", kind, percent=30, severity="stop")
    assert bool(errors(report, {"ho-tro": {"v": before}}, ho_tro__v=str(now))) is broken


def test_drop_is_told_with_both_numbers(report):
    rule(report, "tong", "drop", percent=30, severity="stop")
    found = errors(report, {"tong": {"nam.v": 60, "nu.v": 40, "v": 100}}, tong__nam__v="29", tong__nu__v="40")
    assert found == {"tong.nam.v": ["“Mục tong” giảm quá 30 % so với kỳ trước (từ 100 còn 69)."]}
    assert not errors(report, {"tong": {"v": 100}}, tong__nam__v="30", tong__nu__v="40"), "it had no groups last time"


def test_fall_to_nil_is_a_fall_and_nothing_before_is_no_measure(report):
    rule(report, "ho-tro", "drop", percent=30, severity="stop")
    told = "“Mục ho-tro” giảm quá 30 % so với kỳ trước (từ 5 thành không phát sinh)."
    assert errors(report, {"ho-tro": {"v": 5}}, ho_tro__nil="on") == {"ho-tro.nil": [told]}
    assert not errors(report, {}, ho_tro__v="0")
    assert not errors(report, {"ho-tro": {"nil": True}}, ho_tro__v="0")


def test_own_rule_on_the_change_stands_for_the_one_of_every_form(report):
    assert errors(report, {"ho-tro": {"v": 100}}, ho_tro__v="10"), "the rule of every form"
    rule(report, "ho-tro", "drop", percent=95)
    assert not errors(report, {"ho-tro": {"v": 100}}, ho_tro__v="10")
    assert errors(report, {"ho-tro": {"v": 100}}, ho_tro__v="4")


# --- what an explanation does ---------------------------------------------------------------------------------------


def parsed(report, **typed):
    raw = {name.replace("__", ".").replace("_", "-"): text for name, text in typed.items()}
    return content.parse(report, raw, previous={"figures": {"ho-tro": {"v": 100}}})


def test_explained_rule_lets_the_report_pass_and_is_listed(report):
    rule(report, "ho-tro", "drop", percent=30, severity="explain")
    refused = parsed(report, ho_tro__v="69")
    assert content.TO_EXPLAIN in refused.errors["ho-tro.v"][0]
    assert refused.explained == []
    passed = parsed(report, ho_tro__v="69", ho_tro__explanation="Đã tách đơn vị.")
    assert passed.is_valid
    sentence = "“Mục ho-tro” giảm quá 30 % so với kỳ trước (từ 100 còn 69)."
    assert passed.explained == [{"item": "ho-tro", "sentence": sentence}]
    assert content.flags(passed) == {"checks": passed.explained, "warnings": []}


def test_stopping_rule_takes_no_explanation(report):
    rule(report, "ho-tro", "drop", percent=30, severity="stop")
    found = parsed(report, ho_tro__v="69", ho_tro__explanation="Đã tách đơn vị.")
    assert list(found.errors) == ["ho-tro.v"]
    assert found.explained == []


def test_explanation_where_all_holds_is_kept_and_flags_nothing(report):
    rule(report, "ho-tro", "drop", percent=30)
    found = parsed(report, ho_tro__v="70", ho_tro__explanation="Không cần.")
    assert (found.is_valid, found.explained) == (True, [])
    assert found.content["explanations"] == {"ho-tro": "Không cần."}


def test_wild_difference_that_was_explained_is_a_flag_too(report):
    found = parsed(report, ho_tro__v="10", ho_tro__explanation="Chuyển quỹ.")
    assert [row["item"] for row in found.explained] == ["ho-tro"]
    assert found.explained[0]["sentence"] == "Kỳ trước là 100, kỳ này ghi 10: chênh lệch quá 3 lần."


def test_warning_is_a_flag_with_its_item(report):
    found = parsed(report, ho_tro__v="100", ho_tro__explanation="Gọi 0912 345 678.")
    (warning,) = content.flags(found)["warnings"]
    assert (warning["item"], "điện thoại" in warning["sentence"]) == ("ho-tro", True)
