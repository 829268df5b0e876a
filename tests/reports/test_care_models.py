"""The register of models: who keeps it, what is refused, what becomes of a model in a report."""

import datetime
import re

import pytest
import time_machine
from django.urls import reverse

from orgunits.models import AuditEvent, Role
from orgunits.transitions import Conflict
from reports import care_model_forms, care_models, workflow
from reports.models import CareModel, CareModelStep, FormItem, ItemKind
from tests.builders import content as content_of
from tests.builders import give_role, make_report, make_task

LIST = "reports:care_model_list"
TODAY = datetime.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def on_a_day():
    with time_machine.travel(datetime.datetime(2026, 11, 23, 5, 0, tzinfo=datetime.UTC), tick=False):
        yield


def make_model(cast, unit=None, *steps, name="Câu lạc bộ Nữ công", **fields) -> CareModel:
    """``steps`` are (kind, day) or (kind, day, places)."""
    model = CareModel.objects.create(org_unit=unit or cast.base, name=name, recorded_by=cast.officer, **fields)
    for kind, day, *places in steps:
        CareModelStep.objects.create(
            model=model, kind=kind, noted_on=day, places=places[0] if places else None, recorded_by=cast.officer
        )
    return model


def day(month: int, number: int = 1, year: int = 2026) -> datetime.date:
    return datetime.date(year, month, number)


def typed(**changes: str) -> dict[str, str]:
    return {"name": "Trại hè cho con CNLĐ", "began_on": "", "task": "", "description": ""} | changes


def step(**changes: str) -> dict[str, str]:
    fields = {
        "kind": "kept",
        "noted_on": "01/06/2026",
        "children_reached": "1.234",
        "families_reached": "",
        "places": "",
        "note": "",
    }
    return fields | changes


def url(name: str, *args: int) -> str:
    return reverse(f"reports:care_model_{name}", args=args)


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- list and page ------------------------------------------------------------------------------------------------


def test_list_shows_how_each_model_stands_now(client, cast):
    make_model(cast, None, ("started", day(1)), ("spread", day(9), 5), ("kept", day(3)))
    make_model(cast, None, ("ended", day(2)), name="Trại hè")
    make_model(cast, name="Mô hình mới")
    make_model(cast, cast.elsewhere, name="Của nơi khác")
    client.force_login(cast.officer)
    page = text(client.get(reverse(LIST)))
    assert "bắt đầu 1 · duy trì 1 · nhân rộng 1 (thêm 5 nơi) · kết thúc 1" in page
    page = page[page.index("<tbody>") :]
    assert re.search(r"Câu lạc bộ Nữ công.*?Nhân rộng.*?01/09/2026.*?Mô hình mới.*?Chưa ghi nhận.*?Trại hè.*?Kết", page)
    assert "Của nơi khác" not in page


def test_list_is_narrowed_by_unit_year_and_state(client, cast):
    make_model(cast, None, ("kept", day(3)), ("improved", day(3, year=2025)), name="Năm nay")
    make_model(cast, None, ("kept", day(3, year=2024)), name="Năm kia")
    make_model(cast, cast.sibling, name="Đơn vị bạn")
    client.force_login(cast.reviewer)

    def shown(**asked: str) -> list[str]:
        page = text(client.get(reverse(LIST), asked))
        return [name for name in ("Năm nay", "Năm kia", "Đơn vị bạn") if f">{name}</a>" in page]

    assert shown() == ["Năm nay", "Năm kia", "Đơn vị bạn"]
    assert shown(don_vi=str(cast.base.pk)) == ["Năm nay", "Năm kia"]
    assert shown(nam="2025") == ["Năm nay"]
    assert shown(trang_thai="kept") == ["Năm nay", "Năm kia"]
    assert shown(trang_thai="chua-ghi") == ["Đơn vị bạn"]
    assert shown(don_vi="x", nam="²", trang_thai="khac") == ["Năm nay", "Năm kia", "Đơn vị bạn"]
    assert "Năm 2025: cải tiến 1" in text(client.get(reverse(LIST), {"nam": "2025"}))
    assert "Không có mô hình nào như vậy" in text(client.get(reverse(LIST), {"trang_thai": "ended"}))


