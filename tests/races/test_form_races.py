"""Two administrators who press at the same moment: one wins, the other one sees who was first."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from orgunits.transitions import Conflict
from reports import form_editing, form_items
from reports.models import FormVersion
from tests.races.crowd import PATIENCE, press_together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]


@pytest.fixture
def draft(cast):
    return form_editing.begin(cast.form.form, by=cast.administrator, copied=cast.form)


def test_one_of_two_publishers_wins(cast, draft):
    def publish(by, note):
        return lambda: form_editing.publish(
            FormVersion.objects.get(pk=draft.pk), seen=0, replaces=form_editing.stamp(cast.form), note=note, by=by
        )

    outcomes = press_together([publish(cast.administrator, "A"), publish(cast.unit_administrator, "B")])
    assert sorted(outcome == "won" for outcome in outcomes) == [False, True]
    now = FormVersion.objects.get(pk=draft.pk)
    assert now.note == "AB"[outcomes.index("won")]


def test_an_edit_and_a_publication_never_both_happen(cast, draft):
    def edit():
        item = FormVersion.objects.get(pk=draft.pk).items.get(code="ket-qua")
        form_items.shift(item, up=True, seen=0, by=cast.unit_administrator)

    def publish():
        now = FormVersion.objects.get(pk=draft.pk)
        form_editing.publish(now, seen=0, replaces=form_editing.stamp(cast.form), note="", by=cast.administrator)

    outcomes = press_together([edit, publish])
    assert sorted(outcome == "won" for outcome in outcomes) == [False, True]


def test_one_of_two_drafts_is_begun(cast):
    outcomes = press_together(
        [
            lambda: form_editing.begin(cast.form.form, by=cast.administrator, copied=cast.form),
            lambda: form_editing.begin(cast.form.form, by=cast.unit_administrator),
        ]
    )
    assert sorted(outcome == "won" for outcome in outcomes) == [False, True]


def test_control_reading_first_and_saving_then_lets_both_publish(cast, draft):
    both_have_read = threading.Barrier(2)

    def publish(note):
        def press():
            with transaction.atomic():
                now = FormVersion.objects.get(pk=draft.pk)
                both_have_read.wait(PATIENCE)
                if now.published_at:
                    raise Conflict("too late")
                now.note, now.published_at = note, timezone.now()
                now.save(update_fields=["note", "published_at"])

        return press

    assert press_together([publish("A"), publish("B")]) == ["won", "won"]
