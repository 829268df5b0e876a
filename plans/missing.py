"""What a document or a plan does not say: shown plainly, never filled in by us."""

from collections.abc import Iterable

from plans.models import Document, Plan, ReportingDuty


def missing_of_document(document: Document) -> list[str]:
    """The parts that a document of its kind should have and that are not there, as sentences for the reader."""
    letter = document.kind == Document.Kind.LETTER
    checks = [
        (document.serial is None, "Chưa có số"),
        (document.issued_on is None, "Chưa có ngày ban hành"),
        (not document.place_name, "Chưa có địa danh"),
        (not document.subject, "Chưa có trích yếu"),
        (not document.signing_authority and not document.signer_post, "Chưa có thẩm quyền và chức vụ người ký"),
        (not document.signer_name, "Chưa có họ tên người ký"),
        (not any(each.kind == "copy" for each in document.recipients.all()), "Chưa có nơi nhận"),
        (letter and not any(each.kind == "addressee" for each in document.recipients.all()), "Chưa có nơi kính gửi"),
        (document.derives_from_id is None, "Chưa rõ triển khai văn bản nào"),
    ]
    return [words for is_missing, words in checks if is_missing]


def missing_of_duty(duty: ReportingDuty) -> list[str]:
    """What an administrator must still set before reports can be asked for."""
    rules = list(duty.due_rules.all())
    checks = [
        (not rules, "Văn bản không nêu kỳ báo cáo và thời hạn"),
        (duty.recipient_unit_id is None, "Chưa chọn đơn vị nhận báo cáo"),
    ]
    words = [sentence for is_missing, sentence in checks if is_missing]
    for rule in rules:
        if not rule.has_date:
            whose = f", cấp “{rule.level}”" if rule.level else f", đơn vị “{rule.unit}”" if rule.unit else ""
            words.append(f"Chưa có thời hạn cho kỳ {rule.get_period_kind_display().lower()}{whose}")
    return words


def missing_of_plan(plan: Plan, duties: Iterable[ReportingDuty]) -> list[str]:
    """Everything that is still open in a plan, its document first."""
    words = missing_of_document(plan.document)
    if not plan.sections.exists():
        words.append("Chưa nhập nội dung kế hoạch")
    for duty in duties:
        words += [f"{sentence} ({duty.name})" for sentence in missing_of_duty(duty)]
    return words
