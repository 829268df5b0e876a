"""One workbook for many units: written, filled in, checked by a worker, previewed, imported in one transaction."""

import datetime
from io import BytesIO

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from orgunits.models import AuditEvent, Role
from orgunits.transitions import Conflict
from reports import drafts, sheets_form, sheets_import, sheets_tasks, sheets_units, sheets_units_reading
from reports.models import FormVersion, Obligation, Report, SheetImport
from reports.obligations import waive
from reports.workflow import approve, submit
from tests import builders
from tests.reports.sheet_files import typed_into, uploaded

TODAY = datetime.date(2026, 11, 22)
Status = SheetImport.Status


@pytest.fixture(autouse=True)
def files_aside(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def district(cast):
    """Somebody at the union who may file for its units; one of the two has begun."""
    cast.clerk = builders.make_user("Vũ Thị Tổng Hợp", unit=cast.union, role=Role.REPORTER)
    cast.report = builders.make_report(
        cast.obligation, draft={"can-bo.chu-chot.n": "45", "ket-qua": "=2+3"}, draft_version=2
    )
    return cast


def build(district):
    return sheets_units.build(district.duty, district.obligation.period, by=district.clerk, on=TODAY).content


def cells(content):
    """(unit code, field name) → cell of the sheet of figures; ``None`` for the unit's code itself."""
    sheet = load_workbook(BytesIO(content))["Số liệu"]
    found = {}
    for row in sheet.iter_rows(min_row=sheets_units.FIRST_ROW):
        for cell in row:
            code, name = sheet.cell(cell.row, 1).value, sheet.cell(sheets_units.NAMES_ROW, cell.column).value
            if code and (name or cell.column <= 2):
                found[code, name or cell.column] = ("Số liệu", cell.coordinate)
    return found


def filled(district, values, content=None):
    content = content or build(district)
    at = cells(content)
    return typed_into(content, {at[unit.code, name]: value for (unit, name), value in values.items()})


def take(district, content, *, by=None):
    """The row after a worker has checked the file."""
    by = by or district.clerk
    row = sheets_import.take_many(
        uploaded(content), district.duty, district.obligation.period, unit=district.union, by=by
    )
    assert sheets_import.run(row.pk)
    row.refresh_from_db()
    return row


def confirm(row, *, with_clashes=False):
    sheets_import.confirm_many(row, by=row.uploaded_by, with_clashes=with_clashes)
    assert sheets_import.run(row.pk)
    row.refresh_from_db()
    return row


def stops(row):
    return [(line["cell"], line["reason"]) for line in row.errors if line["kind"] == "stop"]


def test_two_units_are_imported_and_the_report_of_one_is_begun(district):
    row = take(
        district,
        filled(
            district,
            {
                (district.base, "can-bo.chu-chot.n"): 46,
                (district.base, "can-bo.chu-chot.d"): "1.200",
                (district.base, "kinh-phi.v"): "KPS",
                (district.sibling, "tre-em-duoc-ho-tro.v"): 12.0,
                (district.sibling, "ket-qua"): "Đã làm tốt.",
            },
        ),
    )
    assert (row.status, stops(row), row.error) == (Status.READY, [], "")
    assert not Report.objects.filter(obligation=district.sibling_obligation).exists()
    row = confirm(row)
    assert (row.status, row.progress, row.error) == (Status.DONE, 100, "")
    district.report.refresh_from_db()
    assert district.report.draft == {
        "can-bo.chu-chot.n": "46",
        "can-bo.chu-chot.d": "1.200",
        "kinh-phi.nil": "on",
        "ket-qua": "=2+3",
    }
    assert district.report.draft_version == 3
    begun = Report.objects.get(obligation=district.sibling_obligation)
    assert begun.draft == {"tre-em-duoc-ho-tro.v": "12", "ket-qua": "Đã làm tốt."}
    assert (begun.draft_version, begun.draft_saved_by) == (1, district.clerk)
    started = AuditEvent.objects.get(action="report.start")
    assert (started.target_pk, started.org_unit) == (str(begun.pk), district.sibling)
    assert AuditEvent.objects.filter(action="report.import").count() == 2


# --- the workbook -------------------------------------------------------------------------------------------------


def test_a_row_for_each_unit_that_owes_and_may_be_filed_for(district):
    elsewhere = builders.make_unit("Công đoàn cơ sở nơi khác", parent=district.elsewhere)
    assert {code for code, name in cells(build(district)) if name == 1} == {
        district.base.code,
        district.sibling.code,
    }
    submit(district.report, builders.content(), by=district.approver)
    assert {code for code, name in cells(build(district)) if name == 1} == {district.sibling.code}
    assert elsewhere.code not in str(cells(build(district)))


def test_a_draft_on_an_older_form_is_named_on_the_cover_and_left_out(district):
    FormVersion.objects.create(form=district.form.form, number=9)
    content = build(district)
    assert {code for code, name in cells(content) if name == 1} == {district.sibling.code}
    cover = load_workbook(BytesIO(content))["Hướng dẫn"]
    words = [cell.value for row in cover.iter_rows() for cell in row if cell.value]
    assert words[words.index("Không có trong bảng") + 2 :] == [str(district.base)]


def test_codes_names_and_heads_are_locked_and_figures_are_not(district):
    content = build(district)
    workbook, at = load_workbook(BytesIO(content)), cells(content)
    sheet = workbook["Số liệu"]
    assert sheet.protection.sheet
    assert sheet.row_dimensions[sheets_units.NAMES_ROW].hidden
    open_cells = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    assert open_cells == {cell for (_, name), (_, cell) in at.items() if isinstance(name, str)}
    found = sheet[at[district.base.code, "ket-qua"][1]]
    assert (found.value, found.data_type, found.quotePrefix) == ("=2+3", "s", True)


def test_last_period_has_a_sheet_of_its_own(district):
    earlier = next(row for row in builders.open_year(district.duty, 2025) if row.org_unit_id == district.base.pk)
    old = builders.make_report(earlier)
    submit(old, builders.content(people=(40, 50)), by=district.officer)
    approve(old, by=district.reviewer)
    content = build(district)
    sheet = load_workbook(BytesIO(content))["Kỳ trước"]
    at = cells(content)
    assert sheet[at[district.base.code, "can-bo.chu-chot.n"][1]].value == 40
    assert sheet[at[district.base.code, "kinh-phi.v"][1]].value == "Không phát sinh"
    assert sheet[at[district.sibling.code, "can-bo.chu-chot.n"][1]].value is None
    assert sheet.protection.sheet


def test_an_item_that_a_level_does_not_answer_is_no_cell_for_it(district):
    item = district.form.items.get(code="kinh-phi")
    item.levels.add(builders.make_level(code="nganh"))
    third = builders.make_unit("Công đoàn cơ sở số 03", parent=district.union, level=builders.make_level(code="nganh"))
    Obligation.objects.create(
        org_unit=third,
        duty=district.duty,
        period=district.obligation.period,
        path=third.latest_placement.path,
        receiving_unit=district.union,
        due_on=TODAY,
        cut_off_on=TODAY,
    )
    content = build(district)
    at = cells(content)
    sheet = load_workbook(BytesIO(content))["Số liệu"]
    assert sheet[at[third.code, "kinh-phi.v"][1]].protection.locked is False
    assert sheet[at[district.base.code, "kinh-phi.v"][1]].value == "–"
    row = take(district, filled(district, {(district.base, "kinh-phi.v"): 5}, content))
    assert stops(row) == [(at[district.base.code, "kinh-phi.v"][1], sheets_units_reading.NOT_FOR_UNIT)]


# --- errors -------------------------------------------------------------------------------------------------------


def test_all_errors_are_listed_with_their_cells(district):
    content = build(district)
    at = cells(content)
    wrong = filled(
        district,
        {
            (district.base, "can-bo.chu-chot.n"): 12.5,
            (district.base, "ket-qua"): "=CMD()",
            (district.sibling, "kinh-phi.v"): datetime.date(2026, 1, 1),
            (district.sibling, "tre-em-duoc-ho-tro.v"): -1,
        },
        content,
    )
    row = take(district, wrong)
    assert row.status == Status.REFUSED
    assert {cell for cell, _ in stops(row)} == {
        at[district.base.code, "can-bo.chu-chot.n"][1],
        at[district.base.code, "ket-qua"][1],
        at[district.sibling.code, "kinh-phi.v"][1],
        at[district.sibling.code, "tre-em-duoc-ho-tro.v"][1],
    }
    assert row.changes == {}
    with pytest.raises(Conflict):
        sheets_import.confirm_many(row, by=district.clerk, with_clashes=False)


def with_row(content, code, name, value=5):
    """The table with one more row below."""
    workbook = load_workbook(BytesIO(content))
    sheet = workbook["Số liệu"]
    row = sheet.max_row + 1
    for column, each in enumerate((code, name, value), start=1):
        sheet.cell(row, column).value = each
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue(), row


def test_units_that_do_not_belong_into_the_table(district):
    other = builders.make_unit("Công đoàn cơ sở nơi khác", parent=district.elsewhere)
    wrong = [
        (other.code, sheets_units_reading.UNKNOWN),
        ("KHONG-CO", sheets_units_reading.UNKNOWN),
        (district.union.code, sheets_units_reading.NOT_YOURS),
    ]
    for code, sentence in wrong:
        content, row = with_row(build(district), code, "Đơn vị nào đó")
        assert stops(take(district, content)) == [(f"A{row}", sentence.format(code))]


def test_a_unit_twice_a_unit_under_another_name_and_a_row_without_a_code(district):
    content, row = with_row(build(district), district.base.code, str(district.base))
    [(cell, reason)] = stops(take(district, content))
    assert (cell, district.base.code in reason, "đã có ở dòng" in reason) == (f"A{row}", True, True)
    at = cells(build(district))
    (_, name), (_, code) = at[district.base.code, 2], at[district.base.code, 1]
    content = typed_into(build(district), {("Số liệu", name): str(district.sibling)})
    assert [cell for cell, _ in stops(take(district, content))] == [name]
    content = typed_into(build(district), {("Số liệu", code): None})
    assert stops(take(district, content)) == [(code, sheets_units_reading.NO_CODE)]


def test_a_report_that_was_filed_or_waived_since_the_download(district):
    content = build(district)
    at = cells(content)
    submit(district.report, builders.content(), by=district.approver)
    waive(district.sibling_obligation, reason="Mới thành lập", by=district.unit_administrator)
    found = dict(stops(take(district, content)))
    assert "đã nộp" in found[at[district.base.code, 1][1]]
    assert "miễn" in found[at[district.sibling.code, 1][1]]


def test_who_files_for_one_unit_reaches_no_other(district):
    content = build(district)
    row = take(district, content, by=district.officer)
    assert [reason for _, reason in stops(row)] == [sheets_units_reading.NOT_YOURS.format(district.sibling.code)] or [
        reason for _, reason in stops(row)
    ] == [sheets_units_reading.UNKNOWN.format(district.sibling.code)]


def test_columns_that_somebody_added(district):
    content = build(district)
    last = load_workbook(BytesIO(content))["Số liệu"].max_column
    added = get_column_letter(last + 1)
    row = take(district, typed_into(content, {("Số liệu", f"{added}6"): "ghi thêm"}))
    assert stops(row) == [(f"{added}4", sheets_units_reading.HEAD_UNKNOWN)]
    twice = {("Số liệu", f"{added}3"): "ket-qua", ("Số liệu", f"{added}6"): "hai"}
    [(cell, reason)] = stops(take(district, typed_into(content, twice)))
    assert (cell, "lặp lại cột" in reason) == (f"{added}4", True)


@pytest.mark.parametrize("which", ["one", "period", "version"])
def test_the_wrong_file(district, which):
    if which == "one":
        content = sheets_form.build(district.report).content
    elif which == "period":
        period = builders.open_year(district.duty, 2025)[0].period
        content = sheets_units.build(district.duty, period, by=district.clerk, on=TODAY).content
    else:
        content = build(district)
        FormVersion.objects.create(form=district.form.form, number=9)
    row = take(district, content)
    expected = {
        "one": sheets_units_reading.ONE_UNIT,
        "period": sheets_units_reading.OTHER_PERIOD,
        "version": "phiên bản 9",
    }
    assert row.status == Status.REFUSED
    assert expected[which] in row.error


def test_checks_that_only_keep_a_report_from_being_filed_are_told(district):
    row = take(
        district,
        filled(district, {(district.base, "can-bo.nu-cong.n"): 9, (district.base, "can-bo.nu-cong.d"): 5}),
    )
    assert row.status == Status.READY
    [line] = row.errors
    assert (line["kind"], "lớn hơn mẫu số" in line["reason"]) == ("tell", True)


def test_sorted_rows_and_removed_rows_mean_the_same(district):
    content = build(district)
    workbook = load_workbook(BytesIO(filled(district, {(district.sibling, "tre-em-duoc-ho-tro.v"): 4}, content)))
    sheet = workbook["Số liệu"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6, max_row=7)]
    for row, values in zip((6, 7), reversed(rows), strict=True):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column).value = value
            sheet.cell(row, column).data_type = "s" if isinstance(value, str) else "n"
    buffer = BytesIO()
    workbook.save(buffer)
    row = take(district, buffer.getvalue())
    assert stops(row) == []
    assert row.changes == {str(district.sibling_obligation.pk): {"tre-em-duoc-ho-tro.v": ["", "4"]}}


