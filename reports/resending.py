"""Sends a letter again that failed or that somebody lost: a new row, with its own Message-ID, that says who asked."""

from typing import Any

from django.db import IntegrityError, transaction

from orgunits import audit
from orgunits.models import Delivery, OrgUnit, User
from orgunits.transitions import Conflict
from reports.mail_log import AGAIN

OWN = {field.name for field in Delivery._meta.fields} | {"id"}


@transaction.atomic
def send_again(row: Delivery, *, by: User, unit: OrgUnit | None) -> Delivery:
    """Write the row that goes out in place of this one; the caller rings for it.

    The constraint on ``resend_of`` decides among people who press at once. What the letter says is written anew, and
    the letter is looked at again as any other: it stays away where the report has been filed meanwhile.
    """
    model: Any = type(row)
    if row.status not in AGAIN:
        raise Conflict("Chỉ gửi lại được thư đã gửi hoặc thư bị lỗi. Hãy tải lại trang.")
    fields = [field for field in model._meta.concrete_fields if field.name not in OWN]
    content = {field.attname: getattr(row, field.attname) for field in fields}
    try:
        with transaction.atomic():
            again: Delivery = model.objects.create(
                **content, recipient_id=row.recipient_id, resend_of=row, resent_by=by
            )
    except IntegrityError as error:
        raise Conflict("Thư này đã có người bấm gửi lại.") from error
    audit.record("letter.send_again", row, by=by, org_unit=unit, recipient=row.recipient.full_name)
    return again
