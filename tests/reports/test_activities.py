"""The register of activities: who keeps it, what is refused, how it comes into a report."""

import datetime
import re

import pytest
import time_machine
from django.urls import reverse

from orgunits.models import AuditEvent, Role
from reports import activities, content, workflow
from reports.models import Activity
from tests.builders import content as content_of
from tests.builders import give_role, make_plan, make_report, make_task, plan_form

LIST = "reports:activity_list"
TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(autouse=True)
def on_a_day():
    with time_machine.travel(datetime.datetime(2026, 11, 22, 5, 0, tzinfo=datetime.UTC), tick=False):
        yield


def make_activity(cast, unit=None, **fields) -> Activity:
    values = {"name": "Vui Tết Trung thu", "occasion": "mid_autumn", "held_on": datetime.date(2026, 9, 25)}
    return Activity.objects.create(org_unit=unit or cast.base, recorded_by=cast.officer, **(values | fields))


def typed(**changes: str) -> dict[str, str]:
    fields = {
        "name": "Vui Tết Trung thu",
        "occasion": "mid_autumn",
        "task": "",
        "held_on": "25/09/2026",
        "place": "Hội trường",
        "children_reached": "1.234",
        "families_reached": "",
        "amount_union": "5.000.000 đồng",
        "amount_state": "",
        "amount_social": "1.500.000",
        "amount_other": "",
    }
    return fields | changes


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- list ---------------------------------------------------------------------------------------------------------


def test_list_shows_the_units_activities_with_totals(client, cast):
    make_activity(cast, children_reached=1000, amount_union=2_000_000)
    make_activity(cast, name="Trại hè", held_on=datetime.date(2026, 6, 1), children_reached=234)
    make_activity(cast, unit=cast.elsewhere, name="Của nơi khác")
    client.force_login(cast.officer)
    page = text(client.get(reverse(LIST)))
    assert page.index("Vui Tết Trung thu") < page.index("Trại hè")
    assert "Cộng 2 hoạt động" in page
    assert ">1.234</td>" in page
    assert "Của nơi khác" not in page


def test_list_is_narrowed_by_year_and_unit(client, cast):
    make_activity(cast, name="Năm nay")
    make_activity(cast, name="Năm ngoái", held_on=datetime.date(2025, 9, 25))
    make_activity(cast, unit=cast.sibling, name="Đơn vị bạn")
    client.force_login(cast.reviewer)
    page = text(client.get(reverse(LIST), {"nam": "2026", "don_vi": str(cast.base.pk)}))
    assert ("Năm nay" in page, "Năm ngoái" in page, "Đơn vị bạn" in page) == (True, False, False)
    everything = text(client.get(reverse(LIST), {"nam": "abc", "don_vi": "x"}))
    assert "Năm ngoái" in everything


def test_list_is_narrowed_by_occasion_and_task_and_adds_up_what_is_shown(client, cast):
    task = make_task(cast.plan)
    make_activity(cast, name="Có nhiệm vụ", task=task, amount_state=3_000_000)
    make_activity(cast, name="Phá cỗ", amount_union=1_000_000, amount_social=500_000)
    make_activity(cast, name="Trại hè", occasion="action_month", held_on=datetime.date(2026, 6, 2))
    client.force_login(cast.officer)
    page = text(client.get(reverse(LIST), {"dip": "mid_autumn"}))
    assert ("Phá cỗ" in page, "Trại hè" in page, "Cộng 2 hoạt động" in page) == (True, False, True)
    assert 'Kinh phí công đoàn <strong class="figure-value">1.000.000</strong> đồng' in page
    assert 'Ngân sách nhà nước <strong class="figure-value">3.000.000</strong> đồng' in page
    page = text(client.get(reverse(LIST), {"nhiem_vu": str(task.pk)}))
    assert ("Có nhiệm vụ" in page, "Phá cỗ" in page, "Cộng 1 hoạt động" in page) == (True, False, True)
    page = text(client.get(reverse(LIST), {"dip": "action_month", "nhiem_vu": str(task.pk)}))
    assert "Không có hoạt động nào như vậy" in page
    assert "Bỏ lọc" in page


def test_reader_sees_no_buttons_to_change(client, cast):
    make_activity(cast)
    client.force_login(cast.viewer)
    page = text(client.get(reverse(LIST)))
    assert "Vui Tết Trung thu" in page
    assert reverse("reports:activity_create") not in page
    assert "/sua/" not in page


def test_empty_register_says_what_to_do(client, cast):
    client.force_login(cast.officer)
    page = text(client.get(reverse(LIST)))
    assert "Chưa ghi hoạt động nào" in page
    assert reverse("reports:activity_create") in page


