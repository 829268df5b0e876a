"""A filed report as an official BÁO CÁO: to whom, on what basis, the unit's own figures, then those from below."""

import datetime

from django.utils import timezone

from plans.models import Document, Letterhead, Programme
from plans.official.blocks import (
    Appendix,
    Block,
    DocumentNumber,
    IssueDate,
    OfficialDocument,
    Paragraph,
    Signature,
    plain,
)
from plans.official.from_plan import SAMPLE_NOTICE
from plans.official.letterhead import letterhead_of, name_on, style_of
from plans.official.numbering import TYPE_NAMES, month_number, roman, two_digit_day
from plans.official.wording import AS_ABOVE, is_as_above, lower_first
from reports.models import Obligation, Report, Revision
from reports.official_blocks import ACTIVITIES_IN_TEXT, activities_table, all_activities, result_blocks
from reports.official_charts import result_charts
from reports.official_consolidated import (
    Consolidated,
    absent_in_appendix,
    absent_in_text,
    consolidated,
    consolidated_part,
)
from reports.reading import Reading, read


def report_document(report: Report, revision: Revision, *, on: datetime.date) -> OfficialDocument:
    """Return the printed report of one filing.

    Number and day are blanks: the system does not issue them. Head, signer and recipients come from the unit's
    letterhead of the day of filing; what it does not hold stays empty and ``missing`` names it.
    """
    obligation = report.obligation
    unit, filed_on = obligation.org_unit, timezone.localdate(revision.submitted_at)
    head = letterhead_of(unit, on=filed_on)
    reading, sums = read(report, revision), consolidated(revision)
    issuer = name_on(unit, on=filed_on)
    return OfficialDocument(
        style=style_of(unit),
        superior_lines=tuple(head.superior_line.splitlines()),
        issuer_lines=tuple(head.issuer_line.splitlines()),
        issuer_name=issuer,
        number=DocumentNumber(None, "BC", head.body_code),
        date=IssueDate(head.place_name, None, filed_on.month, filed_on.year),
        type_name=TYPE_NAMES["BC"],
        subject=subject_of(obligation, from_below=bool(sums.parts)),
        addressees=(_addressee(obligation),),
        citations=tuple(_citations(obligation)),
        body=(*_opening(obligation, issuer, filed_on=filed_on), *_results(reading, sums, on=on)),
        closing=(Paragraph(plain(f"Trên đây là báo cáo của {issuer}.")),),
        signature=Signature(
            tuple(head.signing_authority.splitlines()), tuple(head.signer_post.splitlines()), head.signer_name
        ),
        recipients=(AS_ABOVE, *(line for line in head.recipients.splitlines() if not is_as_above(line))),
        appendices=tuple(_appendices(reading, sums)),
        notice=_notice(report, revision),
        missing=tuple(_missing(head)),
    )


def subject_of(obligation: Obligation, *, from_below: bool = False) -> str:
    """Return the subject: what was carried out, and in which period; a consolidated report says that it is one."""
    what = "Tổng hợp kết quả thực hiện" if from_below else "Kết quả thực hiện"
    return f"{what} {obligation.duty.plan.programme.short_name} {period_words(obligation)}"


def period_words(obligation: Obligation) -> str:
    """Return the period inside a sentence: ``năm 2026``, ``6 tháng đầu năm 2026``."""
    name = str(obligation.period)
    return name[:1].lower() + name[1:]


# --- the frame -------------------------------------------------------------------------------------------------------
def _addressee(obligation: Obligation) -> str:
    name = name_on(obligation.receiving_unit, on=obligation.period.ends_on)
    return f"{name} (qua {obligation.route.removeprefix('qua ')})" if obligation.route else name


def _citations(obligation: Obligation) -> list[str]:
    programme: Programme = obligation.duty.plan.programme
    documents = [programme.root_document, obligation.duty.plan.document]
    return [f"Căn cứ {cited(document)}" for document in dict.fromkeys(filter(None, documents))]


