"""Drafts: several windows and people, no silent overwrite, nothing refused for what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgunits.transitions import Conflict
from reports import content as contents
from reports import drafts, workflow
from reports.models import Report
from tests.builders import content, make_report, make_task, open_year

texts = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "1", "2", "3"]))


@pytest.fixture
def report(cast) -> Report:
    return make_report(cast.obligation)


def save(report, by, version=0, base=None, **mine):
    fields = {name.replace("_", "-").replace("--", "."): text for name, text in mine.items()}
    return drafts.save(report, fields, base=base or {}, version=version, by=by)


# --- merging ------------------------------------------------------------------------------------------------------


def test_each_side_keeps_what_only_it_changed():
    merged, clashes = drafts.merge({"a": "theirs", "b": "old"}, {"a": "old", "b": "old"}, {"a": "old", "b": "mine"})
    assert (merged, clashes) == ({"a": "theirs", "b": "mine"}, {})


def test_both_changing_one_field_is_a_clash_with_both_texts():
    _, clashes = drafts.merge({"a": "theirs"}, {"a": "old"}, {"a": "mine"})
    assert clashes == {"a": drafts.BothTexts("theirs", "mine")}


def test_both_changing_to_the_same_text_is_none():
    assert drafts.merge({"a": "same"}, {"a": "old"}, {"a": "same"}) == ({"a": "same"}, {})


@given(texts, texts, texts)
def test_no_text_of_either_side_disappears(stored, base, mine):
    merged, clashes = drafts.merge(stored, base, mine)
    for name in {*stored, *mine}:
        theirs, now, was = stored.get(name, ""), mine.get(name, base.get(name, "")), base.get(name, "")
        if name in clashes:
            assert clashes[name] == drafts.BothTexts(theirs, now)
        else:
            assert merged.get(name, "") in (theirs, now)
            assert theirs == was or name not in mine or merged.get(name, "") == theirs


@given(texts, texts)
def test_saving_from_what_is_stored_never_clashes(stored, mine):
    merged, clashes = drafts.merge(stored, stored, mine)
    assert not clashes
    assert all(merged.get(name, "") == text for name, text in mine.items())


# --- saving -------------------------------------------------------------------------------------------------------


def test_anything_is_saved_as_it_was_typed(cast, report):
    saved = save(report, cast.officer, ket_qua="  <b>1,2,3 -- ", kinh_phi__v="âm một trăm")
    report.refresh_from_db()
    assert report.draft == {"ket-qua": "  <b>1,2,3 -- ", "kinh-phi.v": "âm một trăm"} == saved.draft
    assert (report.draft_version, report.draft_saved_by) == (1, cast.officer)


def test_fields_that_the_form_has_not_are_dropped(cast, report):
    save(report, cast.officer, ket_qua="x", khac="y", csrfmiddlewaretoken="z")
    report.refresh_from_db()
    assert report.draft == {"ket-qua": "x"}


def test_text_is_stored_in_one_normal_form_and_without_nul(cast, report):
    save(report, cast.officer, ket_qua="Đa\u0303 la\u0300m\r\nxong\x00\ud800")
    report.refresh_from_db()
    assert report.draft["ket-qua"] == "Đã làm\nxong"


def test_saving_the_same_again_makes_no_new_version(cast, report):
    save(report, cast.officer, ket_qua="x")
    assert save(report, cast.officer, version=1, ket_qua="x").version == 1
    assert save(report, cast.officer, version=0, ket_qua="x").version == 1, "an answer that was lost on the way"


def test_cleared_field_is_cleared(cast, report):
    save(report, cast.officer, ket_qua="x", kinh_phi__v="1")
    assert save(report, cast.officer, version=1, ket_qua="").draft == {"kinh-phi.v": "1"}


def test_two_windows_on_different_fields_both_win(cast, report):
    save(report, cast.officer, ket_qua="x")
    saved = save(report, cast.colleague, version=0, kinh_phi__v="5")
    assert saved.draft == {"ket-qua": "x", "kinh-phi.v": "5"}


def test_two_windows_on_one_field_clash_and_nothing_is_lost(cast, report):
    save(report, cast.officer, ket_qua="của tôi")
    with pytest.raises(drafts.DraftClash) as caught:
        save(report, cast.colleague, version=0, ket_qua="của bạn")
    assert caught.value.clashes == {"ket-qua": drafts.BothTexts("của tôi", "của bạn")}
    assert caught.value.report.draft_saved_by == cast.officer
    report.refresh_from_db()
    assert (report.draft, report.draft_version) == ({"ket-qua": "của tôi"}, 1)


def test_size_is_limited_as_a_whole(cast, report):
    save(report, cast.officer, ket_qua="a" * 199_000)
    with pytest.raises(drafts.DraftTooLarge, match="200 kB"):
        save(report, cast.officer, version=1, kinh_phi__v="a" * 1_100)


def test_filed_report_takes_no_more_text(cast, report):
    workflow.submit(report, content(), by=cast.officer)
    with pytest.raises(Conflict, match=r"đã được Trần Thị Cán Bộ nộp lúc"):
        save(report, cast.colleague, ket_qua="muộn")
    report.refresh_from_db()
    assert report.draft == {}


# --- what is shown ------------------------------------------------------------------------------------------------


def test_content_turned_to_text_reads_back_as_the_same_content(cast):
    task = make_task(cast.plan)
    report = make_report(cast.obligation)
    report.form_version.items.create(code="nhiem-vu", kind="tasks", label="Nhiệm vụ", order=9)
    frozen = content(people=(1234, 5000), children=0)
    frozen["tasks"] = {str(task.pk): {"status": "done", "note": "Xong."}}
    frozen["explanations"] = {"can-bo": "Tách đơn vị."}
    raw = drafts.from_content(frozen, tasks_code="nhiem-vu")
    assert raw["can-bo.chu-chot.n"] == "1.234"
    assert contents.parse(report, raw, previous=None).content == frozen


def test_returned_report_without_a_draft_starts_from_its_last_filing(cast, report):
    workflow.submit(report, content(children=7), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu minh chứng.")
    report.refresh_from_db()
    assert drafts.typed(report)["tre-em-duoc-ho-tro.v"] == "7"
    saved = save(report, cast.officer, tre_em_duoc_ho_tro__v="8")
    assert (saved.draft["tre-em-duoc-ho-tro.v"], saved.draft["ket-qua"]) == ("8", "Đã làm tốt.")


def test_previous_filing_is_the_latest_earlier_approved_one(cast):
    for year, children, approve in ((2023, 3, True), (2024, 4, True), (2025, 5, False), (2027, 7, True)):
        earlier = next(row for row in open_year(cast.duty, year) if row.org_unit == cast.base)
        filed = make_report(earlier)
        workflow.submit(filed, content(children=children), by=cast.officer)
        if approve:
            workflow.approve(filed, by=cast.reviewer)
    previous = drafts.previous_filing(make_report(cast.obligation))
    assert previous is not None
    assert (previous.period.year, previous.content["figures"]["tre-em-duoc-ho-tro"]) == (2024, {"v": 4})


def test_first_period_has_no_previous_filing(report):
    assert drafts.previous_filing(report) is None