def test_queries_of_the_list_do_not_grow_with_it(client, cast, django_assert_num_queries):
    client.force_login(cast.officer)
    for number in range(12):
        make_model(cast, None, ("kept", day(3)), name=f"Mô hình {number}")
    client.get(reverse(LIST))
    with django_assert_num_queries(16):
        client.get(reverse(LIST))


def test_empty_register_says_what_to_do(client, cast):
    client.force_login(cast.officer)
    page = text(client.get(reverse(LIST)))
    assert "Chưa ghi mô hình nào" in page
    assert url("create") in page
    client.force_login(cast.viewer)
    assert url("create") not in text(client.get(reverse(LIST)))


def test_page_of_a_model_shows_its_steps_and_its_buttons_to_those_who_keep_it(client, cast):
    model = make_model(cast, None, ("spread", day(9), 5), description="Sinh hoạt hằng quý.")
    client.force_login(cast.reviewer)
    page = text(client.get(url("detail", model.pk)))
    assert "Sinh hoạt hằng quý." in page
    assert "Nhân rộng" in page
    assert "/sua/" not in page
    assert url("step_delete", model.steps.get().pk) not in page
    client.force_login(cast.colleague)
    page = text(client.get(url("detail", model.pk)))
    assert url("edit", model.pk) in page
    assert url("step_delete", model.steps.get().pk) in page


# --- entering a model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["officer", "colleague", "approver"])
def test_people_of_the_unit_enter_a_model_and_are_led_to_its_first_step(client, cast, person):
    task = make_task(cast.plan)
    client.force_login(getattr(cast, person))
    response = client.post(url("create"), typed(task=str(task.pk), began_on="01/03/2024"))
    model = CareModel.objects.get()
    assert response.headers["Location"] == url("step", model.pk)
    assert (model.org_unit, model.task, model.began_on) == (cast.base, task, day(3, year=2024))
    assert model.recorded_by == getattr(cast, person)
    assert AuditEvent.objects.get(action="care_model.create").data["began_on"] == "2024-03-01"


@pytest.mark.parametrize("person", ["reviewer", "viewer", "unit_administrator"])
def test_readers_may_not_enter_one(client, cast, person):
    client.force_login(getattr(cast, person))
    assert client.get(url("create")).status_code == 403
    assert client.post(url("create"), typed()).status_code == 403
    assert not CareModel.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "  ", "Hãy ghi tên mô hình."),
        ("name", "Câu  lạc bộ Nữ công", "Đơn vị đã có mô hình mang tên này."),
        ("began_on", "31/02/2026", "Hãy ghi ngày theo dạng"),
        ("began_on", "24/11/2026", "không thể sau hôm nay"),
        ("began_on", "01/01/1990", "từ năm 2012 trở đi"),
        ("description", "a" * 2001, "2.000"),
    ],
)
def test_wrong_input_is_told_and_what_was_typed_stays(client, cast, field, value, sentence):
    make_model(cast)
    client.force_login(cast.officer)
    response = client.post(url("create"), {"description": "Đã gõ phần này"} | typed(**{field: value}))
    page = text(response)
    assert response.status_code == 200
    assert response.context["form"].errors[field]
    assert sentence in page or field == "description"
    assert CareModel.objects.count() == 1


def test_two_units_may_use_one_name(client, cast):
    make_model(cast, cast.sibling, name="Trại hè cho con CNLĐ")
    client.force_login(cast.officer)
    client.post(url("create"), typed())
    assert CareModel.objects.count() == 2


