"""Messages to a gateway over real HTTP: signed, taken, put off, refused, silent, gone, laid aside."""

import datetime
import socket
import uuid

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from orgunits import channel_tasks, reorganisation, webhook_sending, webhook_tasks, webhooks
from orgunits.models import WebhookDelivery, WebhookEndpoint
from reports import obligations, reminders, workflow
from tests import builders
from tests.gateway import gateway

pytestmark = pytest.mark.django_db

DUE = datetime.date(2026, 11, 9)
NOON = datetime.datetime(2026, 11, 9, 5, tzinfo=datetime.UTC)
Status = WebhookDelivery.Status


@pytest.fixture
def gate(settings):
    settings.WEBHOOK_LOOPBACK = True
    settings.WEBHOOK_SECONDS_LIMIT = 2
    with gateway() as found:
        yield found


@pytest.fixture
def endpoint(cast, gate):
    made = builders.make_webhook(cast.union, by=cast.unit_administrator, url=gate.url)
    gate.secret = webhooks.secret_of(made)
    return made


@pytest.fixture
def row(cast, endpoint):
    return webhooks.write_test(endpoint, by=cast.unit_administrator)


def send(row, at=None):
    with time_machine.travel(at or timezone.now(), tick=True):
        sent = webhook_sending.deliver(row.pk)
    row.refresh_from_db()
    return sent


def awake(row):
    WebhookEndpoint.objects.update(quiet_until=None)
    WebhookDelivery.objects.filter(pk=row.pk).update(not_before=None)


# --- one message ----------------------------------------------------------------------------------------------------


def test_the_gateway_takes_a_message_with_a_signature_that_it_can_check(row, gate):
    assert send(row) is True
    (taken,) = gate.taken
    assert (taken.id, taken.event) == (str(row.message_id), "test")
    assert taken.headers["Content-Type"] == "application/json; charset=utf-8"
    assert taken.headers["X-MangNon-Id"] == str(row.message_id)
    assert taken.body["unit"]["name"] == "Công đoàn Viên chức tỉnh Thử Nghiệm"
    assert (row.status, row.answer, row.error, row.tries) == (Status.SENT, 200, "", 1)
    assert gate.refused == []


def test_another_key_another_body_or_an_old_time_is_refused(row, gate, endpoint):
    """The control of the receiver: it does look."""
    body = webhook_sending.body_of(row)
    secret, now = webhooks.secret_of(endpoint), 1_800_000_000
    good = {"X-MangNon-Timestamp": str(now), "X-MangNon-Signature": webhook_sending.signature(secret, now, body)}
    assert gate.verify(good, body, now=now + 299) == ""
    assert gate.verify(good, body + b" ", now=now) == "signature"
    assert gate.verify(good | {"X-MangNon-Timestamp": str(now + 1000)}, body, now=now + 1000) == "signature"
    assert gate.verify(good, body, now=now + 301) == "time"
    gate.secret = "another"
    assert gate.verify(good, body, now=now) == "signature"


def test_a_renewed_key_signs_from_now_on(cast, row, gate, endpoint):
    webhooks.renew_secret(endpoint, by=cast.unit_administrator)
    assert send(row) is False
    assert (row.status, row.answer) == (Status.DEAD, 401)  # nobody can take it before the gateway knows the new key
    endpoint.refresh_from_db()
    gate.secret = webhooks.secret_of(endpoint)
    webhooks.resend(row, by=cast.unit_administrator)
    assert send(row) is True


def test_a_taken_message_is_never_sent_again(row, gate):
    send(row)
    assert send(row) is False
    assert gate.asked == 1


@pytest.mark.parametrize("answer", [500, 503, 429, 408, "close", "rubbish"])
def test_what_may_pass_is_tried_later_with_the_same_id_and_the_same_bytes(row, gate, answer):
    gate.answers = [answer]
    before = webhook_sending.body_of(row)
    assert send(row) is False
    assert (row.status, row.tries) == (Status.WAITING, 1)
    assert row.not_before > timezone.now()
    assert row.error
    assert send(row) is False  # too early: nobody asks the gateway
    assert gate.asked == 1
    awake(row)
    assert send(row) is True
    assert gate.ids == [str(row.message_id)]
    assert webhook_sending.body_of(row) == before


