"""The Excel form of one report: out with the draft in it, filled in, and back into the draft after a preview."""

import datetime
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from orgunits.models import AuditEvent
from orgunits.transitions import Conflict
from orgunits.workbook_safety import SheetRefused
from reports import drafts, sheets_form, sheets_identity, sheets_one, sheets_reading, workflow
from reports.content import NIL_WITH_NUMBER
from reports.models import FormItem, FormVersion, ItemKind, Report, SheetImport
from tests import builders
from tests.reports.sheet_files import filled, places, typed_into, uploaded


@pytest.fixture(autouse=True)
def files_aside(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def report(cast):
    builders.make_task(cast.plan)
    builders.plan_form(cast.duty)
    return builders.make_report(
        cast.obligation,
        draft={
            "can-bo.chu-chot.n": "1.234",
            "can-bo.chu-chot.d": "1300",
            "can-bo.nu-cong.n": "mười hai",
            "ket-qua": "=1+1\nDòng hai.",
        },
        draft_version=3,
    )


def take(report, content, by):
    return sheets_one.take_one(report, uploaded(content), by=by)


def test_an_untouched_file_changes_nothing_but_tells_what_cannot_be_read(cast, report):
    content = sheets_form.build(report).content
    row = take(report, content, cast.officer)
    assert row.status == SheetImport.Status.REFUSED
    [stop] = [error for error in row.errors if error["kind"] == "stop"]
    assert (stop["sheet"], stop["cell"]) == places(content)["can-bo.nu-cong.n"]
    assert "mười hai" in stop["reason"]


def test_download_fill_upload_gives_the_same_draft(cast, report):
    content = sheets_form.build(report).content
    row = take(
        report,
        filled(content, can_bo__nu_cong__n=12, can_bo__nu_cong__d="1.500", phuong_huong="Làm tiếp.\nVà hơn."),
        cast.officer,
    )
    assert row.status == SheetImport.Status.READY, row.errors
    assert sheets_one.confirm_one(row, by=cast.officer) == 3
    report.refresh_from_db()
    assert report.draft == {
        "can-bo.chu-chot.n": "1.234",
        "can-bo.chu-chot.d": "1300",
        "can-bo.nu-cong.n": "12",
        "can-bo.nu-cong.d": "1.500",
        "ket-qua": "=1+1\nDòng hai.",
        "phuong-huong": "Làm tiếp.\nVà hơn.",
    }
    assert report.draft_version == 4
    assert report.draft_saved_by == cast.officer
    event = AuditEvent.objects.get(action="report.import")
    assert (event.actor, event.org_unit) == (cast.officer, cast.base)


# --- the workbook -------------------------------------------------------------------------------------------------


def test_a_text_that_starts_like_a_formula_stays_a_text(cast, report):
    report.draft |= {"kien-nghi": "@SUM(A1)", "ton-tai-han-che": "-1+2", "nguyen-nhan": "+84", "can-bo.nu-cong.n": "=9"}
    report.save(update_fields=["draft"])
    content = sheets_form.build(report).content
    workbook, at = load_workbook(BytesIO(content)), places(content)
    for name, text in report.draft.items():
        if name in ("ket-qua", "kien-nghi", "ton-tai-han-che", "nguyen-nhan", "can-bo.nu-cong.n"):
            sheet, cell = at[name]
            found = workbook[sheet][cell]
            assert (found.data_type, found.value, found.quotePrefix) == ("s", text, True), name
    formulas = [
        (sheet.title, cell.coordinate)
        for sheet in workbook.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f" and not cell.protection.locked
    ]
    assert formulas == []


def test_only_the_cells_to_fill_in_are_open(report):
    content = sheets_form.build(report).content
    workbook, at = load_workbook(BytesIO(content)), places(content)
    assert {sheet.title: sheet.sheet_state for sheet in workbook.worksheets} == {
        "Hướng dẫn": "visible",
        "Số liệu": "visible",
        "Nội dung": "visible",
        "Nhiệm vụ": "visible",
        "_danh_muc": "veryHidden",
        "_mang_non": "veryHidden",
    }
    open_cells = set()
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible":
            assert sheet.protection.sheet
            assert not sheet.protection.password
            assert sheet.page_setup.paperSize == 9  # A4
        for row in sheet.iter_rows():
            open_cells |= {(sheet.title, cell.coordinate) for cell in row if not cell.protection.locked}
    assert open_cells == set(at.values())
    for title in ("Số liệu", "Nội dung", "Nhiệm vụ"):
        assert workbook[title].freeze_panes
        assert workbook[title].column_dimensions["A"].hidden


def test_every_open_cell_has_a_rule_for_what_may_be_typed(report):
    content = sheets_form.build(report).content
    workbook, at = load_workbook(BytesIO(content)), places(content)
    for name, (title, cell) in at.items():
        rules = [rule for rule in workbook[title].data_validations.dataValidation if cell in rule.sqref]
        wanted = "custom" if name.endswith((".n", ".d", ".v")) else "list" if name.endswith(".status") else "textLength"
        assert [rule.type for rule in rules] == [wanted], name
        if wanted == "custom":
            assert f"ISNUMBER({cell})" in rules[0].formula1


def test_last_period_is_beside_the_cell_and_locked(cast, report):
    earlier = next(row for row in builders.open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk)
    old = builders.make_report(earlier)
    workflow.submit(old, builders.content(people=(40, 50)), by=cast.officer)
    workflow.approve(old, by=cast.reviewer)
    content = sheets_form.build(report).content
    workbook, at = load_workbook(BytesIO(content)), places(content)
    sheet, cell = at["can-bo.chu-chot.n"]
    before = workbook[sheet][cell.replace("G", "F")]
    assert (before.value, before.protection.locked) == (40, True)
    sheet, cell = at["ket-qua"]
    assert workbook[sheet][cell.replace("E", "D")].value == "Đã làm tốt."


def test_shares_and_verdicts_are_live_and_exact(report):
    sheet = load_workbook(BytesIO(sheets_form.build(report).content))["Số liệu"]
    formulas = {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}
    row = next(int(at[1:]) for at in formulas if at.startswith("H"))
    n, d = f"G{row - 2}", f"G{row - 1}"
    assert formulas[f"G{row}"] == f'=IF(AND(ISNUMBER({n}),ISNUMBER({d}),N({d})>0),ROUNDDOWN({n}/{d},4),"")'
    # Trên 95 %: the exact numbers are compared, not the share that is shown.
    assert f"{n}*10000>9500*{d}" in formulas[f"H{row}"]


def test_a_text_longer_than_a_cell_is_left_to_the_page(cast, report):
    long = "dài " * 9000
    report.draft = {"ket-qua": long}
    report.save(update_fields=["draft"])
    FormItem.objects.filter(code="ket-qua").update(max_length=100_000)
    content = sheets_form.build(report).content
    assert "ket-qua" not in places(content)
    row = take(report, filled(content, phuong_huong="Tiếp."), cast.officer)
    assert stops(row) == []
    sheets_one.confirm_one(row, by=cast.officer)
    report.refresh_from_db()
    assert report.draft == {"ket-qua": long, "phuong-huong": "Tiếp."}


def test_choices_counts_by_groups_and_yes_no_go_both_ways(cast, report):
    version = report.form_version
    groups = [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]
    choices = [{"code": "tot", "name": "Tốt, đều"}, {"code": "kem", "name": "Còn yếu"}]
    FormItem.objects.create(version=version, order=90, code="tre", kind=ItemKind.COUNT, label="Số trẻ", groups=groups)
    FormItem.objects.create(version=version, order=91, code="xep", kind=ItemKind.CHOICE, label="Xếp", choices=choices)
    FormItem.objects.create(version=version, order=92, code="quy", kind=ItemKind.YES_NO, label="Có quỹ không")
    report.draft = {"xep": "kem"}
    report.save(update_fields=["draft"])
    content = sheets_form.build(report).content
    sheet, cell = places(content)["xep"]
    assert load_workbook(BytesIO(content))[sheet][cell].value == "Còn yếu"
    row = take(report, filled(content, tre__nam__v=3, tre__nu__v="1.000", xep="TỐT, ĐỀU", quy="co"), cast.officer)
    assert stops(row) == []
    sheets_one.confirm_one(row, by=cast.officer)
    report.refresh_from_db()
    assert report.draft == {"tre.nam.v": "3", "tre.nu.v": "1.000", "xep": "tot", "quy": "yes"}


# --- cells --------------------------------------------------------------------------------------------------------


def stops(row):
    return [(line["sheet"], line["cell"], line["reason"]) for line in row.errors if line["kind"] == "stop"]


@pytest.fixture
def clean(report):
    report.draft, report.draft_version = {}, 0
    report.save(update_fields=["draft", "draft_version"])
    return report


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12, "12"),
        (12.0, "12"),
        (1234567, "1.234.567"),
        ("1.234", "1.234"),
        (" 1234 ", "1234"),
    ],
)
def test_numbers_that_read_in_one_way(cast, clean, value, text):
    row = take(clean, filled(sheets_form.build(clean).content, can_bo__chu_chot__n=value), cast.officer)
    assert stops(row) == []
    assert row.changes[str(clean.pk)]["can-bo.chu-chot.n"] == ["", text]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (12.5, "Số 12,5 là số lẻ, ô này chỉ nhận số nguyên."),
        (-3, "không được âm"),
        ("1,234", "1,234"),
        ("mười", "mười"),
        (datetime.date(2026, 5, 1), "ngày tháng"),
        (datetime.datetime(2026, 5, 1, 8), "ngày tháng"),
        (True, "TRUE"),
        ("=1+1", "công thức"),
        ("#REF!", "lỗi của Excel"),
        (10**12, "quá lớn"),
    ],
)
def test_numbers_that_do_not(cast, clean, value, words):
    content = sheets_form.build(clean).content
    row = take(clean, filled(content, can_bo__chu_chot__n=value, phuong_huong="Tiếp."), cast.officer)
    [(sheet, cell, reason)] = stops(row)
    assert (sheet, cell) == places(content)["can-bo.chu-chot.n"]
    assert words in reason
    assert (row.status, row.changes) == (SheetImport.Status.REFUSED, {})


