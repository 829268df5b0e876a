"""Forms that an administrator builds: beginning, items, order, rules, preview, publishing, and who may do it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgunits.models import AuditEvent, Role
from plans.loading import load_plans
from plans.models import PeriodKind, ReportingDuty
from reports import form_editing, form_items, form_preview, ready_forms
from reports.form_building import TABLES, ensure_form
from reports.models import Activity, AskedTask, CareModel, CareModelStep, FormCheck, FormItem, ItemKind, ReportForm
from targets.loading import load_targets
from tests.builders import make_form, make_report, make_task, make_user, plan_form
from tests.plans.organisation import make_organisation

LIST = reverse("reports:form_list")
COUNT = "tre-em-duoc-ho-tro"


@pytest.fixture
def form(cast) -> ReportForm:
    return cast.form.form


@pytest.fixture
def draft(cast, form):
    return form_editing.begin(form, by=cast.administrator, copied=cast.form)


@pytest.fixture
def builder(client, cast):
    """Signed in as the administrator of the plan's unit."""
    client.force_login(cast.unit_administrator)
    return client


def url(name, form, *args):
    return reverse(f"reports:{name}", args=[form.pk, *args])


def item_of(draft, code) -> FormItem:
    return draft.items.get(code=code)


def codes(version):
    return list(version.items.order_by("order", "pk").values_list("code", flat=True))


def count_data(draft, **changed):
    draft.refresh_from_db()
    return {
        "seen": draft.edits,
        "section": "Số liệu",
        "label": "Số buổi tư vấn",
        "guide": "",
        "unit_of_count": "buổi",
        "required": "on",
        "code": "",
        "groups": ["", "", ""],
        "groups_ma": ["", "", ""],
    } | changed


# --- who ----------------------------------------------------------------------------------------------------------


def test_readers_see_the_form_and_no_way_to_change_it(client, cast, form):
    for person in (cast.officer, cast.reviewer, cast.viewer):
        client.force_login(person)
        assert form.duty.name in client.get(LIST).content.decode()
        page = client.get(url("form_detail", form))
        assert page.status_code == 200
        assert "Số trẻ em được hỗ trợ" in page.content.decode()
        assert "Sửa biểu mẫu" not in page.content.decode()


def test_stranger_meets_no_form(client, cast, form, draft):
    client.force_login(cast.stranger)
    assert client.get(LIST).context["rows"] == []
    for name in ("form_detail", "form_build", "form_publish", "form_draft_preview"):
        assert client.get(url(name, form)).status_code == 404
    assert client.post(url("item_add", form, "count"), count_data(draft)).status_code == 404
    assert not draft.items.filter(label="Số buổi tư vấn").exists()


def test_whoever_only_reads_changes_nothing(client, cast, form, draft):
    posts = {
        url("form_begin", form): {"nguon": "trong"},
        url("item_add", form, "count"): count_data(draft),
        url("item_edit", form, COUNT): count_data(draft),
        url("item_remove", form, COUNT): {"seen": 0},
        url("item_move", form, COUNT): {"seen": 0, "huong": "len"},
        url("form_order", form): {"seen": 0, "thu_tu": "[]"},
        url("form_publish", form): {"seen": 0, "thay": form_editing.stamp(cast.form)},
        url("form_discard", form): {"seen": 0},
        url("form_follow_plan", form): {},
        reverse("reports:form_create"): {"che_do": form.duty_id, "ky": "half_year"},
    }
    for person in (cast.officer, cast.reviewer, cast.viewer):
        client.force_login(person)
        assert {address: client.post(address, data).status_code for address, data in posts.items()} == dict.fromkeys(
            posts, 403
        )
    draft.refresh_from_db()
    assert (draft.edits, draft.published_at) == (0, None)


def test_changes_take_post_only(builder, form, draft):
    for name in ("form_begin", "form_order", "section_move"):
        assert builder.get(url(name, form)).status_code == 405
    assert builder.get(url("item_move", form, COUNT)).status_code == 405
    assert builder.get(reverse("reports:form_create")).status_code == 405


def test_list_takes_as_many_queries_with_more_forms(builder, cast, form):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert builder.get(LIST).status_code == 200
        return len(captured)

    before = queries()
    make_form(form.duty, kind=PeriodKind.HALF_YEAR)
    assert queries() <= before


# --- beginning ----------------------------------------------------------------------------------------------------


