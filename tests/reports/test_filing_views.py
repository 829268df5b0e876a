"""The filing page: who may, what stays typed, what is refused and told, two windows, an ended session."""

import datetime
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from orgunits.models import AuditEvent
from reports import workflow
from reports.models import Attachment, Report, Revision
from tests.builders import content, make_report, make_task, open_year, plan_form

GROUPS = ("chu-chot", "nu-cong")


@pytest.fixture
def report(cast) -> Report:
    return make_report(cast.obligation)


@pytest.fixture
def url(report) -> str:
    return reverse("reports:filing", args=[report.pk])


@pytest.fixture
def officer(client, cast) -> Client:
    client.force_login(cast.officer)
    return client


def sound(**changes: str) -> dict[str, str]:
    raw = {f"can-bo.{group}.{part}": number for group in GROUPS for part, number in (("n", "45"), ("d", "50"))}
    raw |= {"tre-em-duoc-ho-tro.v": "12", "kinh-phi.nil": "on", "kinh-phi.v": "", "ket-qua": "Đã làm tốt."}
    return raw | changes


def post(client, url, fields, *, action="save", version=0, base=None, **extra):
    data = {**fields, "action": action, "draft_version": str(version), "base": json.dumps(base or {})}
    return client.post(url, data, **extra)


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- who ----------------------------------------------------------------------------------------------------------


def test_officer_opens_the_form(officer, url):
    page = text(officer.get(url))
    assert "Số liệu riêng của Công đoàn cơ sở số 01" in page
    assert "trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)" in page
    assert "không ghi tên, ảnh mặt, địa chỉ của trẻ em" in page


@pytest.mark.parametrize("person", ["colleague", "approver"])
def test_others_of_the_unit_go_on_with_the_same_draft(client, cast, report, url, person):
    Report.objects.filter(pk=report.pk).update(draft={"ket-qua": "Do người khác ghi."}, draft_version=1)
    client.force_login(getattr(cast, person))
    assert "Do người khác ghi." in text(client.get(url))
    assert post(client, url, {"ket-qua": "Ghi tiếp."}, version=1).status_code == 302


@pytest.mark.parametrize("person", ["stranger", "sibling_officer", "stranger_reviewer"])
@pytest.mark.parametrize("name", ["filing", "filing_autosave", "filing_submit"])
def test_stranger_finds_nothing(client, cast, report, person, name):
    client.force_login(getattr(cast, person))
    url = reverse(f"reports:{name}", args=[report.pk])
    assert client.post(url, "{}", content_type="application/json").status_code == 404
    if name != "filing_autosave":
        assert client.get(url).status_code == 404


@pytest.mark.parametrize("person", ["reviewer", "viewer", "unit_administrator"])
@pytest.mark.parametrize("name", ["filing", "filing_autosave", "filing_submit"])
def test_reader_may_not_file(client, cast, report, person, name):
    client.force_login(getattr(cast, person))
    url = reverse(f"reports:{name}", args=[report.pk])
    assert client.post(url, "{}", content_type="application/json").status_code == 403
    if name != "filing_autosave":
        assert client.get(url).status_code == 403
    report.refresh_from_db()
    assert report.draft_version == 0


def test_other_methods_are_refused(officer, report, url):
    assert officer.put(url).status_code == 405
    assert officer.get(reverse("reports:filing_autosave", args=[report.pk])).status_code == 405
    assert officer.delete(reverse("reports:filing_submit", args=[report.pk])).status_code == 405


def test_filed_report_opens_as_it_was_filed(officer, cast, report, url):
    workflow.submit(report, content(), by=cast.officer)
    assert officer.get(url).headers["Location"] == report.get_absolute_url()
    submit_url = reverse("reports:filing_submit", args=[report.pk])
    assert officer.get(submit_url).headers["Location"] == report.get_absolute_url()


# --- saving and checking ------------------------------------------------------------------------------------------