@pytest.mark.parametrize("words", ["KPS", "kps", "Không phát sinh", "khong phat sinh", "KHÔNG PHÁT SINH."])
def test_nothing_to_report_in_words(cast, clean, words):
    row = take(clean, filled(sheets_form.build(clean).content, can_bo__chu_chot__n=words), cast.officer)
    assert row.changes[str(clean.pk)] == {"can-bo.nil": ["", "on"]}
    sheets_one.confirm_one(row, by=cast.officer)
    clean.refresh_from_db()
    again = sheets_form.build(clean).content
    sheet, cell = places(again)["can-bo.chu-chot.n"]
    assert load_workbook(BytesIO(again))[sheet][cell].value == "Không phát sinh"
    assert take(clean, again, cast.officer).changes == {str(clean.pk): {}}


def test_nothing_to_report_beside_a_number(cast, clean):
    content = sheets_form.build(clean).content
    row = take(clean, filled(content, can_bo__chu_chot__n="KPS", can_bo__chu_chot__d=5), cast.officer)
    [(_, cell, reason)] = stops(row)
    assert (cell, reason) == (places(content)["can-bo.chu-chot.n"][1], NIL_WITH_NUMBER)


def test_all_errors_are_listed_and_what_is_only_missing_is_told(cast, clean):
    task = cast.plan.tasks.get()
    content = sheets_form.build(clean).content
    at = places(content)
    wrong = typed_into(
        content,
        {
            at["can-bo.chu-chot.n"]: 12.5,
            at["can-bo.nu-cong.n"]: 9,
            at["can-bo.nu-cong.d"]: 5,
            at["ket-qua"]: "=HYPERLINK(1)",
            at[f"nhiem-vu.task{task.pk}.status"]: "xong",
            at["kien-nghi"]: "Gọi 0912 345 678.",
        },
    )
    row = take(clean, wrong, cast.officer)
    stop = {(line["sheet"], line["cell"]) for line in row.errors if line["kind"] == "stop"}
    assert stop == {at["can-bo.chu-chot.n"], at["ket-qua"], at[f"nhiem-vu.task{task.pk}.status"]}
    told = {(line["sheet"], line["cell"]) for line in row.errors if line["kind"] == "tell"}
    assert told == {at["can-bo.nu-cong.n"], at["can-bo.chu-chot.d"], at["phuong-huong"], at["kien-nghi"]}


