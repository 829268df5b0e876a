"""What subscribers of calendars have been told of a due date, so that a later one is told as a change."""

import datetime
from typing import Self

from django.db import models

from reports.models.obligations import Obligation


class CalendarEntryQuerySet(models.QuerySet["CalendarEntry"]):
    def showing(self, due_on: datetime.date) -> Self:
        return self.filter(due_on=due_on)


class CalendarEntry(models.Model):
    """The day under which an obligation stands in calendars; ``sequence`` counts how often it was another one."""

    obligation = models.OneToOneField(
        Obligation, models.CASCADE, primary_key=True, related_name="calendar_entry", verbose_name="báo cáo"
    )
    due_on = models.DateField("hạn chót")
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    objects = CalendarEntryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.obligation_id}: {self.due_on}"