@pytest.mark.parametrize("answer", [400, 401, 404, 410, 301, 307])
def test_what_will_not_pass_is_laid_aside_at_once(row, gate, answer):
    gate.answers = [answer]
    gate.headers = {"Location": gate.url}
    assert send(row) is False
    assert (row.status, row.answer, row.tries) == (Status.DEAD, answer, 1)
    assert f"Cổng trả lời {answer}" in row.error
    assert gate.asked == 1  # a redirect is not followed


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_silent_gateway_holds_nobody_longer_than_the_limit(row, gate, settings, how):
    settings.WEBHOOK_SECONDS_LIMIT = 1
    gate.answers = [how]
    began = timezone.now()
    assert send(row) is False
    assert timezone.now() - began < datetime.timedelta(seconds=gate.silence / 2)
    assert row.status == Status.WAITING
    assert row.error.startswith(("Cổng không trả lời", "Cổng ngắt kết nối", "Cổng trả lời không đúng"))


def test_no_gateway_at_all_is_tried_again(row, endpoint):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{port}/")
    assert send(row) is False
    assert row.status == Status.WAITING
    assert "Không kết nối được cổng" in row.error


def test_eight_tries_with_growing_pauses_then_a_dead_letter(row, gate):
    gate.answers = [500] * 20
    at, pauses = timezone.now(), []
    while row.status == Status.WAITING:
        send(row, at)
        WebhookEndpoint.objects.update(quiet_until=None)
        if row.not_before and row.status == Status.WAITING:
            pauses.append(row.not_before - at)
            at = row.not_before + datetime.timedelta(seconds=1)
    assert (row.status, row.tries, gate.asked) == (Status.DEAD, 8, 8)
    minutes = [30 / 60, 2, 8, 32, 128, 360, 360]
    assert [round(pause.total_seconds() / 60 / wanted) for pause, wanted in zip(pauses, minutes, strict=True)] == [
        1
    ] * 7


def test_pauses_are_spread_by_a_fifth():
    half_minute = datetime.timedelta(seconds=30)
    assert webhook_sending.pause(1, chance=0) == half_minute * 0.8
    assert webhook_sending.pause(1, chance=0.5) == half_minute
    assert webhook_sending.pause(99, chance=0.5) == datetime.timedelta(hours=6)


@pytest.mark.parametrize(
    ("asked", "seconds"), [("3600", 3600), ("9999999", 6 * 3600), ("-5", 0), ("soon", 0), ("²", 0), ("", 0)]
)
def test_a_gateway_may_ask_for_a_longer_pause(row, gate, asked, seconds):
    gate.answers, gate.headers = [429], {"Retry-After": asked.replace("²", "2x")}
    send(row)
    waits = (row.not_before - timezone.now()).total_seconds()
    assert max(seconds, 24) - 5 < waits < max(seconds, 36) + 5


def test_a_failing_gateway_rests_and_its_other_messages_wait_without_losing_tries(cast, row, gate, endpoint):
    other = webhooks.write_test(endpoint, by=cast.unit_administrator)
    gate.answers = [500]
    send(row)
    assert send(other) is False
    assert (gate.asked, other.tries) == (1, 0)
    WebhookEndpoint.objects.update(quiet_until=timezone.now() - datetime.timedelta(seconds=1))
    assert send(other) is True
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.quiet_until) == (0, None)


def test_a_gateway_that_is_switched_off_is_not_asked(cast, row, gate, endpoint):
    webhooks.switch(endpoint, is_active=False, by=cast.unit_administrator)
    assert send(row) is False
    assert webhook_sending.unfinished(at=timezone.now()) == []
    webhooks.switch(endpoint, is_active=True, by=cast.unit_administrator)
    webhook_tasks.ring_for_webhooks()
    assert gate.ids == [str(row.message_id)]


