"""Days off and swap days that were decreed after the package of holidays was made; they rule over it."""

from django.db import models
from django.db.models import Q


class SpecialDay(models.Model):
    """One day that is off, or worked, other than the general calendar says (orgunits/working_days.py).

    The days of Tết and the swap of working days are decreed each year; ``source`` names the document.
    """

    class Kind(models.TextChoices):
        OFF = "off", "Ngày nghỉ"
        WORKING = "working", "Ngày làm việc (làm bù)"

    day = models.DateField(
        "ngày",
        unique=True,
        error_messages={"unique": "Ngày này đã có trong bảng. Hãy sửa dòng đã có."},
    )
    kind = models.CharField("loại ngày", max_length=8, choices=Kind)
    name = models.CharField("tên gọi", max_length=150)
    source = models.CharField("văn bản căn cứ", max_length=250)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(source=""),
                name="special_day_names_its_source",
                violation_error_message="Hãy ghi tên gọi và văn bản căn cứ.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} · {self.name}"