def test_names_of_the_plans_are_offered_to_the_unions(client, cast):
    client.force_login(cast.officer)
    page = text(client.get(url("create")))
    assert '<option value="Sinh hoạt chuyên đề về làm cha, mẹ cho sự phát triển toàn diện trẻ thơ">' in page
    assert len(care_model_forms.suggested_names({"trade_union"})) == 4
    assert care_model_forms.suggested_names({"government"}) == []


def test_person_of_two_units_chooses_one_of_them_and_no_other(client, cast):
    give_role(cast.officer, Role.REPORTER, cast.sibling)
    client.force_login(cast.officer)
    client.post(url("create"), typed(org_unit=str(cast.sibling.pk)))
    assert CareModel.objects.get().org_unit == cast.sibling
    response = client.post(url("create"), typed(org_unit=str(cast.elsewhere.pk)))
    assert response.context["form"].errors["org_unit"]
    response = client.post(url("create"), typed(org_unit=str(cast.sibling.pk)))
    assert response.context["form"].errors, "the name is held against the chosen unit's models"
    assert CareModel.objects.count() == 1


def test_coming_from_a_report_the_way_leads_back_to_it(client, cast):
    report = make_report(cast.obligation)
    client.force_login(cast.officer)
    response = client.post(f"{url('create')}?bao-cao={report.pk}", typed())
    model = CareModel.objects.get()
    assert response.headers["Location"] == f"{url('step', model.pk)}?bao-cao={report.pk}"
    response = client.post(response.headers["Location"], step())
    assert response.headers["Location"] == reverse("reports:filing", args=[report.pk]) + "#muc-mo-hinh-da-thuc-hien"
    other = make_report(cast.sibling_obligation)
    assert client.get(f"{url('create')}?bao-cao={other.pk}").status_code == 404


# --- changing -----------------------------------------------------------------------------------------------------


def test_edit_writes_only_what_changed(client, cast):
    model = make_model(cast, description="Cũ")
    client.force_login(cast.colleague)
    client.post(url("edit", model.pk), typed(name=model.name, description="Mới"))
    model.refresh_from_db()
    assert (model.description, model.recorded_by) == ("Mới", cast.officer)
    assert AuditEvent.objects.get(action="care_model.edit").data["changed"] == ["description"]


def test_name_that_another_took_meanwhile_is_a_conflict_and_no_fault(cast):
    make_model(cast)
    with pytest.raises(Conflict, match="vừa có mô hình"):
        care_models.record(CareModel(org_unit=cast.base, name="Câu lạc bộ Nữ công"), by=cast.officer)
    assert CareModel.objects.count() == 1


@pytest.mark.parametrize("name", ["edit", "delete", "step"])
@pytest.mark.parametrize(("person", "status"), [("stranger", 404), ("sibling_officer", 404), ("reviewer", 403)])
def test_others_may_not_change_it(client, cast, name, person, status):
    model = make_model(cast)
    client.force_login(getattr(cast, person))
    assert client.get(url(name, model.pk)).status_code == status
    assert client.post(url(name, model.pk), typed(name="Đổi tên") | step()).status_code == status
    assert CareModel.objects.get().name == "Câu lạc bộ Nữ công"
    assert not CareModelStep.objects.exists()


@pytest.mark.parametrize(("person", "status"), [("stranger", 404), ("sibling_officer", 404), ("reviewer", 403)])
def test_others_may_not_take_a_step_out(client, cast, person, status):
    noted = make_model(cast, None, ("kept", day(3))).steps.get()
    client.force_login(getattr(cast, person))
    assert client.post(url("step_delete", noted.pk)).status_code == status
    assert CareModelStep.objects.exists()


def test_delete_asks_once_and_the_audit_keeps_the_steps(client, cast):
    model = make_model(cast, None, ("kept", day(3)), ("spread", day(4), 2))
    client.force_login(cast.officer)
    assert "cùng 2 lần ghi nhận" in text(client.get(url("delete", model.pk)))
    assert CareModel.objects.exists()
    client.post(url("delete", model.pk))
    assert not CareModelStep.objects.exists()
    data = AuditEvent.objects.get(action="care_model.delete").data
    assert (data["name"], [row["step"] for row in data["steps"]]) == ("Câu lạc bộ Nữ công", ["kept", "spread"])