# --- other files --------------------------------------------------------------------------------------------------


def refusal(report, content, by):
    with pytest.raises(SheetRefused) as refused:
        take(report, content, by)
    assert not SheetImport.objects.exists()
    return str(refused.value)


def test_the_file_of_another_unit(cast, report):
    other = builders.make_report(cast.sibling_obligation)
    sentence = refusal(report, sheets_form.build(other).content, cast.officer)
    assert cast.sibling.code in sentence
    assert "Công đoàn cơ sở số 01" in sentence


def test_the_file_of_another_period(cast, report):
    earlier = next(row for row in builders.open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk)
    other = builders.make_report(earlier)
    assert refusal(report, sheets_form.build(other).content, cast.officer) == sheets_reading.OTHER_REPORT


def test_the_file_of_an_older_form_says_which_it_follows(cast, report):
    content = sheets_form.build(report).content
    form = report.form_version.form
    newer = FormVersion.objects.create(form=form, number=7)
    Report.objects.filter(pk=report.pk).update(form_version=newer)
    sentence = refusal(Report.objects.get(pk=report.pk), content, cast.officer)
    assert f"theo phiên bản {report.form_version.number} " in sentence
    assert "dùng phiên bản 7" in sentence


def test_a_file_with_another_units_code_typed_over_it(cast, report):
    content = sheets_form.build(builders.make_report(cast.sibling_obligation)).content
    workbook = load_workbook(BytesIO(content))
    hidden = workbook["_mang_non"]
    rows = {hidden.cell(row, 1).value: row for row in range(1, 6)}
    hidden.cell(rows["don-vi"], 2).value = cast.base.code
    hidden.cell(rows["ma"], 2).value = str(report.pk)
    buffer = BytesIO()
    workbook.save(buffer)
    assert refusal(report, buffer.getvalue(), cast.officer) == sheets_identity.NOT_OURS