def test_draft_begun_from_the_version_in_use_is_a_whole_copy(cast, form):
    old = cast.form
    count, money = item_of(old, COUNT), item_of(old, "kinh-phi")
    count.levels.add(cast.base.latest_placement.level)
    FormItem.objects.filter(pk=count.pk).update(groups=[{"code": "nam", "name": "Nam"}], guide="Đếm một lần.")
    tasks = FormItem.objects.create(version=old, order=9, code="nhiem-vu", kind=ItemKind.TASKS, label="Nhiệm vụ")
    AskedTask.objects.create(item=tasks, task=make_task(cast.plan))
    FormCheck.objects.create(version=old, kind="item", item=count, operator="lte", other=money, message="Xem lại.")
    FormCheck.objects.create(version=old, kind="drop", item=money, percent=30, severity="stop")
    new = form_editing.begin(form, by=cast.administrator, copied=old)
    fields = [field.name for field in FormItem._meta.concrete_fields if field.name not in ("id", "version")]
    assert list(new.items.values_list(*fields)) == list(old.items.values_list(*fields))
    assert list(item_of(new, COUNT).levels.all()) == list(count.levels.all())
    assert [asked.task for asked in item_of(new, "nhiem-vu").asked_tasks.all()] == list(cast.plan.tasks.all())
    kept = ("kind", "part", "item__code", "operator", "other__code", "bound", "percent", "severity", "message")
    assert list(new.checks.order_by("pk").values_list(*kept)) == list(old.checks.order_by("pk").values_list(*kept))
    assert {check.item.version_id for check in new.checks.all()} == {new.pk}
    assert new.checks.get(kind="item").other.version_id == new.pk
    assert form.current == old


def test_a_second_draft_is_refused_and_says_who_has_the_first(builder, cast, form, draft):
    answer = builder.post(url("form_begin", form), {"nguon": "trong"})
    assert answer.status_code == 409
    assert "Đặng Thị Hệ Thống sửa lần cuối" in answer.content.decode()
    assert form.versions.filter(published_at=None).get() == draft


def test_draft_from_empty_has_no_item_and_cannot_be_put_into_use(builder, cast, form):
    builder.post(url("form_begin", form), {"nguon": "trong"})
    assert form.draft.items.count() == 0
    answer = builder.post(url("form_publish", form), {"seen": 0, "thay": form_editing.stamp(cast.form)})
    assert "Biểu mẫu chưa có mục nào" in answer.content.decode()
    assert form.current == cast.form


def test_unknown_source_begins_nothing(builder, form):
    builder.post(url("form_begin", form), {"nguon": "x\x00y"})
    assert form.draft is None


def test_form_of_another_period_is_made_out_of_the_plan(builder, form):
    builder.post(reverse("reports:form_create"), {"che_do": form.duty_id, "ky": "half_year"})
    made = ReportForm.objects.get(duty=form.duty, period_kind=PeriodKind.HALF_YEAR)
    assert made.follows_plan
    assert "can-bo" in codes(made.current)


# --- items --------------------------------------------------------------------------------------------------------


def test_item_gets_a_code_from_its_label_and_stands_at_the_end_of_its_section(builder, form, draft):
    FormItem.objects.filter(version=draft, code__in=[COUNT, "kinh-phi"]).update(section="Số liệu")
    groups = {"groups": ["Nam", "Nữ", ""], "groups_ma": ["", "", ""]}
    answer = builder.post(url("item_add", form, "count"), count_data(draft, **groups))
    assert answer.url == url("form_build", form) + "#dong-so-buoi-tu-van"
    item = item_of(draft, "so-buoi-tu-van")
    assert item.groups == [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]
    assert (item.required, item.unit_of_count, item.kind) == (True, "buổi", ItemKind.COUNT)
    assert codes(draft)[codes(draft).index("kinh-phi") + 1] == "so-buoi-tu-van"
    event = AuditEvent.objects.get(action="form.item_add")
    assert (event.actor.full_name, event.data["item"]) == ("Bùi Văn Quản Trị", "Số buổi tư vấn")


BAD = [
    ("count", {"label": " "}, "Hãy ghi câu hỏi."),
    ("count", {"section": ""}, "Hãy ghi tên phần"),
    ("count", {"unit_of_count": ""}, "Hãy ghi đơn vị tính"),
    ("count", {"groups": ["Nam", "nam"], "groups_ma": ["", ""]}, "Nhóm “nam” ghi hai lần."),
    ("count", {"code": COUNT}, "Một mục khác của biểu mẫu đã có mã này."),
    ("count", {"code": "action"}, "Mã này dành riêng"),
    ("choice", {"choices": ["Một phương án", ""], "choices_ma": ["", ""]}, "Hãy ghi ít nhất hai phương án"),
    ("choice", {"choices": ["Có", "có"], "choices_ma": ["", ""]}, "Phương án “có” ghi hai lần."),
    ("narrative", {"max_length": "rất dài"}, "“rất dài” không phải là số nguyên."),
    ("narrative", {"max_length": "50"}, "Hãy ghi một số từ 100 đến 50.000."),
    ("share", {"target": "", "numerator_label": ""}, "Hãy ghi tử số đếm gì, hoặc chọn một chỉ tiêu của kế hoạch."),
    ("tasks", {}, "Hãy chọn ít nhất một nhiệm vụ."),
]


