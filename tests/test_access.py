"""Every URL against every kind of person, with GET. A URL without a row here fails.

Columns: anonymous, officer of the unit, reviewer of the unit above, viewer there, administrator of that branch,
administrator of the installation, officer of another province. 302 for the anonymous leads to sign-in; 405 is the
answer of a page that only takes POST (its own tests hold the persons against it); 404 is "outside your scope" and
403 is "inside, but not yours to do".
"""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from orgunits import preferences, reform_following, reorganisation, webhooks
from orgunits.models import Reform, Role, RoleAssignment, SpecialDay, User, WorkbookImport
from plans.models import IssuedFile, NumberSeries, OutgoingDocument, Plan, PrintBatch, PrintJob
from reports import calendars, form_editing
from reports.models import (
    Activity,
    Attachment,
    CareModel,
    CareModelStep,
    FormCheck,
    Notice,
    Reminder,
    ReviewEvent,
    SheetImport,
    Snapshot,
    TextPick,
)
from reports.workflow import submit
from tests import builders

PERSONS = ("anonymous", "officer", "reviewer", "viewer", "unit_administrator", "administrator", "stranger")

TABLE: dict[str, tuple[str, str]] = {
    "home": ("-", "302 200 200 200 200 200 200"),
    "healthz": ("-", "503 503 503 503 503 503 503"),
    "filing_worker": ("-", "200 200 200 200 200 200 200"),
    "account_login": ("-", "200 302 302 302 302 302 302"),
    "account_logout": ("-", "302 200 200 200 200 200 200"),
    "account_inactive": ("-", "200 200 200 200 200 200 200"),
    "account_signup": ("-", "200 302 302 302 302 302 302"),
    "account_reauthenticate": ("-", "302 403 403 403 403 403 403"),
    "account_change_password": ("-", "302 302 302 302 302 302 302"),
    "account_set_password": ("-", "302 200 200 200 200 200 200"),
    "account_reset_password": ("-", "200 200 200 200 200 200 200"),
    "account_reset_password_done": ("-", "200 200 200 200 200 200 200"),
    "account_reset_password_from_key_done": ("-", "200 200 200 200 200 200 200"),
    "account_reset_password_from_key": ("reset", "200 200 200 200 200 200 200"),
    "mfa_index": ("-", "302 200 200 200 200 200 200"),
    "mfa_authenticate": ("-", "302 302 302 302 302 302 302"),
    "mfa_reauthenticate": ("-", "302 403 403 403 403 403 403"),
    "mfa_activate_totp": ("-", "302 200 200 200 200 200 200"),
    "mfa_deactivate_totp": ("-", "302 404 404 404 404 404 404"),
    "mfa_view_recovery_codes": ("-", "302 404 404 404 404 404 404"),
    "mfa_generate_recovery_codes": ("-", "302 200 200 200 200 200 200"),
    "mfa_download_recovery_codes": ("-", "302 404 404 404 404 404 404"),
    "orgunits:unit_list": ("-", "302 403 403 403 200 200 403"),
    "orgunits:unit_suggestions": ("-", "302 200 200 200 200 200 200"),
    "orgunits:unit_create": ("-", "302 403 403 403 200 200 403"),
    "orgunits:unit_detail": ("unit", "302 200 200 200 200 200 404"),
    "orgunits:unit_below": ("unit", "302 200 200 200 200 200 404"),
    "orgunits:unit_branch": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:unit_rename": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:unit_move": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:unit_end": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:unit_merge": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:unit_split": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:unit_restore": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:act_reverse": ("act", "302 403 403 403 200 200 403"),
    "orgunits:unit_contact": ("unit", "302 403 403 403 200 200 403"),
    "orgunits:unit_book_upload": ("-", "302 403 403 403 200 200 403"),
    "orgunits:unit_book_download": ("-", "302 403 403 403 200 200 403"),
    "orgunits:workbook_import": ("workbook", "302 403 403 403 200 404 403"),
    "orgunits:workbook_import_status": ("workbook", "302 403 403 403 200 404 403"),
    "orgunits:workbook_import_confirm": ("workbook", "405 405 405 405 405 405 405"),
    "orgunits:workbook_returned": ("workbook", "302 403 403 403 302 404 403"),
    "orgunits:reform_list": ("-", "302 403 403 403 200 200 403"),
    "orgunits:reform_upload": ("-", "302 403 403 403 200 200 403"),
    "orgunits:reform_template": ("-", "302 403 403 403 200 200 403"),
    "orgunits:reform_detail": ("reform", "302 403 403 403 200 200 403"),
    "orgunits:reform_reverse": ("reform", "302 403 403 403 200 200 403"),
    "orgunits:reform_take_up": ("reform", "405 405 405 405 405 405 405"),
    "orgunits:reform_follow_again": ("reform", "405 405 405 405 405 405 405"),
    "orgunits:special_day_list": ("-", "302 403 403 403 403 200 403"),
    "orgunits:special_day_create": ("-", "302 403 403 403 403 200 403"),
    "orgunits:special_day_change": ("special_day", "302 403 403 403 403 200 403"),
    "orgunits:special_day_remove": ("special_day", "405 405 405 405 405 405 405"),
    "orgunits:level_list": ("-", "302 403 403 403 403 200 403"),
    "orgunits:level_create": ("-", "302 403 403 403 403 200 403"),
    "orgunits:level_change": ("level", "302 403 403 403 403 200 403"),
    "orgunits:person_list": ("-", "302 403 403 403 200 200 403"),
    "orgunits:person_invite": ("-", "302 403 403 403 200 200 403"),
    "orgunits:person_detail": ("person", "302 403 403 403 200 200 403"),
    "orgunits:person_change": ("person", "302 403 403 403 200 200 403"),
    "orgunits:person_invite_again": ("person", "405 405 405 405 405 405 405"),
    "orgunits:person_deactivate": ("person", "405 405 405 405 405 405 405"),
    "orgunits:person_reactivate": ("person", "405 405 405 405 405 405 405"),
    "orgunits:role_give": ("person", "302 403 403 403 200 200 403"),
    "orgunits:role_end": ("role", "302 403 403 403 200 200 403"),
    "orgunits:delegation_list": ("-", "302 200 200 200 200 200 200"),
    "orgunits:delegation_create": ("-", "302 403 200 403 403 403 403"),
    "orgunits:delegation_end": ("delegation", "405 405 405 405 405 405 405"),
    "orgunits:audit_list": ("-", "302 403 403 403 200 200 403"),
    "orgunits:outbox": ("-", "302 403 403 403 403 200 403"),
    "orgunits:outbox_letter": ("letter", "302 403 403 403 403 404 403"),
    "orgunits:outbox_html": ("letter", "302 403 403 403 403 404 403"),
    "channels:notification_list": ("-", "302 200 200 200 200 200 200"),
    "channels:notification_read_all": ("-", "405 405 405 405 405 405 405"),
    "channels:notification_open": ("notification", "405 405 405 405 405 405 405"),
    "channels:preferences": ("-", "302 200 200 200 200 200 200"),
    "channels:try_again": ("-", "405 405 405 405 405 405 405"),
    "channels:unsubscribe": ("unsubscribe", "200 200 200 200 200 200 200"),
    "channels:person_try_again": ("person", "405 405 405 405 405 405 405"),
    "channels:webhook_list": ("-", "302 403 403 403 200 200 403"),
    "channels:webhook_create": ("-", "302 403 403 403 200 200 403"),
    "channels:webhook_dead_list": ("-", "302 403 403 403 200 200 403"),
    "channels:webhook_resend": ("webhook_delivery", "405 405 405 405 405 405 405"),
    "channels:webhook_discard": ("webhook_delivery", "405 405 405 405 405 405 405"),
    "channels:webhook_detail": ("webhook", "302 403 403 403 200 200 403"),
    "channels:webhook_change": ("webhook", "302 403 403 403 200 200 403"),
    "channels:webhook_switch": ("webhook", "405 405 405 405 405 405 405"),
    "channels:webhook_secret": ("webhook", "405 405 405 405 405 405 405"),
    "channels:webhook_test": ("webhook", "405 405 405 405 405 405 405"),
    "plans:plan_list": ("-", "302 200 200 200 200 200 200"),
    "plans:programme_create": ("-", "302 403 403 403 403 200 403"),
    "plans:programme_detail": ("programme", "302 200 200 200 200 200 200"),
    "plans:programme_edit": ("programme", "302 403 403 403 403 200 403"),
    "plans:document_create": ("programme", "302 403 403 403 200 200 403"),
    "plans:plan_register": ("programme+unit", "302 200 200 403 200 200 404"),
    "plans:plan_start": ("-", "302 200 200 200 200 200 200"),
    "plans:plan_create": ("unit_pk", "302 200 403 403 200 200 404"),
    "plans:plan_detail": ("plan", "302 200 200 200 200 200 404"),
    "plans:plan_source": ("plan", "302 200 200 200 200 200 404"),
    "plans:plan_edit": ("plan", "302 403 403 403 200 200 404"),
    "plans:plan_remove": ("plan", "405 405 405 405 405 405 405"),
    "plans:recipients_edit": ("plan", "302 403 403 403 200 200 404"),
    "plans:citations_edit": ("plan", "302 403 403 403 200 200 404"),
    "plans:plan_outline": ("plan", "302 403 403 403 200 200 404"),
    "plans:section_add": ("plan", "302 403 403 403 200 200 404"),
    "plans:section_edit": ("section", "302 403 403 403 200 200 404"),
    "plans:section_move": ("section", "405 405 405 405 405 405 405"),
    "plans:section_remove": ("section", "405 405 405 405 405 405 405"),
    "plans:duty_add": ("plan", "302 403 403 403 200 200 404"),
    "plans:duty_edit": ("plan_duty", "302 403 403 403 200 200 404"),
    "plans:duty_remove": ("plan_duty", "405 405 405 405 405 405 405"),
    "plans:letterhead_list": ("unit_pk", "302 200 200 200 200 200 404"),
    "plans:letterhead_add": ("unit_pk", "302 403 403 403 200 200 404"),
    "plans:letterhead_preview": ("unit_pk", "405 405 405 405 405 405 405"),
    "plans:letterhead_detail": ("letterhead", "302 200 200 200 200 200 404"),
    "plans:letterhead_edit": ("letterhead", "302 403 403 403 200 200 404"),
    "plans:letterhead_remove": ("letterhead", "405 405 405 405 405 405 405"),
    "plans:letterhead_seal": ("letterhead", "302 403 403 403 404 404 404"),
    "plans:letterhead_signature": ("letterhead", "302 403 403 403 404 404 404"),
    "plans:letterhead_signer_image": ("signer", "302 403 403 403 404 404 404"),
    "plans:plan_preview": ("plan", "302 200 200 200 200 200 404"),
    "plans:plan_print": ("plan", "405 405 405 405 405 405 405"),
    "plans:print_job": ("job", "302 200 404 404 404 404 404"),
    "plans:print_job_status": ("job", "302 200 404 404 404 404 404"),
    "plans:print_job_file": ("job", "302 404 404 404 404 404 404"),
    "plans:print_job_retry": ("job", "405 405 405 405 405 405 405"),
    "plans:programme_print": ("programme", "302 403 200 200 200 200 403"),
    "plans:print_list": ("-", "302 200 200 200 200 200 200"),
    "plans:print_batch": ("batch", "302 200 404 404 404 404 404"),
    "plans:print_batch_status": ("batch", "302 200 404 404 404 404 404"),
    "plans:print_batch_cancel": ("batch", "302 200 404 404 404 404 404"),
    "plans:print_batch_file": ("batch", "302 404 404 404 404 404 404"),
    "verification:start": ("-", "200 200 200 200 200 200 200"),
    "verification:document": ("verify_code", "200 200 200 200 200 200 200"),
    "plans:plan_issue": ("draft_plan", "302 403 403 403 200 200 404"),
    "plans:outgoing_list": ("unit_pk", "302 200 200 200 200 200 404"),
    "plans:outgoing_print": ("unit_pk", "302 200 200 200 200 200 404"),
    "plans:outgoing_export": ("unit_pk", "302 200 200 200 200 200 404"),
    "plans:outgoing_print_all": ("unit_pk", "302 200 200 200 200 200 404"),
    "plans:outgoing_reserve": ("unit_pk", "302 403 403 403 200 200 404"),
    "plans:outgoing_settings": ("unit_pk", "302 403 403 403 200 200 404"),
    "plans:outgoing_detail": ("outgoing", "302 200 200 200 200 200 404"),
    "plans:outgoing_void": ("outgoing", "302 403 403 403 200 200 404"),
    "plans:outgoing_sign": ("outgoing", "302 403 403 403 200 200 404"),
    "plans:outgoing_signed_copy": ("outgoing", "302 403 403 403 200 200 404"),
    "plans:issued_file": ("issued_file", "302 200 200 200 200 200 404"),
    "targets:target_add": ("plan_pk", "302 403 403 403 200 200 404"),
    "targets:target_edit": ("target", "302 403 403 403 200 200 404"),
    "targets:target_remove": ("target", "405 405 405 405 405 405 405"),
    "targets:indicator_add": ("plan_pk", "302 403 403 403 200 200 404"),
    "targets:indicator_edit": ("plan_pk+indicator", "302 403 403 403 200 200 404"),
    "reports:official_letter_list": ("-", "302 200 200 200 200 200 200"),
    "reports:official_letter_detail": ("sent_letter", "302 200 200 200 200 200 404"),
    "reports:official_letter_print": ("sent_letter", "405 405 405 405 405 405 405"),
    "reports:official_letter_file": ("sent_letter", "302 200 200 200 200 200 404"),
    "reports:official_letter_issue": ("draft_letter", "302 404 403 403 200 200 404"),
    "reports:official_letter_send_again": ("letter_notice", "405 405 405 405 405 405 405"),
    "reports:official_letter_create": ("duty+period", "302 403 200 403 200 200 404"),
    "reports:official_letter_edit": ("draft_letter", "302 404 200 403 200 200 404"),
    "reports:official_letter_preview": ("draft_letter", "405 405 405 405 405 405 405"),
    "reports:official_letter_drop_filed": ("draft_letter", "405 405 405 405 405 405 405"),
    "reports:official_letter_discard": ("draft_letter", "302 404 200 403 200 200 404"),
    "reports:report_list": ("-", "302 200 200 200 200 200 200"),
    "reports:obligation_detail": ("obligation", "302 200 200 200 200 200 404"),
    "reports:report_start": ("obligation", "405 405 405 405 405 405 405"),
    "reports:obligation_extend": ("obligation", "405 405 405 405 405 405 405"),
    "reports:obligation_close": ("obligation", "405 405 405 405 405 405 405"),
    "reports:obligation_waive": ("obligation", "405 405 405 405 405 405 405"),
    "reports:report_detail": ("report", "302 200 200 200 200 200 404"),
    "reports:report_history": ("report", "302 200 200 200 200 200 404"),
    "reports:report_compare": ("report", "302 302 302 302 302 302 404"),
    "reports:report_print": ("report", "302 200 200 200 200 200 404"),
    "reports:report_issue": ("report", "302 403 403 403 200 200 404"),
    "reports:consolidated": ("report", "302 200 200 200 200 200 404"),
    "reports:consolidated_snapshot": ("sent", "302 200 200 200 200 200 404"),
    "reports:consolidated_changes": ("report", "302 200 200 200 200 200 404"),
    "reports:report_correct": ("report", "405 405 405 405 405 405 405"),
    "reports:collected_texts": ("draft+text", "302 200 403 403 403 403 404"),
    "reports:passage_save": ("passage", "405 405 405 405 405 405 405"),
    "reports:review_queue": ("-", "302 403 200 403 403 403 403"),
    "reports:review_approve_many": ("-", "405 405 405 405 405 405 405"),
    "reports:report_approve": ("report", "405 405 405 405 405 405 405"),
    "reports:report_return": ("report", "405 405 405 405 405 405 405"),
    "reports:report_reopen": ("report", "405 405 405 405 405 405 405"),
    "reports:dashboard_home": ("-", "302 302 302 302 302 302 200"),
    "reports:dashboard": ("unit", "302 200 200 200 200 200 404"),
    "reports:missing": ("unit", "302 200 200 200 200 200 404"),
    "reports:duty_list": ("-", "302 200 200 200 200 200 200"),
    "reports:duty_detail": ("duty", "302 200 200 200 200 200 404"),
    "reports:due_rule_edit": ("rule", "302 403 403 403 200 200 404"),
    "reports:period_open": ("rule", "302 403 403 403 200 200 404"),
    "reports:duty_period": ("duty+period", "302 200 200 200 200 200 404"),
    "reports:period_print": ("duty+period", "302 200 200 200 200 200 404"),
    "reports:period_change": ("duty+period", "302 403 403 403 200 200 404"),
    "reports:period_renew": ("rule", "302 403 403 403 200 200 404"),
    "reports:year_plan": ("-", "302 403 403 403 200 200 403"),
    "reports:due_month": ("-", "302 200 200 200 200 200 200"),
    "reports:due_year": ("-", "302 200 200 200 200 200 200"),
    "reports:who_owes": ("-", "302 200 200 200 200 200 200"),
    "reports:form_list": ("-", "302 200 200 200 200 200 200"),
    "reports:form_create": ("-", "405 405 405 405 405 405 405"),
    "reports:form_detail": ("form", "302 200 200 200 200 200 404"),
    "reports:form_version": ("form+number", "302 200 200 200 200 200 404"),
    "reports:form_move": ("form+number", "302 403 403 403 200 200 404"),
    "reports:form_follow_plan": ("form", "302 403 403 403 200 200 404"),
    "reports:form_build": ("form", "302 403 403 403 200 200 404"),
    "reports:form_begin": ("form", "405 405 405 405 405 405 405"),
    "reports:form_draft_preview": ("form", "302 403 403 403 200 200 404"),
    "reports:form_discard": ("form", "302 403 403 403 200 200 404"),
    "reports:form_publish": ("form", "302 403 403 403 200 200 404"),
    "reports:form_order": ("form", "405 405 405 405 405 405 405"),
    "reports:items_from_ready": ("form", "302 403 403 403 200 200 404"),
    "reports:section_rename": ("form", "302 403 403 403 200 200 404"),
    "reports:section_move": ("form", "405 405 405 405 405 405 405"),
    "reports:item_add": ("form+kind", "302 403 403 403 200 200 404"),
    "reports:item_edit": ("form+code", "302 403 403 403 200 200 404"),
    "reports:item_remove": ("form+code", "302 403 403 403 200 200 404"),
    "reports:item_move": ("form+code", "405 405 405 405 405 405 405"),
    "reports:rule_add": ("form+code+kind", "302 403 403 403 200 200 404"),
    "reports:rule_edit": ("form+check", "302 403 403 403 200 200 404"),
    "reports:rule_remove": ("form+check", "405 405 405 405 405 405 405"),
    "reports:filing": ("draft", "302 200 403 403 403 403 404"),
    "reports:filing_autosave": ("draft", "405 405 405 405 405 405 405"),
    "reports:filing_submit": ("draft", "302 302 403 403 403 403 404"),
    "reports:filing_inherit": ("draft+source", "302 200 403 403 403 403 404"),
    "reports:sheet_download": ("draft", "302 200 403 403 403 403 404"),
    "reports:sheet_upload": ("draft", "302 200 403 403 403 403 404"),
    "reports:sheet_import": ("sheet", "302 200 404 404 404 404 404"),
    "reports:sheet_import_status": ("sheet", "302 200 404 404 404 404 404"),
    "reports:unit_sheet_download": ("duty+period", "302 302 403 403 403 403 404"),
    "reports:unit_sheet_upload": ("duty+period", "302 200 403 403 403 403 404"),
    "reports:sheet_import_confirm": ("sheet", "405 405 405 405 405 405 405"),
    "reports:attachment_download": ("attachment", "302 200 200 200 200 200 404"),
    "reports:activity_list": ("-", "302 200 200 200 200 200 200"),
    "reports:activity_create": ("-", "302 200 403 403 403 403 200"),
    "reports:activity_edit": ("activity", "302 200 403 403 403 403 404"),
    "reports:activity_delete": ("activity", "302 200 403 403 403 403 404"),
    "reports:care_model_list": ("-", "302 200 200 200 200 200 200"),
    "reports:care_model_create": ("-", "302 200 403 403 403 403 200"),
    "reports:care_model_detail": ("care_model", "302 200 200 200 200 200 404"),
    "reports:care_model_edit": ("care_model", "302 200 403 403 403 403 404"),
    "reports:care_model_delete": ("care_model", "302 200 403 403 403 403 404"),
    "reports:care_model_step": ("care_model", "302 200 403 403 403 403 404"),
    "reports:care_model_step_delete": ("care_model_step", "302 200 403 403 403 403 404"),
    "reports:handover": ("unit", "302 200 200 403 200 200 404"),
    "reports:calendar": ("-", "302 200 200 200 200 200 200"),
    "reports:calendar_renew": ("-", "405 405 405 405 405 405 405"),
    "reports:calendar_off": ("-", "405 405 405 405 405 405 405"),
    "reports:calendar_feed": ("calendar_token", "200 200 200 200 200 200 200"),
    "reports:address_problems": ("-", "302 403 403 403 200 200 403"),
    "reports:reminder_list": ("-", "302 403 200 403 200 200 403"),
    "reports:remind_now": ("-", "405 405 405 405 405 405 405"),
    "reports:reminder_send_again": ("reminder", "405 405 405 405 405 405 405"),
    "reports:notice_list": ("-", "302 403 200 403 200 200 403"),
    "reports:notice_send_again": ("notice", "405 405 405 405 405 405 405"),
    "reports:letter_log": ("log", "302 403 200 403 200 200 403"),
    "reports:letter_send_again": ("log+pk", "405 405 405 405 405 405 405"),
    "reports:letter_problems": ("-", "302 403 403 403 200 200 403"),
    "reports:ladder_edit": ("duty", "302 403 403 403 200 200 404"),
    "reports:sending_hours": ("-", "302 403 403 403 403 200 403"),
    "reports:message_template_list": ("-", "302 403 403 403 403 200 403"),
    "reports:message_template_edit": ("message", "302 403 403 403 403 200 403"),
}


