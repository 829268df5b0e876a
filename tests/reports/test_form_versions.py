"""Versions of a form: their difference in words, and open reports that are moved over to the one in use."""

import pytest
from django.urls import reverse

from orgunits.models import AuditEvent
from reports import drafts, form_editing, form_items, form_moving, workflow
from reports.form_differences import compare
from reports.models import AskedTask, FormCheck, FormItem, FormVersion, ItemKind, Report
from tests.builders import content, make_report, make_task

COUNT = "tre-em-duoc-ho-tro"


@pytest.fixture
def draft(cast):
    return form_editing.begin(cast.form.form, by=cast.administrator, copied=cast.form)


def publish(cast, draft):
    form_editing.publish(
        draft, seen=FormVersion.objects.get(pk=draft.pk).edits, replaces=form_editing.stamp(draft.form.current),
        note="", by=cast.administrator,
    )  # fmt: skip
    return draft.form.current


def edit(draft, code, **changed):
    draft.items.filter(code=code).update(**changed)
    return draft.items.get(code=changed.get("code", code))


def words(old, new):
    return {change.item.code: list(change.details) for change in compare(old, new).changed}


# --- differences --------------------------------------------------------------------------------------------------


def test_copy_differs_in_nothing(cast, draft):
    difference = compare(cast.form, draft)
    assert difference.is_empty
    assert difference.in_short == "không có gì khác"


def test_added_and_removed_items_are_named(cast, draft):
    FormItem.objects.create(version=draft, order=9, code="moi", kind=ItemKind.COUNT, label="Mục mới", section="Số liệu")
    draft.items.filter(code=COUNT).delete()
    difference = compare(cast.form, draft)
    assert [(change.item.label, change.details) for change in difference.added] == [
        ("Mục mới", ("Trong phần “Số liệu”.",))
    ]
    assert [change.item.label for change in difference.removed] == ["Số trẻ em được hỗ trợ"]
    assert difference.in_short == "thêm 1 mục, bỏ 1 mục"


def test_every_changed_property_is_said_from_what_to_what(cast, draft):
    item = edit(
        draft, COUNT, label="Số em", guide="Đếm một lần.", required=False, unit_of_count="",
        groups=[{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}],
    )  # fmt: skip
    item.levels.add(cast.base.latest_placement.level)
    edit(draft, "ket-qua", max_length=2000)
    assert words(cast.form, draft) == {
        COUNT: [
            "Câu hỏi: từ “Số trẻ em được hỗ trợ” thành “Số em”.",
            "Hướng dẫn: thêm “Đếm một lần.”.",
            "Bắt buộc: từ “có” thành “không”.",
            "Đơn vị tính: bỏ “em”.",
            "Phân tổ: thêm “Nam; Nữ”.",
            "Cấp trả lời: thêm “Công đoàn cơ sở”.",
        ],
        "ket-qua": ["Độ dài tối đa: từ “10.000 ký tự” thành “2.000 ký tự”."],
    }


def test_rules_and_tasks_that_came_and_went_are_said(cast, draft):
    FormCheck.objects.create(version=cast.form, kind="rise", item=cast.form.items.get(code=COUNT), percent=50)
    FormCheck.objects.create(version=draft, kind="drop", item=draft.items.get(code=COUNT), percent=30)
    kept, gone = make_task(cast.plan, "Truyền thông"), make_task(cast.plan, "Tập huấn")
    for version, tasks in ((cast.form, [kept, gone]), (draft, [kept])):
        item = FormItem.objects.create(version=version, order=9, code="nhiem-vu", kind=ItemKind.TASKS, label="Nhiệm vụ")
        AskedTask.objects.bulk_create(AskedTask(item=item, task=task) for task in tasks)
    assert words(cast.form, draft) == {
        COUNT: [
            "Quy tắc thêm: “Số trẻ em được hỗ trợ” không giảm quá 30 % so với kỳ trước. Không đạt thì phải giải trình.",
            "Quy tắc bỏ: “Số trẻ em được hỗ trợ” không tăng quá 50 % so với kỳ trước. Không đạt thì phải giải trình.",
        ],
        "nhiem-vu": [f"Nhiệm vụ bỏ: {gone}"],
    }