# --- two people, and workers that die -----------------------------------------------------------------------------


def both_units(district):
    return filled(district, {(unit, "tre-em-duoc-ho-tro.v"): 4 for unit in (district.base, district.sibling)})


def colleague_types(district, **fields):
    report = Report.objects.get(pk=district.report.pk)
    named = {name.replace("__", ".").replace("_", "-"): text for name, text in fields.items()}
    drafts.save(report, named, base=report.draft, version=report.draft_version, by=district.colleague)


def test_a_draft_that_moved_after_the_preview_keeps_all_units_out(district):
    row = take(district, both_units(district))
    colleague_types(district, tre_em_duoc_ho_tro__v="9")
    row = confirm(row)
    assert (row.status, row.error) == (Status.READY, sheets_import.MOVED)
    assert row.changes[str(district.obligation.pk)] == {"tre-em-duoc-ho-tro.v": ["9", "4", ""]}
    assert Report.objects.count() == 1
    row = confirm(row)
    assert row.status == Status.DONE
    district.report.refresh_from_db()
    assert district.report.draft["tre-em-duoc-ho-tro.v"] == "9"
    assert Report.objects.get(obligation=district.sibling_obligation).draft == {"tre-em-duoc-ho-tro.v": "4"}


def test_the_files_text_is_taken_where_that_is_chosen(district):
    content = both_units(district)
    colleague_types(district, tre_em_duoc_ho_tro__v="9")
    confirm(take(district, content), with_clashes=True)
    district.report.refresh_from_db()
    assert district.report.draft["tre-em-duoc-ho-tro.v"] == "4"


