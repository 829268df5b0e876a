"""What a reviewer should look at in a filed revision, found once when it is filed."""

from typing import Any

from reports import text_prints
from reports.models import Attachment, Revision


def write(revision: Revision, found: dict[str, Any]) -> None:
    """Keep on the revision what ``found`` says of its content and which texts are old, and how many things that are.

    Call it in the transaction that files, for a revision that nobody has seen yet.
    """
    told = [row for row in found.get("warnings", []) if row["item"]]  # without ours of an earlier revision
    warnings = [*told, *_undeclared_pictures(revision)]
    every = {"checks": found.get("checks", []), "warnings": warnings, **text_prints.flags(revision)}
    revision.flags = {name: value for name, value in every.items() if value}
    revision.flag_count = sum(len(value) for value in revision.flags.values())
    revision.save(update_fields=["flags", "flag_count"])


def _undeclared_pictures(revision: Revision) -> list[dict[str, str]]:
    """A warning where pictures came without a word about the people in them, as those of an earlier time did."""
    files = revision.content.get("attachments")
    if not files:
        return []
    pictures = Attachment.objects.filter(
        report=revision.report_id, pk__in=files, content_type__startswith="image/", consent=""
    )
    count = pictures.count()
    sentence = (
        f"{count} ảnh chưa khai người trong ảnh đã đồng ý hay chưa. Nếu thấy rõ mặt trẻ em, hãy trả lại mục tài liệu."
    )
    return [{"item": "", "sentence": sentence}] if count else []
