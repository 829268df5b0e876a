"""The Celery application: three-line tasks in the four apps, a static beat schedule in the settings.

A row in the database is the truth about a job and the message is only a bell, so no results are kept. The broker is
Redis where ``REDIS_URL`` is set, else files in ``DATA_DIR/broker``.
"""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TRANSPORT_ALIASES["files"] = "config.file_broker:Transport"

app = Celery("mangnon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["config", "orgunits", "plans", "targets", "reports"])
app.autodiscover_tasks(["reports"], related_name="sheets_tasks")
app.autodiscover_tasks(["orgunits"], related_name="workbook_tasks")
app.autodiscover_tasks(["orgunits"], related_name="webhook_tasks")
app.autodiscover_tasks(["orgunits"], related_name="channel_tasks")


def open_broker(*, seconds: float = 5) -> None:
    """Make sure that the broker answers and that its queue exists; a caller does this before it starts a worker.

    Raises ``kombu.exceptions.OperationalError`` (an ``OSError`` for the file broker) where it does not. Web, worker
    and beat would otherwise each write the file broker's queue table in their first second, over one another.
    """
    for folder in settings.CELERY_BROKER_TRANSPORT_OPTIONS.values():
        if isinstance(folder, Path):
            folder.mkdir(parents=True, exist_ok=True)
    with app.connection_for_write(connect_timeout=seconds) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=seconds)
        app.amqp.queues[app.conf.task_default_queue](connection.default_channel).declare()
