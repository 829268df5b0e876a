"""Who: units and their places in time, people and their roles, the audit trail, outgoing mail."""

from orgunits.models.audit import AuditEvent
from orgunits.models.channels import Bounce, CalendarFeed, MessagePreference, Notification
from orgunits.models.delivery import Delivery, Invitation
from orgunits.models.people import Role, RoleAssignment, User
from orgunits.models.reorganisations import Reform, Reorganisation, ReorganisationUnit, Succession
from orgunits.models.special_days import SpecialDay
from orgunits.models.units import Level, OrgUnit, Placement, Sector
from orgunits.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent
from orgunits.models.workbooks import WorkbookImport

__all__ = [
    "AuditEvent",
    "Bounce",
    "CalendarFeed",
    "Delivery",
    "Invitation",
    "Level",
    "MessagePreference",
    "Notification",
    "OrgUnit",
    "Placement",
    "Reform",
    "Reorganisation",
    "ReorganisationUnit",
    "Role",
    "RoleAssignment",
    "Sector",
    "SpecialDay",
    "Succession",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WorkbookImport",
]