@pytest.mark.parametrize(("kind", "changed", "sentence"), BAD)
def test_refusal_says_what_to_do_and_keeps_what_was_typed(builder, cast, form, draft, kind, changed, sentence):
    make_task(cast.plan)
    data = count_data(draft, guide="Lấy từ sổ theo dõi.", **changed)
    answer = builder.post(url("item_add", form, kind), data)
    page = answer.content.decode()
    assert sentence in page
    assert "Lấy từ sổ theo dõi." in page
    if "groups" in changed:
        assert 'value="Nam"' in page
    assert not draft.items.filter(guide="Lấy từ sổ theo dõi.").exists()


def test_share_of_a_target_takes_the_code_of_its_indicator_and_is_asked_once(builder, cast, form, draft):
    data = count_data(draft, target=cast.target.pk, label="")
    assert "Biểu mẫu đã hỏi chỉ tiêu này." in builder.post(url("item_add", form, "share"), data).content.decode()
    form_items.remove(item_of(draft, "can-bo"), seen=0, by=cast.administrator)
    builder.post(url("item_add", form, "share"), count_data(draft, target=cast.target.pk, label=""))
    item = item_of(draft, "can-bo")
    assert (item.target, item.label, item.unit_of_count) == (cast.target, "Cán bộ được truyền thông", "người")


def test_share_without_target_has_its_own_labels_and_groups(builder, form, draft):
    own = {"numerator_label": "Số em đến lớp", "denominator_label": "Tổng số em", "groups": ["Nam", "Nữ"]}
    builder.post(url("item_add", form, "share"), count_data(draft, target="", groups_ma=["", ""], **own))
    item = item_of(draft, "so-buoi-tu-van")
    assert (item.target, item.numerator_label, len(item.groups)) == (None, "Số em đến lớp", 2)


def test_code_that_had_another_kind_in_a_version_in_use_is_never_given_again(builder, cast, form, draft):
    FormItem.objects.filter(version=draft, code=COUNT).delete()
    refused = builder.post(url("item_add", form, "money"), count_data(draft, code=COUNT)).content.decode()
    assert "Mã này đã dùng cho mục loại “Số lượng” ở phiên bản trước" in refused
    builder.post(url("item_add", form, "narrative"), count_data(draft, label="Tre em duoc ho tro", max_length="1.000"))
    assert item_of(draft, f"{COUNT}-2").max_length == 1000
    builder.post(url("item_add", form, "count"), count_data(draft, label="Trẻ em được hỗ trợ"))
    assert item_of(draft, COUNT).kind == ItemKind.COUNT


def test_code_of_an_item_in_use_stays_and_that_of_a_new_one_may_change(builder, form, draft):
    builder.post(url("item_edit", form, COUNT), count_data(draft, label="Số em được giúp", code="khac"))
    assert item_of(draft, COUNT).label == "Số em được giúp"
    builder.post(url("item_add", form, "count"), count_data(draft))
    builder.post(url("item_edit", form, "so-buoi-tu-van"), count_data(draft, code="Tư vấn"))
    assert "tu-van" in codes(draft)


def test_unit_of_figures_that_were_filed_stays(builder, cast, form, draft):
    level = cast.base.latest_placement.level
    data = count_data(draft, label="Số cháu", unit_of_count="gia đình", levels=[level.pk])
    builder.post(url("item_edit", form, COUNT), data)
    item = item_of(draft, COUNT)
    assert (item.label, item.unit_of_count, list(item.levels.all())) == ("Số cháu", "em", [level])
    assert AuditEvent.objects.get(action="form.item_change").data["fields"] == ["section", "question", "levels"]


