"""Of two windows that change or issue one letter one does; the control looks without a lock, and both do."""

import datetime
import threading

import pytest
from django.db import transaction

from plans.issuing import Order
from plans.models import Letterhead, OutgoingDocument
from reports import official_letters, tasks
from reports.models import OfficialLetter, OfficialLetterNotice
from reports.official_letter_texts import Texts
from reports.official_letters import Typed
from tests.builders import LONG_AGO, make_official_letter
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime.date(2026, 11, 20)


@pytest.fixture
def letter(cast, monkeypatch):
    monkeypatch.setattr(tasks.deliver_official_letter, "delay_on_commit", lambda pk: None)
    Letterhead.objects.create(org_unit=cast.union, valid_from=LONG_AGO, issuer_line="CÔNG ĐOÀN", body_code="CĐVC")
    return make_official_letter(cast)


def issue(letter, by):
    return lambda: official_letters.issue(letter, Order(DAY), seen=letter.edits, by=by)


def test_letter_is_issued_once_and_tells_each_person_once(cast, letter):
    outcomes = press_together([issue(letter, cast.administrator)] * 6)
    assert outcomes.count("won") == 1
    assert OutgoingDocument.objects.count() == 1
    people = list(OfficialLetterNotice.objects.values_list("recipient_id", flat=True))
    assert len(people) == len(set(people)) == 2


def test_of_two_who_save_one_is_told(cast, letter):
    def save(words):
        typed = Typed(
            Texts(words, letter.opening, letter.request), "", letter.asked_until, frozenset({cast.obligation.pk})
        )
        return lambda: official_letters.save(letter, typed, seen=0, by=cast.reviewer, on=DAY)

    outcomes = press_together([save("Một"), save("Hai"), save("Ba")])
    assert outcomes.count("won") == 1
    assert OfficialLetter.objects.get().edits == 1


def test_control_without_the_guard_the_letter_goes_out_twice(cast, letter, monkeypatch):
    """Both look before either writes: what the lock and the count are for."""
    looked = threading.Barrier(2)

    def look(row, *, seen):
        looked.wait(PATIENCE)
        return OfficialLetter.objects.select_related("org_unit", "duty", "period", "outgoing").get(pk=row.pk)

    def write(row, *, by, **values):
        OfficialLetter.objects.filter(pk=row.pk).update(**values)

    monkeypatch.setattr(official_letters, "_lock_draft", look)
    monkeypatch.setattr(official_letters, "_write", write)
    if transaction.get_connection().vendor == "sqlite":
        pytest.skip("SQLite lets one writer in at a time: the second waits before it looks")
    assert press_together([issue(letter, cast.administrator)] * 2) == ["won", "won"]
    assert OutgoingDocument.objects.count() == 2