def test_step_is_taken_out_after_asking(client, cast):
    model = make_model(cast, None, ("kept", day(3)))
    noted = model.steps.get()
    client.force_login(cast.officer)
    assert "Duy trì" in text(client.get(url("step_delete", noted.pk)))
    assert model.steps.exists()
    response = client.post(url("step_delete", noted.pk))
    assert response.headers["Location"] == url("detail", model.pk)
    assert not model.steps.exists()
    assert AuditEvent.objects.get(action="care_model.step_delete").data["step"] == "kept"


def test_other_methods_are_refused(client, cast):
    model = make_model(cast, None, ("kept", day(3)))
    client.force_login(cast.officer)
    assert client.post(reverse(LIST)).status_code == 405
    assert client.post(url("detail", model.pk)).status_code == 405
    for name in ("edit", "delete", "step"):
        assert client.put(url(name, model.pk)).status_code == 405
    assert client.put(url("step_delete", model.steps.get().pk)).status_code == 405


def test_without_a_session_one_is_asked_to_sign_in(client, cast):
    model = make_model(cast)
    assert client.get(reverse(LIST)).status_code == 302
    assert client.post(url("step", model.pk), step()).status_code == 302
    assert not CareModelStep.objects.exists()


# --- steps --------------------------------------------------------------------------------------------------------


def test_filed_report_of_the_day_is_said_to_stay_as_it_is(client, cast):
    cast.form.items.create(code="mo-hinh", kind="models", label="Mô hình", order=9)
    workflow.submit(make_report(cast.obligation), content_of(), by=cast.officer)
    client.force_login(cast.officer)
    page = client.post(url("step", make_model(cast).pk), step(), follow=True).content.decode()
    assert "đã nộp nên giữ nguyên như khi nộp" in page


def test_step_is_noted_with_its_numbers(client, cast):
    model = make_model(cast)
    client.force_login(cast.officer)
    response = client.post(url("step", model.pk), step(kind="spread", places="3", families_reached="0"))
    assert response.headers["Location"] == url("detail", model.pk)
    noted = model.steps.get()
    assert (noted.kind, noted.noted_on, noted.places) == ("spread", day(6), 3)
    assert (noted.children_reached, noted.families_reached, noted.recorded_by) == (1234, 0, cast.officer)
    event = AuditEvent.objects.get(action="care_model.step")
    assert (event.data["step"], event.data["noted_on"], event.data["places"]) == ("spread", "2026-06-01", 3)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"kind": ""}, "kind", "Hãy chọn việc."),
        ({"kind": "dead"}, "kind", ""),
        ({"noted_on": ""}, "noted_on", "Hãy ghi ngày theo dạng"),
        ({"noted_on": "24/11/2026"}, "noted_on", "không thể sau hôm nay"),
        ({"noted_on": "29/02/2024"}, "noted_on", "bắt đầu từ ngày 01/03/2024"),
        ({"children_reached": "1.23"}, "children_reached", "Không rõ"),
        ({"kind": "spread"}, "places", "bao nhiêu nơi"),
        ({"kind": "spread", "places": "0"}, "places", "bao nhiêu nơi"),
        ({"kind": "kept", "places": "0"}, "places", "Chỉ ghi số nơi khi chọn"),
        ({"kind": "spread", "places": "vài"}, "places", "không phải là số nguyên"),
    ],
)
def test_wrong_step_is_told_and_what_was_typed_stays(client, cast, changes, field, sentence):
    model = make_model(cast, began_on=day(3, year=2024))
    client.force_login(cast.officer)
    response = client.post(url("step", model.pk), step(note="Đã gõ phần này", **changes))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert sentence in text(response)
    assert 'value="Đã gõ phần này"' in text(response)
    assert not model.steps.exists()