def test_a_workbook_that_we_never_made(cast, report):
    buffer = BytesIO()
    Workbook().save(buffer)
    assert refusal(report, buffer.getvalue(), cast.officer) == sheets_identity.NOT_OURS


def test_a_file_that_lost_a_row_or_has_one_twice(cast, clean):
    content = sheets_form.build(clean).content
    (title, cell), (_, other) = places(content)["can-bo.chu-chot.n"], places(content)["can-bo.chu-chot.d"]
    missing = typed_into(content, {(title, "A" + cell[1:]): None})
    [(_, _, reason)] = stops(take(clean, missing, cast.officer))
    assert "thiếu ô" in reason
    twice = typed_into(content, {(title, "A" + other[1:]): "can-bo.chu-chot.n"})
    reasons = [reason for _, _, reason in stops(take(clean, twice, cast.officer))]
    assert any("có hai lần" in reason for reason in reasons)


# --- two people ---------------------------------------------------------------------------------------------------


def colleague_types(cast, report, **fields):
    report.refresh_from_db()
    named = {name.replace("__", ".").replace("_", "-"): text for name, text in fields.items()}
    drafts.save(report, named, base=report.draft, version=report.draft_version, by=cast.colleague)
    report.refresh_from_db()


def test_an_old_file_does_not_undo_what_a_colleague_has_typed_since(cast, clean):
    content = sheets_form.build(clean).content
    colleague_types(cast, clean, can_bo__chu_chot__n="7")
    row = take(clean, filled(content, can_bo__chu_chot__d=9), cast.officer)
    assert row.changes == {str(clean.pk): {"can-bo.chu-chot.d": ["", "9"]}}
    sheets_one.confirm_one(row, by=cast.officer)
    clean.refresh_from_db()
    assert clean.draft == {"can-bo.chu-chot.n": "7", "can-bo.chu-chot.d": "9"}


