import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plans.loading import load_plans
from plans.models import (
    Citation,
    Document,
    DueRule,
    Plan,
    Programme,
    Recipient,
    ReportingDuty,
    Responsibility,
    Section,
    Task,
)
from tests.plans.organisation import make_organisation

pytestmark = pytest.mark.django_db
MODELS = (Programme, Document, Citation, Recipient, Plan, Section, Task, Responsibility, ReportingDuty, DueRule)


@pytest.fixture
def units():
    return make_organisation()


def everything():
    return {model: list(model.objects.order_by("pk").values()) for model in MODELS}


def test_second_run_changes_nothing(units):
    load_plans(units)
    before = everything()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        load_plans(units)
    assert everything() == before
    writes = ("UPDATE", "INSERT")
    assert [query["sql"] for query in queries if query["sql"].startswith(writes)] == []


def test_plans_with_their_tasks_and_duties(units):
    loaded = {plan.document.key: plan for plan in load_plans(units)}
    counts = {key: (plan.sections.count(), plan.tasks.count(), plan.duties.count()) for key, plan in loaded.items()}
    assert counts == {
        "57-kh-cdvc": (27, 12, 2),
        "162-kh-duk": (15, 6, 1),
        "cong-van-ldld-tinh": (15, 6, 1),
        "60-kh-ldld": (15, 9, 1),
        "kh-ubnd-cam-tan": (51, 16, 1),
    }
    assert loaded["kh-ubnd-cam-tan"].status == Plan.Status.DRAFT
    assert loaded["60-kh-ldld"].status == Plan.Status.CLOSED


def test_due_rules_are_those_of_the_phrases(units):
    load_plans(units)
    rules = {
        (rule.duty.key, rule.period_kind): (rule.comparison, rule.day, rule.month)
        for rule in DueRule.objects.select_related("duty")
    }
    assert rules == {
        ("57-kh-cdvc-bao-cao-nam", "year"): ("before", 10, 11),
        ("cong-van-ldld-tinh-bao-cao-dinh-ky", "half_year"): ("before", None, None),
        ("cong-van-ldld-tinh-bao-cao-dinh-ky", "year"): ("before", None, None),
        ("60-kh-ldld-bao-cao-chuyen-de", "half_year"): ("before", None, None),
        ("60-kh-ldld-bao-cao-chuyen-de", "year"): ("before", None, None),
        ("kh-ubnd-cam-tan-bao-cao-nam", "year"): ("before", 15, 11),
    }


def test_lead_and_supporting_bodies_of_the_commune_plan(units):
    load_plans(units)
    task = Task.objects.get(plan__document__key="kh-ubnd-cam-tan", section__key="II.1.2")
    parts = [(each.part, each.label, each.bodies) for each in task.section.responsibilities.all()]
    assert parts == [
        ("lead", "Ngành chủ trì", "Công chức Văn hóa – Chính sách"),
        (
            "supporting",
            "Các ngành phối hợp",
            "các ban, ngành, đoàn thể, các thôn và các cơ quan đơn vị có liên quan.",
        ),
    ]
    assert (task.time_frame, task.year_round) == ("Thường xuyên hàng năm", True)
    silent = Task.objects.get(plan__document__key="kh-ubnd-cam-tan", section__key="II.4")
    assert (list(silent.section.responsibilities.all()), silent.time_frame, silent.year_round) == ([], "", False)


def test_cascade_from_directive_to_commune(units):
    load_plans(units)
    document = Document.objects.get(key="57-kh-cdvc")
    chain = []
    while document:
        chain.append(document.key)
        document = document.derives_from
    assert chain == ["57-kh-cdvc", "54-kh-ldld-dak-lak", "28-ct-tw"]
    commune = Document.objects.get(key="kh-ubnd-cam-tan")
    assert commune.derives_from.derives_from.issuer_name == "Ban Thường vụ Tỉnh uỷ"  # from government to Party


def test_corrected_text_is_left_alone(units):
    plan = load_plans(units)[0]
    section = plan.sections.get(key="III.1-1")
    section.body, section.edited_at = "Đã sửa trên màn hình.", timezone.now()
    section.save(update_fields=["body", "edited_at"])
    other = plan.sections.get(key="III.1-2")
    other.body = "Ghi đè không qua màn hình."
    other.save(update_fields=["body"])
    load_plans(units)
    section.refresh_from_db()
    other.refresh_from_db()
    assert section.body == "Đã sửa trên màn hình."
    assert other.body.startswith("Xây dựng và triển khai Chương trình giám sát")


def test_plan_with_an_edited_structure_is_left_alone(units):
    plan = load_plans(units)[0]
    plan.sections.get(key="III.1-1").delete()
    plan.document.edited_at = timezone.now()
    plan.document.save(update_fields=["edited_at"])
    load_plans(units)
    assert not plan.sections.filter(key="III.1-1").exists()


def test_due_date_of_the_administrator_is_left_alone(units):
    load_plans(units)
    rule = DueRule.objects.get(duty__key="60-kh-ldld-bao-cao-chuyen-de", period_kind="year")
    rule.day, rule.month, rule.set_by_administrator = 5, 12, True
    rule.save(update_fields=["day", "month", "set_by_administrator"])
    load_plans(units)
    rule.refresh_from_db()
    assert (rule.day, rule.month) == (5, 12)


def test_cited_plan_of_a_unit_that_is_not_in_the_organisation_stays_a_document(units):
    del units["tinh-thanh-hoa"]
    load_plans(units)
    assert not Plan.objects.filter(document__key="91-kh-ubnd-thanh-hoa").exists()
    assert Document.objects.get(key="91-kh-ubnd-thanh-hoa").issuer == "UBND tỉnh Thanh Hoá"


def test_missing_issuer_of_a_source_plan_stops_the_load(units):
    del units["duk"]
    with pytest.raises(KeyError, match="duk"):
        load_plans(units)
    assert not Plan.objects.exists()