def test_first_and_last_possible_day_are_taken(client, cast):
    model = make_model(cast, began_on=day(3, year=2024))
    client.force_login(cast.officer)
    client.post(url("step", model.pk), step(noted_on="01/03/2024"))
    client.post(url("step", model.pk), step(noted_on="23/11/2026"))
    assert [noted.noted_on for noted in model.steps.all()] == [day(3, year=2024), TODAY]


def test_note_that_looks_like_personal_data_is_kept_and_warned_about(client, cast):
    model = make_model(cast)
    client.force_login(cast.officer)
    response = client.post(url("step", model.pk), step(note="Gọi 0912 345 678"), follow=True)
    assert model.steps.exists()
    assert "Nội dung có vẻ" in text(response)


# --- in a report --------------------------------------------------------------------------------------------------


def test_steps_from_the_first_to_the_last_day_of_the_period_come_into_the_report(cast):
    days = [day(12, 31, 2025), day(1), day(12, 31), day(1, 1, 2027)]
    make_model(cast, None, *(("kept", when) for when in days))
    make_model(cast, cast.sibling, ("kept", day(3)))
    make_model(cast, name="Chưa ghi")
    rows = care_models.of_report(make_report(cast.obligation))
    assert [[noted.noted_on for noted in row.steps] for row in rows] == [days[1:3]]


def test_revision_freezes_models_with_their_steps(cast):
    model = make_model(cast, None, ("kept", day(3)), ("spread", day(4), 2))
    frozen = care_models.frozen(make_report(cast.obligation))
    model.steps.all().delete()
    assert frozen == [
        {
            "pk": model.pk,
            "name": "Câu lạc bộ Nữ công",
            "task": None,
            "steps": [
                {
                    "noted_on": "2026-03-01",
                    "kind": "kept",
                    "children_reached": None,
                    "families_reached": None,
                    "places": None,
                    "note": "",
                },
                {
                    "noted_on": "2026-04-01",
                    "kind": "spread",
                    "children_reached": None,
                    "families_reached": None,
                    "places": 2,
                    "note": "",
                },
            ],
        }
    ]


def test_totals_count_a_model_once_for_each_kind_and_add_places(cast):
    make_model(cast, None, ("kept", day(3)), ("kept", day(9)), ("spread", day(4), 2), ("spread", day(5), 3))
    make_model(cast, None, ("kept", day(3)), ("improved", day(3)), name="Hai")
    make_model(cast, None, ("ended", day(3)), name="Ba")
    found = care_models.totals(care_models.of_report(make_report(cast.obligation)))
    assert found.count == 3
    assert found.kinds == {"started": 0, "kept": 2, "improved": 1, "spread": 1, "ended": 1}
    assert found.places == 5
    assert care_models.totals_words(found) == "duy trì 2 · cải tiến 1 · nhân rộng 1 (thêm 5 nơi) · kết thúc 1"


def test_totals_of_nothing_are_nothing(cast):
    found = care_models.totals(care_models.of_report(make_report(cast.obligation)))
    assert (found.count, found.places, care_models.totals_words(found)) == (0, None, "")


def test_models_that_run_and_of_which_nothing_is_noted_are_offered(cast):
    make_model(cast, None, ("kept", day(3, year=2025)), name="Năm ngoái duy trì")
    make_model(cast, None, ("kept", day(3, year=2024)), ("ended", day(3, year=2025)), name="Đã kết thúc")
    make_model(cast, None, ("kept", day(3)), name="Đã ghi trong kỳ")
    make_model(cast, name="Chưa từng ghi")
    make_model(cast, None, ("started", day(1, 1, 2027)), name="Năm sau mới bắt đầu")
    make_model(cast, began_on=day(1, 1, 2027), name="Năm sau mới có")
    make_model(cast, None, ("kept", day(1, 1, 2027)), name="Ghi ở năm sau", began_on=day(1, year=2023))
    make_model(cast, cast.sibling, name="Của đơn vị bạn")
    report = make_report(cast.obligation)
    names = {model.name for model in care_models.not_noted(report)}
    assert names == {"Năm ngoái duy trì", "Chưa từng ghi", "Ghi ở năm sau"}