def test_a_field_that_both_changed_keeps_the_draft_unless_the_file_is_chosen(cast, clean):
    content = sheets_form.build(clean).content
    colleague_types(cast, clean, can_bo__chu_chot__n="7")
    wrong = filled(content, can_bo__chu_chot__n=8, can_bo__chu_chot__d=9)
    row = take(clean, wrong, cast.officer)
    assert row.changes[str(clean.pk)]["can-bo.chu-chot.n"] == ["7", "8", ""]
    assert sheets_one.confirm_one(row, by=cast.officer) == 1
    clean.refresh_from_db()
    assert clean.draft == {"can-bo.chu-chot.n": "7", "can-bo.chu-chot.d": "9"}
    row = take(clean, wrong, cast.officer)
    assert sheets_one.confirm_one(row, by=cast.officer, taken=["can-bo.chu-chot.n"]) == 1
    clean.refresh_from_db()
    assert clean.draft["can-bo.chu-chot.n"] == "8"


def test_a_draft_that_moved_after_the_preview_gets_a_new_preview_and_nothing_is_written(cast, clean):
    row = take(
        clean, filled(sheets_form.build(clean).content, can_bo__chu_chot__n=8, can_bo__chu_chot__d=9), cast.officer
    )
    colleague_types(cast, clean, can_bo__chu_chot__n="7")
    with pytest.raises(sheets_one.DraftMoved) as moved:
        sheets_one.confirm_one(row, by=cast.officer)
    clean.refresh_from_db()
    assert clean.draft == {"can-bo.chu-chot.n": "7"}
    again = SheetImport.objects.get()
    assert moved.value.row.pk == again.pk
    assert again.status == SheetImport.Status.READY
    assert again.changes[str(clean.pk)] == {"can-bo.chu-chot.n": ["7", "8", ""], "can-bo.chu-chot.d": ["", "9"]}
    assert not AuditEvent.objects.filter(action="report.import").exists()


def test_a_file_is_imported_once(cast, clean):
    row = take(clean, filled(sheets_form.build(clean).content, can_bo__chu_chot__n=8), cast.officer)
    sheets_one.confirm_one(row, by=cast.officer)
    with pytest.raises(Conflict, match="đã được nhập"):
        sheets_one.confirm_one(row, by=cast.officer)


def test_nothing_goes_into_a_report_that_was_filed_meanwhile(cast, clean):
    row = take(clean, filled(sheets_form.build(clean).content, can_bo__chu_chot__n=8), cast.officer)
    workflow.submit(clean, builders.content(), by=cast.approver)
    with pytest.raises(Conflict, match="nộp lúc"):
        sheets_one.confirm_one(row, by=cast.officer)
    row.refresh_from_db()
    assert row.status == SheetImport.Status.READY
    clean.refresh_from_db()
    assert clean.draft == {}


def test_only_the_items_that_came_back_can_be_filled_in(cast, clean):
    workflow.submit(clean, builders.content(), by=cast.approver)
    workflow.send_back(clean, by=cast.reviewer, reason="", item_reasons={"ket-qua": "Chưa rõ."})
    clean = Report.objects.get(pk=clean.pk)
    content = sheets_form.build(clean).content
    assert set(places(content)) == {"ket-qua"}
    row = take(clean, filled(content, ket_qua="Rõ hơn."), cast.officer)
    assert row.changes == {str(clean.pk): {"ket-qua": ["Đã làm tốt.", "Rõ hơn."]}}
    sheets_one.confirm_one(row, by=cast.officer)
    assert drafts.typed(Report.objects.get(pk=clean.pk))["ket-qua"] == "Rõ hơn."