def test_only_the_item_that_was_moved_is_said_to_stand_elsewhere(cast, draft):
    form_items.shift(draft.items.get(code="ket-qua"), up=True, seen=0, by=cast.administrator)
    form_items.shift(draft.items.get(code="ket-qua"), up=True, seen=1, by=cast.administrator)
    assert words(cast.form, draft) == {"ket-qua": ["Thứ tự: nay đứng sau “" + cast.target.indicator.name + "”."]}


def test_detail_compares_any_two_versions(client, cast, draft):
    edit(draft, COUNT, label="Số em")
    second = publish(cast, draft)
    third = form_editing.begin(cast.form.form, by=cast.administrator, copied=second)
    edit(third, COUNT, label="Số cháu")
    publish(cast, third)
    client.force_login(cast.viewer)
    url = reverse("reports:form_detail", args=[cast.form.form_id])
    assert "từ “Số em” thành “Số cháu”" in client.get(url).content.decode()
    assert "từ “Số trẻ em được hỗ trợ” thành “Số cháu”" in client.get(url + "?tu=3&den=1").content.decode()


def test_detail_says_who_put_a_version_into_use_and_how_many_reports_have_it(client, cast, draft):
    make_report(cast.obligation)
    publish(cast, draft)
    client.force_login(cast.viewer)
    versions = client.get(reverse("reports:form_detail", args=[cast.form.form_id])).context["versions"]
    assert [(row.number, row.used, row.open) for row in versions] == [(2, 0, 0), (1, 1, 1)]
    assert versions[0].published_by == cast.administrator


# --- moving -------------------------------------------------------------------------------------------------------


@pytest.fixture
def report(cast):
    """A draft on the first version with something typed in two items."""
    return make_report(cast.obligation, draft={f"{COUNT}.v": "12", "ket-qua": "Đã làm tốt."}, draft_version=3)


@pytest.fixture
def second(cast, report, draft):
    """The second version in use: no count of children, but a yes-or-no item."""
    draft.items.filter(code=COUNT).delete()
    FormItem.objects.create(version=draft, order=9, code="co-ke-hoach", kind=ItemKind.YES_NO, label="Có kế hoạch riêng")
    return publish(cast, draft)


def move_url(cast):
    return reverse("reports:form_move", args=[cast.form.form_id, cast.form.number])


def test_page_says_what_is_gained_and_what_falls_away(client, cast, report, second):
    client.force_login(cast.unit_administrator)
    page = client.get(move_url(cast)).content.decode()
    assert "Có kế hoạch riêng" in page
    assert "Đã ghi ở mục sẽ bỏ: Số trẻ em được hỗ trợ" in page
    assert (
        "1 báo cáo đang lập còn ở phiên bản 1."
        in client.get(reverse("reports:form_detail", args=[cast.form.form_id])).content.decode()
    )


def test_moved_draft_keeps_every_typed_word(client, cast, report, second):
    client.force_login(cast.unit_administrator)
    client.post(move_url(cast), {"sang": second.pk, "bao_cao": [report.pk]})
    before = report.draft
    report.refresh_from_db()
    assert (report.form_version, report.draft, report.draft_version) == (second, before, 4)
    event = AuditEvent.objects.get(action="form.move_reports")
    assert (event.data["count"], event.actor) == (1, cast.unit_administrator)


def test_window_that_was_open_while_its_report_was_moved_loses_nothing(cast, report, second):
    form_moving.move(second.form, cast.form, second, report_pks=[report.pk], by=cast.administrator)
    report.refresh_from_db()
    saved = drafts.save(report, {f"{COUNT}.v": "15"}, base={f"{COUNT}.v": "12"}, version=3, by=cast.officer)
    assert saved.draft[f"{COUNT}.v"] == "15"