def test_a_failure_in_the_middle_leaves_nothing(district, monkeypatch):
    row = take(district, both_units(district))
    real, calls = drafts.typed, []

    def fails_at_the_second(report):
        calls.append(report)
        if len(calls) > 2:  # once while it is checked again, then while it is written
            raise RuntimeError("no space left")
        return real(report)

    monkeypatch.setattr(drafts, "typed", fails_at_the_second)
    row = confirm(row)
    assert (row.status, row.error) == (Status.FAILED, sheets_import.FAILED)
    assert len(calls) == 3
    assert Report.objects.count() == 1
    district.report.refresh_from_db()
    assert district.report.draft_version == 2
    assert not AuditEvent.objects.filter(action__in=["report.start", "report.import"]).exists()


def test_a_colleague_between_the_last_look_and_the_writing_keeps_all_units_out(district, monkeypatch):
    row = take(district, both_units(district))
    real = sheets_import._still_holds

    def late(*given):
        colleague_types(district, tre_em_duoc_ho_tro__v="9")
        return real(*given)

    monkeypatch.setattr(sheets_import, "_still_holds", late)
    row = confirm(row)
    assert (row.status, row.error) == (Status.READY, sheets_import.MOVED)
    assert Report.objects.count() == 1


def test_a_dead_workers_row_is_released_once_and_goes_on(district):
    row = take(district, both_units(district))
    sheets_import.confirm_many(row, by=district.clerk, with_clashes=False)
    now = timezone.now()
    dead = now - sheets_import.STALE_AFTER - datetime.timedelta(seconds=1)
    assert SheetImport.objects.claim(row.pk, at=dead, source=Status.CONFIRMED, target=Status.IMPORTING)
    assert not sheets_import.run(row.pk)
    assert sheets_import.unfinished(at=now) == [row.pk]
    assert sheets_import.run(row.pk)
    row.refresh_from_db()
    assert (row.status, Report.objects.count()) == (Status.DONE, 2)