def test_renamed_group_keeps_its_code_and_swapped_names_take_their_codes_along(builder, form, draft):
    FormItem.objects.filter(version=draft, code=COUNT).update(
        groups=[{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]
    )
    renamed = {"groups": ["Em trai", "Nữ", "Chưa rõ"], "groups_ma": ["nam", "nu", ""]}
    builder.post(url("item_edit", form, COUNT), count_data(draft, **renamed))
    assert [row["code"] for row in item_of(draft, COUNT).groups] == ["nam", "nu", "chua-ro"]
    swapped = {"groups": ["Nữ", "Em trai"], "groups_ma": ["nam", "nu"]}
    builder.post(url("item_edit", form, COUNT), count_data(draft, **swapped))
    assert [row["code"] for row in item_of(draft, COUNT).groups] == ["nu", "nam"]


def test_table_that_exists_once_is_not_added_twice(builder, form, draft):
    data = count_data(draft)
    builder.post(url("item_add", form, "attachments"), data)
    again = builder.post(url("item_add", form, "attachments"), count_data(draft)).content.decode()
    assert "mỗi biểu mẫu chỉ có một" in again
    assert draft.items.filter(kind=ItemKind.ATTACHMENTS).get().code == "tai-lieu"


@pytest.mark.parametrize("kind", ["activities", "models"])
def test_register_is_never_a_must(builder, form, draft, kind):
    """No register can say that there was nothing, and nobody would be held to a box that says otherwise."""
    assert 'name="required"' not in builder.get(url("item_add", form, kind)).content.decode()
    builder.post(url("item_add", form, kind), count_data(draft) | {"required": "on"})
    assert not draft.items.get(kind=kind).required


def test_plan_without_tasks_offers_no_table_of_them(builder, form, draft):
    assert "Kế hoạch chưa có nhiệm vụ nào." in builder.get(url("form_build", form)).content.decode()
    page = builder.post(url("item_add", form, "tasks"), count_data(draft)).content.decode()
    assert "Kế hoạch chưa có nhiệm vụ nào" in page


def test_tasks_are_chosen_one_by_one(builder, cast, form, draft):
    asked, other = make_task(cast.plan, "Truyền thông"), make_task(cast.plan, "Tập huấn")
    builder.post(url("item_add", form, "tasks"), count_data(draft, tasks=[asked.pk]))
    item = draft.items.get(kind=ItemKind.TASKS)
    assert [row.task for row in item.asked_tasks.all()] == [asked]
    builder.post(url("item_edit", form, item.code), count_data(draft, tasks=[other.pk]))
    assert [row.task for row in item.asked_tasks.all()] == [other]


def test_item_is_previewed_while_it_is_typed_and_nothing_is_saved(builder, cast, form, draft):
    there, edits = codes(draft), draft.edits
    typed = {"xem_thu": "1", "label": "Số trẻ em được học bơi", "groups": ["Nam", "Nữ"], "groups_ma": ["", ""]}
    page = builder.post(url("item_add", form, "count"), count_data(draft, section="", **typed)).content.decode()
    assert "Số trẻ em được học bơi" in page
    assert "Cộng các nhóm" in page
    assert "<html" not in page
    empty = builder.post(url("item_add", form, "choice"), {"xem_thu": "1"}).content.decode()
    assert "(chưa có câu hỏi)" in empty
    shown = builder.post(url("item_edit", form, COUNT), count_data(draft, xem_thu="1", label="Câu khác"))
    assert "Câu khác" in shown.content.decode()
    by_target = builder.post(url("item_add", form, "share"), {"xem_thu": "1", "target": cast.target.pk})
    assert cast.target.indicator.short_name in by_target.content.decode()
    draft.refresh_from_db()
    assert (codes(draft), draft.edits) == (there, edits)
    assert item_of(draft, COUNT).label != "Câu khác"


@pytest.mark.parametrize("kind", [kind for kind in ItemKind if kind not in TABLES])
def test_page_of_an_item_shows_it_as_an_officer_would_see_it(builder, form, draft, kind):
    assert 'id="xem-truoc"' in builder.get(url("item_add", form, kind)).content.decode()


@pytest.mark.parametrize("kind", list(TABLES))
def test_a_table_begins_with_its_usual_words(builder, cast, form, draft, kind):
    make_task(cast.plan, "Truyền thông")
    draft.items.filter(kind=kind).delete()
    page = builder.get(url("item_add", form, kind))
    begun = page.context["item_form"].initial
    assert (begun["section"], begun["label"]) == (TABLES[kind].section, TABLES[kind].label)
    assert TABLES[kind].label in page.content.decode()
    elsewhere = builder.get(url("item_add", form, kind) + "?phan=Phụ lục").context["item_form"].initial
    assert elsewhere["section"] == "Phụ lục"


def test_removal_names_the_rules_that_fall_and_takes_them_out(builder, cast, form, draft):
    count, money = item_of(draft, COUNT), item_of(draft, "kinh-phi")
    FormCheck.objects.create(version=draft, kind="item", item=money, operator="gte", other=count)
    page = builder.get(url("item_remove", form, COUNT)).content.decode()
    assert "“Kinh phí công đoàn” không nhỏ hơn “Số trẻ em được hỗ trợ”." in page
    builder.post(url("item_remove", form, COUNT), {"seen": 0})
    assert COUNT not in codes(draft)
    assert not draft.checks.exists()
    assert COUNT in codes(cast.form)


# --- order --------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_sections(draft):
    """can-bo | tre-em, kinh-phi, ket-qua"""
    draft.items.filter(code="can-bo").update(section="Chỉ tiêu")
    draft.items.exclude(code="can-bo").update(section="Số liệu")
    return draft


def test_item_goes_up_and_over_the_edge_of_its_section(builder, form, two_sections):
    def up(code):
        two_sections.refresh_from_db()
        builder.post(url("item_move", form, code), {"seen": two_sections.edits, "huong": "len"})
        return [(name, [item.code for item in items]) for name, items in form_items.sections(two_sections)]

    assert up("kinh-phi") == [("Chỉ tiêu", ["can-bo"]), ("Số liệu", ["kinh-phi", COUNT, "ket-qua"])]
    assert up("kinh-phi") == [("Chỉ tiêu", ["can-bo", "kinh-phi"]), ("Số liệu", [COUNT, "ket-qua"])]
    assert up("kinh-phi") == [("Chỉ tiêu", ["kinh-phi", "can-bo"]), ("Số liệu", [COUNT, "ket-qua"])]
    assert up("kinh-phi") == [("Chỉ tiêu", ["kinh-phi", "can-bo"]), ("Số liệu", [COUNT, "ket-qua"])]


def test_section_moves_whole_and_takes_another_name(builder, form, two_sections):
    builder.post(url("section_move", form), {"seen": 0, "phan": "Số liệu", "huong": "len"})
    assert codes(two_sections) == [COUNT, "kinh-phi", "ket-qua", "can-bo"]
    builder.post(url("section_rename", form) + "?phan=Ch%E1%BB%89+ti%C3%AAu", {"seen": 1, "name": "Số liệu"})
    assert [name for name, _ in form_items.sections(two_sections)] == ["Số liệu"]


def test_dragged_order_is_saved_at_once(builder, form, two_sections):
    pk = {item.code: item.pk for item in two_sections.items.all()}
    wanted = f'[["Chỉ tiêu", [{pk["ket-qua"]}, {pk["can-bo"]}]], ["Số liệu", [{pk["kinh-phi"]}, {pk[COUNT]}]]]'
    answer = builder.post(url("form_order", form), {"seen": 0, "thu_tu": wanted})
    assert answer.json() == {"seen": 1}
    assert codes(two_sections) == ["ket-qua", "can-bo", "kinh-phi", COUNT]
    assert item_of(two_sections, "ket-qua").section == "Chỉ tiêu"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [("x", 400), ("[" * 9000, 400), ('[["Số liệu", ["1"]]]', 400), ('[["Số liệu", [true]]]', 400), ("[]", 409)],
)
def test_order_that_names_other_items_is_refused(builder, form, two_sections, wanted, status):
    before = codes(two_sections)
    answer = builder.post(url("form_order", form), {"seen": 0, "thu_tu": wanted})
    assert answer.status_code == status
    assert codes(two_sections) == before