def test_anything_is_saved_as_a_draft_and_shown_again(officer, report, url):
    response = post(officer, url, sound(**{"tre-em-duoc-ho-tro.v": "mười hai", "ket-qua": "  dở dang\n"}))
    assert response.headers["Location"] == url
    report.refresh_from_db()
    assert (report.draft["tre-em-duoc-ho-tro.v"], report.draft_version) == ("mười hai", 1)
    page = officer.get(url).content.decode()
    assert 'value="mười hai"' in page
    assert "\n  dở dang\n</textarea>" in page, "the first line break after <textarea> is eaten by browsers"


def test_typed_markup_is_shown_as_text(officer, url):
    post(officer, url, {"ket-qua": "</textarea><script>alert(1)</script>", "kinh-phi.v": '"><b>'})
    page = officer.get(url).content.decode()
    assert "<script>alert" not in page
    assert '"><b>' not in page


def test_unticking_nil_is_saved(officer, report, url):
    post(officer, url, sound())
    post(officer, url, {"kinh-phi.v": "5"}, version=1)
    report.refresh_from_db()
    assert "kinh-phi.nil" not in report.draft
    assert report.draft["kinh-phi.v"] == "5"
    assert report.draft["ket-qua"] == "Đã làm tốt.", "what a page does not send is not cleared"


def test_check_keeps_the_text_and_tells_each_error_beside_its_field(officer, url):
    wrong = sound(**{"can-bo.chu-chot.n": "51", "tre-em-duoc-ho-tro.v": "1.23", "ket-qua": ""})
    response = post(officer, url, wrong, action="check")
    assert response.headers["Location"] == f"{url}?kiem-tra=1#kiem-tra"
    page = text(officer.get(f"{url}?kiem-tra=1"))
    assert "Còn 3 chỗ cần sửa trước khi nộp." in page
    assert '<a href="#f-can-bo.chu-chot.n">' in page
    assert 'id="f-can-bo.chu-chot.n-loi"' in page
    assert re.search(
        r'name="can-bo.chu-chot.n" value="51"[^>]*aria-invalid="true"[^>]*aria-describedby="[^"]*-loi', page
    )
    assert 'value="1.23"' in page


def test_check_of_a_sound_draft_says_so(officer, url):
    post(officer, url, sound(), action="check")
    assert "không còn chỗ nào phải sửa" in text(officer.get(f"{url}?kiem-tra=1"))


def test_form_without_a_check_shows_no_error(officer, url):
    assert "cần sửa trước khi nộp" not in text(officer.get(url))


def test_draft_above_its_size_is_told_and_stays_on_the_page(officer, report, url):
    response = post(officer, url, {"ket-qua": "a" * 201_000})
    assert response.status_code == 422
    assert "dài quá 200 kB" in text(response)
    assert "a" * 201_000 in response.content.decode()
    report.refresh_from_db()
    assert report.draft == {}


@pytest.mark.parametrize("base", ["", "x", "[]", '{"ket-qua": 5}', "[" * 100_000])
def test_unreadable_base_is_taken_as_an_empty_one(officer, report, url, base):
    Report.objects.filter(pk=report.pk).update(draft={"ket-qua": "có sẵn"}, draft_version=5)
    fields = {"ket-qua": "khác", "draft_version": "1", "base": base}
    assert officer.post(url, fields).status_code == 409, "every difference is asked"
    assert officer.post(url, fields | {"draft_version": "²"}).status_code == 409


@pytest.mark.parametrize("action", ["edit-activity:²", "edit-activity:", "remove-attachment:-1", "khác", ""])
def test_unknown_button_only_saves(officer, report, url, action):
    assert post(officer, url, {"ket-qua": "x"}, action=action).headers["Location"] == url
    report.refresh_from_db()
    assert report.draft == {"ket-qua": "x"}


# --- submitting ---------------------------------------------------------------------------------------------------


