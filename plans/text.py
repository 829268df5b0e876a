"""A structured plan written back as plain text, one line for each line or paragraph of the document."""

from collections.abc import Iterator

from plans.models import Document, Plan, Recipient
from plans.outline import Node, outline


def plain_text(plan: Plan) -> str:
    """The whole plan as text. What the source did not say is left out; nothing is normalised."""
    return "\n".join(text_lines(plan))


def text_lines(plan: Plan) -> list[str]:
    """The lines of the plan: head, text, recipients, signature."""
    document = plan.document
    copies = [recipient.text for recipient in document.recipients.all() if recipient.kind == Recipient.Kind.COPY]
    lines = [*_head(document)]
    for node in outline(plan):
        lines += _node(node)
    if copies:
        lines += ["Nơi nhận:", *(f"- {text}" for text in copies)]
    lines += [*document.signing_authority.split("\n"), document.signer_post, document.signer_name]
    return [line for line in lines if line]


def _head(document: Document) -> Iterator[str]:
    addressees = [
        recipient.text for recipient in document.recipients.all() if recipient.kind == Recipient.Kind.ADDRESSEE
    ]
    if document.number:
        yield f"Số: {document.number}"
    yield ", ".join(filter(None, [document.place_name, document.date_words]))
    if document.kind != Document.Kind.LETTER:
        yield document.get_kind_display().upper()
    yield document.subject
    if addressees:
        yield "Kính gửi:"
        yield from (f"- {text}" for text in addressees)


def _node(node: Node) -> Iterator[str]:
    section = node.section
    first, *rest = filter(None, [section.heading, section.body])
    yield f"{section.number} {first}".strip()
    yield from rest
    for child in node.children:
        yield from _node(child)
    for responsibility in node.labelled:
        yield f"{responsibility.label}: {responsibility.bodies}"
    if node.task and node.task.time_label:
        yield f"{node.task.time_label}: {node.task.time_frame}"