def test_filed_and_partly_returned_reports_stay(client, cast, report, second):
    workflow.submit(report, content(), by=cast.officer)
    other = make_report(cast.sibling_obligation)
    Report.objects.filter(pk=other.pk).update(form_version=cast.form, open_items=["ket-qua"])
    assert form_moving.move(second.form, cast.form, second, report_pks=[report.pk, other.pk], by=cast.reviewer) == 0
    client.force_login(cast.unit_administrator)
    assert "1 báo cáo bị trả lại từng mục giữ phiên bản cũ" in client.get(move_url(cast)).content.decode()


def test_returned_report_that_nobody_touched_keeps_the_texts_of_its_filing(cast, report, second):
    Report.objects.filter(pk=report.pk).update(draft={}, draft_version=0)
    report.refresh_from_db()
    workflow.submit(report, content(text="Đã nộp lần đầu."), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Bổ sung.")
    form_moving.move(second.form, cast.form, second, report_pks=[report.pk], by=cast.administrator)
    report.refresh_from_db()
    assert report.form_version == second
    assert drafts.typed(report)["ket-qua"] == "Đã nộp lần đầu."
    assert drafts.typed(report)[f"{COUNT}.v"] == "12"


def test_page_that_compared_with_another_version_moves_nothing(client, cast, report, second):
    client.force_login(cast.unit_administrator)
    assert client.post(move_url(cast), {"sang": cast.form.pk, "bao_cao": [report.pk]}).status_code == 409
    page = client.post(move_url(cast), {"sang": second.pk}).content.decode()
    assert "Hãy chọn ít nhất một báo cáo để chuyển." in page
    report.refresh_from_db()
    assert report.form_version == cast.form


def test_moving_is_for_administrators(client, cast, report, second):
    for person, status in ((cast.officer, 403), (cast.reviewer, 403), (cast.stranger, 404)):
        client.force_login(person)
        assert client.post(move_url(cast), {"sang": second.pk, "bao_cao": [report.pk]}).status_code == status
    client.force_login(cast.unit_administrator)
    assert client.delete(move_url(cast)).status_code == 405


# --- what was filed before a report was moved ------------------------------------------------------------------------


def moved_report(cast, *, gone="ket-qua"):
    """Approved on the first version, reopened, and moved to a second one that does not ask one of its items."""
    report = make_report(cast.obligation)
    workflow.submit(report, content(text="Câu chữ của bản đầu."), by=cast.officer)
    workflow.approve(report, by=cast.reviewer)
    workflow.reopen(report, by=cast.reviewer, reason="Có số mới.")
    draft = form_editing.begin(cast.form.form, by=cast.administrator, copied=cast.form)
    draft.items.filter(code=gone).delete()
    second = publish(cast, draft)
    report.refresh_from_db()
    assert form_moving.move(cast.form.form, cast.form, second, report_pks=[report.pk], by=cast.administrator) == 1
    report.refresh_from_db()
    return report


def test_approved_filing_stays_readable_after_its_report_was_moved(client, cast):
    report = moved_report(cast)
    client.force_login(cast.reviewer)
    assert "Câu chữ của bản đầu." in client.get(report.get_absolute_url()).content.decode()


def test_what_is_filed_after_a_move_answers_the_new_version(client, cast):
    report = moved_report(cast)
    filed = content()
    del filed["texts"]["ket-qua"]
    second = workflow.submit(report, filed, by=cast.officer)
    assert second.form_version_id == report.form_version_id != cast.form.pk
    client.force_login(cast.reviewer)
    url = report.get_absolute_url()
    assert 'id="muc-ket-qua"' not in client.get(url).content.decode()
    assert "Câu chữ của bản đầu." in client.get(url + "?lan=1").content.decode()
    history = client.get(reverse("reports:report_history", args=[report.pk])).content.decode()
    assert "Câu chữ của bản đầu." in history  # as what is gone


def test_filing_of_a_report_that_was_moved_meanwhile_names_the_version_that_it_has_now(cast):
    stale = make_report(cast.obligation)
    draft = form_editing.begin(cast.form.form, by=cast.administrator, copied=cast.form)
    second = publish(cast, draft)
    form_moving.move(cast.form.form, cast.form, second, report_pks=[stale.pk], by=cast.administrator)
    assert workflow.submit(stale, content(), by=cast.officer).form_version_id == second.pk