def test_queries_of_the_list_do_not_grow_with_it(client, cast, django_assert_num_queries):
    client.force_login(cast.officer)
    for number in range(12):
        make_activity(cast, name=f"Hoạt động {number}")
    client.get(reverse(LIST))
    with django_assert_num_queries(18):
        client.get(reverse(LIST))


# --- entering -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["officer", "colleague", "approver"])
def test_people_of_the_unit_enter_an_activity(client, cast, person):
    client.force_login(getattr(cast, person))
    response = client.post(reverse("reports:activity_create"), typed())
    assert response.headers["Location"] == reverse(LIST)
    activity = Activity.objects.get()
    assert (activity.org_unit, activity.children_reached, activity.families_reached) == (cast.base, 1234, None)
    assert activity.amounts == {"union": 5_000_000, "social": 1_500_000}
    assert activity.amount_spent == 6_500_000
    assert activity.recorded_by == getattr(cast, person)
    data = AuditEvent.objects.get(action="activity.create").data
    assert (data["held_on"], data["place"], data["task"]) == ("2026-09-25", "Hội trường", None)


def test_filed_report_of_the_day_is_said_to_stay_as_it_is(client, cast):
    cast.form.items.create(code="hoat-dong", kind="activities", label="Hoạt động", order=9)
    report, said = make_report(cast.obligation), "đã nộp nên giữ nguyên như khi nộp"
    client.force_login(cast.officer)
    assert said not in text(client.post(reverse("reports:activity_create"), typed(), follow=True))
    workflow.submit(report, content_of(), by=cast.officer)
    assert said in text(client.post(reverse("reports:activity_create"), typed(), follow=True))
    other_year = client.post(reverse("reports:activity_create"), typed(held_on="25/09/2025"), follow=True)
    assert said not in text(other_year)
    activity = Activity.objects.earliest("pk")
    edit = reverse("reports:activity_edit", args=[activity.pk])
    assert said not in text(client.post(edit, typed(), follow=True)), "nothing was changed"
    assert said in text(client.post(edit, typed(held_on="25/09/2025"), follow=True)), "it left the period"
    workflow.send_back(report, by=cast.reviewer, reason="Sai.")
    assert said not in text(client.post(reverse("reports:activity_create"), typed(), follow=True))


@pytest.mark.parametrize("person", ["reviewer", "viewer", "unit_administrator"])
def test_readers_may_not_enter_one(client, cast, person):
    client.force_login(getattr(cast, person))
    assert client.get(reverse("reports:activity_create")).status_code == 403
    assert client.post(reverse("reports:activity_create"), typed()).status_code == 403
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Hãy ghi tên hoạt động."),
        ("held_on", "31/02/2026", "Hãy ghi ngày theo dạng"),
        ("held_on", "23/11/2026", "không thể sau hôm nay"),
        ("held_on", "25/09/1990", "từ năm 2012 trở đi"),
        ("children_reached", "1.23", "Không rõ “1.23” là bao nhiêu"),
        ("children_reached", "-5", "không được âm"),
        ("amount_state", "năm triệu", "không phải là số nguyên"),
        ("occasion", "khac", ""),
    ],
)
def test_wrong_input_is_told_and_what_was_typed_stays(client, cast, field, value, sentence):
    client.force_login(cast.officer)
    response = client.post(reverse("reports:activity_create"), typed(**{field: value, "place": "Nhà văn hóa"}))
    page = text(response)
    assert response.status_code == 200
    assert response.context["form"].errors[field]
    assert sentence in page
    assert 'value="Nhà văn hóa"' in page
    assert not Activity.objects.exists()


def test_today_is_allowed_and_day_comes_first(client, cast):
    client.force_login(cast.officer)
    client.post(reverse("reports:activity_create"), typed(held_on="22/11/2026"))
    client.post(reverse("reports:activity_create"), typed(held_on="02/11/2026"))
    days = list(Activity.objects.order_by("held_on").values_list("held_on", flat=True))
    assert days == [datetime.date(2026, 11, 2), TODAY]


def test_person_of_two_units_chooses_one_of_them_and_no_other(client, cast):
    give_role(cast.officer, Role.REPORTER, cast.sibling)
    client.force_login(cast.officer)
    client.post(reverse("reports:activity_create"), typed(org_unit=str(cast.sibling.pk)))
    assert Activity.objects.get().org_unit == cast.sibling
    response = client.post(reverse("reports:activity_create"), typed(org_unit=str(cast.elsewhere.pk)))
    assert response.context["form"].errors["org_unit"]
    assert Activity.objects.count() == 1


def test_task_is_one_of_the_plans_on_which_the_unit_reports(client, cast):
    task = make_task(cast.plan)
    client.force_login(cast.officer)
    client.post(reverse("reports:activity_create"), typed(task=str(task.pk)))
    assert Activity.objects.get().task == task


