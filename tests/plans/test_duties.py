"""Reporting duties: who reports what to whom by which day."""

import datetime

import pytest
from django.urls import reverse

from orgunits.models import AuditEvent
from plans.models import DueRule, ReportingDuty
from tests.builders import make_duty, make_level, make_plan

pytestmark = pytest.mark.django_db
OTHERS = [("officer", 403), ("reviewer", 403), ("viewer", 403), ("stranger", 404)]


def filled(duty=None, rules=(), initial=0, **changes):
    data = {
        "name": duty.name if duty else "Báo cáo 6 tháng",
        "phrase": duty.phrase if duty else "định kỳ 6 tháng, năm",
        "section": "",
        "reporters": duty.reporters if duty else "children",
        "delivery": duty.delivery if duty else "direct",
        "recipient_unit": str(duty.recipient_unit_id) if duty else "",
        "recipient_name": "",
        "route": "Ban Nữ công",
        "embedded_in": "",
        "active_from": "",
        "active_to": "",
        "thoi-han-TOTAL_FORMS": len(rules),
        "thoi-han-INITIAL_FORMS": initial,
        **changes,
    }
    for index, rule in enumerate(rules):
        row = {"period_kind": "year", "comparison": "before", "day": "", "month": "", "phrase": "", **rule}
        data |= {f"thoi-han-{index}-{name}": value for name, value in row.items()}
    return data


@pytest.fixture
def plan(cast):
    """A second plan of the union, with no duty that reports hang on."""
    return make_plan(cast.union, number="60/KH-CĐVC")


def add(client, plan, **fields):
    return client.post(reverse("plans:duty_add", args=[plan.pk]), filled(**fields))


def test_duty_for_two_kinds_of_period(client, cast, plan):
    client.force_login(cast.unit_administrator)
    rules = [{"period_kind": "half_year", "day": "5", "month": "6"}, {"day": "15", "month": "11"}]
    response = add(client, plan, rules=rules, recipient_unit=str(cast.union.pk))
    assert response.status_code == 302
    duty = plan.duties.get()
    assert (duty.route, duty.recipient_unit, duty.edited_at is not None) == ("Ban Nữ công", cast.union, True)
    dates = {rule.period_kind: (rule.due_on(2026), rule.set_by_administrator) for rule in duty.due_rules.all()}
    assert dates == {
        "half_year": (datetime.date(2026, 6, 4), True),  # "trước ngày" leaves the day before as the last good one
        "year": (datetime.date(2026, 11, 14), True),
    }
    assert AuditEvent.objects.get(action="duty.create").data["due"] == ["trước ngày 5/6", "trước ngày 15/11"]


def test_rule_without_a_date_stays_open(client, cast, plan):
    client.force_login(cast.unit_administrator)
    add(client, plan, rules=[{"phrase": "theo quy định"}])
    rule = DueRule.objects.get(duty__plan=plan)
    assert (rule.has_date, rule.set_by_administrator) == (False, False)
    page = client.get(plan.get_absolute_url()).content.decode()
    assert "Chưa có thời hạn, văn bản chỉ ghi “theo quy định”" in page


def test_administrator_sets_the_date_that_the_text_lacks(client, cast, plan):
    duty = make_duty(plan, month=None, day=None)
    rule = duty.due_rules.get()
    client.force_login(cast.unit_administrator)
    url = reverse("plans:duty_edit", args=[duty.pk])
    client.post(url, filled(duty, rules=[{"id": rule.pk, "day": "20", "month": "11"}], initial=1))
    rule.refresh_from_db()
    assert (rule.day, rule.month, rule.set_by_administrator) == (20, 11, True)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"day": "31", "month": "11"}, "day"),
        ({"day": "29", "month": "2"}, "day"),
        ({"day": "10", "month": ""}, "month"),
        ({"day": "", "month": "11"}, "day"),
        ({"day": "10", "month": "11", "cut_off_day": "31", "cut_off_month": "4"}, "cut_off_day"),
    ],
)
def test_date_that_does_not_come_every_year_is_refused(client, cast, plan, rule, field):
    client.force_login(cast.unit_administrator)
    response = add(client, plan, rules=[rule], name="Tên đã gõ")
    assert field in response.context["rules"].forms[0].errors
    assert "Tên đã gõ" in response.content.decode()
    assert not plan.duties.exists()


def test_two_rules_for_one_kind_of_period_are_refused(client, cast, plan):
    client.force_login(cast.unit_administrator)
    response = add(client, plan, rules=[{"day": "1", "month": "11"}, {"day": "2", "month": "11"}])
    assert response.status_code == 200
    assert not plan.duties.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reporters": "chosen"}, "units"),
        ({"reporters": "level"}, "levels"),
        ({"active_from": "02/01/2026", "active_to": "02/01/2026"}, "active_to"),
        ({"name": ""}, "name"),
    ],
)
def test_incomplete_duty_is_refused(client, cast, plan, changes, field):
    client.force_login(cast.unit_administrator)
    response = add(client, plan, **changes)
    assert field in response.context["form"].errors


def test_chosen_units_come_from_below_the_issuer(client, cast, plan):
    client.force_login(cast.unit_administrator)
    assert "units" in add(client, plan, reporters="chosen", units=[cast.elsewhere.pk]).context["form"].errors
    add(client, plan, reporters="chosen", units=[cast.base.pk])
    assert list(plan.duties.get().units.all()) == [cast.base]