def test_a_dead_workers_message_is_put_back_once(row, gate):
    at = timezone.now() - datetime.timedelta(minutes=6)
    WebhookDelivery.objects.claim(row.pk, at=at)
    assert webhook_sending.unfinished(at=timezone.now()) == [row.pk]
    WebhookDelivery.objects.claim(row.pk, at=at)
    assert webhook_sending.unfinished(at=timezone.now()) == []
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.DEAD, "Việc gửi dừng giữa chừng hai lần.")


def test_a_changed_key_of_the_installation_is_said(row, settings):
    settings.SECRET_KEY = "another-key-" * 5
    assert send(row) is False
    assert "hãy tạo lại khóa ký" in row.error


def test_an_earlier_key_of_the_installation_still_signs(row, gate, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-" * 5
    assert send(row) is True


def test_a_large_answer_is_not_read(row, gate, settings):
    gate.headers = {"X-Filler": "a" * 60_000}
    assert send(row) is True


# --- https ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for the name localhost, which this machine trusts for the time of the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.mark.parametrize(
    ("host", "is_trusted", "sent"), [("localhost", True, True), ("127.0.0.1", True, False), ("localhost", False, False)]
)
def test_https_needs_a_certificate_that_is_trusted_and_carries_the_name(
    cast, settings, monkeypatch, certificate, host, is_trusted, sent
):
    settings.WEBHOOK_LOOPBACK = True
    if not is_trusted:
        monkeypatch.delenv("SSL_CERT_FILE")
    with gateway(certificate) as gate:
        port = gate.url.rpartition(":")[2]
        made = builders.make_webhook(cast.union, by=cast.unit_administrator, url=f"https://{host}:{port}")
        gate.secret = webhooks.secret_of(made)
        row = webhooks.write_test(made, by=cast.unit_administrator)
        assert send(row) is sent
    assert len(gate.taken) == sent
    assert ("Chứng thư của cổng không hợp lệ" in row.error) is not sent


# --- with the events ------------------------------------------------------------------------------------------------


def test_a_reminder_is_written_for_the_gateways_above_its_unit(cast, endpoint, gate):
    builders.make_webhook(cast.elsewhere, by=cast.administrator, url=gate.url)
    builders.make_webhook(cast.province, by=cast.administrator, url=gate.url, events=["report.approved"])
    with time_machine.travel(NOON):
        reminders.write_reminders(DUE)
        reminders.write_reminders(DUE)
    rows = WebhookDelivery.objects.all()
    assert {(row.endpoint_id, row.event) for row in rows} == {(endpoint.pk, "reminder.due")}
    assert len(rows) == 3
    webhook_tasks.ring_for_webhooks()
    said = next(row.body for row in gate.taken if row.body["recipient"]["id"] == cast.officer.pk)
    assert said["report"]["due_on"] == "2026-11-09"
    assert said["report"]["url"].endswith(cast.obligation.get_absolute_url())
    assert said["text"].startswith("Măng Non: Báo cáo năm thực hiện Chỉ thị 28-CT/TW, Năm 2026, Công đoàn cơ sở số 01")
    assert "phone" not in said["recipient"]
    assert cast.officer.email not in str(said)


@pytest.mark.parametrize(
    ("at", "event"),
    [
        (datetime.datetime(2026, 11, 9, 16, 59, 59), "reminder.due"),
        (datetime.datetime(2026, 11, 9, 17, 0, 0), "reminder.overdue"),
    ],
)
def test_overdue_begins_at_midnight_in_viet_nam(cast, endpoint, at, event):
    with time_machine.travel(at.replace(tzinfo=datetime.UTC), tick=False):
        reminders.write_reminders(timezone.localdate())
    assert set(WebhookDelivery.objects.values_list("event", flat=True)) == {event}


def test_a_telephone_number_only_where_it_is_switched_on(cast, gate):
    type(cast.officer).objects.filter(pk=cast.officer.pk).update(phone="0905 000 000")
    builders.make_webhook(cast.union, by=cast.administrator, url=gate.url, with_phone=True)
    reminders.write_reminders(DUE)
    phones = {row.payload["recipient"]["phone"] for row in WebhookDelivery.objects.all()}
    assert phones == {"0905 000 000", ""}


