"""The text of a plan: adding, changing, moving and removing sections, tasks and who carries them out."""

import pytest
from django.urls import reverse
from django.utils import timezone

from orgunits.models import AuditEvent
from plans.models import Document, Responsibility, Section, Task
from plans.outline import outline, walk
from tests.builders import Role, make_plan, make_user

pytestmark = pytest.mark.django_db
ONE, TWO = (0, "I. MỤC ĐÍCH"), (0, "II. NHIỆM VỤ")
OTHERS = [("officer", 403), ("reviewer", 403), ("viewer", 403), ("stranger", 404)]


@pytest.fixture
def plan(cast):
    """I with 1 and 2, then II."""
    plan = cast.plan
    first = Section.objects.create(plan=plan, order=1, kind="part", number="I.", heading="MỤC ĐÍCH")
    Section.objects.create(plan=plan, parent=first, order=2, kind="point", number="1.", body="Một.")
    Section.objects.create(plan=plan, parent=first, order=3, kind="point", number="2.", body="Hai.")
    Section.objects.create(plan=plan, order=4, kind="part", number="II.", heading="NHIỆM VỤ")
    return plan


@pytest.fixture
def writer(client, cast):
    person = make_user("Lê Thị Chuyên Trách", unit=cast.union, role=Role.REPORTER)
    client.force_login(person)
    return person


def read(plan):
    return [(node.depth, str(node.section)) for node in walk(outline(plan))]


def section(plan, text):
    return next(each for each in plan.sections.all() if str(each) == text)


def filled(section=None, rows=(), initial=0, **changes):
    edited = section.edited_at if section else None
    data = {
        "kind": section.kind if section else "point",
        "number": section.number if section else "3.",
        "heading": section.heading if section else "",
        "body": section.body if section else "Ba.",
        "seen": edited.isoformat() if edited else "",
        "don-vi-TOTAL_FORMS": len(rows),
        "don-vi-INITIAL_FORMS": initial,
        **changes,
    }
    for index, row in enumerate(rows):
        data |= {f"don-vi-{index}-{name}": value for name, value in row.items()}
    return data


# --- add -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("where", "text", "expected"),
    [
        ("", "", [ONE, (1, "1. Một."), (1, "2. Hai."), TWO, (0, "3. Ba.")]),
        ("trong", "I. MỤC ĐÍCH", [ONE, (1, "1. Một."), (1, "2. Hai."), (1, "3. Ba."), TWO]),
        ("sau", "1. Một.", [ONE, (1, "1. Một."), (1, "3. Ba."), (1, "2. Hai."), TWO]),
        ("sau", "I. MỤC ĐÍCH", [ONE, (1, "1. Một."), (1, "2. Hai."), (0, "3. Ba."), TWO]),
    ],
)
def test_section_is_added_where_it_was_asked_for(client, writer, plan, where, text, expected):
    query = f"?{where}={section(plan, text).pk}" if where else ""
    url = reverse("plans:section_add", args=[plan.pk]) + query
    assert client.get(url).status_code == 200
    response = client.post(url, filled())
    assert response.status_code == 302
    assert response.url.startswith(reverse("plans:plan_outline", args=[plan.pk]))
    assert read(plan) == expected
    assert list(plan.sections.order_by("order").values_list("order", flat=True)) == [1, 2, 3, 4, 5]
    assert Document.objects.get(pk=plan.document_id).edited_at is not None
    assert AuditEvent.objects.filter(action="plan.section_add", actor=writer).exists()


def test_section_of_another_plan_is_no_place(client, writer, plan, cast):
    other = make_plan(cast.union, number="60/KH")
    foreign = Section.objects.create(plan=other, order=1, kind="part", number="I.", heading="KHÁC")
    for query in (f"?sau={foreign.pk}", f"?trong={foreign.pk}", "?sau=abc"):
        assert client.post(reverse("plans:section_add", args=[plan.pk]) + query, filled()).status_code == 404


