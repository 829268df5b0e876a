"""Reads a filled Excel form of one report: every cell checked as on the screen, all errors with their addresses.

Three texts meet in each field: what stood there at the download, what stands in the file, what stands in the draft
now. A cell that nobody touched changes nothing, so an old file does not undo what a colleague has typed since.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openpyxl.utils import get_column_letter

from orgunits import workbook_safety, workbook_style
from orgunits.workbook_safety import Sheet, SheetRefused, Source
from reports import content, drafts, form_fields, sheets_fields, sheets_form, sheets_identity
from reports.form_fields import Question, Questionnaire
from reports.models import FormVersion, Report
from reports.sheets_fields import MOST_IN_CELL, CellRefused, SheetField
from reports.sheets_figures import NOTE, NOW
from reports.sheets_figures import TITLE as FIGURES_SHEET
from reports.sheets_identity import ONE, Identity, NotOurs

# Sheet → the columns of what the first and the second hidden name stand for.
COLUMNS: Final = {FIGURES_SHEET: (NOW, NOTE), sheets_form.TEXTS: (5, None), sheets_form.TASKS: (6, 7)}
STOP, TELL = "stop", "tell"  # an error that keeps the file out; one that only keeps the report from being filed
ROW_MISSING = "Tệp thiếu ô của “{}”. Hãy tải lại biểu mẫu, chép số liệu sang rồi nộp lại."
ROW_TWICE = "Ô của “{}” có hai lần trong tệp. Hãy bỏ dòng đã thêm."
OTHER_UNIT = "Tệp này là biểu mẫu của đơn vị {}, không phải của {}. Hãy chọn đúng tệp."
OTHER_REPORT = "Tệp này là biểu mẫu của một báo cáo khác của đơn vị (chế độ hoặc kỳ khác). Hãy chọn đúng tệp."
MANY_UNITS = "Tệp này là bảng cho nhiều đơn vị. Hãy nộp ở trang của kỳ báo cáo, mục “Nhiều đơn vị bằng một tệp”."

Change = list[str]  # text now in the draft, text in the file, and the text at the download where others changed it


@dataclass(frozen=True)
class Place:
    """Where a field stands in the file."""

    sheet: str
    row: int
    column: int

    @property
    def cell(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"


@dataclass
class Checked:
    """What a file would change: by field name the text now and the text then, and all that is wrong with it."""

    changes: dict[str, Change] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def stops(self) -> bool:
        return any(error["kind"] == STOP for error in self.errors)


def check(report: Report, file: Source) -> Checked:
    """Read the file of one report against its draft as it stands; raises SheetRefused for a file not to be taken."""
    sheets = workbook_safety.read(file, [sheets_identity.SHEET, *COLUMNS])
    rows = identity_rows(sheets)
    _refuse_other(identity_of(rows), report)
    form = form_fields.load(report)
    return _Check(form, sheets, base_of(rows), drafts.typed(report)).run()


def error(place: Place | None, reason: str, *, kind: str = STOP) -> dict[str, str]:
    """One line of the list of errors."""
    where = {"sheet": place.sheet, "cell": place.cell} if place else {"sheet": "", "cell": ""}
    return where | {"reason": reason, "kind": kind}


def identity_rows(sheets: Mapping[str, Sheet]) -> list[tuple[str, str, str]]:
    """The rows of the hidden sheet; raises SheetRefused without one."""
    sheet = sheets.get(sheets_identity.SHEET)
    if sheet is None:
        raise SheetRefused(sheets_identity.NOT_OURS)
    return [(sheet.text(row, 1), sheet.text(row, 2), _raw(sheet, row)) for row in range(1, sheet.last_row + 1)]


def identity_of(rows: list[tuple[str, str, str]]) -> Identity:
    try:
        return sheets_identity.from_rows({key: text for key, text, _ in rows if key != sheets_identity.BASE})
    except NotOurs as refused:
        raise SheetRefused(str(refused)) from refused


def base_of(rows: list[tuple[str, str, str]]) -> dict[str, str]:
    """The draft's text by field name at the download."""
    return {name: text for key, name, text in rows if key == sheets_identity.BASE}


def wrong_version(identity: Identity, version: FormVersion) -> str:
    """The sentence for a file of another version of the form."""
    theirs = FormVersion.objects.filter(pk=identity.version, form=version.form_id).values_list("number", flat=True)
    number = theirs.first()
    which = f"phiên bản {number}" if number else "một phiên bản khác"
    return (
        f"Tệp này theo {which} của biểu mẫu, nay báo cáo dùng phiên bản {version.number}. Hãy tải biểu mẫu mới, chép "
        "số liệu sang rồi nộp lại."
    )


def _raw(sheet: Sheet, row: int) -> str:
    cell = sheet.cells.get((row, 3))
    return workbook_style.unescaped(cell.value) if cell and isinstance(cell.value, str) else ""


def _refuse_other(identity: Identity, report: Report) -> None:
    unit = report.obligation.org_unit
    if identity.kind != ONE:
        raise SheetRefused(MANY_UNITS)
    if identity.unit != unit.code:
        raise SheetRefused(OTHER_UNIT.format(f"có mã {identity.unit}", f"{unit} (mã {unit.code})"))
    if identity.subject != str(report.pk):
        raise SheetRefused(OTHER_REPORT)
    if identity.version != report.form_version_id:
        raise SheetRefused(wrong_version(identity, report.form_version))


