"""A bell that nobody hears is no error: the row waits and the tick rings again."""

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from orgunits.models import Invitation
from orgunits.tasks import deliver_invitation
from tests.builders import make_user


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("no broker"), ConnectionRefusedError("no broker")])
def test_without_a_broker_the_row_stands_and_nobody_reads_an_error(
    monkeypatch, caplog, django_capture_on_commit_callbacks, error
):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(deliver_invitation, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        row = Invitation.objects.create(recipient=make_user())
        deliver_invitation.delay_on_commit(row.pk)
    assert Invitation.objects.waiting().filter(pk=row.pk).exists()
    assert "the tick will ring" in caplog.text


@pytest.mark.django_db
def test_nothing_rings_before_the_commit(monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr(deliver_invitation, "apply_async", lambda args, **kwargs: rung.append(args))
    with django_capture_on_commit_callbacks() as waiting:
        deliver_invitation.delay_on_commit(7)
        assert rung == []
    waiting[0]()
    assert rung == [(7,)]
