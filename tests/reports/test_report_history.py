"""The history of a report: who did what, when and why, on one page."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from reports import comparison, form_moving, manual_reminders, many_changes, obligations, workflow
from reports.many_changes import Change, Wanted
from reports.models import Report
from tests.builders import content, make_report


def url(report: Report) -> str:
    return reverse("reports:report_history", args=[report.pk])


def page(client, user, report, query: str = "") -> str:
    client.force_login(user)
    return client.get(url(report) + query).content.decode()


@pytest.fixture
def report(cast) -> Report:
    report = workflow.start_report(cast.obligation, by=cast.officer)
    workflow.submit(report, content(children=7), by=cast.officer)
    return report


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


def test_every_step_has_its_person_and_its_reason(client, cast, report):
    on = timezone.localdate()
    workflow.send_back(
        report,
        by=cast.reviewer,
        reason="",
        item_reasons={"ket-qua": "Nêu rõ số buổi."},
        due_on=on + datetime.timedelta(days=7),
        item_due={"ket-qua": on + datetime.timedelta(days=3)},
    )
    workflow.submit(report, content(children=9), by=cast.colleague)
    workflow.approve(report, by=cast.province_reviewer, comment="Báo cáo tốt.")
    workflow.reopen(report, by=cast.reviewer, reason="Đơn vị báo sai.", due_on=on + datetime.timedelta(days=2))
    text = page(client, cast.officer, report)
    assert in_order(
        text,
        "bắt đầu lập báo cáo",
        "nộp báo cáo",
        "trả lại báo cáo để đơn vị sửa",
        "Nêu rõ số buổi.",
        "duyệt báo cáo",
        "Báo cáo tốt.",
        "mở lại báo cáo đã duyệt",
        "Đơn vị báo sai.",
    )
    for person in (cast.officer, cast.colleague, cast.reviewer, cast.province_reviewer):
        assert f"<strong>{person}</strong>" in text
    assert f"{on + datetime.timedelta(days=3):%d/%m/%Y}" in text
    assert f"23:59 ngày {on + datetime.timedelta(days=7):%d/%m/%Y}" in text
    assert f"23:59 ngày {on + datetime.timedelta(days=2):%d/%m/%Y}" in text


def test_extensions_waivers_and_reminders_are_part_of_it(client, cast):
    report = workflow.start_report(cast.obligation, by=cast.officer)
    until = datetime.date(2026, 12, 20)
    obligations.extend(cast.obligation, until=until, reason="Đơn vị sáp nhập.", by=cast.unit_administrator)
    manual_reminders.remind([cast.obligation.pk], by=cast.reviewer, on=timezone.localdate())
    obligations.waive(cast.obligation, reason="Đơn vị giải thể.", by=cast.unit_administrator)
    text = page(client, cast.viewer, report)
    assert in_order(
        text, "gia hạn báo cáo đến 23:59 ngày 20/12/2026", "Đơn vị sáp nhập.", "nhắc nộp báo cáo",
        "miễn nộp báo cáo", "Đơn vị giải thể.",
    )  # fmt: skip


def test_extension_for_all_units_stands_with_each_that_got_it(client, cast, report):
    duty, period = cast.duty, cast.obligation.period
    until = datetime.date(2026, 12, 1)
    obligations.extend(
        cast.sibling_obligation, until=datetime.date(2026, 12, 20), reason="Riêng.", by=cast.unit_administrator
    )
    wanted = Wanted(Change.EXTEND, reason="Bão lụt toàn tỉnh.", until=until)
    many_changes.change(duty, period, wanted, by=cast.unit_administrator)
    other = make_report(cast.sibling_obligation)
    assert "Bão lụt toàn tỉnh." in page(client, cast.reviewer, report)
    assert "Bão lụt toàn tỉnh." not in page(client, cast.reviewer, other)


def test_days_are_those_of_viet_nam(client, cast):
    report = make_report(cast.obligation)
    with time_machine.travel("2026-11-05 23:59:59+07:00", tick=False):
        workflow.submit(report, content(), by=cast.officer)
    with time_machine.travel("2026-11-06 00:00:00+07:00", tick=False):
        workflow.approve(report, by=cast.reviewer)
    client.force_login(cast.officer)
    days = client.get(url(report)).context["days"]
    assert [(day.isoformat(), len(steps)) for day, steps in days] == [("2026-11-05", 1), ("2026-11-06", 1)]


def test_any_two_filings_can_be_compared(client, cast, report):
    for children in (9, 11):
        workflow.send_back(report, by=cast.reviewer, reason="Sai.")
        workflow.submit(report, content(children=children), by=cast.officer)
    assert "So sánh lần 2 với lần 3" in page(client, cast.reviewer, report)
    text = page(client, cast.reviewer, report, "?tu=1&den=3")
    assert "So sánh lần 1 với lần 3" in text
    assert "+4 (tăng 57 %)" in text
    client.force_login(cast.reviewer)
    for query in ("?tu=9", "?den=x", "?tu=-1&den=99999999999999999999"):
        assert client.get(url(report) + query).status_code == 404


def test_strangers_find_nothing_and_nothing_is_changed_here(client, cast, report):
    for person in (cast.stranger, cast.stranger_reviewer, cast.sibling_officer):
        client.force_login(person)
        assert client.get(url(report)).status_code == 404
    client.force_login(cast.officer)
    assert client.post(url(report)).status_code == 405
    client.logout()
    assert client.get(url(report)).status_code == 302


def test_draft_that_was_never_filed_has_a_history_too(client, cast):
    report = workflow.start_report(cast.obligation, by=cast.officer)
    text = page(client, cast.officer, report)
    assert "bắt đầu lập báo cáo" in text
    assert "So sánh" not in text


def test_number_of_queries_does_not_grow_with_the_steps(client, cast, report, django_assert_num_queries):
    for children in (9, 11, 13):
        workflow.send_back(report, by=cast.reviewer, reason="", item_reasons={"ket-qua": f"Lần {children}."})
        workflow.submit(report, content(children=children), by=cast.officer)
    client.force_login(cast.officer)
    with django_assert_num_queries(22):
        client.get(url(report))


def test_move_to_another_version_of_the_form_is_told(client, cast):
    report = workflow.start_report(cast.obligation, by=cast.officer)
    old = report.form_version
    new = old.form.versions.create(number=old.number + 1)
    form_moving.move(old.form, old, new, report_pks=[report.pk], by=cast.unit_administrator)
    text = page(client, cast.officer, report)
    assert "chuyển sang phiên bản biểu mẫu mới" in text
    assert "<strong>Bùi Văn Quản Trị</strong>" in text


def test_long_texts_are_compared_by_sentences_and_lose_nothing():
    older = "".join(f"Câu số {number} của báo cáo. " for number in range(900))
    newer = older.replace("Câu số 400 của báo cáo.", "Câu đã sửa; thêm một ý.")
    parts = comparison.text_parts(older, newer)
    assert "".join(part.text for part in parts if part.kind != "gone").split() == newer.split()
    assert "".join(part.text for part in parts if part.kind != "new").split() == older.split()
    assert [part.text for part in parts if part.kind == "gone"] == ["Câu số 400 của báo cáo."]


def test_text_that_was_written_anew_is_not_woven_into_the_old_one():
    older, newer = "Lập tủ sách và tặng quà cho con đoàn viên.", "Mở lớp bơi và khám sức khỏe ở ba xã vùng xa."
    parts = [(part.kind, part.text) for part in comparison.text_parts(older, newer)]
    assert parts == [("gone", older), ("new", newer)]