def test_submit_asks_once_and_names_what_will_happen(officer, report, url):
    response = post(officer, url, sound(), action="submit")
    submit_url = reverse("reports:filing_submit", args=[report.pk])
    assert response.headers["Location"] == submit_url
    page = text(officer.get(submit_url))
    assert "sẽ được gửi đến <strong>Công đoàn Viên chức tỉnh Thử Nghiệm</strong>" in page
    assert not Revision.objects.exists()
    response = officer.post(submit_url, {"draft_version": "1"})
    assert response.headers["Location"] == report.get_absolute_url()
    report.refresh_from_db()
    revision = Revision.objects.get()
    assert report.status == "submitted"
    assert revision.content["figures"]["can-bo"]["chu-chot.n"] == 45
    assert revision.content["figures"]["kinh-phi"] == {"nil": True}


def test_draft_with_errors_is_not_filed(officer, report, url):
    post(officer, url, sound(**{"can-bo.chu-chot.n": "51"}))
    submit_url = reverse("reports:filing_submit", args=[report.pk])
    check_url = f"{url}?kiem-tra=1#kiem-tra"
    assert officer.get(submit_url).headers["Location"] == check_url
    assert officer.post(submit_url, {"draft_version": "1"}).headers["Location"] == check_url
    report.refresh_from_db()
    assert (report.status, Revision.objects.count()) == ("draft", 0)


def test_file_that_a_colleague_added_after_the_confirming_page_is_not_filed_unseen(officer, cast, report, url):
    post(officer, url, sound())
    submit_url = reverse("reports:filing_submit", args=[report.pk])
    shown = officer.get(submit_url).context["confirmed"]
    Attachment.objects.create(
        report=report, original_name="tin.pdf", content_type="application/pdf", size=9, uploaded_by=cast.colleague
    )
    answer = officer.post(submit_url, {"draft_version": "1", "confirmed": shown})
    assert answer.status_code == 409
    assert "đã được sửa sau khi bạn mở trang này" in text(answer)
    shown = officer.get(submit_url).context["confirmed"]
    assert officer.post(submit_url, {"draft_version": "1", "confirmed": shown}).status_code == 302
    assert len(Revision.objects.get().content["attachments"]) == 1


def test_draft_that_changed_after_the_confirming_page_is_not_filed(officer, report, url):
    post(officer, url, sound())
    post(officer, url, {"ket-qua": "Sửa sau."}, version=1)
    response = officer.post(reverse("reports:filing_submit", args=[report.pk]), {"draft_version": "1"})
    assert response.status_code == 409
    assert "đã được sửa sau khi bạn mở trang này" in text(response)
    assert not Revision.objects.exists()


def test_second_press_reads_who_was_first(client, cast, report, url):
    client.force_login(cast.officer)
    post(client, url, sound())
    other = Client()
    other.force_login(cast.colleague)
    submit_url = reverse("reports:filing_submit", args=[report.pk])
    assert other.post(submit_url, {"draft_version": "1"}).status_code == 302
    response = client.post(submit_url, {"draft_version": "1"})
    assert response.status_code == 409
    assert "đã được Lê Văn Đồng Nghiệp nộp lúc" in text(response)
    assert Revision.objects.count() == 1


def test_late_filing_is_said_before_it_is_done(officer, cast, report, url):
    cast.obligation.due_on = datetime.date(2020, 1, 1)
    cast.obligation.save(update_fields=["due_on"])
    post(officer, url, sound())
    assert "sẽ được ghi nhận là nộp chậm" in text(officer.get(reverse("reports:filing_submit", args=[report.pk])))


# --- returned -----------------------------------------------------------------------------------------------------


def test_reasons_stand_on_top_and_beside_their_items(officer, cast, report, url):
    post(officer, url, sound())
    officer.post(reverse("reports:filing_submit", args=[report.pk]), {"draft_version": "1"})
    workflow.send_back(
        Report.objects.get(), by=cast.reviewer, reason="Xem lại số.", item_reasons={"ket-qua": "Ghi rõ hơn."}
    )
    page = text(officer.get(url))
    assert "Báo cáo bị trả lại" in page
    assert "Xem lại số." in page
    assert page.count("Ghi rõ hơn.") == 2
    assert 'href="#muc-ket-qua"' in page
    assert "Đã làm tốt.</textarea>" in page, "the typed text is there to be corrected"