def test_each_step_of_a_review_is_told(cast, endpoint):
    report = builders.make_report(cast.obligation)
    workflow.submit(report, builders.content(text="Nội dung mật."), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Lý do riêng.")
    workflow.submit(report, builders.content(), by=cast.officer)
    workflow.approve(report, by=cast.reviewer, comment="Lời nhắn riêng.")
    told = list(WebhookDelivery.objects.order_by("pk").values_list("event", flat=True))
    assert list(dict.fromkeys(told)) == ["report.submitted", "report.returned", "report.approved"]
    said = str(list(WebhookDelivery.objects.values_list("payload", flat=True)))
    assert [word for word in ("mật", "Lý do riêng", "Lời nhắn riêng") if word in said] == []


@pytest.mark.parametrize("what", ["filed", "waived", "another day", "nothing"])
def test_a_reminder_that_waited_is_looked_at_again(cast, endpoint, gate, what):
    with time_machine.travel(NOON):
        reminders.write_reminders(DUE)
        row = WebhookDelivery.objects.filter(payload__recipient__id=cast.officer.pk).get()
        match what:
            case "filed":
                workflow.submit(builders.make_report(cast.obligation), builders.content(), by=cast.officer)
            case "waived":
                obligations.waive(cast.obligation, reason="Mới thành lập", by=cast.administrator)
            case "another day":
                obligations.extend(
                    cast.obligation, until=datetime.date(2026, 11, 20), reason="Bão", by=cast.administrator
                )
    assert send(row, NOON) is (what == "nothing")
    assert (row.status == Status.DISCARDED) is (what != "nothing")
    assert gate.asked == (what == "nothing")


def test_without_a_gateway_nothing_is_asked_but_whether_there_is_one(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert webhooks.listening(["reminder.due"]) == []


def test_an_ended_unit_is_heard_of_through_its_successor(cast, endpoint):
    outside = builders.make_unit("Công đoàn cơ sở ngoài", parent=cast.elsewhere)
    builders.make_webhook(cast.elsewhere, by=cast.administrator)
    reorganisation.end(cast.base, on=datetime.date(2026, 11, 1), by=None, successors=[outside])
    above = webhooks._units_above({cast.base.pk}, on=DUE)[cast.base.pk]
    assert {cast.base.pk, outside.pk, cast.elsewhere.pk, cast.union.pk} <= above


def test_old_messages_are_removed_and_dead_ones_wait_for_a_person(cast, endpoint, settings):
    settings.NOTIFICATION_DAYS = 30
    old = timezone.now() - datetime.timedelta(days=31)
    for status in Status.values:
        WebhookDelivery.objects.create(
            endpoint=endpoint, key=status, event="test", payload={}, message_id=uuid.uuid4(), status=status
        )
    WebhookDelivery.objects.update(created_at=old)
    channel_tasks.remove_old()
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"waiting", "claimed", "dead"}


# --- names that lead elsewhere later ---------------------------------------------------------------------------------


def resolver(*numbers):
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]


def test_a_name_that_has_moved_inside_since_is_refused_at_sending(row, gate, settings, monkeypatch):
    settings.WEBHOOK_LOOPBACK = False
    WebhookEndpoint.objects.update(url="https://cong.vi-du.vn/")
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.0.1"))
    assert send(row) is False
    assert "mạng nội bộ" in row.error
    assert gate.asked == 0


def test_the_address_that_was_looked_at_is_the_one_that_is_spoken_to(row, gate, endpoint, monkeypatch):
    """A name that answers otherwise the second time (DNS rebinding) gets nothing: it is not asked a second time."""
    port = int(gate.url.rpartition(":")[2].partition("/")[0])
    WebhookEndpoint.objects.update(url=f"http://cong.vi-du.vn:{port}/")
    asked = []

    def once(host, port, **options):
        if host == "cong.vi-du.vn":
            asked.append(host)
        return real(host if host == "127.0.0.1" else "127.0.0.1", port, **options)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *args, **options: once(host, port, **options))
    assert send(row) is True
    assert asked == ["cong.vi-du.vn"]
    assert gate.taken[0].headers["Host"] == f"cong.vi-du.vn:{port}"
