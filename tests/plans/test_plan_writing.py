"""Writing: a plan's document, a unit's own plan, recipients, citations, programmes, documents of higher bodies."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from orgunits.models import AuditEvent
from plans.models import Citation, Document, Plan, Programme
from tests.builders import Role, make_plan, make_programme, make_unit, make_user

pytestmark = pytest.mark.django_db
OTHERS = [("officer", 403), ("reviewer", 403), ("viewer", 403), ("stranger", 404)]


def filled(plan=None, **changes):
    """The fields of the plan form as a browser sends them."""
    document = plan.document if plan else None
    edited = document.edited_at if document else None
    return {
        "kind": "plan",
        "number": "57/KH-CĐVC",
        "body_code": "CĐVC",
        "place_name": "Đắk Lắk",
        "issued_on": "24/05/2024",
        "issued_month": "",
        "issued_year": "",
        "issuer_name": "Công đoàn Viên chức tỉnh",
        "subject": "Triển khai thực hiện Chỉ thị số 28-CT/TW",
        "derives_from": "",
        "signing_authority": "TM. BAN THƯỜNG VỤ",
        "signer_post": "CHỦ TỊCH",
        "signer_name": "",
        "programme": str((plan.programme if plan else make_programme()).pk),
        "status": "issued",
        "year_from": "",
        "year_to": "",
        "seen": edited.isoformat() if edited else "",
        **changes,
    }


# --- create ----------------------------------------------------------------------------------------------------------
def test_officer_writes_the_plan_of_the_own_unit(client, cast):
    client.force_login(cast.officer)
    url = reverse("plans:plan_create", args=[cast.base.pk])
    response = client.post(url, filled(number="02/KH-CĐCS", issued_on="02/11/2026", derives_from=""))
    plan = Plan.objects.get(org_unit=cast.base)
    assert response.url == reverse("plans:plan_outline", args=[plan.pk])
    document = plan.document
    assert document.issued_on == datetime.date(2026, 11, 2)  # dd/mm, not November the other way round
    assert (document.serial, document.issued_month, document.issued_year) == (2, 11, 2026)
    assert (document.sector, document.issuer_unit) == ("trade_union", cast.base)
    assert AuditEvent.objects.filter(action="plan.create", actor=cast.officer, org_unit=cast.base).exists()


def test_new_plan_offers_the_plan_of_the_unit_above_to_carry_out(client, cast):
    client.force_login(cast.officer)
    url = reverse("plans:plan_create", args=[cast.base.pk])
    initial = client.get(url, {"chuong-trinh": cast.plan.programme.pk}).context["form"].initial
    assert (initial["programme"], initial["derives_from"]) == (cast.plan.programme.pk, cast.plan.document_id)
    assert client.get(url, {"chuong-trinh": "abc"}).status_code == 200


def test_draft_without_number_and_day(client, cast):
    client.force_login(cast.officer)
    data = filled(number="", issued_on="", issued_month="5", issued_year="2024", status="draft")
    client.post(reverse("plans:plan_create", args=[cast.base.pk]), data)
    document = Plan.objects.get(org_unit=cast.base).document
    assert (document.serial, document.issued_on, document.issued_month, document.issued_year) == (None, None, 5, 2024)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"issued_on": "31/02/2024"}, "issued_on", "ngày/tháng/năm"),
        ({"year_from": "2025", "year_to": "2024"}, "year_to", "2025"),
        ({"number": "", "issued_on": "", "status": "issued"}, "status", "Dự thảo"),
        ({"issued_on": "", "issued_month": "13"}, "issued_month", "12"),
        ({"issued_on": "", "issued_month": "0"}, "issued_month", "từ 1 đến 12"),
        ({"issued_on": "", "issued_year": "20000"}, "issued_year", "từ 1900 đến 2100"),  # no date has such a year
        ({"programme": ""}, "programme", ""),
    ],
)
def test_bad_input_keeps_what_was_typed(client, cast, changes, field, words):
    client.force_login(cast.officer)
    response = client.post(reverse("plans:plan_create", args=[cast.base.pk]), filled(subject="Câu đã gõ", **changes))
    assert response.status_code == 200
    assert words in str(response.context["form"].errors[field])
    assert "Câu đã gõ" in response.content.decode()
    assert not Plan.objects.filter(org_unit=cast.base).exists()


def test_text_is_stored_in_one_normal_form(client, cast):
    client.force_login(cast.officer)
    decomposed = "Ke\u0302\u0301 hoa\u0323ch"
    client.post(reverse("plans:plan_create", args=[cast.base.pk]), filled(subject=decomposed))
    assert Plan.objects.get(org_unit=cast.base).document.subject == "Kế hoạch"


@pytest.mark.parametrize(
    ("person", "status"),
    [("officer", 200), ("colleague", 200), ("unit_administrator", 200), ("reviewer", 403), ("viewer", 403)],
)
def test_who_may_write_for_a_grassroots_union(client, cast, person, status):
    client.force_login(getattr(cast, person))
    assert client.get(reverse("plans:plan_create", args=[cast.base.pk])).status_code == status


def test_sibling_and_stranger_get_404(client, cast):
    for person in (cast.sibling_officer, cast.stranger):
        client.force_login(person)
        assert client.post(reverse("plans:plan_create", args=[cast.base.pk]), filled()).status_code == 404


def test_start_page_offers_the_own_units_and_a_search_to_the_administrator(client, cast):
    client.force_login(cast.officer)
    assert client.get(reverse("plans:plan_start")).context["own"] == [cast.base]
    client.force_login(cast.unit_administrator)
    found = client.get(reverse("plans:plan_start"), {"tim": "co so so 02"}).context["found"]
    assert found == [cast.sibling]
    client.force_login(cast.officer)
    assert client.get(reverse("plans:plan_start"), {"tim": "co so so 02"}).context["found"] == []


# --- edit ------------------------------------------------------------------------------------------------------------
def test_administrator_corrects_the_document(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("plans:plan_edit", args=[cast.plan.pk])
    assert client.get(url).status_code == 200
    response = client.post(url, filled(cast.plan, number="58/KH-CĐVC", signer_name="Người Ký"))
    assert response.url == cast.plan.get_absolute_url()
    document = Document.objects.get(pk=cast.plan.document_id)
    assert (document.number, document.serial, document.signer_name) == ("58/KH-CĐVC", 58, "Người Ký")
    assert document.edited_at is not None  # the loader leaves it alone from now on
    event = AuditEvent.objects.get(action="plan.update")
    assert "number" in event.data["fields"]


def test_new_date_drops_the_verbatim_words_of_the_old_one(client, cast):
    Document.objects.filter(pk=cast.plan.document_id).update(issued_text="ngày 24 tháng 5 năm 2024")
    client.force_login(cast.unit_administrator)
    url = reverse("plans:plan_edit", args=[cast.plan.pk])
    client.post(url, filled(cast.plan, signer_name="Chỉ đổi người ký"))
    cast.plan.document.refresh_from_db()
    assert cast.plan.document.issued_text == "ngày 24 tháng 5 năm 2024"
    client.post(url, filled(cast.plan, issued_on="25/05/2024"))
    cast.plan.document.refresh_from_db()
    assert cast.plan.document.issued_text == ""
    assert cast.plan.document.date_words == "ngày 25 tháng 5 năm 2024"


def test_stale_page_gets_409_and_changes_nothing(client, cast):
    client.force_login(cast.unit_administrator)
    stale = filled(cast.plan, number="1/KH")
    Document.objects.filter(pk=cast.plan.document_id).update(edited_at=timezone.now())
    assert client.post(reverse("plans:plan_edit", args=[cast.plan.pk]), stale).status_code == 409
    assert Document.objects.get(pk=cast.plan.document_id).number == "57/KH-CĐVC"


@pytest.mark.parametrize("seen", ["hôm qua", "0001-01-01T00:00:00+23:59", "2026-13-01T00:00:00", "2026-01-01T00:00:00"])
def test_page_that_cannot_say_what_it_has_seen_counts_as_stale(client, cast, seen):
    Document.objects.filter(pk=cast.plan.document_id).update(edited_at=timezone.now())
    client.force_login(cast.unit_administrator)
    url = reverse("plans:plan_edit", args=[cast.plan.pk])
    assert client.post(url, filled(cast.plan, number="1/KH", seen=seen)).status_code == 409


def test_plan_cannot_carry_out_what_carries_it_out(client, cast):
    below = make_plan(cast.base, number="02/KH-CĐCS", derives_from=cast.plan.document)
    client.force_login(cast.unit_administrator)
    response = client.post(
        reverse("plans:plan_edit", args=[cast.plan.pk]), filled(cast.plan, derives_from=str(below.document_id))
    )
    assert "derives_from" in response.context["form"].errors


@pytest.mark.django_db
def test_circle_of_other_documents_does_not_hold_the_form(client, cast):
    one = make_plan(cast.base, number="02/KH-CĐCS", derives_from=cast.plan.document).document
    cast.plan.document.derives_from = one
    cast.plan.document.save(update_fields=["derives_from"])
    third = make_plan(cast.base, number="03/KH-CĐCS")
    client.force_login(cast.administrator)
    url = reverse("plans:plan_edit", args=[third.pk])
    assert client.post(url, filled(third, derives_from=str(one.pk))).status_code == 302


WRITING = ("plan_edit", "plan_outline", "recipients_edit", "citations_edit", "section_add", "duty_add")


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize(
    ("person", "status"), [("officer", 403), ("reviewer", 403), ("viewer", 403), ("stranger", 404)]
)
def test_reading_the_plan_of_the_unit_above_is_not_writing_it(client, cast, name, person, status):
    client.force_login(getattr(cast, person))
    assert client.get(reverse(f"plans:{name}", args=[cast.plan.pk])).status_code == status


@pytest.mark.parametrize("name", WRITING)
def test_administrator_and_officer_of_the_issuer_write(client, cast, name):
    for person in (cast.unit_administrator, make_user(unit=cast.union, role=Role.REPORTER)):
        client.force_login(person)
        assert client.get(reverse(f"plans:{name}", args=[cast.plan.pk])).status_code == 200


@pytest.mark.parametrize("name", [*WRITING, "plan_create"])
def test_forms_answer_get_and_post_only(client, cast, name):
    client.force_login(cast.unit_administrator)
    pk = cast.base.pk if name == "plan_create" else cast.plan.pk
    assert client.delete(reverse(f"plans:{name}", args=[pk])).status_code == 405


# --- remove ----------------------------------------------------------------------------------------------------------
def test_plan_entered_by_mistake_is_removed(client, cast):
    plan = make_plan(cast.base, number="02/KH-CĐCS")
    client.force_login(cast.officer)
    response = client.post(reverse("plans:plan_remove", args=[plan.pk]))
    assert response.url == plan.programme.get_absolute_url()
    assert not Document.objects.filter(pk=plan.document_id).exists()
    assert AuditEvent.objects.filter(action="plan.remove").exists()


def test_plan_with_reports_stays(client, cast):
    client.force_login(cast.unit_administrator)
    response = client.post(reverse("plans:plan_remove", args=[cast.plan.pk]), follow=True)
    assert "Đã có báo cáo theo kế hoạch này" in response.content.decode()
    assert Plan.objects.filter(pk=cast.plan.pk).exists()
    assert not AuditEvent.objects.filter(action="plan.remove").exists()


def test_plan_that_others_carry_out_stays(client, cast):
    own = make_plan(cast.union, number="60/KH-CĐVC")
    make_plan(cast.base, number="02/KH-CĐCS", derives_from=own.document)
    client.force_login(cast.unit_administrator)
    client.post(reverse("plans:plan_remove", args=[own.pk]))
    assert Plan.objects.filter(pk=own.pk).exists()


def test_documents_to_carry_out_or_to_cite_are_those_that_one_may_read(client, cast):
    """A plan of another province is no choice: neither offered nor taken when its key is sent."""
    foreign = make_plan(cast.elsewhere, number="99/KH-XA").document
    directive = Document.objects.create(kind="directive", number="28-CT/TW", programme=cast.plan.programme)
    client.force_login(cast.unit_administrator)
    url = reverse("plans:plan_edit", args=[cast.plan.pk])
    offered = set(client.get(url).context["form"].fields["derives_from"].queryset)
    assert directive in offered
    assert foreign not in offered
    assert "derives_from" in client.post(url, filled(cast.plan, derives_from=foreign.pk)).context["form"].errors
    page = client.get(reverse("plans:citations_edit", args=[cast.plan.pk])).content.decode()
    assert "28-CT/TW" in page
    assert "99/KH-XA" not in page
    url = reverse("plans:document_create", args=[cast.plan.programme_id])
    assert foreign not in set(client.get(url).context["form"].fields["derives_from"].queryset)


def test_removing_is_a_post(client, cast):
    client.force_login(cast.unit_administrator)
    assert client.get(reverse("plans:plan_remove", args=[cast.plan.pk])).status_code == 405
    client.force_login(cast.reviewer)
    assert client.post(reverse("plans:plan_remove", args=[cast.plan.pk])).status_code == 403


# --- record a unit's own plan ----------------------------------------------------------------------------------------
def register_url(cast, unit):
    return reverse("plans:plan_register", args=[cast.plan.programme.pk, unit.pk])


def test_reviewer_records_the_plan_of_a_unit_below(client, cast):
    client.force_login(cast.reviewer)
    assert client.get(register_url(cast, cast.base)).context["above"] == cast.plan
    response = client.post(register_url(cast, cast.base), {"number": "02/KH-CĐCS", "issued_on": "10/06/2024"})
    assert response.url == cast.plan.programme.get_absolute_url()
    plan = Plan.objects.get(org_unit=cast.base)
    assert (plan.status, plan.document.serial, plan.document.issued_on) == ("issued", 2, datetime.date(2024, 6, 10))
    assert plan.document.derives_from == cast.plan.document


@pytest.mark.parametrize("typed", [{"number": "", "issued_on": "10/06/2024"}, {"number": "02/KH", "issued_on": ""}])
def test_record_needs_number_and_day(client, cast, typed):
    client.force_login(cast.reviewer)
    response = client.post(register_url(cast, cast.base), {**typed, "subject": "Câu đã gõ"})
    assert response.status_code == 200
    assert "Câu đã gõ" in response.content.decode()
    assert not Plan.objects.filter(org_unit=cast.base).exists()


def test_day_of_a_recorded_plan_is_not_in_the_future(client, cast):
    client.force_login(cast.reviewer)
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    for day, taken in ((tomorrow, False), (timezone.localdate(), True)):
        client.post(register_url(cast, cast.base), {"number": "02/KH", "issued_on": f"{day:%d/%m/%Y}"})
        assert Plan.objects.filter(org_unit=cast.base).exists() == taken


@pytest.mark.parametrize(
    ("person", "status"), [("officer", 200), ("unit_administrator", 200), ("viewer", 403), ("stranger", 404)]
)
def test_who_may_record(client, cast, person, status):
    client.force_login(getattr(cast, person))
    assert client.get(register_url(cast, cast.base)).status_code == status


# --- recipients and citations ----------------------------------------------------------------------------------------
def test_recipients_are_written_one_a_line(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("plans:recipients_edit", args=[cast.plan.pk])
    client.post(url, {"addressees": "", "copies": "- Các CĐCS trực thuộc;\n\n  Lưu VP  "})
    lines = [(line.kind, line.order, line.text) for line in cast.plan.document.recipients.all()]
    assert lines == [("copy", 1, "Các CĐCS trực thuộc"), ("copy", 2, "Lưu VP")]
    cast.plan.document.refresh_from_db()
    assert cast.plan.document.edited_at is not None
    page = client.get(url).content.decode()
    assert "Các CĐCS trực thuộc\nLưu VP" in page


def test_too_long_recipient_is_refused_and_kept_on_the_page(client, cast):
    client.force_login(cast.unit_administrator)
    response = client.post(reverse("plans:recipients_edit", args=[cast.plan.pk]), {"copies": "x" * 301})
    assert "copies" in response.context["form"].errors
    assert "x" * 301 in response.content.decode()


def citation_rows(*rows, initial=0):
    data = {"can-cu-TOTAL_FORMS": len(rows), "can-cu-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        data |= {f"can-cu-{index}-{name}": value for name, value in row.items()}
    return data


def test_citations_are_written_in_order_and_taken_out(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("plans:citations_edit", args=[cast.plan.pk])
    cited = Document.objects.create(kind="directive", number="28-CT/TW", programme=cast.plan.programme)
    client.post(
        url,
        citation_rows(
            {"text": "Chỉ thị số 28-CT/TW", "relation": "basis", "cited": cited.pk},
            {"text": "Luật Trẻ em", "relation": "mention", "cited": ""},
            {"text": "", "relation": "basis", "cited": ""},
        ),
    )
    rows = list(Citation.objects.filter(document=cast.plan.document))
    assert [(row.order, row.text, row.cited) for row in rows] == [
        (1, "Chỉ thị số 28-CT/TW", cited),
        (2, "Luật Trẻ em", None),
    ]
    first, second = rows
    client.post(
        url,
        citation_rows(
            {"id": first.pk, "text": first.text, "relation": "basis", "cited": cited.pk, "DELETE": "on"},
            {"id": second.pk, "text": "Luật Trẻ em", "relation": "mention", "cited": ""},
            initial=2,
        ),
    )
    assert [row.text for row in Citation.objects.filter(document=cast.plan.document)] == ["Luật Trẻ em"]


# --- programmes and documents of higher bodies -----------------------------------------------------------------------
def test_system_administrator_adds_and_changes_a_programme(client, cast):
    client.force_login(cast.administrator)
    data = {"code": "thang-hanh-dong", "short_name": "Tháng hành động", "name": "Tháng hành động vì trẻ em"}
    client.post(reverse("plans:programme_create"), data)
    programme = Programme.objects.get(code="thang-hanh-dong")
    client.post(reverse("plans:programme_edit", args=[programme.pk]), {**data, "year_from": "2026"})
    programme.refresh_from_db()
    assert programme.year_from == 2026
    assert AuditEvent.objects.filter(action__startswith="programme.").count() == 2


def test_root_document_is_one_of_the_programme(client, cast):
    client.force_login(cast.administrator)
    programme = cast.plan.programme
    root = Document.objects.create(kind="directive", number="28-CT/TW", programme=programme)
    foreign = Document.objects.create(kind="directive", number="20-CT/TW", programme=make_programme("khac", "Khác"))
    data = {"code": programme.code, "short_name": programme.short_name, "name": programme.name}
    url = reverse("plans:programme_edit", args=[programme.pk])
    assert "root_document" in client.post(url, {**data, "root_document": foreign.pk}).context["form"].errors
    client.post(url, {**data, "root_document": root.pk})
    programme.refresh_from_db()
    assert programme.root_document == root


def test_same_programme_code_is_refused(client, cast):
    client.force_login(cast.administrator)
    code = cast.plan.programme.code
    response = client.post(reverse("plans:programme_create"), {"code": code, "short_name": "x", "name": "Tên đã gõ"})
    assert "code" in response.context["form"].errors
    assert "Tên đã gõ" in response.content.decode()


@pytest.mark.parametrize("person", ["unit_administrator", "officer", "stranger"])
def test_programmes_are_for_the_system_administrator(client, cast, person):
    client.force_login(getattr(cast, person))
    assert client.get(reverse("plans:programme_create")).status_code == 403
    assert client.get(reverse("plans:programme_edit", args=[cast.plan.programme.pk])).status_code == 403


def test_administrator_adds_a_document_of_a_higher_body(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("plans:document_create", args=[cast.plan.programme.pk])
    data = {"kind": "plan", "number": "54/KH-LĐLĐ", "issued_on": "17/05/2024", "issuer_name": "LĐLĐ tỉnh"}
    assert client.post(url, data).status_code == 302
    document = Document.objects.get(number="54/KH-LĐLĐ")
    assert (document.programme, document.serial, document.issued_year) == (cast.plan.programme, 54, 2024)
    client.force_login(cast.officer)
    assert client.get(url).status_code == 403


def test_document_of_a_higher_body_needs_a_number(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("plans:document_create", args=[cast.plan.programme.pk])
    response = client.post(url, {"kind": "plan", "number": "", "issuer_name": "Tên đã gõ"})
    assert "number" in response.context["form"].errors
    assert "Tên đã gõ" in response.content.decode()


def test_new_unit_without_any_plan_gets_an_empty_start(client, cast):
    unit = make_unit("Công đoàn cơ sở mới", parent=cast.union)
    client.force_login(make_user(unit=unit, role=Role.APPROVER))
    assert client.get(reverse("plans:plan_create", args=[unit.pk])).status_code == 200