# --- the last period ----------------------------------------------------------------------------------------------


def test_last_period_stands_beside_each_figure(officer, cast, url):
    earlier = next(row for row in open_year(cast.duty, 2025) if row.org_unit == cast.base)
    filed = make_report(earlier)
    workflow.submit(filed, content(people=(40, 52), children=1234), by=cast.officer)
    workflow.approve(filed, by=cast.reviewer)
    page = text(officer.get(url))
    assert 'Kỳ trước: <span class="figure-value">1.234</span>' in page
    assert 'Kỳ trước: <span class="figure-value">40</span>' in page
    assert 'Kỳ trước: <span class="figure-value">76,9 %</span>' in page
    assert 'Kỳ trước: <span class="figure-value">không phát sinh</span>' in page
    assert "Chưa có báo cáo kỳ trước" not in page


def test_wild_difference_is_told_beside_the_figure_with_a_place_to_explain(officer, cast, report, url):
    earlier = next(row for row in open_year(cast.duty, 2025) if row.org_unit == cast.base)
    filed = make_report(earlier)
    workflow.submit(filed, content(children=100), by=cast.officer)
    workflow.approve(filed, by=cast.reviewer)
    post(officer, url, sound())
    page = text(officer.get(f"{url}?kiem-tra=1"))
    assert "Kỳ trước là 100, kỳ này ghi 12: chênh lệch quá 3 lần." in page
    assert 'name="tre-em-duoc-ho-tro.explanation"' in page
    post(officer, url, {"tre-em-duoc-ho-tro.explanation": "Chuyển sang quỹ."}, version=1)
    assert "không còn chỗ nào phải sửa" in text(officer.get(f"{url}?kiem-tra=1"))


# --- two windows --------------------------------------------------------------------------------------------------


def test_two_windows_on_one_field_show_both_texts(client, cast, report, url):
    client.force_login(cast.officer)
    post(client, url, {"ket-qua": "chữ thứ nhất", "kinh-phi.v": "1"})
    other = Client()
    other.force_login(cast.colleague)
    response = post(other, url, {"ket-qua": "chữ thứ hai", "kinh-phi.v": "1"}, version=0)
    assert response.status_code == 409
    page = text(response)
    assert "Trần Thị Cán Bộ đã lưu báo cáo này lúc" in page
    assert '<q class="field-clash__text">chữ thứ nhất</q>' in page
    assert "chữ thứ hai</textarea>" in page
    report.refresh_from_db()
    assert report.draft["ket-qua"] == "chữ thứ nhất", "no silent overwrite"
    # The page goes on from what is stored now, so that saving again is a choice.
    response = post(other, url, {"ket-qua": "chữ thứ hai"}, version=1, base={"ket-qua": "chữ thứ nhất"})
    assert response.status_code == 302
    report.refresh_from_db()
    assert report.draft["ket-qua"] == "chữ thứ hai"


def test_two_windows_on_different_fields_are_both_saved(officer, report, url):
    post(officer, url, {"ket-qua": "một", "kinh-phi.v": ""})
    response = post(officer, url, {"ket-qua": "", "kinh-phi.v": "2"}, version=0)
    assert response.status_code == 302
    report.refresh_from_db()
    assert report.draft == {"ket-qua": "một", "kinh-phi.v": "2"}


def test_text_typed_while_a_colleague_filed_is_shown_to_be_copied(officer, cast, report, url):
    workflow.submit(report, content(), by=cast.colleague)
    response = post(officer, url, {"ket-qua": "Chữ chưa kịp lưu."})
    assert response.status_code == 409
    assert "đã được Lê Văn Đồng Nghiệp nộp lúc" in text(response)
    assert "Chữ chưa kịp lưu.</textarea>" in text(response)


# --- saving by itself ---------------------------------------------------------------------------------------------


def autosave(client, report, changes, *, version=0, **extra):
    body = json.dumps({"draft_version": version, "changes": changes})
    url = reverse("reports:filing_autosave", args=[report.pk])
    return client.post(url, body, content_type="application/json", **extra)


