"""The pages of workbooks and of reforms: who may, what is shown, what a press does."""

import datetime
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from orgunits import reform_book, reorganisation, unit_book, workbook_jobs
from orgunits.models import OrgUnit, Placement, Reform, Role, WorkbookImport
from orgunits.workbook import CONTENT_TYPE
from tests.builders import make_unit, make_user
from tests.orgunits.books import cells, uploaded, with_rows

DAY = datetime.date(2026, 1, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def confirmation(**choices: str) -> dict[str, str]:
    """What the page of the only workbook sends when the button is pressed."""
    row = WorkbookImport.objects.get()
    return {"digest": row.digest} | {asked["key"]: "left" for asked in row.asked} | choices


@pytest.fixture
def branch_administrator(cast: SimpleNamespace, client: Client) -> Client:
    client.force_login(cast.unit_administrator)
    return client


def filled(cast: SimpleNamespace, **cells: str) -> bytes:
    content = unit_book.build(by=cast.unit_administrator, on=DAY, is_empty=True).content
    row = {
        "Hệ thống": "Công đoàn", "Mã đơn vị": "MOI-1", "Tên đơn vị": "Công đoàn cơ sở mới", "Cấp": "Công đoàn cơ sở",
        "Mã cấp trên": cast.union.code, "Ngày hiệu lực": "01/01/2026",
    }  # fmt: skip
    return with_rows(content, don_vi=[row | cells])


@pytest.fixture
def worked(django_capture_on_commit_callbacks):
    """Do what rings a worker, with the worker's step after it."""

    def press(client: Client, url: str, data: dict):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url, data, follow=True)

    return press


def test_file_is_taken_shown_and_written_by_one_press(cast, branch_administrator, worked):
    page = worked(branch_administrator, reverse("orgunits:unit_book_upload"), {"tep": uploaded(filled(cast))})
    row = WorkbookImport.objects.get()
    assert page.redirect_chain[-1][0] == reverse("orgunits:workbook_import", args=[row.pk])
    page = branch_administrator.get(reverse("orgunits:workbook_import", args=[row.pk]))
    assert "tạo 1 đơn vị" in page.content.decode()
    assert "trực thuộc Công đoàn Viên chức tỉnh Thử Nghiệm" in page.content.decode()
    assert not OrgUnit.objects.filter(code="MOI-1").exists()
    worked(branch_administrator, reverse("orgunits:workbook_import_confirm", args=[row.pk]), confirmation())
    page = branch_administrator.get(reverse("orgunits:workbook_import", args=[row.pk]))
    assert "Đã ghi lúc" in page.content.decode()
    assert Placement.objects.as_of(DAY).get(code="MOI-1").parent == cast.union
    again = branch_administrator.post(reverse("orgunits:workbook_import_confirm", args=[row.pk]))
    assert again.status_code == 409


def test_errors_are_listed_with_their_cells_and_nothing_can_be_pressed(cast, branch_administrator, worked):
    content = filled(cast, **{"Mã cấp trên": cast.elsewhere.code, "Ngày hiệu lực": "01/13/2026"})
    worked(branch_administrator, reverse("orgunits:unit_book_upload"), {"tep": uploaded(content)})
    row = WorkbookImport.objects.get()
    page = branch_administrator.get(reverse("orgunits:workbook_import", args=[row.pk])).content.decode()
    assert "Có 3 chỗ không nhận được" in page
    assert ">F4<" in page
    assert "ghi/" not in page
    assert branch_administrator.post(reverse("orgunits:workbook_import_confirm", args=[row.pk])).status_code == 409


def test_file_of_somebody_else_is_not_there(cast, branch_administrator, worked):
    worked(branch_administrator, reverse("orgunits:unit_book_upload"), {"tep": uploaded(filled(cast))})
    row = WorkbookImport.objects.get()
    other = Client()
    other.force_login(cast.administrator)
    for name in ("workbook_import", "workbook_import_status", "workbook_returned"):
        assert other.get(reverse(f"orgunits:{name}", args=[row.pk])).status_code == 404
    assert other.post(reverse("orgunits:workbook_import_confirm", args=[row.pk])).status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "rỗng"), (b"%PDF-1.7", "không phải là tệp Excel"), (b"PK\x03\x04" + b"\x00" * 40, "hỏng")],
)
def test_what_is_no_workbook_is_refused_at_once(branch_administrator, content, words):
    answer = branch_administrator.post(reverse("orgunits:unit_book_upload"), {"tep": uploaded(content)})
    # Django itself drops an empty file.
    assert answer.status_code == 422
    assert words in answer.content.decode() or "Hãy chọn tệp" in answer.content.decode()
    assert not WorkbookImport.objects.exists()