def test_rule_is_taken_out(client, cast, plan):
    duty = make_duty(plan)
    rule = duty.due_rules.get()
    client.force_login(cast.unit_administrator)
    rows = [{"id": rule.pk, "day": "10", "month": "11", "DELETE": "on"}]
    client.post(reverse("plans:duty_edit", args=[duty.pk]), filled(duty, rules=rows, initial=1))
    assert not duty.due_rules.exists()


def test_duty_without_reports_is_removed(client, cast, plan):
    duty = make_duty(plan)
    client.force_login(cast.unit_administrator)
    client.post(reverse("plans:duty_remove", args=[duty.pk]))
    assert not ReportingDuty.objects.filter(pk=duty.pk).exists()


def test_duty_with_obligations_stays(client, cast):
    client.force_login(cast.unit_administrator)
    response = client.post(reverse("plans:duty_remove", args=[cast.duty.pk]), follow=True)
    assert "Đã giao báo cáo theo chế độ này" in response.content.decode()
    assert ReportingDuty.objects.filter(pk=cast.duty.pk).exists()


@pytest.mark.parametrize("name", ["duty_edit", "duty_remove"])
@pytest.mark.parametrize(("person", "status"), OTHERS)
def test_others_may_not(client, cast, name, person, status):
    client.force_login(getattr(cast, person))
    assert client.post(reverse(f"plans:{name}", args=[cast.duty.pk]), {}).status_code == status


def test_removing_is_a_post(client, cast):
    client.force_login(cast.unit_administrator)
    assert client.get(reverse("plans:duty_remove", args=[cast.duty.pk])).status_code == 405


# --- several levels -----------------------------------------------------------------------------------------------


@pytest.fixture
def levels():
    return {code: make_level(code=code, name=name, rank=rank) for code, name, rank in (
        ("huyen", "Liên đoàn huyện", 2), ("co-so", "Công đoàn cơ sở", 3),
    )}  # fmt: skip


def by_levels(known, *days, **changes):
    """The fields of a duty at both levels, step by step, with one rule for each (level, day of November)."""
    rules = [{"level": level and known[level].pk, "day": day, "month": "11"} for level, day in days]
    owing = [level.pk for level in known.values()]
    return {"reporters": "level", "levels": owing, "delivery": "stepwise", "rules": rules, **changes}


def test_duty_on_two_levels_with_a_day_for_each(client, cast, plan, levels):
    client.force_login(cast.unit_administrator)
    response = add(client, plan, **by_levels(levels, ("huyen", "15"), ("co-so", "10"), ("", "20")))
    assert response.status_code == 302
    duty = plan.duties.get()
    assert (set(duty.levels.all()), duty.is_stepwise) == (set(levels.values()), True)
    assert [str(rule.level) for rule in duty.due_rules.all()] == ["Công đoàn cơ sở", "Liên đoàn huyện", "None"]
    assert AuditEvent.objects.get(action="duty.create").data["due"] == [
        "trước ngày 10/11 (Công đoàn cơ sở)", "trước ngày 15/11 (Liên đoàn huyện)", "trước ngày 20/11"
    ]  # fmt: skip
    page = client.get(plan.get_absolute_url()).content.decode()
    assert "“Liên đoàn huyện”, “Công đoàn cơ sở”" in page
    assert "Năm · Công đoàn cơ sở" in page


def test_two_rules_for_one_level_are_refused(client, cast, plan, levels):
    client.force_login(cast.unit_administrator)
    response = add(client, plan, **by_levels(levels, ("co-so", "10"), ("co-so", "12"), name="Tên đã gõ"))
    page = response.content.decode()
    assert "một thời hạn cho mỗi cấp" in page
    assert "Tên đã gõ" in page
    assert 'value="12"' in page
    assert not plan.duties.exists()


def test_day_for_a_level_that_does_not_report_is_refused_and_kept(client, cast, plan, levels):
    client.force_login(cast.unit_administrator)
    response = add(client, plan, **by_levels(levels, ("co-so", "10"), ("huyen", "15"), levels=[levels["co-so"].pk]))
    assert response.context["rules"].forms[1].errors == {
        "level": ["Cấp “Liên đoàn huyện” không có trong các cấp phải báo cáo đã chọn."]
    }
    assert 'value="15"' in response.content.decode()
    assert not plan.duties.exists()


@pytest.mark.parametrize(("upper", "warned"), [("10", True), ("9", True), ("11", False)])
def test_level_that_is_due_before_those_below_is_warned_of(client, cast, plan, levels, upper, warned):
    client.force_login(cast.unit_administrator)
    data = by_levels(levels, ("co-so", "10"), ("huyen", upper), recipient_unit=str(cast.union.pk))
    response = client.post(reverse("plans:duty_add", args=[plan.pk]), filled(**data), follow=True)
    sentence = f"cấp “Liên đoàn huyện” phải nộp trước ngày {upper}/11, không sau hạn của cấp “Công đoàn cơ sở”"
    assert (sentence in response.content.decode()) == warned
    assert plan.duties.get().due_rules.count() == 2  # a warning, no refusal
    detail = client.get(reverse("reports:duty_detail", args=[plan.duties.get().pk])).content.decode()
    assert (sentence in detail) == warned


def test_levels_of_another_sector_are_no_choice(client, cast, plan, levels):
    client.force_login(cast.unit_administrator)
    party = make_level(sector="party", code="dang-uy", name="Đảng ủy")
    response = add(client, plan, **by_levels(levels, levels=[party.pk]))
    assert "levels" in response.context["form"].errors