def test_task_that_is_no_longer_offered_stays_with_the_activity(client, cast):
    old = make_task(make_plan(cast.province))
    activity = make_activity(cast, task=old)
    client.force_login(cast.officer)
    url = reverse("reports:activity_edit", args=[activity.pk])
    assert f'<option value="{old.pk}" selected>' in text(client.get(url))
    client.post(url, typed(task=str(old.pk), place="Nơi khác"))
    activity.refresh_from_db()
    assert (activity.task, activity.place) == (old, "Nơi khác")


def test_form_begins_today_and_offers_the_names_used_before(client, cast):
    make_activity(cast, name="Vui Tết Trung thu")
    make_activity(cast, name="Vui Tết Trung thu", held_on=datetime.date(2025, 9, 25))
    make_activity(cast, unit=cast.sibling, name="Của đơn vị bạn")
    client.force_login(cast.officer)
    page = text(client.get(reverse("reports:activity_create")))
    assert 'value="22/11/2026"' in page
    assert page.count('<option value="Vui Tết Trung thu">') == 1
    assert "Của đơn vị bạn" not in page


@pytest.mark.parametrize("field", ["name", "place"])
def test_words_that_look_like_personal_data_are_kept_and_warned_about(client, cast, field):
    client.force_login(cast.officer)
    response = client.post(
        reverse("reports:activity_create"), typed(**{field: "Thăm nhà, gọi 0912 345 678"}), follow=True
    )
    assert Activity.objects.count() == 1
    assert "Nội dung có vẻ" in text(response)
    response = client.post(reverse("reports:activity_create"), typed(), follow=True)
    assert "Nội dung có vẻ" not in text(response)


def test_coming_from_a_report_the_way_leads_back_to_it(client, cast):
    report = make_report(cast.obligation)
    client.force_login(cast.officer)
    url = f"{reverse('reports:activity_create')}?bao-cao={report.pk}"
    response = client.post(url, typed())
    assert response.headers["Location"] == reverse("reports:filing", args=[report.pk]) + "#muc-hoat-dong"


def test_report_of_another_unit_is_not_found(client, cast):
    report = make_report(cast.sibling_obligation)
    client.force_login(cast.officer)
    assert client.get(f"{reverse('reports:activity_create')}?bao-cao={report.pk}").status_code == 404


# --- changing -----------------------------------------------------------------------------------------------------


def test_edit_shows_what_is_there_and_writes_only_what_changed(client, cast):
    activity = make_activity(cast, children_reached=1234)
    client.force_login(cast.colleague)
    url = reverse("reports:activity_edit", args=[activity.pk])
    page = text(client.get(url))
    assert 'value="25/09/2026"' in page
    assert 'value="1.234"' in page
    client.post(url, typed(children_reached="0", place="", amount_union="", amount_social=""))
    activity.refresh_from_db()
    assert (activity.children_reached, activity.recorded_by) == (0, cast.officer)
    assert AuditEvent.objects.get(action="activity.edit").data["changed"] == ["children_reached"]


@pytest.mark.parametrize("name", ["activity_edit", "activity_delete"])
@pytest.mark.parametrize(("person", "status"), [("stranger", 404), ("sibling_officer", 404), ("reviewer", 403)])
def test_others_may_not_change_it(client, cast, name, person, status):
    activity = make_activity(cast)
    client.force_login(getattr(cast, person))
    url = reverse(f"reports:{name}", args=[activity.pk])
    assert client.get(url).status_code == status
    assert client.post(url, typed(name="Đổi tên")).status_code == status
    assert Activity.objects.get().name == "Vui Tết Trung thu"


def test_delete_asks_once_and_is_recorded(client, cast):
    activity = make_activity(cast)
    client.force_login(cast.officer)
    url = reverse("reports:activity_delete", args=[activity.pk])
    assert "Báo cáo đã nộp không thay đổi" in text(client.get(url))
    assert Activity.objects.exists()
    client.post(url)
    assert not Activity.objects.exists()
    assert AuditEvent.objects.get(action="activity.delete").data["name"] == "Vui Tết Trung thu"


def test_other_methods_are_refused(client, cast):
    activity = make_activity(cast)
    client.force_login(cast.officer)
    assert client.post(reverse(LIST)).status_code == 405
    for name in ("activity_edit", "activity_delete"):
        assert client.put(reverse(f"reports:{name}", args=[activity.pk])).status_code == 405


def test_without_a_session_one_is_asked_to_sign_in(client, cast):
    assert client.get(reverse(LIST)).status_code == 302
    assert client.post(reverse("reports:activity_create"), typed()).status_code == 302
    assert not Activity.objects.exists()