def cited(document: Document) -> str:
    """Return a document as others cite it: kind, number, date, issuer, subject; what is unknown is left out."""
    kind = document.get_kind_display()
    words = [kind if kind != Document.Kind.OTHER.label else "Văn bản"]
    if document.serial is not None and document.number:
        words.append(f"số {document.number}")
    if day := document.issued_on:
        words.append(f"ngày {two_digit_day(day.day)} tháng {month_number(day.month)} năm {day.year}")
    elif document.number and document.issued_year:
        words.append(f"năm {document.issued_year}")
    if document.issuer:
        words.append(f"của {document.issuer}")
    if document.subject:
        subject = lower_first(document.subject)
        words.append(subject if subject.startswith("về ") else f"về {subject}")
    return " ".join(words)


def _notice(report: Report, revision: Revision) -> str:
    notices = [SAMPLE_NOTICE] if report.obligation.org_unit.is_sample else []
    if report.status == Report.Status.RETURNED:
        notices.append(f"Bản nộp lần {revision.number} đã bị trả lại để sửa")
    return ". ".join(notices)


def _missing(head: Letterhead) -> list[str]:
    checks = [
        (True, "Chưa có số; số được ghi khi văn thư đăng ký"),
        (True, "Chưa có ngày ban hành"),
        (not head.pk, "Đơn vị chưa có mẫu tiêu đề văn bản"),
        (not head.place_name, "Chưa có địa danh"),
        (not head.body_code, "Chưa có ký hiệu của cơ quan ban hành"),
        (not head.signing_authority and not head.signer_post, "Chưa có thẩm quyền và chức vụ người ký"),
        (not head.signer_name, "Chưa có họ tên người ký"),
        (not head.recipients, "Chưa có nơi nhận và nơi lưu"),
    ]
    return [words for is_missing, words in checks if is_missing]


# --- the text --------------------------------------------------------------------------------------------------------
def _opening(obligation: Obligation, issuer: str, *, filed_on: datetime.date) -> list[Block]:
    """Name the period; figures of a report that is filed before the cut-off reach to the day of filing only."""
    period = obligation.period
    days = f"từ ngày {period.starts_on:%d/%m/%Y} đến ngày {period.ends_on:%d/%m/%Y}"
    cut_off = f", số liệu chốt đến ngày {min(obligation.cut_off_on, filed_on):%d/%m/%Y}"
    verb = "báo cáo kết quả thực hiện"
    programme = obligation.duty.plan.programme.short_name
    return [Paragraph(plain(f"{issuer} {verb} {programme} {period_words(obligation)} ({days}{cut_off}) như sau:"))]


def _results(reading: Reading, sums: Consolidated, *, on: datetime.date) -> list[Block]:
    parts = result_blocks(reading)
    blocks: list[Block] = []
    if sums.parts or any(block.question.is_figure for block in reading.blocks):
        blocks.append(Paragraph(plain(_whose_figures(len(parts), has_below=bool(sums.parts)))))
    blocks += [block for part in parts for block in part]
    for number, part in enumerate(sums.parts, start=len(parts) + 1):
        blocks += consolidated_part(part, number=number, on=on, as_of=sums.as_of)
    return [*blocks, *absent_in_text(sums)]


def _whose_figures(own_parts: int, *, has_below: bool) -> str:
    """Say whose figures stand where: own and consolidated ones are never mixed."""
    if not has_below or not own_parts:
        return "Số liệu trong báo cáo này là số liệu riêng của đơn vị."
    where = "mục I" if own_parts == 1 else f"các mục từ I đến {roman(own_parts)}"
    return (
        f"Số liệu tại {where} là số liệu riêng của đơn vị; số liệu tổng hợp của các đơn vị cấp dưới "
        f"nêu từ mục {roman(own_parts + 1)}."
    )


def _appendices(reading: Reading, sums: Consolidated) -> list[Appendix]:
    activities = all_activities(reading)
    listed = []
    if len(activities) > ACTIVITIES_IN_TEXT:
        listed.append(Appendix("Danh mục hoạt động đã tổ chức", (activities_table(activities),), landscape=True))
    return [*listed, *result_charts(sums.parts), *absent_in_appendix(sums)]