def test_one_press_keeps_a_model_in_the_period_and_a_second_adds_nothing(cast):
    model = make_model(cast, None, ("kept", day(3, year=2025)))
    period = cast.obligation.period
    first = care_models.keep(model, period=period, on=TODAY, by=cast.officer)
    second = care_models.keep(model, period=period, on=TODAY, by=cast.colleague)
    assert (first.pk, first.kind, first.noted_on) == (second.pk, "kept", TODAY)
    assert care_models.not_noted(make_report(cast.obligation)) == []
    assert AuditEvent.objects.filter(action="care_model.step").count() == 1


def test_model_of_a_period_that_is_over_is_kept_on_its_last_day(cast):
    step = care_models.keep(make_model(cast), period=cast.obligation.period, on=day(2, year=2027), by=cast.officer)
    assert step.noted_on == cast.obligation.period.ends_on


def test_model_cannot_be_kept_in_a_period_that_has_not_begun(cast):
    with pytest.raises(Conflict):
        care_models.keep(make_model(cast), period=cast.obligation.period, on=day(12, 31, 2025), by=cast.officer)
    assert not CareModelStep.objects.exists()


# --- in the filing form -------------------------------------------------------------------------------------------


def press(client, report, action: str):
    url = reverse("reports:filing", args=[report.pk])
    return client.post(url, {"ket-qua": "đang ghi", "action": action, "draft_version": str(report.draft_version)})


def test_form_offers_what_is_not_noted_and_one_press_keeps_it(client, cast):
    FormItem.objects.create(version=cast.form, order=30, code="cac-mo-hinh", kind=ItemKind.MODELS, label="Mô hình")
    model = make_model(cast, None, ("kept", day(3, year=2025)))
    report = make_report(cast.obligation)
    client.force_login(cast.officer)
    page = text(client.get(reverse("reports:filing", args=[report.pk])))
    assert f'value="keep-model:{model.pk}"' in page
    response = press(client, report, f"keep-model:{model.pk}")
    assert response.headers["Location"] == reverse("reports:filing", args=[report.pk]) + "#muc-cac-mo-hinh"
    assert model.steps.get(noted_on__year=2026).noted_on == TODAY
    report.refresh_from_db()
    assert report.draft == {"ket-qua": "đang ghi"}, "what was typed is saved first"
    page = text(client.get(reverse("reports:filing", args=[report.pk])))
    assert "keep-model" not in page
    assert "Duy trì (23/11/2026)" in page


def test_model_of_another_unit_cannot_be_kept_from_a_report(client, cast):
    model = make_model(cast, cast.sibling)
    client.force_login(cast.officer)
    assert press(client, make_report(cast.obligation), f"keep-model:{model.pk}").status_code == 404
    assert not model.steps.exists()


def test_way_from_a_report_over_a_model_leads_back_to_the_report(client, cast):
    model = make_model(cast, None, ("kept", day(3)))
    report = make_report(cast.obligation)
    client.force_login(cast.officer)
    back = f"?bao-cao={report.pk}"
    response = press(client, report, f"edit-model:{model.pk}")
    assert response.headers["Location"] == url("detail", model.pk) + back
    page = text(client.get(response.headers["Location"]))
    assert reverse("reports:filing", args=[report.pk]) + "#muc-mo-hinh-da-thuc-hien" in page
    response = client.post(url("step_delete", model.steps.get().pk) + back)
    assert response.headers["Location"] == url("detail", model.pk) + back
    response = client.post(url("delete", model.pk) + back)
    assert response.headers["Location"] == reverse("reports:filing", args=[report.pk]) + "#muc-mo-hinh-da-thuc-hien"
