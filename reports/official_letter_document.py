"""An official letter as a document: what its writer has typed, and between it what follows from the data."""

import datetime
from collections.abc import Sequence
from typing import Final

from plans.models import Letterhead
from plans.official.blocks import (
    ND30,
    Appendix,
    Block,
    Cell,
    DocumentNumber,
    IssueDate,
    OfficialDocument,
    Paragraph,
    Row,
    Signature,
    Table,
    from_json,
    plain,
)
from plans.official.from_plan import SAMPLE_NOTICE
from plans.official.letterhead import letterhead_of, name_on, style_of
from plans.official.wording import AS_ABOVE
from reports import due_dates
from reports.models import FormVersion, OfficialLetter, ReportForm
from reports.official_blocks import table, text_blocks
from reports.official_letter_form_tables import form_appendices
from reports.official_letter_texts import NAMES_IN_LETTER, report_words
from reports.official_letter_units import Listed, addressed, listed, obligations_of

Kind = OfficialLetter.Kind
ALL_LISTED: Final = "Các đơn vị có tên trong danh sách kèm theo"


def document_of(letter: OfficialLetter, *, on: datetime.date) -> OfficialDocument:
    """Return what is printed of the letter: the frozen content of an issued one, else the draft as it stands."""
    if letter.is_issued and letter.outgoing and letter.outgoing.content:
        return from_json(letter.outgoing.content)
    return letter_document(letter, listed(obligations_of(letter), on=on), on=on)


def letter_document(letter: OfficialLetter, rows: Sequence[Listed], *, on: datetime.date) -> OfficialDocument:
    """Return the letter as it would go out on that day to these units; number and day are blanks.

    ``letter`` may be one that is still being typed.
    """
    unit = letter.org_unit
    head = letterhead_of(unit, on=on)
    own = letter.recipients.splitlines()
    return OfficialDocument(
        style=style_of(unit),
        superior_lines=tuple(head.superior_line.splitlines()),
        issuer_lines=tuple(head.issuer_line.splitlines()),
        issuer_name=name_on(unit, on=on),
        number=DocumentNumber(None, "", head.body_code, head.drafting_code),
        date=IssueDate(head.place_name, None, on.month, on.year),
        subject=letter.subject,
        addressees=_addressees(rows),
        body=(*text_blocks(letter.opening), *_units_in_text(letter, rows, on=on)),
        closing=tuple(text_blocks(letter.request)),
        signature=Signature(
            tuple(head.signing_authority.splitlines()), tuple(head.signer_post.splitlines()), head.signer_name
        ),
        recipients=(AS_ABOVE, *own) if own else (),
        appendices=tuple(_appendices(letter, rows, on=on)),
        notice=SAMPLE_NOTICE if unit.is_sample else "",
        missing=tuple(_missing(letter, head, rows, on=on)),
    )


def form_version_of(letter: OfficialLetter) -> FormVersion | None:
    """Return the form in use for the letter's duty and kind of period, or None while there is none."""
    form = ReportForm.objects.filter(duty=letter.duty_id, period_kind=letter.period.kind).first()
    return form.current if form else None


# --- the parts -------------------------------------------------------------------------------------------------------
def _addressees(rows: Sequence[Listed]) -> tuple[str, ...]:
    names = addressed(rows)
    return names if len(names) <= NAMES_IN_LETTER else (ALL_LISTED,)


def _units_in_text(letter: OfficialLetter, rows: Sequence[Listed], *, on: datetime.date) -> list[Block]:
    """The units with their days where they are few; of one unit a sentence."""
    if _in_appendix(rows):
        return []
    if letter.kind == Kind.URGE and len(rows) == 1:
        words = _days_words(rows[0], on=on)
        return [Paragraph(plain(f"Tính đến ngày {due_dates.day_text(on)}, báo cáo {words}."))] if words else []
    if letter.kind == Kind.FORM and len({row.obligation.effective_due_on for row in rows}) < 2:
        return []
    return [units_table(letter, rows, on=on)]


def _in_appendix(rows: Sequence[Listed]) -> bool:
    return len(rows) > NAMES_IN_LETTER or len(addressed(rows)) > NAMES_IN_LETTER


def units_table(letter: OfficialLetter, rows: Sequence[Listed], *, on: datetime.date) -> Table:
    """Return the units: of an urging letter with how late they are, else with the day on which their report is due."""
    lines: list[Row] = []
    if letter.kind == Kind.FORM:
        lines = [
            (Cell(str(number)), Cell(row.full_name), Cell(f"{row.obligation.effective_due_on:%d/%m/%Y}"))
            for number, row in enumerate(rows, start=1)
        ]
        return table(("TT", "Đơn vị", "Hạn chót"), (8, 70, 22), ("center", "left", "center"), lines)
    for number, row in enumerate(rows, start=1):
        late = str(max(-row.obligation.days_left(on), 0)) if row.is_owed else "–"
        cells = (str(number), row.full_name, row.state, f"{row.obligation.due_now:%d/%m/%Y}", late)
        lines.append(tuple(Cell(text) for text in cells))
    titles = ("TT", "Đơn vị", "Tình trạng báo cáo", "Hạn chót", f"Số ngày quá hạn đến {on:%d/%m/%Y}")
    return table(titles, (7, 41, 19, 16, 17), ("center", "left", "left", "center", "center"), lines)


def _days_words(row: Listed, *, on: datetime.date) -> str:
    if not row.is_owed:
        return ""
    return due_dates.days_left(row.obligation.days_left(on)).replace("quá hạn", "đã quá hạn")


def _appendices(letter: OfficialLetter, rows: Sequence[Listed], *, on: datetime.date) -> list[Appendix]:
    found = []
    if _in_appendix(rows):
        title = "Danh sách đơn vị chưa nộp báo cáo" if letter.kind == Kind.URGE else "Danh sách đơn vị lập báo cáo"
        found.append(Appendix(title, (units_table(letter, rows, on=on),)))
    version = form_version_of(letter) if letter.kind == Kind.FORM else None
    if version and rows:
        obligation = rows[0].obligation
        found += form_appendices(version, obligation, title=report_words(obligation))
    return found


def _missing(letter: OfficialLetter, head: Letterhead, rows: Sequence[Listed], *, on: datetime.date) -> list[str]:
    checks = [
        (True, "Chưa có số và ngày; số được cấp khi ban hành"),
        (not rows, "Chưa chọn đơn vị nào"),
        (letter.kind == Kind.FORM and form_version_of(letter) is None, "Chưa có biểu mẫu đang dùng để gửi kèm"),
        (bool(letter.asked_until and letter.asked_until < on), "Hạn đề nghị nộp đã qua"),
        (not head.pk, "Đơn vị chưa có mẫu tiêu đề văn bản"),
        (not head.place_name, "Chưa có địa danh"),
        (not head.body_code, "Chưa có ký hiệu của cơ quan ban hành"),
        (style_of(letter.org_unit) == ND30 and not head.drafting_code, "Chưa có ký hiệu đơn vị soạn thảo"),
        (not head.signing_authority and not head.signer_post, "Chưa có thẩm quyền và chức vụ người ký"),
        (not head.signer_name, "Chưa có họ tên người ký"),
        (not letter.recipients.strip(), "Chưa có nơi nhận và nơi lưu"),
    ]
    return [words for is_missing, words in checks if is_missing]
