"""Tasks that only say "look at this row": the row in the database is the truth, the message is a bell."""

import functools
import logging
from typing import Any

from celery.contrib.django.task import DjangoTask
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

logger = logging.getLogger(__name__)


class Bell(DjangoTask):
    """Where the broker does not answer, the change of the row stands and the tick rings again."""

    abstract = True

    def ring(self, *args: Any) -> None:
        try:
            self.apply_async(args, retry=False)
        except (OperationalError, ChannelError, OSError) as error:
            logger.warning("The broker does not answer; the tick will ring for %s%r: %s", self.name, args, error)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Ring after the transaction; the person who pressed never reads an error because of the broker."""
        transaction.on_commit(functools.partial(self.ring, *args))