def test_the_tick_rings_for_what_waits_and_for_nothing_else(district, monkeypatch):
    waiting = sheets_import.take_many(
        uploaded(both_units(district)), district.duty, district.obligation.period, unit=district.union,
        by=district.clerk,
    )  # fmt: skip
    take(district, both_units(district))
    confirmed = take(district, both_units(district))
    sheets_import.confirm_many(confirmed, by=district.clerk, with_clashes=False)
    rung = []
    monkeypatch.setattr(sheets_tasks.run_sheet_import, "delay", rung.append)
    sheets_tasks.ring_for_sheet_imports()
    assert rung == [waiting.pk, confirmed.pk]


def test_a_row_that_was_left_twice_is_given_up(district):
    row = sheets_import.take_many(
        uploaded(both_units(district)), district.duty, district.obligation.period, unit=district.union,
        by=district.clerk,
    )  # fmt: skip
    now = timezone.now()
    for expected in ([row.pk], []):
        dead = now - sheets_import.STALE_AFTER - datetime.timedelta(seconds=1)
        SheetImport.objects.claim(row.pk, at=dead, source=Status.WAITING, target=Status.CHECKING)
        assert sheets_import.unfinished(at=now) == expected
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.FAILED, sheets_import.LEFT)


def test_a_row_within_its_time_is_left_alone(district):
    row = take(district, both_units(district))
    sheets_import.confirm_many(row, by=district.clerk, with_clashes=False)
    now = timezone.now()
    SheetImport.objects.claim(
        row.pk, at=now - sheets_import.STALE_AFTER, source=Status.CONFIRMED, target=Status.IMPORTING
    )
    assert sheets_import.unfinished(at=now) == []