# --- rules --------------------------------------------------------------------------------------------------------


def test_rule_against_last_period_is_one_sentence(builder, form, draft):
    data = {"seen": 0, "percent": "30", "severity": "explain", "message": ""}
    builder.post(url("rule_add", form, COUNT, "drop"), data)
    page = builder.get(url("form_build", form)).content.decode()
    assert "“Số trẻ em được hỗ trợ” không giảm quá 30 % so với kỳ trước. Không đạt thì phải giải trình." in page


def test_rule_between_two_figures_and_rule_against_a_bound(builder, form, draft):
    money = item_of(draft, "kinh-phi")
    data = {"seen": 0, "operator": "lte", "other": f"{money.pk}.v", "severity": "stop", "message": "Xem lại."}
    builder.post(url("rule_add", form, COUNT, "item"), data)
    builder.post(
        url("rule_add", form, "can-bo", "bound"),
        {"seen": 1, "part": "d", "operator": "gte", "bound": "1.200", "severity": "explain", "message": ""},
    )
    first, second = draft.checks.order_by("pk")
    assert (first.other, first.severity, first.message) == (money, "stop", "Xem lại.")
    assert (second.part, second.bound) == ("d", 1200)
    builder.post(
        url("rule_edit", form, second.pk),
        {"seen": 2, "part": "n", "operator": "gte", "bound": "5", "severity": "stop", "message": ""},
    )
    second.refresh_from_db()
    assert (second.part, second.bound, second.severity) == ("n", 5, "stop")
    builder.post(url("rule_remove", form, second.pk), {"seen": 3})
    assert list(draft.checks.all()) == [first]