def test_reader_is_kept_out(cast, client):
    client.force_login(cast.officer)
    for name in ("unit_book_upload", "unit_book_download", "reform_upload", "reform_list", "reform_template"):
        assert client.get(reverse(f"orgunits:{name}")).status_code == 403
    assert client.post(reverse("orgunits:unit_book_upload"), {"tep": uploaded(b"PK")}).status_code == 403


def test_download_is_of_the_own_branch(cast, branch_administrator):
    answer = branch_administrator.get(reverse("orgunits:unit_book_download"))
    assert answer["Content-Type"] == CONTENT_TYPE
    names = {row["Tên đơn vị"] for row in cells(answer.content, "Đơn vị")}
    assert names == {"Công đoàn Viên chức tỉnh Thử Nghiệm", "Công đoàn cơ sở số 01", "Công đoàn cơ sở số 02"}
    url = reverse("orgunits:unit_book_download")
    assert branch_administrator.get(f"{url}?don-vi={cast.elsewhere.pk}").status_code == 404
    assert cells(branch_administrator.get(f"{url}?mau").content, "Đơn vị") == []


def test_branch_too_large_for_one_file_is_told(cast, branch_administrator, monkeypatch):
    monkeypatch.setattr(unit_book, "MOST_UNITS", 2)
    answer = branch_administrator.get(reverse("orgunits:unit_book_download"))
    assert answer.status_code == 422
    assert "nhiều nhất 2 đơn vị" in answer.content.decode()


# --- reforms ------------------------------------------------------------------------------------------------------


def reform_file(cast: SimpleNamespace) -> bytes:
    row = {"Hình thức": "Sáp nhập", "Mã cũ": cast.base.code, "Mã mới": cast.sibling.code}
    return with_rows(reform_book.build().content, sap_xep=[row])


def details(content: bytes) -> dict:
    return {
        "name": "Sắp xếp 2026", "sector": "trade_union", "effective_on": "01/01/2026", "legal_basis": "QĐ 1",
        "tep": uploaded(content),
    }  # fmt: skip


def test_reform_is_sent_written_shown_and_taken_back(cast, branch_administrator, worked):
    worked(branch_administrator, reverse("orgunits:reform_upload"), details(reform_file(cast)))
    row = WorkbookImport.objects.get()
    page = branch_administrator.get(reverse("orgunits:workbook_import", args=[row.pk])).content.decode()
    assert "1 cuộc sáp nhập" in page
    worked(branch_administrator, reverse("orgunits:workbook_import_confirm", args=[row.pk]), confirmation())
    reform = Reform.objects.get()
    assert "Sắp xếp 2026" in branch_administrator.get(reverse("orgunits:reform_list")).content.decode()
    page = branch_administrator.get(reform.get_absolute_url()).content.decode()
    assert f"Công đoàn cơ sở số 01 ({cast.base.code})" in page
    url = reverse("orgunits:reform_reverse", args=[reform.pk])
    assert branch_administrator.post(url, {"reason": ""}).status_code == 200
    assert Reform.objects.get().reversed_at is None
    assert branch_administrator.post(url, {"reason": "Ghi nhầm"}).status_code == 302
    assert cast.base.placements.get().valid_to is None
    page = branch_administrator.get(reform.get_absolute_url()).content.decode()
    assert "Đã hủy" in page
    assert "Ghi nhầm" in page
    assert branch_administrator.post(url, {"reason": "Lần nữa"}).status_code == 409


def test_reform_on_which_something_was_built_is_kept(cast, branch_administrator, worked):
    worked(branch_administrator, reverse("orgunits:reform_upload"), details(reform_file(cast)))
    row = WorkbookImport.objects.get()
    worked(branch_administrator, reverse("orgunits:workbook_import_confirm", args=[row.pk]), confirmation())
    reorganisation.change(cast.sibling, name="Tên sau", on=datetime.date(2026, 6, 1), by=None)
    reform = Reform.objects.get()
    answer = branch_administrator.post(reverse("orgunits:reform_reverse", args=[reform.pk]), {"reason": "Nhầm"})
    assert "Sau đó đã có quyết định khác" in answer.content.decode()
    assert Reform.objects.get().reversed_at is None


