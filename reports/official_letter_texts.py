"""What an official letter says before anybody edits it, drafted from the data; what they lack is not written."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orgunits.models import OrgUnit
from plans.official.letterhead import name_on
from plans.official.wording import lower_first
from reports import due_dates, form_fields, letters
from reports.models import Obligation, OfficialLetter
from reports.official import cited, period_words
from reports.official_letter_units import Listed, addressed

Kind = OfficialLetter.Kind
# Up to so many units stand in "Kính gửi" and in the text; more stand in an appendix.
NAMES_IN_LETTER: Final = 8
ASKED_DAYS: Final = 7  # an urging letter asks for the report within a week, unless its writer says another day


@dataclass(frozen=True)
class Texts:
    """The parts of a letter that its writer may change."""

    subject: str
    opening: str
    request: str


def drafted(
    kind: str, sender: OrgUnit, rows: Sequence[Listed], *, on: datetime.date, until: datetime.date | None
) -> Texts:
    """Return the letter as the data make it: about one unit or many, with the basis, the due day and what is asked."""
    obligation = rows[0].obligation
    name = name_on(sender, on=on)
    report = report_words(obligation)
    if kind == Kind.FORM:
        return Texts(
            f"Gửi biểu mẫu {report}",
            "\n".join([_form_sentence(rows, name, report), *_basis(rows), *_figures(rows)]),
            "\n".join([_form_request(rows, name, report), *_contact(sender, name)]),
        )
    return Texts(
        f"Đôn đốc nộp {report}",
        "\n".join([_owing_sentence(rows, name, report), *_basis(rows), _lacking_sentence(rows, name)]),
        "\n".join([_urging_request(rows, until=until), *_contact(sender, name)]),
    )


def kept_in_step(typed: Texts, before: Texts, after: Texts) -> Texts:
    """Return what was typed, with each part that still is the draft of before as it is drafted now."""
    pairs = zip(_parts(typed), _parts(before), _parts(after), strict=True)
    return Texts(*(new if same_text(text, old) else text for text, old, new in pairs))


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same but for line ends."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def with_other_day(text: str, before: datetime.date | None, after: datetime.date | None) -> str:
    """Return the text with the day that it asks for replaced, wherever it stands as we write it."""
    if before is None or after is None:
        return text
    return text.replace(due_dates.last_moment(before), due_dates.last_moment(after))


def report_words(obligation: Obligation) -> str:
    """Return the report inside a sentence: ``báo cáo năm thực hiện Chỉ thị 28-CT/TW (năm 2026)``."""
    return f"{lower_first(obligation.duty.name)} ({period_words(obligation)})"


# --- the sentences ---------------------------------------------------------------------------------------------------
def _parts(texts: Texts) -> tuple[str, str, str]:
    return texts.subject, texts.opening, texts.request


def _whom(rows: Sequence[Listed]) -> str:
    names = addressed(rows)
    return names[0] if len(names) == 1 else "các đơn vị"


def _carrying_out(rows: Sequence[Listed]) -> str:
    return f"Thực hiện {cited(rows[0].obligation.duty.plan.document)}"


def _route(obligation: Obligation) -> str:
    return f" (qua {obligation.route.strip().removeprefix('qua ')})" if obligation.route.strip() else ""


def _owing_sentence(rows: Sequence[Listed], name: str, report: str) -> str:
    return f"{_carrying_out(rows)}, {_whom(rows)} nộp {report} về {name}{_route(rows[0].obligation)}."


def _basis(rows: Sequence[Listed]) -> list[str]:
    """The phrase of the document, verbatim, and the due day in the words of every page."""
    duty = rows[0].obligation.duty
    place = form_fields.place_in_plan(duty.section) if duty.section else ""
    document = duty.plan.document.get_kind_display()
    quoted = f"{f'{place} của {document}' if place else document} ghi: {_quoted(duty.phrase)} " if duty.phrase else ""
    days = {letters.planned_in_words(row.obligation) for row in rows}
    when = days.pop() if len(days) == 1 else "ghi tại danh sách các đơn vị"
    return [f"{quoted}Thời hạn nộp báo cáo: {when}."]


def _quoted(phrase: str) -> str:
    """The phrase between quotation marks, with one full stop at its end and not two."""
    words = phrase.strip()
    return f"“{words}”" if words.endswith(".") else f"“{words}”."


def _lacking_sentence(rows: Sequence[Listed], name: str) -> str:
    if len(rows) == 1:
        return f"Đến nay, {name} chưa nhận được báo cáo nêu trên của {_whom(rows)}."
    where = "sau đây:" if len(rows) <= NAMES_IN_LETTER else "có tên trong danh sách kèm theo."
    return f"Đến nay, {name} chưa nhận được báo cáo nêu trên của các đơn vị {where}"


def _urging_request(rows: Sequence[Listed], *, until: datetime.date | None) -> str:
    when = f"chậm nhất {due_dates.last_moment(until)}" if until else "trong thời gian sớm nhất"
    return f"Đề nghị {_whom(rows)} khẩn trương hoàn thành và nộp báo cáo trên hệ thống Măng Non {when}."


def _form_sentence(rows: Sequence[Listed], name: str, report: str) -> str:
    return f"{_carrying_out(rows)}, {name} gửi {_whom(rows)} biểu mẫu {report} tại phụ lục kèm theo công văn này."


def _figures(rows: Sequence[Listed]) -> list[str]:
    """Of which days the figures are, where that is one answer for all."""
    spans = {(row.obligation.period.starts_on, row.obligation.cut_off_on) for row in rows}
    if len(spans) != 1:
        return []
    ((first, last),) = spans
    return [f"Số liệu tính từ ngày {due_dates.day_text(first)} đến hết ngày {due_dates.day_text(last)}."]


def _form_request(rows: Sequence[Listed], name: str, report: str) -> str:
    route = _route(rows[0].obligation)
    return (
        f"Đề nghị {_whom(rows)} tổng hợp số liệu, lập báo cáo theo biểu mẫu và nộp về {name}{route} "
        "trên hệ thống Măng Non đúng thời hạn nêu trên."
    )


def _contact(sender: OrgUnit, name: str) -> list[str]:
    """Where to ask, as far as the unit's own data say it."""
    ways = [f"điện thoại {sender.phone}" if sender.phone else "", f"thư điện tử {sender.email}" if sender.email else ""]
    known = ", ".join(filter(None, ways))
    return [f"Nếu có vướng mắc, đề nghị liên hệ {name}, {known}."] if known else []
