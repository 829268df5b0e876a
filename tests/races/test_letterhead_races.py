"""Two administrators change a unit's letterhead at the same moment: one wins, the other is told, nothing overlaps."""

import datetime
import threading

import pytest
from django.db import connection

from plans import letterheads
from plans.letterheads import CHANGED, TEXTS, Typed
from plans.models import Letterhead
from tests.races.crowd import PATIENCE, press_together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
TODAY = datetime.date(2026, 11, 22)


@pytest.fixture
def head(cast):
    return Letterhead.objects.create(
        org_unit=cast.union, valid_from=datetime.date(2020, 1, 1), issuer_line="CÔNG ĐOÀN", place_name="Đắk Lắk"
    )


def typed(head, **changes):
    return Typed({name: getattr(head, name) for name in TEXTS} | changes)


def test_of_two_changes_one_is_kept_whole(cast, head):
    seen = letterheads.stamp(head)

    def change(**changes):
        return lambda: letterheads.change(
            Letterhead.objects.get(pk=head.pk), typed(head, **changes), seen=seen, on=TODAY, by=cast.administrator
        )

    outcomes = press_together([change(place_name="Buôn Hồ"), change(body_code="CĐVC")])
    assert sorted(outcomes) == sorted(["won", CHANGED])
    head.refresh_from_db()
    assert (head.place_name, head.body_code) in [("Buôn Hồ", ""), ("Đắk Lắk", "CĐVC")]


def test_control_without_the_mark_both_win_and_one_is_lost(cast, head):
    read = threading.Barrier(2)

    def change(**changes):
        def write():
            stored = Letterhead.objects.get(pk=head.pk)
            read.wait(PATIENCE)
            for name, value in typed(head, **changes).values.items():
                setattr(stored, name, value)
            stored.save()

        return write

    assert press_together([change(place_name="Buôn Hồ"), change(body_code="CĐVC")]) == ["won", "won"]
    head.refresh_from_db()
    assert (head.place_name, head.body_code) in [("Buôn Hồ", ""), ("Đắk Lắk", "CĐVC")]


def test_of_two_new_letterheads_one_is_made_and_nothing_overlaps(cast, head):
    seen = letterheads.stamp(head)

    def begin(day):
        return lambda: letterheads.begin(
            cast.union, typed(head), valid_from=datetime.date(2025, 7, day), seen=seen, by=cast.administrator
        )

    outcomes = press_together([begin(day) for day in (1, 2, 3, 4)])
    assert outcomes.count("won") == 1
    assert outcomes.count(CHANGED) == 3
    first, second = cast.union.letterheads.order_by("valid_from")
    assert (first.valid_to, second.valid_to) == (second.valid_from, None)