@pytest.mark.parametrize(
    ("kind", "changed", "sentence"),
    [
        ("drop", {"percent": "0"}, "Hãy ghi một số từ 1 đến 1.000."),
        ("rise", {"percent": "1001"}, "Hãy ghi một số từ 1 đến 1.000."),
        ("drop", {"percent": ""}, "Hãy ghi số phần trăm, ví dụ 30."),
        ("bound", {"bound": "12,5", "operator": "lte"}, "Không rõ “12,5” là bao nhiêu."),
        ("item", {"operator": "lte", "other": ""}, "Hãy chọn số liệu để so."),
    ],
)
def test_bad_rule_is_refused_beside_its_field(builder, form, draft, kind, changed, sentence):
    data = {"seen": 0, "severity": "stop", "message": "Xem lại số này."} | changed
    page = builder.post(url("rule_add", form, COUNT, kind), data).content.decode()
    assert sentence in page
    assert "Xem lại số này." in page
    assert not draft.checks.exists()


def test_figure_is_not_held_against_itself(builder, form, draft):
    own = item_of(draft, COUNT)
    data = {"seen": 0, "operator": "lte", "other": f"{own.pk}.v", "severity": "stop", "message": ""}
    assert "Hãy chọn một số liệu khác" in builder.post(url("rule_add", form, COUNT, "item"), data).content.decode()


def test_text_has_no_rule(builder, form, draft):
    assert builder.get(url("rule_add", form, "ket-qua", "drop")).url == url("form_build", form)


# --- two administrators -------------------------------------------------------------------------------------------