def test_autosave_answers_with_the_new_version(officer, report):
    response = autosave(officer, report, {"ket-qua": ["", "a"], "tep": ["", "x"]})
    assert response.status_code == 200
    answer = response.json()
    assert (answer["draft_version"], answer["draft"]) == (1, {"ket-qua": "a"})
    assert re.fullmatch(r"\d\d:\d\d", answer["saved_at"])


def test_autosave_gives_what_others_wrote_elsewhere(client, officer, cast, report):
    autosave(officer, report, {"kinh-phi.v": ["", "7"]})
    answer = autosave(officer, report, {"ket-qua": ["", "a"]}, version=0).json()
    assert answer["draft"] == {"kinh-phi.v": "7", "ket-qua": "a"}


def test_autosave_of_a_field_that_both_changed_is_409_with_both_texts(officer, cast, report):
    other = Client()
    other.force_login(cast.colleague)
    autosave(other, report, {"ket-qua": ["", "của bạn"]})
    response = autosave(officer, report, {"ket-qua": ["", "của tôi"]})
    answer = response.json()
    assert response.status_code == 409
    assert answer["clashes"] == {"ket-qua": "của bạn"}
    assert (answer["saved_by"], answer["draft_version"]) == ("Lê Văn Đồng Nghiệp", 1)
    # Chosen with open eyes: the page now starts from the other text.
    assert autosave(officer, report, {"ket-qua": ["của bạn", "của tôi"]}, version=1).status_code == 200


def test_autosave_repeated_after_a_lost_answer_is_no_clash(officer, report):
    for _ in range(2):
        answer = autosave(officer, report, {"ket-qua": ["", "a"]}).json()
    assert answer["draft_version"] == 1


def test_autosave_without_a_session_is_401_and_saves_nothing(client, report):
    assert autosave(client, report, {"ket-qua": ["", "a"]}).status_code == 401
    report.refresh_from_db()
    assert report.draft == {}


def test_autosave_of_a_filed_report_is_409_with_a_sentence(officer, cast, report):
    workflow.submit(report, content(), by=cast.colleague)
    response = autosave(officer, report, {"ket-qua": ["", "a"]})
    assert response.status_code == 409
    assert "nộp lúc" in response.json()["sentence"]


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"{}", b'{"changes": {}}', b'{"draft_version": "0", "changes": {}}',
     b'{"draft_version": 0, "changes": {"ket-qua": "a"}}', b'{"draft_version": 0, "changes": {"ket-qua": ["", 5]}}',
     b'{"draft_version": 0, "changes": []}', b"\xff", b"[" * 100_000],
)  # fmt: skip
def test_autosave_of_nonsense_is_400(officer, report, body):
    url = reverse("reports:filing_autosave", args=[report.pk])
    assert officer.post(url, body, content_type="application/json").status_code == 400


def test_autosave_above_the_size_is_413(officer, report):
    response = autosave(officer, report, {"ket-qua": ["", "a" * 201_000]})
    assert (response.status_code, "200 kB" in response.json()["sentence"]) == (413, True)


# --- an ended session ---------------------------------------------------------------------------------------------


def hidden_fields(page: str) -> dict[str, str]:
    from html import unescape

    form = page[page.index("Quay lại thẻ này") :]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}


def test_without_a_session_the_form_asks_to_sign_in(client, url):
    assert client.get(url).headers["Location"].startswith(reverse("account_login"))


def test_post_after_the_session_ended_keeps_every_field_and_can_be_sent_again(client, cast, report, url):
    fields = sound(**{"ket-qua": 'Dòng 1\r\nDòng 2 "ngoặc" <b>'})
    response = post(client, url, fields)
    assert response.status_code == 403
    assert "vẫn còn ở trang này" in text(response)
    kept = hidden_fields(response.content.decode())
    kept.pop("csrfmiddlewaretoken", None)
    client.force_login(cast.officer)
    assert client.post(url, kept).status_code == 302
    report.refresh_from_db()
    assert report.draft["ket-qua"] == 'Dòng 1\nDòng 2 "ngoặc" <b>'
    assert report.draft["kinh-phi.nil"] == "on"