class _Check:
    """One file against one draft; ``texts`` collects what the cells say."""

    def __init__(
        self, form: Questionnaire, sheets: Mapping[str, Sheet], base: Mapping[str, str], raw: Mapping[str, str]
    ) -> None:
        self.form = form
        self.sheets = sheets
        self.base = base
        self.raw = raw
        self.found = Checked()
        self.places: dict[str, Place] = {}
        self.texts: dict[str, str] = {}
        self.fields: dict[str, SheetField] = {}

    def run(self) -> Checked:
        self._find_places()
        for question in self.form.questions:
            if not question.is_closed:
                self._question(question)
        self.found.changes = changes(self.fields, self.texts, base=self.base, raw=self.raw)
        self._tell()
        self.found.errors.sort(key=lambda line: (line["kind"] != STOP,))
        return self.found

    def _find_places(self) -> None:
        known = {field.name for question in self.form.questions for field in sheets_fields.fields_of(question)}
        for title, columns in COLUMNS.items():
            sheet = self.sheets.get(title, Sheet(title))
            for row in range(1, sheet.last_row + 1):
                for key_column, column in enumerate(columns, start=1):
                    name = sheet.text(row, key_column)
                    if column is None or name not in known:
                        continue
                    place = Place(title, row, column)
                    if name in self.places:
                        self.found.errors.append(error(place, ROW_TWICE.format(self.form.labels.get(name, name))))
                    self.places.setdefault(name, place)

    def _question(self, question: Question) -> None:
        nil_at = self._nil_place(question) if question.is_figure else None
        for each in sheets_fields.fields_of(question):
            place = self.places.get(each.name)
            if place is None:
                if not self._was_too_long(each):
                    self.found.errors.append(error(None, ROW_MISSING.format(each.label)))
                continue
            self._read(each, place)
        if question.is_figure:
            self.fields[question.nil_name] = sheets_fields.nil_of(question)
            self.texts[question.nil_name] = "on" if nil_at else ""
            numbers = [self.texts.get(cell.name) for cell in question.cells]
            if nil_at and any(numbers):
                self.found.errors.append(error(nil_at, content.NIL_WITH_NUMBER))

    def _nil_place(self, question: Question) -> Place | None:
        for cell in question.cells:
            place = self.places.get(cell.name)
            found = self._cell(place) if place else None
            if found is not None and sheets_fields.says_nil(found):
                self.places[question.nil_name] = place  # type: ignore[assignment]  # a cell has a place
                return place
        return None

    def _read(self, each: SheetField, place: Place) -> None:
        self.fields[each.name] = each
        cell = self._cell(place)
        if each.is_number and cell is not None and sheets_fields.says_nil(cell):
            self.texts[each.name] = ""
            return
        try:
            self.texts[each.name] = sheets_fields.draft_text(each, cell)
        except CellRefused as refused:
            self.found.errors.append(error(place, str(refused)))

    def _cell(self, place: Place) -> Any:
        return self.sheets[place.sheet].cells.get((place.row, place.column))

    def _was_too_long(self, each: SheetField) -> bool:
        return max(len(self.base.get(each.name, "")), len(self.raw.get(each.name, ""))) >= MOST_IN_CELL

    def _tell(self) -> None:
        """What the screen would say about the draft with the file in it; cells already refused are not said twice."""
        report = self.form.report
        previous = drafts.previous_filing(report)
        merged = dict(self.raw) | {name: change[1] for name, change in self.found.changes.items()}
        parsed = content.parse(report, merged, previous=previous.content if previous else None, form=self.form)
        refused = {(line["sheet"], line["cell"]) for line in self.found.errors}
        for sentences in (parsed.errors, parsed.warnings):
            for name, words in sentences.items():
                place = self.places.get(name)
                if place and (place.sheet, place.cell) not in refused:
                    self.found.errors += [error(place, sentence, kind=TELL) for sentence in words]


def changes(
    fields: Mapping[str, SheetField],
    texts: Mapping[str, str],
    *,
    base: Mapping[str, str],
    raw: Mapping[str, str],
    is_fingerprint: bool = False,
) -> dict[str, Change]:
    """By field name what would change in the draft ``raw``, where the file started from ``base``."""
    found = {}
    for name, mine in texts.items():
        each, was, theirs = fields[name], base.get(name, ""), raw.get(name, "")
        if sheets_fields.same_text(each, mine, theirs) or _is_base(each, mine, was, is_fingerprint=is_fingerprint):
            continue
        if _is_base(each, theirs, was, is_fingerprint=is_fingerprint):
            found[name] = [theirs, mine]
        else:
            found[name] = [theirs, mine, "" if is_fingerprint else was]
    return found


def _is_base(each: SheetField, text: str, was: str, *, is_fingerprint: bool) -> bool:
    if is_fingerprint:
        return sheets_fields.fingerprint(each, text) == was
    return sheets_fields.same_text(each, text, was)