def test_empty_section_is_refused_and_keeps_what_was_typed(client, writer, plan):
    response = client.post(
        reverse("plans:section_add", args=[plan.pk]),
        filled(body="", rows=[{"part": "lead", "bodies": "Ban Nữ công", "label": ""}]),
    )
    assert "body" in response.context["form"].errors
    assert "Ban Nữ công" in response.content.decode()
    assert plan.sections.count() == 4


def test_task_with_lead_and_supporting_bodies(client, writer, plan, cast):
    response = client.post(
        reverse("plans:section_add", args=[plan.pk]),
        filled(
            is_task="on",
            time_frame="Thường xuyên hằng năm",
            year_round="on",
            ends_on="31/12/2026",
            rows=[
                {"part": "lead", "label": "Chủ trì", "bodies": "Ban Nữ công", "org_unit": cast.base.pk, "level": ""},
                {"part": "supporting", "label": "Phối hợp", "bodies": "các ban", "org_unit": "", "level": ""},
                {"part": "", "label": "", "bodies": "", "org_unit": "", "level": ""},
            ],
        ),
    )
    assert response.status_code == 302
    task = Task.objects.get(section__body="Ba.")
    assert (task.time_frame, task.time_label, task.year_round) == ("Thường xuyên hằng năm", "Thời gian thực hiện", True)
    assert f"{task.ends_on:%d/%m/%Y}" == "31/12/2026"
    rows = [(row.part, row.label, row.bodies, row.org_unit) for row in task.section.responsibilities.all()]
    assert rows == [("lead", "Chủ trì", "Ban Nữ công", cast.base), ("supporting", "Phối hợp", "các ban", None)]


def test_unit_of_another_branch_cannot_be_named(client, writer, plan, cast):
    rows = [{"part": "lead", "label": "", "bodies": "Nơi khác", "org_unit": cast.elsewhere.pk, "level": ""}]
    response = client.post(reverse("plans:section_add", args=[plan.pk]), filled(rows=rows))
    assert "org_unit" in response.context["rows"].forms[0].errors


# --- change ----------------------------------------------------------------------------------------------------------
def test_text_is_corrected(client, writer, plan):
    one = section(plan, "1. Một.")
    url = reverse("plans:section_edit", args=[one.pk])
    assert client.get(url).status_code == 200
    response = client.post(url, filled(one, body="Một, đã sửa."))
    assert response.url.endswith(f"#muc-{one.pk}")
    one.refresh_from_db()
    assert one.body == "Một, đã sửa."
    assert one.edited_at is not None
    assert AuditEvent.objects.get(action="plan.section_update").data["before"]["body"] == "Một."


def test_stale_page_gets_409(client, writer, plan):
    one = section(plan, "1. Một.")
    stale = filled(one, body="Ghi đè.")
    Section.objects.filter(pk=one.pk).update(body="Người khác sửa.", edited_at=timezone.now())
    assert client.post(reverse("plans:section_edit", args=[one.pk]), stale).status_code == 409
    one.refresh_from_db()
    assert one.body == "Người khác sửa."


def test_page_that_is_not_stale_may_be_saved_twice(client, writer, plan):
    one = section(plan, "1. Một.")
    url = reverse("plans:section_edit", args=[one.pk])
    client.post(url, filled(one, body="Lần một."))
    one.refresh_from_db()
    assert client.post(url, filled(one, body="Lần hai.")).status_code == 302
    one.refresh_from_db()
    assert one.body == "Lần hai."


def test_section_stops_being_a_task(client, writer, plan):
    one = section(plan, "1. Một.")
    Task.objects.create(section=one, plan=plan, order=2)
    client.post(reverse("plans:section_edit", args=[one.pk]), filled(one))
    assert not Task.objects.filter(section=one).exists()


