"""Many generators write a reminder once, many deliverers send it once. Each race has a control with the guard off."""

import datetime
import threading

import pytest
import time_machine
from django.db import IntegrityError

from orgunits import mail
from orgunits.models import Delivery, Role
from reports import digests, manual_reminders, reminders, resending
from reports.models import Digest, Reminder, SuperiorReminder
from tests import smtp
from tests.builders import make_user
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8
DUE = datetime.date(2026, 11, 9)
NOON = datetime.datetime(2026, 11, 9, 5, tzinfo=datetime.UTC)


@pytest.fixture
def box(settings):
    with smtp.mail_server() as server:
        smtp.use(settings, server)
        yield server


@pytest.fixture
def row(cast):
    return Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=cast.officer)


def test_eight_generators_at_once_write_each_row_once(cast):
    written = []
    press_together([lambda: written.append(reminders.write_reminders(DUE)) for _ in range(CROWD)])
    assert Reminder.objects.count() == 3
    assert sum(written) == 3  # each row is counted by the one who wrote it


def test_generators_whose_eyes_are_shut_still_write_each_row_once(cast, monkeypatch):
    """The unique constraint decides, not what a generator has read before."""
    looked = threading.Barrier(CROWD)
    insert = reminders.insert_once

    def insert_together(rows):
        looked.wait(PATIENCE)
        return insert(rows)

    monkeypatch.setattr(reminders, "insert_once", insert_together)
    written = []
    press_together([lambda: written.append(reminders.write_reminders(DUE)) for _ in range(CROWD)])
    assert Reminder.objects.count() == 3
    assert sum(written) == 3


def test_control_asking_first_and_inserting_then_is_refused_by_the_constraint(cast):
    """Without ignore_conflicts the same crowd breaks: the constraint is what holds."""
    looked = threading.Barrier(CROWD)

    def generate():
        if not Reminder.objects.filter(obligation=cast.obligation).exists():
            looked.wait(PATIENCE)
            Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=cast.officer)

    with pytest.raises(IntegrityError):
        press_together([generate] * CROWD)
    assert Reminder.objects.count() == 1


def test_two_people_who_press_the_button_at_once_remind_once(cast):
    both = [cast.obligation.pk, cast.sibling_obligation.pk]
    written: list[Reminder] = []

    def press(person):
        return lambda: written.extend(manual_reminders.remind(both, by=person, on=DUE)[1])

    press_together([press(person) for person in [cast.reviewer, cast.province_reviewer] * 4])
    assert len(written) == 3
    assert Reminder.objects.count() == 3
    assert {row.recipient for row in written} == {cast.officer, cast.colleague, cast.sibling_officer}


def deliver_together(pk) -> None:
    with time_machine.travel(NOON):
        press_together([lambda: reminders.deliver(pk)] * CROWD)


def test_eight_deliverers_at_once_send_one_letter(row, box):
    deliver_together(row.pk)
    assert len(box.letters) == 1
    row.refresh_from_db()
    assert (row.status, row.claims) == (Delivery.Status.SENT, 1)


def test_control_without_the_claim_more_than_one_letter_goes_out(row, box, monkeypatch):
    looked = threading.Barrier(CROWD)

    def claim_by_looking(self, pk, *, at):
        """Read, check, save."""
        found = self.get(pk=pk)
        looked.wait(PATIENCE)
        if found.status != Delivery.Status.WAITING:
            return False
        found.status, found.claimed_at = Delivery.Status.CLAIMED, at
        found.save(update_fields=["status", "claimed_at"])
        return True

    monkeypatch.setattr(type(Reminder.objects), "claim", claim_by_looking)
    deliver_together(row.pk)
    assert len(box.letters) > 1


def test_eight_who_send_again_at_once_send_one_letter(row, box):
    box.answers = ["554 Refused"]
    with time_machine.travel(NOON):
        reminders.deliver(row.pk)
    again: list[bool] = []
    press_together([lambda: again.append(Reminder.objects.send_again(row.pk))] * CROWD)
    assert again.count(True) == 1
    deliver_together(row.pk)
    assert len(box.letters) == 1


def test_eight_ticks_at_once_release_a_dead_workers_row_once(row, box):
    Reminder.objects.claim(row.pk, at=NOON - datetime.timedelta(minutes=16))
    with time_machine.travel(NOON):
        press_together([lambda: mail.unfinished(Reminder, at=NOON)] * CROWD)
    row.refresh_from_db()
    assert (row.status, row.releases) == (Delivery.Status.WAITING, 1)
    deliver_together(row.pk)
    assert len(box.letters) == 1


def drain_together() -> None:
    with time_machine.travel(NOON):
        press_together([reminders.drain] * CROWD)


def test_eight_who_claim_many_at_once_send_each_letter_once(cast, box):
    people = [make_user(f"Người {number}", unit=cast.base, role=Role.REPORTER) for number in range(20)]
    for person in people:
        Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=person)
    drain_together()
    assert sorted(box.recipients) == sorted(person.email for person in people)
    assert set(Reminder.objects.values_list("status", "claims")) == {(Delivery.Status.SENT, 1)}


def test_control_claiming_many_by_looking_sends_letters_more_than_once(row, box, monkeypatch):
    looked = threading.Barrier(CROWD)

    def claim_by_looking(self, limit, *, at):
        pks = list(self.ready(at=at).values_list("pk", flat=True)[:limit])
        if pks:
            looked.wait(PATIENCE)
            self.filter(pk__in=pks).update(status=Delivery.Status.CLAIMED, claimed_at=at, claims=1)
        return pks

    monkeypatch.setattr(type(Reminder.objects), "claim_many", claim_by_looking)
    monkeypatch.setattr(type(Reminder.objects), "start", lambda self, pk, **more: True)
    monkeypatch.setattr(mail, "_mine", lambda model, pks, at: model.objects.filter(pk__in=pks))
    with time_machine.travel(NOON):
        press_together([lambda: mail.deliver_many(Reminder, reminders.prepare)] * CROWD)
    assert len(box.letters) > 1


def test_eight_who_press_send_again_on_a_sent_letter_write_one(cast, row):
    Reminder.objects.update(status=Delivery.Status.SENT)
    sent = Reminder.objects.select_related("recipient").get()
    outcomes = press_together([lambda: resending.send_again(sent, by=cast.administrator, unit=cast.base)] * CROWD)
    assert outcomes.count("won") == 1
    assert Reminder.objects.filter(resend_of=sent).count() == 1


def test_eight_beats_at_once_write_each_digest_and_each_letter_to_the_superior_once(cast):
    late = datetime.datetime(2026, 11, 16, 3, tzinfo=datetime.UTC)

    def tick():
        reminders.write_reminders(late.date())
        digests.write(late)

    with time_machine.travel(late):
        press_together([tick] * CROWD)
    assert SuperiorReminder.objects.count() == 1
    assert sorted(Digest.objects.values_list("kind", flat=True)) == ["province", "review"]


def test_control_digests_without_the_round_are_refused_by_the_constraint(cast):
    looked = threading.Barrier(CROWD)

    def write():
        looked.wait(PATIENCE)
        Digest.objects.create(kind="review", recipient=cast.reviewer, day=DUE)

    with pytest.raises(IntegrityError):
        press_together([write] * CROWD)
    assert Digest.objects.count() == 1