def test_reform_that_reaches_further_is_not_taken_back_by_a_branch(cast, branch_administrator):
    reform = Reform.objects.create(sector="trade_union", name="Cả nước", effective_on=DAY)
    with reorganisation.ordered("trade_union", on=DAY, by=None, reform=reform) as order:
        order.change(cast.base, name="Một")
        order.change(cast.elsewhere, name="Hai")
    assert branch_administrator.get(reform.get_absolute_url()).status_code == 200
    assert branch_administrator.get(reverse("orgunits:reform_reverse", args=[reform.pk])).status_code == 403
    assert branch_administrator.post(reverse("orgunits:reform_reverse", args=[reform.pk])).status_code == 403


def test_reform_elsewhere_is_not_there(cast, client):
    reform = Reform.objects.create(sector="trade_union", name="Nơi khác", effective_on=DAY)
    with reorganisation.ordered("trade_union", on=DAY, by=None, reform=reform) as order:
        order.change(cast.elsewhere, name="Hai")
    client.force_login(cast.unit_administrator)
    assert client.get(reform.get_absolute_url()).status_code == 404
    assert "Nơi khác" not in client.get(reverse("orgunits:reform_list")).content.decode()


def test_unresolved_units_are_shown_and_the_returned_workbook_lists_them(cast, branch_administrator, worked):
    child = make_unit("Tổ công đoàn", parent=cast.base)
    row = {"Hình thức": "Kết thúc", "Mã cũ": cast.base.code}
    content = with_rows(reform_book.build().content, sap_xep=[row])
    worked(branch_administrator, reverse("orgunits:reform_upload"), details(content))
    sent = WorkbookImport.objects.get()
    page = branch_administrator.get(reverse("orgunits:workbook_import", args=[sent.pk])).content.decode()
    assert "Có 1 đơn vị chưa có chỗ" in page
    assert "Tổ công đoàn" in page
    answer = branch_administrator.get(reverse("orgunits:workbook_returned", args=[sent.pk]))
    assert [row["Mã đơn vị"] for row in cells(answer.content, "Chưa có chỗ")] == [child.code]


def test_acts_of_a_reform_are_asked_for_a_fixed_number_of_times(cast, client, django_assert_max_num_queries):
    units = [make_unit(parent=cast.union) for _ in range(20)]
    reform = Reform.objects.create(sector="trade_union", name="Đổi tên", effective_on=DAY)
    with reorganisation.ordered("trade_union", on=DAY, by=None, reform=reform) as order:
        for unit in units:
            order.change(unit, name=f"Tên {unit.pk}")
    client.force_login(make_user(role=Role.ADMINISTRATOR))
    with django_assert_max_num_queries(25):
        client.get(reform.get_absolute_url())


def test_old_files_are_removed_and_those_at_work_stay(cast, branch_administrator, worked):
    worked(branch_administrator, reverse("orgunits:unit_book_upload"), {"tep": uploaded(filled(cast))})
    row = WorkbookImport.objects.get()
    late = row.created_at + workbook_jobs.KEPT_FOR + datetime.timedelta(days=1)
    WorkbookImport.objects.update(status="importing")
    assert workbook_jobs.remove_old(at=late) == 0
    WorkbookImport.objects.update(status="ready")
    assert workbook_jobs.remove_old(at=row.created_at) == 0
    assert workbook_jobs.remove_old(at=late) == 1
    assert not row.file.storage.exists(row.file.name)


def test_row_left_twice_by_dead_workers_is_given_up(cast, branch_administrator, worked):
    worked(branch_administrator, reverse("orgunits:unit_book_upload"), {"tep": uploaded(filled(cast))})
    row = WorkbookImport.objects.get()
    at = row.created_at + workbook_jobs.STALE_AFTER * 2
    WorkbookImport.objects.update(status="importing", claims=1, claimed_at=row.created_at)
    assert workbook_jobs.unfinished(at=at) == [row.pk]
    row.refresh_from_db()
    assert row.status == "confirmed"
    WorkbookImport.objects.update(status="importing", claims=2, claimed_at=row.created_at)
    assert workbook_jobs.unfinished(at=at) == []
    row.refresh_from_db()
    assert (row.status, row.error) == ("failed", workbook_jobs.LEFT)