def url_names(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found += url_names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            found.append(f"{prefix}{entry.name}")
    return found


@pytest.fixture
def objects(cast: SimpleNamespace) -> dict[str, dict[str, Any]]:
    """For each key kind of the table: the arguments of the URL, all of things in the cast's own branch."""
    task = builders.make_task(cast.plan)
    report = builders.make_report(cast.obligation)
    other_year = next(row for row in builders.open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk)
    draft = builders.make_report(other_year)
    attachment = Attachment.objects.create(
        report=report, file=ContentFile(b"%PDF-1.4", name="a.pdf"), original_name="a.pdf", size=8,
        content_type="application/pdf", caption="Ảnh", uploaded_by=cast.officer,
    )  # fmt: skip
    submit(report, builders.content() | {"attachments": [attachment.pk]}, by=cast.officer)
    event = ReviewEvent.objects.get(report=report)
    activity = Activity.objects.create(
        org_unit=cast.base, name="Tết Trung thu", occasion="mid_autumn", held_on="2026-09-25", recorded_by=cast.officer
    )
    care_model = CareModel.objects.create(org_unit=cast.base, name="Câu lạc bộ Nữ công", recorded_by=cast.officer)
    step = CareModelStep.objects.create(model=care_model, kind="kept", noted_on="2026-06-01", recorded_by=cast.officer)
    reminder = Reminder.objects.create(
        obligation=cast.obligation, rung="late-1", recipient=cast.officer, due_on="2026-11-09"
    )
    notice = Notice.objects.filter(event=event).first() or Notice.objects.create(event=event, recipient=cast.officer)
    batch = PrintBatch.objects.create(
        source="plans", title="Các kế hoạch", org_unit=cast.base, requested_by=cast.officer
    )
    job = PrintJob.objects.create(
        title="Kế hoạch", file_name="ke-hoach.pdf", content={}, content_hash="x", org_unit=cast.union,
        requested_by=cast.officer, status=PrintJob.Status.FAILED, finished_at=timezone.now(),
    )  # fmt: skip
    sheet = SheetImport.objects.create(
        uploaded_by=cast.officer, org_unit=cast.base, report=draft, duty=cast.duty, period=other_year.period,
        original_name="a.xlsx", status=SheetImport.Status.READY, changes={str(draft.pk): {"kinh-phi.v": ["", "5"]}},
    )  # fmt: skip
    letterhead = cast.base.letterheads.create(valid_from="2020-01-01", issuer_line="CÔNG ĐOÀN CƠ SỞ")
    signer = letterhead.signers.create(order=1, post="PHÓ CHỦ TỊCH", name="Lê Văn Hai")
    issued = OutgoingDocument.objects.create(
        series=NumberSeries.objects.create(org_unit=cast.base, year=2026, last=1), serial=1, org_unit=cast.base,
        kind="plan", number="01/KH-CĐCS", subject="Kế hoạch", status=OutgoingDocument.Status.ISSUED,
        issued_on="2026-11-02", created_by=cast.officer,
    )  # fmt: skip
    issued_file = IssuedFile.objects.create(
        document=issued, kind="pdf", file=ContentFile(b"%PDF-1.7", name="kh.pdf"), sha256="0" * 64, size=8, pages=1,
        added_by=cast.officer,
    )  # fmt: skip
    draft_letter, sent_letter = builders.make_official_letter(cast), builders.make_official_letter(cast)
    letter_notice = builders.send_official_letter(cast, sent_letter)
    draft_plan = builders.make_plan(cast.union, number="")
    Plan.objects.filter(pk=draft_plan.pk).update(status=Plan.Status.DRAFT)
    rule = cast.duty.due_rules.get()
    special_day = SpecialDay.objects.create(
        day=datetime.date(2026, 8, 22), kind=SpecialDay.Kind.WORKING, name="Làm bù", source="Thông báo thử"
    )
    ended = builders.make_unit("Công đoàn cơ sở cũ", parent=cast.union)
    builders.open_year(cast.duty, 2025)
    left = builders.make_report(ended.obligations.get(period__year=2025), draft={"ket-qua": "Đã làm."})
    reorganisation.end(ended, on=timezone.localdate(), by=None, successors=[cast.base])
    revision = report.revisions.get()
    Snapshot.objects.create(revision=revision, rows=[])
    passage = TextPick.objects.create(
        report=draft, item_code="ket-qua", source=revision, source_code="ket-qua", text="Tốt.", picked_by=cast.officer
    )
    delegation = RoleAssignment.objects.create(
        user=builders.make_user(unit=cast.union, role=Role.VIEWER), org_unit=cast.union, role=Role.REVIEWER,
        valid_from="2026-01-01", valid_to="2099-01-01", delegated_by=cast.reviewer,
    )  # fmt: skip
    workbook = WorkbookImport.objects.create(
        uploaded_by=cast.unit_administrator, kind="units", original_name="a.xlsx", status="ready", counts={"create": 1},
        changes=[["tạo", "X1", "Công đoàn cơ sở mới", "Công đoàn cơ sở, từ 01/01/2026"]],
    )  # fmt: skip
    reform = Reform.objects.create(sector="trade_union", name="Sắp xếp", effective_on=datetime.date(2027, 1, 1))
    with reorganisation.ordered("trade_union", on=reform.effective_on, by=None, reform=reform) as order:
        order.change(cast.sibling, name="Tên từ năm sau")
        order.end(builders.make_unit("Công đoàn cơ sở sẽ kết thúc", parent=cast.union))
    reform_following.keep(reform, {"roles": "left", "duties": "proposed", "obligations": "left"})
    pks = {
        "workbook": workbook.pk, "reform": reform.pk,
        "special_day": special_day.pk,
        "unit": cast.base.pk, "level": cast.base.latest_placement.level_id, "person": cast.officer.pk,
        "role": cast.officer.role_assignments.get().pk, "programme": cast.plan.programme_id, "plan": cast.plan.pk,
        "section": task.section_id, "plan_duty": cast.duty.pk, "duty": cast.duty.pk, "job": job.pk, "batch": batch.pk,
        "target": cast.target.pk, "obligation": cast.obligation.pk, "report": report.pk, "draft": draft.pk,
        "rule": rule.pk, "attachment": attachment.pk, "activity": activity.pk, "reminder": reminder.pk,
        "care_model": care_model.pk, "care_model_step": step.pk,
        "outgoing": issued.pk, "issued_file": issued_file.pk, "draft_plan": draft_plan.pk,
        "letterhead": letterhead.pk, "signer": signer.pk,
        "draft_letter": draft_letter.pk, "sent_letter": sent_letter.pk, "letter_notice": letter_notice.pk,
        "act": cast.base.reorganisations.get().pk, "notice": notice.pk, "sheet": sheet.pk, "delegation": delegation.pk,
    }  # fmt: skip
    calendars.renew(cast.officer, by=cast.officer)
    webhook = builders.make_webhook(cast.union, by=cast.unit_administrator)
    pks |= {
        "notification": cast.officer.notifications.create(key="x", title="Thông báo", url="/").pk,
        "webhook": webhook.pk,
        "webhook_delivery": webhooks.write_test(webhook, by=cast.unit_administrator).pk,
    }
    check = form_under_construction(cast)
    form = {"pk": cast.form.form_id}
    return {
        "-": {},
        "form": form,
        "form+number": form | {"number": cast.form.number},
        "form+kind": form | {"kind": "share"},
        "form+code": form | {"code": check.item.code},
        "form+code+kind": form | {"code": check.item.code, "kind": "item"},
        "form+check": form | {"check_pk": check.pk},
        **{kind: {"pk": pk} for kind, pk in pks.items()},
        "letter": {"name": "khong-co.log", "number": 1},
        "log": {"code": "cap-tren"},
        "log+pk": {"code": "tong-hop", "pk": 1},
        "message": {"code": "reminder_before"},
        "programme+unit": {"pk": cast.plan.programme_id, "unit_pk": cast.base.pk},
        "unit_pk": {"unit_pk": cast.base.pk},
        "plan_pk": {"plan_pk": cast.plan.pk},
        "plan_pk+indicator": {"plan_pk": cast.plan.pk, "pk": cast.target.indicator_id},
        "duty+period": {"pk": cast.duty.pk, "period_pk": cast.obligation.period_id},
        "sent": {"pk": report.pk, "number": 1},
        "draft+source": {"pk": draft.pk, "source_pk": left.pk},
        "draft+text": {"pk": draft.pk, "code": "ket-qua"},
        "passage": {"pk": draft.pk, "pick_pk": passage.pk},
        "verify_code": {"code": issued.verify_code},
        "unsubscribe": {"token": preferences.unsubscribe_path(cast.officer).rstrip("/").rpartition("/")[2]},
        "calendar_token": {"token": calendars.token_of(cast.officer.calendar_feed)},
        "reset": {"uidb36": "1", "key": "khong-dung"},
    }


def form_under_construction(cast: SimpleNamespace) -> FormCheck:
    """A second version in use, so that the reports stand on an older one, and a draft of the third with a rule."""
    form, by = cast.form.form, cast.administrator
    second = form_editing.begin(form, by=by, copied=cast.form)
    form_editing.publish(second, seen=0, replaces=form_editing.stamp(cast.form), note="", by=by)
    draft = form_editing.begin(form, by=by, copied=second)
    item = draft.items.get(code="tre-em-duoc-ho-tro")
    return FormCheck.objects.create(version=draft, item=item, kind=FormCheck.Kind.DROP, percent=30)


def answer(person: User | None, url: str) -> int:
    client = Client()
    if person:
        client.force_login(person)
    return client.get(url).status_code


def test_every_url_has_a_row() -> None:
    names = set(url_names(get_resolver()))
    assert names - TABLE.keys() == set(), "give these URLs a row"
    assert TABLE.keys() - names == set(), "these rows have no URL"


@pytest.mark.parametrize("group", ["", "orgunits", "channels", "plans", "verification", "targets", "reports"])
def test_everybody_gets_the_answer_of_the_table(
    group: str, cast: SimpleNamespace, objects: dict[str, dict[str, Any]]
) -> None:
    wrong = {}
    for name, (kind, row) in TABLE.items():
        if name.rpartition(":")[0] != group:
            continue
        url = reverse(name, kwargs=objects[kind])
        found = " ".join(str(answer(getattr(cast, person, None), url)) for person in PERSONS)
        if found != row:
            wrong[name] = found
    assert wrong == {}