def test_second_administrator_overwrites_nothing_and_keeps_what_was_typed(builder, cast, form, draft):
    form_items.shift(item_of(draft, "ket-qua"), up=True, seen=0, by=cast.administrator)
    data = count_data(draft, label="Câu hỏi của tôi") | {"seen": 0}
    answer = builder.post(url("item_edit", form, COUNT), data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Đặng Thị Hệ Thống sửa lần cuối" in page
    assert "Câu hỏi của tôi" in page
    assert item_of(draft, COUNT).label == "Số trẻ em được hỗ trợ"
    assert builder.post(url("item_edit", form, COUNT), data | {"seen": 1}).status_code == 302
    assert item_of(draft, COUNT).label == "Câu hỏi của tôi"


def test_what_was_typed_for_a_draft_that_is_gone_is_shown_to_be_copied(builder, cast, form, draft):
    form_editing.discard(draft, seen=0, by=cast.administrator)
    answer = builder.post(url("item_edit", form, COUNT), {"seen": 0, "label": "Câu hỏi của tôi"})
    assert answer.status_code == 409
    assert "Câu hỏi của tôi" in answer.content.decode()


def test_a_version_in_use_is_never_changed(builder, cast, form, draft):
    form_editing.publish(draft, seen=0, replaces=form_editing.stamp(cast.form), note="", by=cast.administrator)
    answer = builder.post(url("item_edit", form, COUNT), {"seen": 1, "label": "Muộn rồi"})
    assert answer.status_code == 409
    assert "Muộn rồi" in answer.content.decode()
    with pytest.raises(form_editing.StaleDraft, match="đã đưa bản này vào dùng"):
        form_items.remove(item_of(draft, COUNT), seen=1, by=cast.administrator)


# --- preview ------------------------------------------------------------------------------------------------------


def test_preview_shows_the_draft_as_the_level_sees_it(builder, cast, form, draft):
    level = cast.union.latest_placement.level
    item_of(draft, COUNT).levels.add(level)
    preview = form_preview.build(draft, level_pk=None, on=cast.obligation.period.ends_on)
    asked = [view.question.code for section in preview.page.sections for view in section.questions]
    assert preview.level == cast.base.latest_placement.level
    assert asked == ["can-bo", "kinh-phi", "ket-qua"]
    page = builder.get(url("form_build", form)).content.decode()
    assert 'name="kinh-phi.v"' in page
    assert f'name="{COUNT}.v"' not in page


def test_preview_shows_nothing_of_the_registers_of_the_unit(cast, draft):
    FormItem.objects.create(version=draft, order=9, code="hoat-dong", kind=ItemKind.ACTIVITIES, label="Hoạt động")
    on = cast.obligation.period.ends_on
    Activity.objects.create(
        org_unit=cast.base, name="Tết Trung thu", occasion="mid_autumn", held_on=on, recorded_by=cast.officer
    )
    FormItem.objects.create(version=draft, order=10, code="mo-hinh", kind=ItemKind.MODELS, label="Mô hình")
    model = CareModel.objects.create(org_unit=cast.base, name="Lớp học bơi", recorded_by=cast.officer)
    CareModelStep.objects.create(model=model, kind="kept", noted_on=on, recorded_by=cast.officer)
    preview = form_preview.build(draft, level_pk=None, on=on)
    shown = {view.question.code: view for section in preview.page.sections for view in section.questions}
    assert preview.place.org_unit == cast.base
    assert shown["hoat-dong"].activities == []
    assert (shown["mo-hinh"].models, shown["mo-hinh"].models_not_noted) == ([], [])


def test_preview_alone_is_the_part_for_htmx_and_a_page_without(builder, form, draft):
    part = builder.get(url("form_draft_preview", form), headers={"HX-Request": "true"}).content.decode()
    whole = builder.get(url("form_draft_preview", form) + "?cap=99999999999999999999").content.decode()
    assert "<html" not in part
    assert "<html" in whole
    assert 'name="kinh-phi.v"' in part
    assert 'name="kinh-phi.v"' in whole


def test_every_kind_of_item_is_previewed(builder, cast, form, draft):
    make_task(cast.plan)
    for order, kind in enumerate(ItemKind, start=20):
        FormItem.objects.create(
            version=draft, order=order, code=f"loai-{kind}", kind=kind, label=f"Loại {kind}", section="Mọi loại",
            numerator_label="Tử", denominator_label="Mẫu", choices=[{"code": "a", "name": "A"}],
        )  # fmt: skip
    page = builder.get(url("form_build", form)).content.decode()
    assert page.count("Loại ") > 2 * len(ItemKind)


def test_builder_takes_as_many_queries_with_more_items(builder, cast, form, draft):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert builder.get(url("form_build", form)).status_code == 200
        return len(captured)

    before = queries()
    for order in range(20, 40):
        FormItem.objects.create(version=draft, order=order, code=f"so-{order}", kind=ItemKind.COUNT, label="Số")
        FormItem.objects.create(version=draft, order=order, code=f"loi-{order}", kind=ItemKind.NARRATIVE, label="Lời")
    assert queries() <= before


# --- putting into use ---------------------------------------------------------------------------------------------


def test_publishing_shows_the_difference_and_leaves_open_reports_alone(builder, cast, form, draft):
    report = make_report(cast.obligation)
    builder.post(url("item_edit", form, COUNT), count_data(draft, label="Số em được giúp", section="Chăm lo"))
    builder.post(url("item_remove", form, "kinh-phi"), {"seen": 1})
    page = builder.get(url("form_publish", form)).content.decode()
    assert "Câu hỏi: từ “Số trẻ em được hỗ trợ” thành “Số em được giúp”." in page
    assert "Kinh phí công đoàn" in page
    builder.post(url("form_publish", form), {"seen": 2, "thay": form_editing.stamp(cast.form), "note": "Bớt kinh phí"})
    form.refresh_from_db()
    report.refresh_from_db()
    assert (form.current, form.draft, form.follows_plan) == (draft, None, False)
    assert (form.current.note, form.current.published_by) == ("Bớt kinh phí", cast.unit_administrator)
    assert report.form_version == cast.form
    assert make_report(cast.sibling_obligation).form_version == draft
    assert AuditEvent.objects.filter(action="form.publish").get().data["version"] == 2


def test_publishing_after_the_form_in_use_has_changed_asks_to_look_again(builder, cast, form, draft):
    plan_form(form.duty)
    answer = builder.post(
        url("form_publish", form), {"seen": 0, "thay": form_editing.stamp(cast.form), "note": "Ghi chú của tôi"}
    )
    assert answer.status_code == 409
    assert "Biểu mẫu đang dùng đã đổi" in answer.content.decode()
    assert "Ghi chú của tôi" in answer.content.decode()
    current = form.current
    builder.post(url("form_publish", form), {"seen": 0, "thay": form_editing.stamp(current), "note": ""})
    assert form.current.pk == draft.pk


def test_discarding_leaves_the_version_in_use(builder, cast, form, draft):
    assert builder.post(url("form_discard", form), {"seen": 7}).status_code == 409
    builder.post(url("form_discard", form), {"seen": 0})
    assert (form.draft, form.current) == (None, cast.form)


def test_form_follows_its_plan_again(builder, cast, form, draft):
    item_of(draft, COUNT).levels.add(cast.base.latest_placement.level)
    form_editing.publish(draft, seen=0, replaces=form_editing.stamp(cast.form), note="", by=cast.administrator)
    assert ensure_form(form.duty, PeriodKind.YEAR) == draft
    builder.post(url("form_follow_plan", form))
    form.refresh_from_db()
    assert form.follows_plan
    assert form.current.number == draft.number + 1
    assert COUNT in codes(draft)
    assert builder.post(url("form_follow_plan", form)).status_code == 409


def test_plan_that_grows_while_a_draft_is_built_makes_its_own_version(cast, form, draft):
    make_report(cast.obligation)
    version = plan_form(form.duty)
    assert version.number == draft.number + 1
    assert form.draft == draft


# --- ready forms --------------------------------------------------------------------------------------------------


@pytest.fixture
def duties(db):
    load_plans(make_organisation())
    load_targets()
    return {duty.key: duty for duty in ReportingDuty.objects.all()}


def test_ready_forms_of_the_five_plans_are_what_their_plans_ask(duties):
    keys = [form.key for form in ready_forms.offered()]
    assert keys == [form.key for form in ready_forms.all_forms()]
    for ready in ready_forms.all_forms():
        if ready.duty_key and not ready.section:
            duty = duties[ready.duty_key]
            wanted = codes(ensure_form(duty, PeriodKind.YEAR))
            assert [spec.code for spec in ready_forms.specs_for(ready, duty)] == wanted


def test_section_of_the_federation_in_another_duty_brings_its_own_labels(duties):
    ready = ready_forms.find("104-kh-tld-cong-tac-nu-cong")
    specs = ready_forms.specs_for(ready, duties["kh-ubnd-cam-tan-bao-cao-nam"])
    share = specs[0]
    assert (share.kind, share.target_id) == (ItemKind.SHARE, None)
    assert len(share.groups) == 2
    assert share.numerator_label.startswith("Số cán bộ được truyền thông")
    assert all(spec.section.startswith("Công tác nữ công: ") for spec in specs)


def test_child_statistics_are_a_proposal_to_hold_against_the_circular(client, duties):
    duty = duties["kh-ubnd-cam-tan-bao-cao-nam"]
    form = ensure_form(duty, PeriodKind.YEAR).form
    client.force_login(make_user(role=Role.ADMINISTRATOR))
    client.post(url("form_begin", form), {"nguon": "thong-ke-tre-em"})
    draft = form.draft
    assert [name for name, _ in form_items.sections(draft)][:3] == [
        "Tình hình trẻ em",
        "Tình hình xâm hại trẻ em",
        "Xử lý vi phạm hành chính",
    ]
    assert item_of(draft, "tre-em-bi-xam-hai").groups == [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]
    page = client.get(url("form_build", form)).content.decode()
    assert "Mẫu gợi ý, hãy đối chiếu với Thông tư trước khi dùng" in page


def test_items_of_a_ready_form_are_added_once(builder, form, draft):
    data = {"seen": 0, "nguon": "thong-ke-tre-em"}
    builder.post(url("items_from_ready", form), data)
    assert "tre-em-bi-xam-hai" in codes(draft)
    count = draft.items.count()
    page = builder.post(url("items_from_ready", form), data | {"seen": 1}, follow=True).content.decode()
    assert draft.items.count() == count
    assert "Bỏ qua 8 mục đã có." in page


def test_item_is_added_to_the_section_from_which_one_came(builder, form, two_sections):
    page = builder.get(url("form_build", form) + "?phan=S%E1%BB%91%20li%E1%BB%87u").content.decode()
    link = url("item_add", form, "count") + "?phan=S%E1%BB%91%20li%E1%BB%87u"
    assert link in page
    assert 'value="Số liệu"' in builder.get(link).content.decode()


def test_item_of_a_ready_form_never_takes_a_code_of_another_kind(cast, form):
    FormItem.objects.create(
        version=cast.form, order=9, code="tre-em-bi-xam-hai", kind=ItemKind.NARRATIVE, label="Trẻ em bị xâm hại"
    )
    ready = ready_forms.find("thong-ke-tre-em")
    specs = ready_forms.specs_for(ready, form.duty)
    draft = form_items.begin_from(form, specs, source=ready.title, by=cast.administrator)
    assert len(codes(draft)) == len(specs)
    assert item_of(draft, "so-tre-em-bi-xam-hai").kind == ItemKind.COUNT