def test_old_token_after_a_new_sign_in_keeps_every_field(cast, report, url):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.officer)
    client.get(url)
    response = post(client, url, sound(csrfmiddlewaretoken="x" * 64), headers={"Origin": "http://testserver"})
    assert response.status_code == 403
    kept = hidden_fields(response.content.decode())
    assert kept["ket-qua"] == "Đã làm tốt."
    assert client.post(url, kept, headers={"Origin": "http://testserver"}).status_code == 302
    report.refresh_from_db()
    assert report.draft["ket-qua"] == "Đã làm tốt."


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {}, {"Origin": "null"}])
def test_form_from_elsewhere_is_not_shown_back(cast, url, headers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.officer)
    client.get(url)
    response = post(client, url, {"ket-qua": "của kẻ khác"}, headers=headers)
    assert response.status_code == 403
    assert "của kẻ khác" not in response.content.decode()


# --- risk, audit, queries -----------------------------------------------------------------------------------------


def test_hotlines_stand_where_children_at_risk_are_spoken_of(officer, cast, url):
    assert "18001744" not in text(officer.get(url))
    Report.objects.all().delete()
    make_task(cast.plan, "Xử lý đối với các hành vi xâm hại trẻ em")
    report = make_report(cast.obligation)
    report.form_version = plan_form(cast.duty)
    report.save(update_fields=["form_version"])
    page = text(officer.get(reverse("reports:filing", args=[report.pk])))
    assert 'href="tel:111"' in page
    assert 'href="tel:18001744"' in page


def test_saving_a_draft_is_no_event_for_the_audit(officer, url):
    before = AuditEvent.objects.count()
    post(officer, url, sound())
    assert AuditEvent.objects.count() == before


@pytest.fixture
def large_report(cast) -> Report:
    """A form with shares, figures and forty tasks of five bodies."""
    for number in range(40):
        make_task(cast.plan, f"Nhiệm vụ {number}", lead=f"Cơ quan {number % 5}")
    version = plan_form(cast.duty)
    for number in range(30):
        version.items.create(code=f"so-{number}", kind="count", label=f"Số {number}", unit_of_count="em", order=number)
    report = make_report(cast.obligation)
    report.form_version = version
    report.save(update_fields=["form_version"])
    return report


def test_queries_of_the_form_do_not_grow_with_it(officer, large_report, django_assert_num_queries):
    url = reverse("reports:filing", args=[large_report.pk])
    officer.get(url)
    with django_assert_num_queries(26):
        officer.get(url)


def test_queries_of_a_check(officer, large_report, django_assert_num_queries):
    with django_assert_num_queries(30):
        officer.get(reverse("reports:filing", args=[large_report.pk]), {"kiem-tra": "1"})


def test_tasks_left_open_are_one_line_of_the_summary(officer, large_report):
    page = text(officer.get(reverse("reports:filing", args=[large_report.pk]), {"kiem-tra": "1"}))
    summary = page[page.index('id="kiem-tra"') : page.index("</ul>", page.index('id="kiem-tra"'))]
    assert "Còn 40 nhiệm vụ chưa chọn tình hình." in summary
    assert summary.count("<li>") == page.count('aria-invalid="true"') - 39


def test_queries_of_a_save_by_itself(officer, large_report, django_assert_num_queries):
    with django_assert_num_queries(13):
        autosave(officer, large_report, {"ket-qua": ["", "a"]})


def test_report_in_which_nothing_is_said_is_not_filed(client, cast):
    cast.form.items.update(required=False)
    report = make_report(cast.obligation)
    client.force_login(cast.officer)
    url = reverse("reports:filing_submit", args=[report.pk])
    assert "chưa có nội dung nào" in client.get(url, follow=True).content.decode()
    answer = client.post(url, {"draft_version": report.draft_version}, follow=True)
    assert "chưa có nội dung nào" in answer.content.decode()
    report.refresh_from_db()
    assert (report.status, report.first_submitted_at) == ("draft", None)
