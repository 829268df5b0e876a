"""Official letters: drafted from data, kept in step with the units, issued once, told to those they go to."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from orgunits import reorganisation
from orgunits.models import AuditEvent, Role, Succession
from orgunits.transitions import Conflict
from plans import issuing
from plans.issuing import Order
from plans.models import Letterhead, OutgoingDocument
from plans.official import numbering
from plans.official.blocks import Table, text_of
from reports import official_letter_mail, official_letter_texts, official_letters, tasks, workflow
from reports.models import OfficialLetter, OfficialLetterNotice
from reports.official_letter_document import document_of, letter_document
from reports.official_letter_texts import Texts
from reports.official_letter_units import addressed, listed, obligations_of
from reports.official_letters import Typed
from tests.builders import LONG_AGO, content, give_role, make_report, make_unit, make_user, open_year

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)  # the reports were due until 9 November
Kind = OfficialLetter.Kind


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    found = []
    monkeypatch.setattr(tasks.deliver_official_letter, "delay_on_commit", found.append)
    return found


@pytest.fixture
def head(cast):
    return Letterhead.objects.create(
        org_unit=cast.union, valid_from=LONG_AGO, superior_line="LIÊN ĐOÀN LAO ĐỘNG TỈNH THỬ NGHIỆM",
        issuer_line="CÔNG ĐOÀN VIÊN CHỨC TỈNH", body_code="CĐVC", drafting_code="NC", place_name="Đắk Lắk",
        signing_authority="TM. BAN THƯỜNG VỤ", signer_post="CHỦ TỊCH", signer_name="Võ Thị Ký",
        recipients="Ban Nữ công\nLưu: VT",
    )  # fmt: skip


def begin(cast, *obligations, kind=Kind.URGE, on=DAY):
    return official_letters.begin(kind, obligations or [cast.obligation], by=cast.reviewer, on=on)


def both(cast):
    return begin(cast, cast.obligation, cast.sibling_obligation)


def many(cast, count):
    """A letter to so many more units of the union."""
    for number in range(count):
        make_unit(f"Công đoàn cơ sở thêm {number + 1:02d}", parent=cast.union)
    rows = open_year(cast.duty, 2027)
    return official_letters.begin(Kind.URGE, rows, by=cast.reviewer, on=datetime.date(2027, 11, 20))


def document(letter, on=DAY):
    return document_of(letter, on=on)


def body(letter, on=DAY):
    return [text_of(block.runs) for block in document(letter, on).body if not isinstance(block, Table)]


def typed(letter, **changes):
    values = {name: getattr(letter, name) for name in ("subject", "opening", "request", "recipients", "asked_until")}
    units = frozenset(changes.pop("obligations", letter.addressees.values_list("obligation_id", flat=True)))
    values |= changes
    texts = Texts(values["subject"], values["opening"], values["request"])
    return Typed(texts, values["recipients"], values["asked_until"], units)


def save(letter, by, **changes):
    official_letters.save(letter, typed(letter, **changes), seen=letter.edits, by=by, on=DAY)
    letter.refresh_from_db()


def issue(letter, cast, on=DAY):
    letter.refresh_from_db()
    return official_letters.issue(letter, Order(on), seen=letter.edits, by=cast.administrator)


def file_report(obligation, by):
    workflow.submit(make_report(obligation), content(), by=by)


# --- what is drafted -------------------------------------------------------------------------------------------------
def test_letter_to_one_unit_names_it_with_basis_due_day_and_days_late(cast, head):
    letter = begin(cast)
    printed = document(letter)
    assert printed.addressees == ("Công đoàn cơ sở số 01",)
    assert letter.subject == "Đôn đốc nộp báo cáo năm thực hiện Chỉ thị 28-CT/TW (năm 2026)"
    first, basis, lacking, late = body(letter)
    assert first.startswith("Thực hiện Kế hoạch ngày 24 tháng 5 năm 2024 của ")
    assert "Công đoàn cơ sở số 01 nộp báo cáo năm" in first
    assert basis == (
        "Kế hoạch ghi: “trước ngày 10/11”. Thời hạn nộp báo cáo: trước ngày 10/11/2026, "
        "tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)."
    )
    assert lacking.endswith("chưa nhận được báo cáo nêu trên của Công đoàn cơ sở số 01.")
    assert late == "Tính đến ngày 20/11/2026, báo cáo đã quá hạn 11 ngày."
    assert "chậm nhất 23:59 ngày 27/11/2026 (thứ Sáu)" in letter.request
    assert printed.recipients == ("Như trên", "Ban Nữ công", "Lưu: VT")
    assert numbering.number_line(printed.number, printed.style) == f"Số: {numbering.BLANK}/CĐVC-NC"


def test_letter_to_several_units_has_them_in_a_table(cast, head):
    letter = both(cast)
    assert document(letter).addressees == ("Công đoàn cơ sở số 01", "Công đoàn cơ sở số 02")
    assert body(letter)[-1].endswith("của các đơn vị sau đây:")
    (listing,) = [block for block in document(letter).body if isinstance(block, Table)]
    assert [[cell.text for cell in row] for row in listing.rows] == [
        ["1", "Công đoàn cơ sở số 01", "Chưa nộp", "09/11/2026", "11"],
        ["2", "Công đoàn cơ sở số 02", "Chưa nộp", "09/11/2026", "11"],
    ]


def test_letter_to_many_units_lists_them_in_an_appendix(cast, head):
    letter = many(cast, official_letter_texts.NAMES_IN_LETTER)
    printed = document(letter, datetime.date(2027, 11, 20))
    assert printed.addressees == ("Các đơn vị có tên trong danh sách kèm theo",)
    (appendix,) = printed.appendices
    assert appendix.title == "Danh sách đơn vị chưa nộp báo cáo"
    assert len(appendix.blocks[0].rows) == official_letter_texts.NAMES_IN_LETTER + 2
    assert not any(isinstance(block, Table) for block in printed.body)
    assert text_of(printed.body[-1].runs).endswith("có tên trong danh sách kèm theo.")


def test_contact_is_written_only_as_far_as_the_data_go(cast, head):
    assert "liên hệ" not in begin(cast).request
    cast.union.phone = "0262 000 0000"
    cast.union.save(update_fields=["phone"])
    assert begin(cast).request.endswith("liên hệ Công đoàn Viên chức tỉnh Thử Nghiệm, điện thoại 0262 000 0000.")


def test_returned_report_is_not_called_missing(cast, head):
    file_report(cast.obligation, cast.officer)
    workflow.send_back(cast.obligation.report, reason="Thiếu số liệu", by=cast.reviewer)
    (row,) = listed(obligations_of(begin(cast)), on=DAY)
    assert row.state == "Bị trả lại, chưa nộp lại"


def test_form_letter_carries_the_form_as_landscape_appendices(cast, head):
    letter = begin(cast, cast.obligation, cast.sibling_obligation, kind=Kind.FORM)
    figures, texts = document(letter).appendices
    assert figures.landscape
    assert texts.landscape
    assert figures.title.startswith("Biểu số liệu báo cáo năm")
    rows = [[cell.text for cell in row] for row in figures.blocks[0].rows]
    assert rows[0][1:6] == ["Tỷ lệ cán bộ công đoàn được truyền thông về công tác trẻ em", "người", "–", "–", "–"]
    assert rows[0][6].startswith("Tử số: Số cán bộ được truyền thông. Mẫu số: Tổng số cán bộ.")
    assert rows[1][:6] == ["", "- Nhóm chu-chot", "người", "", "", "–"]
    assert ["2", "Số trẻ em được hỗ trợ", "em"] in [row[:3] for row in rows]
    assert texts.blocks[0].rows[0][2].text == "Viết thành văn, không quá 10.000 ký tự"
    assert letter.asked_until is None
    assert "Số liệu tính từ ngày 01/01/2026 đến hết ngày 09/11/2026." in letter.opening


def test_form_letter_needs_a_form(cast, head):
    cast.form.form.versions.update(published_at=None)
    with pytest.raises(ValidationError, match="chưa có biểu mẫu"):
        begin(cast, kind=Kind.FORM)
    assert not OfficialLetter.objects.exists()


def test_letter_needs_a_unit(cast):
    with pytest.raises(ValidationError, match="ít nhất một đơn vị"):
        official_letters.begin(Kind.URGE, [], by=cast.reviewer, on=DAY)


def test_party_letter_is_written_in_the_style_of_the_party(cast, head):
    type(cast.union).objects.filter(pk=cast.union.pk).update(sector="party")
    printed = document(begin(cast))
    assert printed.style == "party"
    assert numbering.number_line(printed.number, printed.style) == f"Số {numbering.BLANK}-CV/CĐVC"


# --- units that have ended -------------------------------------------------------------------------------------------
def test_letter_about_a_merged_unit_goes_to_its_successor(cast, head):
    heir = make_unit("Công đoàn cơ sở hợp nhất", parent=cast.union)
    officer = make_user("Người Kế Nhiệm", unit=heir, role=Role.REPORTER)
    for unit in (cast.base, cast.sibling):
        reorganisation.end(unit, on=datetime.date(2026, 11, 15), by=None, successors=[heir])
    assert Succession.objects.filter(successor=heir).count() == 2
    letter = both(cast)
    rows = listed(obligations_of(letter), on=DAY)
    assert addressed(rows) == ("Công đoàn cơ sở hợp nhất",)
    assert rows[0].full_name == "Công đoàn cơ sở số 01 (nay là Công đoàn cơ sở hợp nhất)"
    issue(letter, cast)
    people = set(OfficialLetterNotice.objects.values_list("recipient_id", flat=True))
    assert officer.pk in people or people == {cast.officer.pk, cast.colleague.pk, cast.sibling_officer.pk}
    assert list(OfficialLetter.objects.visible_to(officer, DAY)) == [letter]


# --- editing ---------------------------------------------------------------------------------------------------------
def test_untouched_sentences_follow_the_units_and_the_day(cast, head):
    letter = both(cast)
    save(letter, cast.reviewer, obligations=[cast.obligation.pk], asked_until=datetime.date(2026, 11, 30))
    assert "của Công đoàn cơ sở số 01." in letter.opening
    assert "23:59 ngày 30/11/2026 (thứ Hai)" in letter.request
    assert document(letter).addressees == ("Công đoàn cơ sở số 01",)


def test_what_was_typed_stays_and_only_its_day_follows(cast, head):
    letter = both(cast)
    own = letter.request.replace("Đề nghị các đơn vị khẩn trương", "Kính đề nghị")
    save(letter, cast.reviewer, request=own)
    save(letter, cast.reviewer, asked_until=datetime.date(2026, 11, 30), obligations=[cast.obligation.pk])
    assert letter.request == own.replace("27/11/2026 (thứ Sáu)", "30/11/2026 (thứ Hai)")


def test_second_window_is_told_and_nothing_is_overwritten(cast, head):
    letter = begin(cast)
    old = letter.edits
    save(letter, cast.reviewer, subject="Của người thứ nhất")
    with pytest.raises(Conflict, match="Đỗ Thị Xét Duyệt sửa lúc"):
        official_letters.save(letter, typed(letter, subject="Khác"), seen=old, by=cast.administrator, on=DAY)
    letter.refresh_from_db()
    assert letter.subject == "Của người thứ nhất"


def test_units_of_another_receiver_never_come_in(cast, head):
    letter = begin(cast)
    foreign = open_year(cast.duty, 2025)[0]
    save(letter, cast.reviewer, obligations=[cast.obligation.pk, foreign.pk])
    assert list(letter.addressees.values_list("obligation_id", flat=True)) == [cast.obligation.pk]


def test_saving_without_a_change_leaves_no_trace(cast, head):
    letter = begin(cast)
    save(letter, cast.reviewer)
    assert letter.edits == 0
    assert not AuditEvent.objects.filter(action="official_letter.change").exists()


# --- issuing ---------------------------------------------------------------------------------------------------------
def test_issued_letter_is_frozen_numbered_and_told_once_to_each_person(cast, head, rung):
    letter = both(cast)
    outgoing = issue(letter, cast)
    assert outgoing.number == "01/CĐVC-NC"
    assert outgoing.kind == "letter"
    letter.refresh_from_db()
    assert letter.is_issued
    Letterhead.objects.update(issuer_line="TÊN MỚI")
    assert document(letter).issuer_lines == ("CÔNG ĐOÀN VIÊN CHỨC TỈNH",)
    assert (document(letter).date.day, document(letter).number.serial) == (20, 1)
    told = sorted(OfficialLetterNotice.objects.values_list("recipient_id", flat=True))
    assert told == sorted([cast.officer.pk, cast.colleague.pk, cast.sibling_officer.pk])
    assert rung == list(OfficialLetterNotice.objects.order_by("pk").values_list("pk", flat=True))
    event = AuditEvent.objects.get(action="official_letter.issue")
    assert event.data == {"number": "01/CĐVC-NC", "units": 2}
    with pytest.raises(Conflict, match="đã được ban hành"):
        issue(letter, cast)
    with pytest.raises(Conflict, match="đã được ban hành"):
        save(letter, cast.reviewer, subject="Sửa sau khi ban hành")


def test_person_of_two_units_is_told_once(cast, head):
    give_role(cast.officer, Role.REPORTER, cast.sibling)
    issue(both(cast), cast)
    assert OfficialLetterNotice.objects.filter(recipient=cast.officer).count() == 1


def test_party_letter_takes_its_number_from_the_term(cast, head):
    type(cast.union).objects.filter(pk=cast.union.pk).update(sector="party")
    cast.union.committee_terms.create(name="2025–2030", starts_on=datetime.date(2025, 7, 1))
    assert issue(begin(cast), cast).number == "01-CV/CĐVC"


def test_unit_that_filed_meanwhile_is_named_and_can_be_dropped(cast, head):
    letter = both(cast)
    file_report(cast.obligation, cast.officer)
    assert [row.name for row in official_letters.filed_meanwhile(letter, on=DAY)] == ["Công đoàn cơ sở số 01"]
    (listing,) = [block for block in document(letter).body if isinstance(block, Table)]
    assert [cell.text for cell in listing.rows[0]][2:] == ["Đã nộp", "09/11/2026", "–"]
    names = official_letters.drop_filed(letter, seen=letter.edits, by=cast.reviewer, on=DAY)
    letter.refresh_from_db()
    assert names == ["Công đoàn cơ sở số 01"]
    assert document(letter).addressees == ("Công đoàn cơ sở số 02",)
    assert "của Công đoàn cơ sở số 02." in letter.opening


def test_unit_that_files_in_the_moment_of_issuing_stops_it(cast, head):
    letter = both(cast)
    file_report(cast.obligation, cast.officer)
    with pytest.raises(ValidationError, match="Vừa có đơn vị nộp"):
        issue(letter, cast)
    assert not OutgoingDocument.objects.exists()
    known = frozenset({cast.obligation.pk})  # who saw it on the page and keeps the unit may go on
    assert official_letters.issue(letter, Order(DAY), seen=letter.edits, by=cast.administrator, filed=known)


def test_nobody_is_urged_when_all_have_filed(cast, head):
    letter = begin(cast)
    file_report(cast.obligation, cast.officer)
    with pytest.raises(ValidationError, match="đều đã nộp"):
        official_letters.drop_filed(letter, seen=letter.edits, by=cast.reviewer, on=DAY)
    with pytest.raises(ValidationError, match="đều đã nộp"):
        issue(letter, cast)
    assert not OutgoingDocument.objects.exists()
    assert not OfficialLetterNotice.objects.exists()


def test_void_number_makes_it_a_draft_that_the_units_see_no_longer(cast, head):
    letter = begin(cast)
    outgoing = issue(letter, cast)
    assert letter in OfficialLetter.objects.visible_to(cast.officer, DAY)
    issuing.void(outgoing, reason="Sai người ký", by=cast.administrator, at=timezone.now())
    letter = OfficialLetter.objects.get(pk=letter.pk)
    assert not letter.is_issued
    assert letter not in OfficialLetter.objects.visible_to(cast.officer, DAY)
    with pytest.raises(Conflict, match="đã từng được cấp số"):
        official_letters.discard(letter, by=cast.reviewer)
    save(letter, cast.reviewer, subject="Trích yếu đã sửa")
    assert issue(letter, cast).number == "02/CĐVC-NC"
    assert OfficialLetterNotice.objects.filter(recipient=cast.officer).count() == 2  # once for each number


def test_draft_is_nobodys_but_the_senders(cast, head):
    letter = begin(cast)
    for person in (cast.officer, cast.sibling_officer, cast.stranger_reviewer):
        assert letter not in OfficialLetter.objects.visible_to(person, DAY)
    issue(letter, cast)
    assert letter in OfficialLetter.objects.visible_to(cast.officer, DAY)
    assert letter not in OfficialLetter.objects.visible_to(cast.sibling_officer, DAY)


# --- the mail --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_mail_leads_to_the_letter_and_goes_once(cast, head, mailoutbox, settings):
    settings.SITE_URL = "https://mang-non.example"
    letter = begin(cast)
    issue(letter, cast)
    row = OfficialLetterNotice.objects.get(recipient=cast.officer)
    assert official_letter_mail.deliver(row.pk)
    assert not official_letter_mail.deliver(row.pk)
    (mail,) = mailoutbox
    assert mail.subject == "Công văn số 01/CĐVC-NC: đôn đốc nộp Báo cáo năm thực hiện Chỉ thị 28-CT/TW, Năm 2026"
    assert f"https://mang-non.example{letter.get_absolute_url()}" in mail.body
    assert "chậm nhất 23:59 ngày 27/11/2026 (thứ Sáu)" in mail.body
    assert "- Đơn vị: Công đoàn cơ sở số 01\n" in mail.body


@pytest.mark.django_db(transaction=True)
def test_mail_about_a_void_number_is_not_sent(cast, head, mailoutbox):
    outgoing = issue(begin(cast), cast)
    issuing.void(outgoing, reason="Sai", by=cast.administrator, at=timezone.now())
    row = OfficialLetterNotice.objects.get(recipient=cast.officer)
    assert not official_letter_mail.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, len(mailoutbox)) == ("cancelled", 0)


def test_typed_letter_is_shown_as_it_would_be_printed(cast, head):
    """What stands in the preview is not saved: a letter without a row has the same look."""
    letter = begin(cast)
    shown = OfficialLetter(
        pk=letter.pk, kind=letter.kind, org_unit=letter.org_unit, duty=letter.duty, period=letter.period,
        subject="Đang gõ", opening="- Một ý", request="Hết", recipients="", asked_until=None,
    )  # fmt: skip
    printed = letter_document(shown, listed(obligations_of(letter), on=DAY), on=DAY)
    assert printed.subject == "Đang gõ"
    assert printed.recipients == ()
    assert "Chưa có nơi nhận và nơi lưu" in printed.missing