def test_responsibility_is_taken_out(client, writer, plan):
    one = section(plan, "1. Một.")
    row = Responsibility.objects.create(section=one, part="lead", bodies="Ban Nữ công")
    rows = [{"id": row.pk, "part": "lead", "label": "", "bodies": "Ban Nữ công", "DELETE": "on"}]
    client.post(reverse("plans:section_edit", args=[one.pk]), filled(one, rows=rows, initial=1))
    assert not one.responsibilities.exists()


def test_end_before_start_is_refused(client, writer, plan):
    one = section(plan, "1. Một.")
    response = client.post(
        reverse("plans:section_edit", args=[one.pk]),
        filled(one, is_task="on", starts_on="02/01/2026", ends_on="01/01/2026"),
    )
    assert "ends_on" in response.context["form"].errors


# --- move and remove -------------------------------------------------------------------------------------------------
def test_section_moves_with_everything_below_it(client, writer, plan):
    client.post(reverse("plans:section_move", args=[section(plan, "I. MỤC ĐÍCH").pk]), {"huong": "xuong"})
    assert read(plan) == [(0, "II. NHIỆM VỤ"), (0, "I. MỤC ĐÍCH"), (1, "1. Một."), (1, "2. Hai.")]
    client.post(reverse("plans:section_move", args=[section(plan, "2. Hai.").pk]), {"huong": "len"})
    assert read(plan)[2:] == [(1, "2. Hai."), (1, "1. Một.")]


def test_first_section_stays_when_moved_up(client, writer, plan):
    before = read(plan)
    response = client.post(
        reverse("plans:section_move", args=[section(plan, "1. Một.").pk]), {"huong": "len"}, follow=True
    )
    assert read(plan) == before
    assert "đã đứng đầu" in response.content.decode()


def test_tasks_keep_the_order_of_the_text(client, writer, plan):
    for text in ("1. Một.", "2. Hai."):
        each = section(plan, text)
        Task.objects.create(section=each, plan=plan, order=each.order)
    client.post(reverse("plans:section_move", args=[section(plan, "2. Hai.").pk]), {"huong": "len"})
    assert [str(task) for task in plan.tasks.order_by("order")] == ["2. Hai.", "1. Một."]


def test_section_is_removed_with_everything_below_it(client, writer, plan):
    client.post(reverse("plans:section_remove", args=[section(plan, "I. MỤC ĐÍCH").pk]))
    assert read(plan) == [(0, "II. NHIỆM VỤ")]
    assert Section.objects.get(plan=plan).order == 1
    assert AuditEvent.objects.filter(action="plan.section_remove").exists()


# --- who -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["section_edit", "section_move", "section_remove"])
@pytest.mark.parametrize(("person", "status"), OTHERS)
def test_others_may_not(client, cast, plan, name, person, status):
    one = section(plan, "1. Một.")
    client.force_login(getattr(cast, person))
    assert client.post(reverse(f"plans:{name}", args=[one.pk]), {"huong": "xuong"}).status_code == status
    assert len(read(plan)) == 4


@pytest.mark.parametrize("name", ["section_move", "section_remove"])
def test_changes_are_posts(client, writer, plan, name):
    assert client.get(reverse(f"plans:{name}", args=[section(plan, "1. Một.").pk])).status_code == 405
    assert client.post(reverse("plans:plan_outline", args=[plan.pk])).status_code == 405


def test_labels_tell_where_a_section_stands(plan):
    two = section(plan, "2. Hai.")
    Section.objects.filter(parent=two).delete()
    inner = Section.objects.create(plan=plan, parent=two, order=4, kind="point", number="2.1.", body="Trong.")
    Section.objects.create(plan=plan, parent=inner, order=5, kind="point", number="a)", body="A.")
    Section.objects.create(plan=plan, parent=inner, order=6, kind="bullet", number="-", body="Gạch.")
    Section.objects.filter(number="II.").update(order=7)
    assert [node.label for node in walk(outline(plan))] == [
        "I",
        "I.1",
        "I.2",
        "I.2.1",
        "I.2.1.a",
        "I.2.1, gạch 1",
        "II",
    ]
