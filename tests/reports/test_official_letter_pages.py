"""The pages of official letters: choosing units, writing beside the preview, issuing, and what the officer reads."""

import datetime

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from plans import register
from plans.models import IssuedFile, Letterhead, OutgoingDocument, PrintJob
from plans.views import issuing as issuing_pages
from reports import official_letters, tasks, workflow
from reports.models import OfficialLetter, OfficialLetterNotice
from reports.views import official_letters as pages
from tests.builders import LONG_AGO, content, make_official_letter, make_report, send_official_letter

pytestmark = pytest.mark.django_db
UNIT = "Công đoàn cơ sở số 01"


@pytest.fixture(autouse=True)
def quiet(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    for task in (issuing_pages.keep_issued_file, tasks.deliver_official_letter, pages.print_document):
        monkeypatch.setattr(task, "delay_on_commit", lambda *keys: None)


@pytest.fixture
def head(cast):
    Letterhead.objects.create(
        org_unit=cast.union, valid_from=LONG_AGO, issuer_line="CÔNG ĐOÀN VIÊN CHỨC TỈNH", body_code="CĐVC",
        drafting_code="NC", place_name="Đắk Lắk", signing_authority="TM. BAN THƯỜNG VỤ", signer_post="CHỦ TỊCH",
        signer_name="Võ Thị Ký", recipients="Lưu: VT",
    )  # fmt: skip
    register.set_last(cast.union, "", on=timezone.localdate(), last=11, by=cast.unit_administrator)


@pytest.fixture
def letter(cast, head):
    both = [cast.obligation, cast.sibling_obligation]
    return make_official_letter(cast, obligations=both)


def url(name, letter):
    return reverse(f"reports:official_letter_{name}", args=[letter.pk])


def create(cast):
    return reverse("reports:official_letter_create", args=[cast.duty.pk, cast.obligation.period_id])


def fields(letter, **changes):
    """What the form holds when nobody has changed anything."""
    units = list(letter.addressees.values_list("obligation_id", flat=True))
    until = f"{letter.asked_until:%d/%m/%Y}" if letter.asked_until else ""
    names = ("subject", "opening", "request", "recipients")
    return {name: getattr(letter, name) for name in names} | {
        "asked_until": until, "don_vi": units, "seen": str(letter.edits),
    } | changes  # fmt: skip


def page_of(answer):
    return answer.content.decode()


def file_report(obligation, by):
    workflow.submit(make_report(obligation), content(), by=by)


# --- choosing --------------------------------------------------------------------------------------------------------
def test_late_units_are_ticked_and_make_a_letter(client, cast, head, time_machine):
    time_machine.move_to(datetime.datetime(2026, 11, 20, 9, tzinfo=datetime.UTC))
    file_report(cast.sibling_obligation, cast.sibling_officer)
    client.force_login(cast.reviewer)
    answer = client.get(create(cast))
    assert [(choice.row.name, choice.ticked) for choice in answer.context["choices"]] == [(UNIT, True)]
    answer = client.post(create(cast), {"loai": "don-doc", "don_vi": [cast.obligation.pk]})
    letter = OfficialLetter.objects.get()
    assert answer["Location"] == url("edit", letter)
    assert (letter.org_unit, letter.created_by) == (cast.union, cast.reviewer)
    assert "Công văn đã soạn cho kỳ này" in page_of(client.get(create(cast)))


def test_unit_whose_day_has_not_come_is_offered_but_not_ticked(client, cast, head, time_machine):
    time_machine.move_to(datetime.datetime(2026, 11, 9, 9, tzinfo=datetime.UTC))  # the last good day
    client.force_login(cast.reviewer)
    assert [choice.ticked for choice in client.get(create(cast)).context["choices"]] == [False, False]
    one = client.get(create(cast), {"bao-cao": cast.obligation.pk}).context["choices"]
    assert [choice.ticked for choice in one] == [True, False]
    forms = client.get(create(cast), {"loai": "bieu-mau"}).context["choices"]
    assert [choice.ticked for choice in forms] == [True, True]


def test_empty_choice_is_refused_in_words(client, cast, head):
    client.force_login(cast.reviewer)
    answer = client.post(create(cast), {"loai": "don-doc"})
    assert "Hãy chọn ít nhất một đơn vị." in page_of(answer)
    assert not OfficialLetter.objects.exists()


def test_units_out_of_reach_are_not_there(client, cast, head):
    client.force_login(cast.reviewer)
    assert client.post(create(cast), {"loai": "don-doc", "don_vi": ["9" * 15]}).status_code == 404
    client.post(create(cast), {"loai": "don-doc", "don_vi": ["²", "x", ""]})
    assert not OfficialLetter.objects.exists()


@pytest.mark.parametrize(
    ("person", "code"),
    [("officer", 403), ("viewer", 403), ("stranger_reviewer", 404), ("reviewer", 302), ("province_reviewer", 302)],
)
def test_who_may_begin_a_letter(client, cast, head, person, code):
    client.force_login(getattr(cast, person))
    answer = client.post(create(cast), {"loai": "don-doc", "don_vi": [cast.obligation.pk]})
    assert answer.status_code == code
    assert OfficialLetter.objects.exists() == (code == 302)


def test_ways_to_the_letter(client, cast, head):
    pages = [
        reverse("reports:missing", args=[cast.union.pk]),
        reverse("reports:duty_period", args=[cast.duty.pk, cast.obligation.period_id]),
        cast.obligation.get_absolute_url(),
    ]
    for person, seen in (("reviewer", True), ("viewer", False)):
        client.force_login(getattr(cast, person))
        for page in pages:
            assert (create(cast) in page_of(client.get(page))) == seen, page


# --- writing ---------------------------------------------------------------------------------------------------------
def test_saved_draft_keeps_what_was_typed(client, cast, letter):
    client.force_login(cast.reviewer)
    answer = client.post(url("edit", letter), fields(letter, subject="Đôn đốc lần hai", recipients="Ban Nữ công"))
    assert answer["Location"] == url("edit", letter)
    letter.refresh_from_db()
    assert (letter.subject, letter.recipients, letter.edited_by) == ("Đôn đốc lần hai", "Ban Nữ công", cast.reviewer)
    assert "V/v đôn đốc lần hai" in page_of(client.get(url("edit", letter)))


def test_wrong_form_keeps_what_was_typed(client, cast, letter):
    client.force_login(cast.reviewer)
    typed = fields(letter, opening="", request="Câu đã gõ", asked_until="31/02/2026", don_vi=[])
    page = page_of(client.post(url("edit", letter), typed))
    for words in ("Câu đã gõ", "31/02/2026", "Hãy ghi phần mở đầu", "Hãy chọn ít nhất một đơn vị."):
        assert words in page
    letter.refresh_from_db()
    assert letter.edits == 0


def test_day_that_has_passed_is_not_asked_for(client, cast, letter):
    client.force_login(cast.reviewer)
    page = page_of(client.post(url("edit", letter), fields(letter, asked_until="01/01/2020")))
    assert "Hãy chọn ngày từ hôm nay trở đi." in page


def test_second_window_gets_409_with_both_texts(client, cast, letter):
    client.force_login(cast.reviewer)
    old = fields(letter)
    client.post(url("edit", letter), old | {"request": "Của cửa sổ thứ nhất"})
    answer = client.post(url("edit", letter), old | {"request": "Của cửa sổ thứ hai"})
    page = page_of(answer)
    assert answer.status_code == 409
    assert "Của cửa sổ thứ nhất" in page
    assert "Của cửa sổ thứ hai" in page
    assert "Đỗ Thị Xét Duyệt sửa lúc" in page
    again = client.post(url("edit", letter), old | {"request": "Của cửa sổ thứ hai", "seen": answer.context["seen"]})
    letter.refresh_from_db()
    assert (again.status_code, letter.request) == (302, "Của cửa sổ thứ hai")


def test_preview_shows_what_is_typed_and_stores_nothing(client, cast, letter):
    client.force_login(cast.reviewer)
    typed = fields(letter, opening="<b>Chữ đang gõ</b>", don_vi=[cast.obligation.pk])
    page = page_of(client.post(url("preview", letter), typed))
    assert "&lt;b&gt;Chữ đang gõ&lt;/b&gt;" in page
    assert "Công đoàn cơ sở số 02" not in page
    assert "Chữ đang gõ" in page_of(client.post(url("edit", letter), typed | {"xem": "1"}))
    letter.refresh_from_db()
    assert letter.edits == 0


def test_draft_is_printed_with_blanks_as_pdf_and_word(client, cast, letter):
    client.force_login(cast.reviewer)
    for kind in ("pdf", "word"):
        answer = client.post(url("print", letter), {"kind": kind})
        job = PrintJob.objects.get(kind=kind)
        assert answer["Location"] == reverse("plans:print_job", args=[job.pk])
        assert job.content["document"]["number"]["serial"] is None


def test_discarded_draft_is_gone(client, cast, letter):
    client.force_login(cast.reviewer)
    assert "mất hẳn" in page_of(client.get(url("discard", letter)))
    client.post(url("discard", letter))
    assert not OfficialLetter.objects.exists()
    assert client.get(url("edit", letter)).status_code == 404


# --- issuing ---------------------------------------------------------------------------------------------------------
def issued(client, letter, **values):
    page = url("issue", letter)
    known = {"on": f"{timezone.localdate():%d/%m/%Y}", "signer": "mac-dinh", "recipients": letter.recipients}
    known["seen"] = client.get(page).context["fingerprint"]
    return client.post(page, known | {"confirmed": "on"} | values)


def test_issued_letter_is_in_the_register_and_closed(client, cast, letter):
    client.force_login(cast.unit_administrator)
    outgoing_page = issued(client, letter)["Location"]
    outgoing = OutgoingDocument.objects.get()
    assert outgoing.number == "12/CĐVC-NC"
    assert outgoing_page == outgoing.get_absolute_url()
    assert letter.get_absolute_url() in page_of(client.get(outgoing_page))
    assert client.get(url("edit", letter)).status_code == 409
    assert client.post(url("edit", letter), fields(letter)).status_code == 409
    assert client.get(url("issue", letter)).status_code == 409
    assert OfficialLetterNotice.objects.count() == 3


def test_reviewer_writes_and_does_not_issue(client, cast, letter):
    client.force_login(cast.reviewer)
    assert "Lưu và ban hành" not in page_of(client.get(url("edit", letter)))
    assert client.get(url("issue", letter)).status_code == 403
    assert client.post(url("issue", letter), {"on": "20/11/2026"}).status_code == 403
    assert not OutgoingDocument.objects.exists()


def test_unit_that_filed_while_the_letter_was_written_is_told_and_dropped(client, cast, letter):
    client.force_login(cast.unit_administrator)
    before = client.get(url("issue", letter)).context["fingerprint"]
    file_report(cast.obligation, cast.officer)
    page = page_of(issued(client, letter, seen=before))  # the page from before the filing issues nothing
    assert f"đã nộp hoặc được miễn báo cáo: {UNIT}." in page
    assert not OutgoingDocument.objects.exists()
    assert client.post(url("drop_filed", letter), {"seen": letter.edits}).status_code == 302
    letter.refresh_from_db()
    assert issued(client, letter).status_code == 302
    text = str(OutgoingDocument.objects.get().content)
    assert UNIT not in text
    assert "Công đoàn cơ sở số 02" in text


def test_letter_that_nobody_needs_any_more_is_not_issued(client, cast, letter):
    file_report(cast.obligation, cast.officer)
    file_report(cast.sibling_obligation, cast.sibling_officer)
    client.force_login(cast.unit_administrator)
    assert "đều đã nộp báo cáo" in page_of(issued(client, letter))
    assert not OutgoingDocument.objects.exists()


# --- reading ---------------------------------------------------------------------------------------------------------
def test_officer_finds_the_letter_at_home_and_at_the_report(client, cast, head):
    letter = make_official_letter(cast)
    client.force_login(cast.officer)
    home, report = reverse("home"), cast.obligation.get_absolute_url()
    for page in (home, report):
        assert letter.get_absolute_url() not in page_of(client.get(page))
    assert client.get(letter.get_absolute_url()).status_code == 404
    send_official_letter(cast, letter)
    OutgoingDocument.objects.update(issued_on=timezone.localdate())
    for page in (home, report):
        assert letter.get_absolute_url() in page_of(client.get(page))
    detail = page_of(client.get(letter.get_absolute_url()))
    assert url("file", letter) in detail
    assert url("edit", letter) not in detail
    assert "Thư báo tới các đơn vị" not in detail
    answer = client.get(url("file", letter))
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert "private, no-store" in answer["Cache-Control"]


def test_signed_copy_is_the_file_that_is_read(client, cast, head):
    letter = make_official_letter(cast)
    outgoing = send_official_letter(cast, letter).outgoing
    IssuedFile.objects.create(
        document=outgoing, kind="signed", file=ContentFile(b"%PDF-signed", name="ky.pdf"), sha256="1" * 64, size=11,
        added_by=cast.administrator,
    )  # fmt: skip
    client.force_login(cast.officer)
    assert b"".join(client.get(url("file", letter)).streaming_content) == b"%PDF-signed"


def test_unit_that_the_letter_does_not_speak_of_does_not_see_it(client, cast, head):
    letter = make_official_letter(cast)
    send_official_letter(cast, letter)
    client.force_login(cast.sibling_officer)
    for name in ("detail", "file"):
        assert client.get(url(name, letter)).status_code == 404
    assert client.post(url("print", letter)).status_code == 404


def test_failed_notice_is_sent_again_by_who_may_write(client, cast, head):
    row = send_official_letter(cast, make_official_letter(cast))
    OfficialLetterNotice.objects.update(status="failed", error="Máy chủ thư từ chối")
    again = reverse("reports:official_letter_send_again", args=[row.pk])
    client.force_login(cast.officer)
    assert client.post(again).status_code == 403
    client.force_login(cast.reviewer)
    assert "Máy chủ thư từ chối" in page_of(client.get(row.letter.get_absolute_url()))
    assert client.post(again).status_code == 302
    assert client.post(again).status_code == 409


def test_list_is_narrowed_to_a_unit_and_asks_few_questions(client, cast, head, django_assert_max_num_queries):
    for _ in range(5):
        make_official_letter(cast)
    client.force_login(cast.reviewer)
    page = reverse("reports:official_letter_list")
    with django_assert_max_num_queries(14):
        answer = client.get(page)
    assert len(answer.context["page_obj"].object_list) == 5
    assert len(client.get(page, {"don_vi": "cơ sở số 01"}).context["page_obj"].object_list) == 5
    assert "Không có công văn nào như vậy" in page_of(client.get(page, {"don_vi": "số 02"}))


def test_writer_is_whoever_reviews_or_gives_numbers(cast):
    day = timezone.localdate()
    may = {
        name: official_letters.may_write(getattr(cast, name), cast.union, on=day)
        for name in ("officer", "viewer", "reviewer", "province_reviewer", "unit_administrator", "stranger_reviewer")
    }
    assert [name for name, allowed in may.items() if allowed] == ["reviewer", "province_reviewer", "unit_administrator"]
