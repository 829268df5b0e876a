"""The administrators' pages of gateways: who may, what is refused in words, the key shown once, dead letters."""

import re

import pytest

from orgunits import webhooks
from orgunits.models import AuditEvent, WebhookDelivery, WebhookEndpoint
from tests import builders
from tests.gateway import gateway

pytestmark = pytest.mark.django_db

URL = "/cong-gui-tin/"
Status = WebhookDelivery.Status


@pytest.fixture(autouse=True)
def gate(settings):
    settings.WEBHOOK_LOOPBACK = True
    with gateway() as found:
        yield found


@pytest.fixture
def endpoint(cast, gate):
    made = builders.make_webhook(cast.union, by=cast.unit_administrator, url=gate.url)
    gate.secret = webhooks.secret_of(made)
    return made


@pytest.fixture
def row(cast, endpoint):
    row = webhooks.write_test(endpoint, by=cast.unit_administrator)
    WebhookDelivery.objects.update(status=Status.DEAD, tries=8, error="Cổng trả lời 500.")
    return row


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.unit_administrator)
    return client


@pytest.fixture
def stranger(cast, client):
    """An administrator of another province."""
    cast.stranger.role_assignments.create(org_unit=cast.elsewhere, role="administrator", valid_from="2020-01-01")
    client.force_login(cast.stranger)
    return client


def fields(gate, **changes):
    given = {"unit": "Công đoàn Viên chức tỉnh Thử Nghiệm", "name": "Cổng Zalo", "url": gate.url, "with_phone": "on"}
    return given | {"events": ["reminder.overdue", "reminder.due"]} | changes


def text(answer):
    return answer.content.decode()


def key_in(page):
    found = re.search(r'class="copied">([\w-]{43})<', page)
    return found and found[1]


# --- adding ---------------------------------------------------------------------------------------------------------


def test_a_gateway_is_added_and_its_key_shown_once(admin, cast, gate):
    page = text(admin.post(f"{URL}them/", fields(gate), follow=True))
    made = WebhookEndpoint.objects.get()
    assert (made.org_unit, made.events, made.with_phone) == (cast.union, ["reminder.due", "reminder.overdue"], True)
    assert key_in(page) == webhooks.secret_of(made)
    again = text(admin.get(made.get_absolute_url()))
    assert key_in(again) is None
    assert webhooks.secret_of(made) not in {str(value) for value in WebhookEndpoint.objects.values().get().values()}
    assert AuditEvent.objects.get(action="webhook.add").org_unit == cast.union


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://10.0.0.1/"}, "https://"),
        ({"url": "https://169.254.169.254/latest/meta-data/"}, "mạng nội bộ"),
        ({"url": "khong phai dia chi"}, "không có dấu cách"),
        ({"url": ""}, "Hãy điền mục này."),
        ({"events": []}, "Hãy chọn ít nhất một sự kiện."),
        ({"events": ["test"]}, "Lựa chọn này không còn."),
        ({"unit": "Liên đoàn Lao động tỉnh Nơi Khác"}, "Không có đơn vị nào như vậy trong phạm vi của bạn."),
        ({"name": "x" * 101}, "100"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(admin, gate, changes, said):
    answer = admin.post(f"{URL}them/", fields(gate, **changes))
    assert answer.status_code == 200
    assert said in text(answer)
    assert f'value="{changes.get("name", "Cổng Zalo")}"' in text(answer)
    assert WebhookEndpoint.objects.count() == 0


def test_the_same_address_twice_for_a_unit_is_refused(admin, endpoint, gate):
    answer = admin.post(f"{URL}them/", fields(gate))
    assert "Đơn vị này đã có cổng gửi tin tới địa chỉ đó." in text(answer)
    assert WebhookEndpoint.objects.count() == 1


# --- changing -------------------------------------------------------------------------------------------------------


def test_a_change_is_on_record_with_what_stood_there(admin, endpoint, gate):
    changed = fields(gate, name="Cổng SMS", events=["report.returned"])
    assert admin.post(f"{URL}{endpoint.pk}/sua/", changed).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.events) == ("Cổng SMS", ["report.returned"])
    changes = AuditEvent.objects.get(action="webhook.change").data["changes"]
    assert changes["name"] == ["Cổng Zalo của tỉnh", "Cổng SMS"]
    assert changes["events"][1] == "Báo cáo bị trả lại"


def test_nothing_changed_is_not_on_record(admin, endpoint, gate):
    same = fields(gate, name=endpoint.name, events=endpoint.events)
    del same["with_phone"]
    admin.post(f"{URL}{endpoint.pk}/sua/", same)
    assert not AuditEvent.objects.filter(action="webhook.change").exists()


