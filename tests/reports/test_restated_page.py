"""The dashboard and the list of who has not filed in today's tree: labelled, complete, and only for who may see it."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from orgunits import reorganisation
from orgunits.models import Role
from reports import dashboards, restated
from reports.models import Obligation, Rollup
from tests import builders
from tests.builders import give_role, make_unit, make_user
from tests.reports.test_dashboard import page, put

pytestmark = pytest.mark.django_db
SHARE, CHILDREN = "can-bo", "tre-em-duoc-ho-tro"
TODAY_TREE = {"to_chuc": "hien-nay"}


def figures(children: int, n: int, d: int) -> dict:
    return {CHILDREN: {"v": children}, SHARE: {"chu-chot.n": n, "chu-chot.d": d}}


@pytest.fixture
def merged(cast):
    """Both base units filed for 2024; since last month they are one new unit, with an officer of its own."""
    day = timezone.localdate() - datetime.timedelta(days=30)
    for obligation, values in zip(builders.open_year(cast.duty, 2024), ((10, 3, 4), (20, 5, 6)), strict=True):
        put(obligation, cast.officer, figures(*values))
    cast.new = make_unit("Công đoàn cơ sở hợp nhất", parent=cast.union, on=day)
    reorganisation.merge([cast.base, cast.sibling], [cast.new], on=day, by=None, legal_basis="QĐ 12/QĐ-LĐLĐ")
    cast.new_officer = give_role(make_user("Hồ Thị Kế Thừa"), Role.REPORTER, cast.new).user
    cast.day = day
    return cast


def compute() -> None:
    restated.refresh(on=timezone.localdate())


def ask(cast, year: int = 2024, **more) -> dict[str, str]:
    period = Obligation.objects.filter(period__year=year).first().period
    return TODAY_TREE | {"che_do": str(cast.duty.pk), "ky": str(period.pk)} | more


def test_each_table_says_in_which_tree_it_was_summed(client, merged):
    compute()
    filed = page(client, merged.reviewer, merged.union, **ask(merged) | {"to_chuc": "khi-do"})
    today = page(client, merged.reviewer, merged.union, **ask(merged))
    # The note, the state of filing, the indicator, the units, the counts.
    assert filed.count("Theo tổ chức khi đó") == 5
    assert filed.count("Theo tổ chức hiện nay") == 0
    assert today.count("Theo tổ chức khi đó") == 0
    assert today.count("Theo tổ chức hiện nay") == 6  # and what belongs to no unit of today
    assert "qua các năm, theo tổ chức khi đó" in filed
    assert "qua các năm, theo tổ chức hiện nay" in today
    assert "theo đơn vị (1–2 trong 2), theo tổ chức khi đó" in filed


def test_successor_shows_what_its_predecessors_filed_to_who_holds_a_role_there_alone(client, merged):
    compute()
    text = page(client, merged.new_officer, merged.new, **ask(merged))
    assert "2/2 báo cáo đã duyệt" in text
    assert "Đơn vị này kế thừa: Công đoàn cơ sở số 01; Công đoàn cơ sở số 02." in text
    assert "8/10" in text
    client.force_login(merged.new_officer)
    assert client.get(reverse("reports:dashboard", args=[merged.union.pk])).status_code == 404


def test_who_holds_only_the_new_unit_comes_to_it_from_the_menu(client, merged):
    compute()
    client.force_login(merged.new_officer)
    response = client.get(reverse("reports:dashboard_home"), follow=True)
    assert response.redirect_chain[-1][0] == reverse("reports:dashboard", args=[merged.new.pk])
    assert response.context["choice"].is_restated


def test_each_tree_names_its_own_units(client, merged):
    compute()
    filed = page(client, merged.reviewer, merged.union, **ask(merged) | {"to_chuc": "khi-do"})
    today = page(client, merged.reviewer, merged.union, **ask(merged))
    assert "Công đoàn cơ sở số 01" in filed
    assert "Công đoàn cơ sở hợp nhất" not in filed
    assert "Công đoàn cơ sở số 01" not in today
    assert "Công đoàn cơ sở hợp nhất" in today


def test_links_keep_the_tree(client, merged):
    compute()
    client.force_login(merged.reviewer)
    html = client.get(reverse("reports:dashboard", args=[merged.union.pk]), ask(merged)).content.decode()
    url = reverse("reports:dashboard", args=[merged.new.pk])
    assert re.search(rf'href="{url}[^"]*to_chuc=hien-nay"', html)


def test_nothing_computed_yet_says_so_and_shows_no_figure(client, merged):
    text = page(client, merged.reviewer, merged.union, **ask(merged))
    assert "chưa tính lần nào" in text
    assert "Đang tính lại" in text
    assert "Chưa có số liệu theo tổ chức hiện nay" in text
    assert "8/10" not in text
    assert "0/0" not in text
    assert "Tình trạng nộp báo cáo" not in text


def test_stale_sums_are_shown_with_their_time_and_named_stale(client, merged):
    compute()
    assert "Đang tính lại" not in page(client, merged.reviewer, merged.union, **ask(merged))
    reorganisation.move(merged.new, parent=merged.province, on=timezone.localdate(), by=None)
    text = page(client, merged.reviewer, merged.union, **ask(merged))
    assert "Đang tính lại" in text
    assert "8/10" in text
    assert "cập nhật lúc" in text


def test_ended_and_unallocated_stand_in_two_named_lines_with_their_units(client, cast):
    day = datetime.date(2025, 7, 1)
    for obligation, values in zip(builders.open_year(cast.duty, 2024), ((10, 3, 4), (20, 5, 6)), strict=True):
        put(obligation, cast.officer, figures(*values))
    reorganisation.end(cast.base, on=day, by=None, legal_basis="QĐ 5")
    parts = [make_unit(parent=cast.union, on=day) for _ in range(2)]
    reorganisation.split(cast.sibling, parts, on=day, by=None, legal_basis="QĐ 6")
    compute()
    text = page(client, cast.reviewer, cast.union, **ask(cast))
    assert "Đơn vị đã kết thúc : 1/1 đã duyệt" in text
    assert "Công đoàn cơ sở số 01 Kết thúc hoạt động từ ngày 01/07/2025 (QĐ 5)" in text
    assert "Không phân bổ được : 1/1 đã duyệt" in text
    assert "Công đoàn cơ sở số 02 Chia tách từ ngày 01/07/2025 (QĐ 6)" in text
    # today's units, ended, unallocated, together
    assert "Số trẻ em được hỗ trợ em chưa có số liệu 10 20 30" in text
    assert "3/4 (75,0 %) 5/6 (83,3 %) 8/10 (80,0 %)" in text


def test_without_any_the_two_lines_say_none(client, merged):
    compute()
    text = page(client, merged.reviewer, merged.union, **ask(merged))
    assert "Đơn vị đã kết thúc : không có" in text
    assert "Không phân bổ được : không có" in text


def test_ended_unit_itself_shows_its_line(client, cast):
    put(builders.open_year(cast.duty, 2024)[0], cast.officer, figures(10, 3, 4))
    reorganisation.end(cast.base, on=datetime.date(2025, 7, 1), by=None)
    compute()
    text = page(client, cast.reviewer, cast.base, **ask(cast))
    assert "Đơn vị đã kết thúc : 1/1 đã duyệt" in text
    assert "Công đoàn cơ sở số 01 Kết thúc hoạt động" in text


def test_trend_follows_the_chosen_tree(merged):
    compute()
    on = timezone.localdate()
    choice = dashboards.choose(merged.new, ask(merged), on=on)
    assert choice is not None
    card = dashboards.build(merged.new, choice, user=merged.new_officer, on=on).cards[0]
    assert card.trend is not None
    assert ("2024", "80,0 %", "8/10") in card.trend.table.rows
    assert dashboards.choose(merged.new, {"to_chuc": "khi-do"}, on=on).basis == Rollup.Basis.AS_FILED


def test_missing_list_in_todays_tree_lists_what_the_predecessors_owe(client, merged):
    compute()
    for tree, found in (("khi-do", False), ("hien-nay", True)):
        text = page(client, merged.new_officer, merged.new, "missing", **ask(merged, 2026) | {"to_chuc": tree})
        assert ("Công đoàn cơ sở số 01" in text) is found
        assert ("Công đoàn cơ sở số 02" in text) is found


def test_missing_list_in_todays_tree_follows_a_move_and_lists_what_ended(client, cast):
    other = make_unit("Công đoàn ngành khác", parent=cast.province)
    reorganisation.move(cast.base, parent=other, on=datetime.date(2026, 11, 1), by=None)
    reorganisation.end(cast.sibling, on=datetime.date(2026, 11, 1), by=None)
    compute()
    theirs = page(client, cast.administrator, cast.union, "missing", **ask(cast, 2026))
    assert "Công đoàn cơ sở số 01" not in theirs
    assert "Công đoàn cơ sở số 02" in theirs
    assert "Công đoàn cơ sở số 01" in page(client, cast.administrator, other, "missing", **ask(cast, 2026))


def test_report_of_a_divided_unit_says_so_and_counts_once_above(client, cast):
    day = timezone.localdate() - datetime.timedelta(days=30)
    heirs = [make_unit(f"Công đoàn cơ sở {name}", parent=cast.union) for name in ("Đông", "Tây")]
    builders.open_year(cast.duty, 2026)  # the heirs owe one of their own
    reorganisation.split(cast.base, dict(zip(heirs, (3, 1), strict=True)), on=day, by=None)
    compute()
    words = "chia cho nhiều đơn vị: Công đoàn cơ sở Đông; Công đoàn cơ sở Tây"
    for unit, count in ((heirs[0], 2), (heirs[1], 2), (cast.union, 4)):  # and above the sibling's own
        text = page(client, cast.administrator, unit, "missing", **ask(cast, 2026))
        assert text.count(words) == 1
        assert f"Tất cả ({count})" in text
        assert "1 báo cáo là của đơn vị đã chia" in text
    counted = Rollup.objects.filter(basis=Rollup.Basis.RESTATED, period__year=2026)
    assert [counted.get(org_unit=unit).expected for unit in (*heirs, cast.union)] == [2, 1, 4]
    filed = page(client, cast.administrator, cast.union, "missing", **ask(cast, 2026) | {"to_chuc": "khi-do"})
    assert "chia cho nhiều" not in filed
    assert "Tất cả (4)" in filed


def test_report_of_a_unit_that_went_one_way_says_nothing_of_dividing(client, merged):
    compute()
    text = page(client, merged.new_officer, merged.new, "missing", **ask(merged, 2026))
    assert "chia cho nhiều" not in text


def test_unknown_tree_falls_back_to_as_filed(client, cast):
    client.force_login(cast.reviewer)
    response = client.get(reverse("reports:dashboard", args=[cast.union.pk]), {"to_chuc": "<script>"})
    assert response.context["choice"].basis == Rollup.Basis.AS_FILED


def test_queries_in_todays_tree_do_not_grow_with_the_units(client, cast, django_assert_max_num_queries):
    units = [make_unit(parent=cast.union) for _ in range(12)]
    for row in builders.open_year(cast.duty, 2024):
        put(row, cast.officer, figures(1, 1, 2))
    for unit in units[:6]:
        reorganisation.end(unit, on=datetime.date(2025, 7, 1), by=None)
    compute()
    client.force_login(cast.reviewer)
    client.get(reverse("reports:dashboard", args=[cast.union.pk]), ask(cast))
    with django_assert_max_num_queries(40):
        client.get(reverse("reports:dashboard", args=[cast.union.pk]), ask(cast))