def test_a_slow_worker_whose_row_was_taken_writes_nothing(district, monkeypatch):
    row = take(district, both_units(district))
    sheets_import.confirm_many(row, by=district.clerk, with_clashes=False)
    real = sheets_import._still_holds

    def taken_away(*given):
        SheetImport.objects.filter(pk=row.pk).update(claimed_at=timezone.now() + datetime.timedelta(seconds=5))
        return real(*given)

    monkeypatch.setattr(sheets_import, "_still_holds", taken_away)
    sheets_import.run(row.pk)
    assert Report.objects.count() == 1
    row.refresh_from_db()
    assert row.status == Status.IMPORTING


def test_old_files_go_after_thirty_days(district, tmp_path):
    old, young, busy = (take(district, both_units(district)) for _ in range(3))
    now = timezone.now()
    SheetImport.objects.filter(pk=old.pk).update(created_at=now - datetime.timedelta(days=30, seconds=1))
    SheetImport.objects.filter(pk=young.pk).update(created_at=now - datetime.timedelta(days=29, hours=23))
    SheetImport.objects.filter(pk=busy.pk).update(created_at=now - datetime.timedelta(days=31), status=Status.WAITING)
    assert len(list(tmp_path.rglob("*.xlsx"))) == 3
    assert sheets_import.remove_old(at=now) == 1
    assert set(SheetImport.objects.values_list("pk", flat=True)) == {young.pk, busy.pk}
    assert len(list(tmp_path.rglob("*.xlsx"))) == 2


def test_the_number_of_queries_does_not_grow_with_the_units(district, django_assert_max_num_queries):
    for number in range(3, 13):
        builders.make_unit(f"Công đoàn cơ sở số {number:02d}", parent=district.union)
    builders.open_year(district.duty)
    content = build(district)
    with django_assert_max_num_queries(70):
        row = take(district, content)
    assert (row.status, stops(row), len({code for code, _ in cells(content)})) == (Status.READY, [], 12)