def test_switching_off_twice_is_a_conflict(admin, endpoint):
    address = f"{URL}{endpoint.pk}/bat-tat/"
    assert admin.post(address, {"viec": "tat"}).status_code == 302
    answer = admin.post(address, {"viec": "tat"})
    assert answer.status_code == 409
    assert "đã tắt trước đó" in text(answer)
    assert admin.post(address, {"viec": "bat"}).status_code == 302


def test_a_new_key_is_shown_once_and_is_another(admin, endpoint):
    before = webhooks.secret_of(endpoint)
    page = text(admin.post(f"{URL}{endpoint.pk}/khoa/", follow=True))
    endpoint.refresh_from_db()
    assert key_in(page) == webhooks.secret_of(endpoint) != before


def test_who_renews_from_a_stale_page_is_told(cast, endpoint):
    stale = WebhookEndpoint.objects.get()
    webhooks.renew_secret(endpoint, by=cast.unit_administrator)
    with pytest.raises(webhooks.Conflict, match="vừa được người khác tạo lại"):
        webhooks.renew_secret(stale, by=cast.unit_administrator)


# --- sending by hand ------------------------------------------------------------------------------------------------


def test_a_test_message_is_sent(admin, endpoint, gate, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"{URL}{endpoint.pk}/gui-thu/")
    assert [row.event for row in gate.taken] == ["test"]
    assert "Gửi thử" in text(admin.get(endpoint.get_absolute_url()))


def test_no_test_message_through_a_gateway_that_is_off(admin, cast, endpoint, gate):
    webhooks.switch(endpoint, is_active=False, by=cast.unit_administrator)
    assert "Hãy bật cổng trước" in text(admin.post(f"{URL}{endpoint.pk}/gui-thu/", follow=True))
    assert WebhookDelivery.objects.count() == 0


def test_a_dead_letter_is_sent_again_under_the_same_id(admin, row, gate, django_capture_on_commit_callbacks):
    assert "Cổng trả lời 500." in text(admin.get(f"{URL}khong-gui-duoc/"))
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post(f"{URL}tin/{row.pk}/gui-lai/").status_code == 302
    assert gate.ids == [str(row.message_id)]
    assert "Không có tin nào bị kẹt" in text(admin.get(f"{URL}khong-gui-duoc/"))


def test_the_administrators_list_of_work_counts_dead_letters(admin, row):
    assert "1 tin không gửi được qua cổng gửi tin" in text(admin.get("/"))


@pytest.mark.parametrize("first", ["gui-lai", "bo"])
@pytest.mark.parametrize("then", ["gui-lai", "bo"])
def test_the_second_who_decides_is_told(admin, row, first, then):
    assert admin.post(f"{URL}tin/{row.pk}/{first}/").status_code == 302
    answer = admin.post(f"{URL}tin/{row.pk}/{then}/")
    assert answer.status_code == 409
    assert "đã có người gửi lại hoặc bỏ" in text(answer)


def test_a_discarded_letter_is_not_sent(admin, row, gate):
    admin.post(f"{URL}tin/{row.pk}/bo/")
    row.refresh_from_db()
    assert (row.status, gate.asked) == (Status.DISCARDED, 0)


# --- rights ---------------------------------------------------------------------------------------------------------


def test_another_provinces_administrator_sees_and_touches_nothing(stranger, endpoint, row):
    assert endpoint.name not in text(stranger.get(URL))
    assert "Cổng trả lời 500" not in text(stranger.get(f"{URL}khong-gui-duoc/"))
    addresses = [f"{URL}{endpoint.pk}/{verb}/" for verb in ("bat-tat", "khoa", "gui-thu", "sua")]
    addresses += [f"{URL}tin/{row.pk}/{verb}/" for verb in ("gui-lai", "bo")]
    assert {stranger.post(address).status_code for address in addresses} == {404}
    row.refresh_from_db()
    assert row.status == Status.DEAD


def test_who_administers_nothing_may_not(client, cast, endpoint, row):
    client.force_login(cast.reviewer)
    addresses = [f"{URL}{endpoint.pk}/{verb}/" for verb in ("bat-tat", "khoa", "gui-thu", "sua")]
    assert {client.post(address).status_code for address in [*addresses, f"{URL}tin/{row.pk}/bo/"]} == {403}


def test_pages_cost_the_same_for_many(admin, cast, endpoint, django_assert_max_num_queries):
    for number in range(20):
        made = builders.make_webhook(cast.base, by=cast.administrator, url=f"https://cong.vi-du.vn/{number}")
        webhooks.write_test(made, by=cast.administrator)
        webhooks.write_test(endpoint, by=cast.administrator)
    for address, most in [(URL, 14), (endpoint.get_absolute_url(), 16), (f"{URL}khong-gui-duoc/", 14)]:
        with django_assert_max_num_queries(most):
            admin.get(address)