# --- in a report --------------------------------------------------------------------------------------------------


def test_activities_from_the_first_to_the_last_day_of_the_period_come_into_the_report(cast):
    days = [datetime.date(2025, 12, 31), datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)]
    for day in (*days, datetime.date(2027, 1, 1)):
        make_activity(cast, name=f"Ngày {day}", held_on=day)
    make_activity(cast, unit=cast.sibling)
    found = activities.of_report(make_report(cast.obligation))
    assert [activity.held_on for activity in found] == days[1:]


def test_missing_numbers_are_no_zeros_in_the_totals(cast):
    rows = [make_activity(cast, children_reached=None), make_activity(cast, children_reached=0)]
    assert activities.totals(rows) == activities.Totals(count=2, children=0, families=None, amount=None)
    assert activities.summary_of(Activity.objects.all()).together == activities.totals(rows)
    assert activities.totals([]) == activities.Totals(count=0, children=None, families=None, amount=None)


def test_totals_by_occasion_and_by_source_are_the_same_from_rows_database_and_revision(cast):
    rows = [
        make_activity(cast, children_reached=30, amount_union=100, amount_social=5),
        make_activity(cast, children_reached=20, families_reached=0, amount_union=0),
        make_activity(cast, occasion="childrens_day", held_on=datetime.date(2026, 6, 1), amount_other=7),
        make_activity(cast, occasion="other", held_on=datetime.date(2026, 3, 8)),
    ]
    found = activities.summary(rows)
    assert found.together == activities.Totals(count=4, children=50, families=0, amount=112)
    assert found.by_occasion == [
        ("Ngày Quốc tế Thiếu nhi 1/6", activities.Totals(1, None, None, 7)),
        ("Tết Trung thu", activities.Totals(2, 50, 0, 105)),
        ("Dịp khác, hoạt động thường xuyên", activities.Totals(1, None, None, None)),
    ]
    assert found.by_source == [("Kinh phí công đoàn", 100), ("Nguồn xã hội hóa", 5), ("Nguồn khác", 7)]
    assert activities.summary_of(Activity.objects.all()) == found
    assert activities.summary_of_frozen(activities.frozen(make_report(cast.obligation))) == found


def test_filings_of_before_name_one_source_for_the_whole_sum():
    old = [
        {"occasion": "new_year", "amount_spent": 5, "funding_source": "union"},
        {"occasion": "new_year", "amount_spent": 3, "funding_source": "mixed"},
        {"occasion": "", "amount_spent": 0, "funding_source": "none"},
        {"occasion": "new_year", "amount_spent": None, "funding_source": "union"},
    ]
    found = activities.summary_of_frozen(old)
    assert found.together == activities.Totals(count=4, children=None, families=None, amount=8)
    assert found.by_source == [("Kinh phí công đoàn", 5), ("Nguồn khác", 3)]
    assert [label for label, _ in found.by_occasion] == ["Tết Nguyên đán", "Không ghi dịp"]


def test_revision_freezes_the_activities_as_they_stand(cast):
    activity = make_activity(cast, children_reached=50, amount_union=1_000_000, amount_other=0)
    frozen = content.parse(make_report(cast.obligation), {}, previous=None).content["activities"]
    activity.children_reached = 99
    activity.save()
    assert frozen == [
        {
            "pk": activity.pk,
            "name": "Vui Tết Trung thu",
            "occasion": "mid_autumn",
            "task": None,
            "held_on": "2026-09-25",
            "place": "",
            "children_reached": 50,
            "families_reached": None,
            "amount_spent": 1_000_000,
            "amounts": {"union": 1_000_000, "other": 0},
        }
    ]


def test_form_shows_them_and_saves_the_draft_before_it_leads_away(client, cast):
    activity = make_activity(cast, children_reached=50)
    report = make_report(cast.obligation)
    report.form_version = plan_form(cast.duty)
    report.save(update_fields=["form_version"])
    client.force_login(cast.officer)
    url = reverse("reports:filing", args=[report.pk])
    page = text(client.get(url))
    assert "Vui Tết Trung thu" in page
    assert "Cộng 1 hoạt động" in page
    response = client.post(url, {"ket-qua": "đang ghi", "action": "add-activity", "draft_version": "0"})
    assert response.headers["Location"] == f"{reverse('reports:activity_create')}?bao-cao={report.pk}"
    response = client.post(url, {"ket-qua": "ghi tiếp", "action": f"edit-activity:{activity.pk}", "draft_version": "1"})
    assert response.headers["Location"] == (
        f"{reverse('reports:activity_edit', args=[activity.pk])}?bao-cao={report.pk}"
    )
    report.refresh_from_db()
    assert report.draft == {"ket-qua": "ghi tiếp"}
