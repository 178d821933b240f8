from incidents.models.alert import Alert, AlertStatus
from incidents.models.contact import Contact, Stakeholder
from incidents.models.delivery import Delivery, DeliveryStatus
from incidents.models.drill import Drill
from incidents.models.evidence import Evidence, EvidenceStatus
from incidents.models.incident import Incident
from incidents.models.incident_record import Kind, Severity, Status
from incidents.models.intake_rule import IntakeRule
from incidents.models.intake_token import IntakeToken
from incidents.models.message import Message, MessageKind, MessageStatus
from incidents.models.page import Page, PageState
from incidents.models.phase import Phase
from incidents.models.retrospective import ActionItem, Retrospective, RetrospectiveStatus
from incidents.models.role import RoleAssignment, RoleName
from incidents.models.task import Task
from plans.models import Refused

__all__ = [
    "ActionItem",
    "Alert",
    "AlertStatus",
    "Contact",
    "Delivery",
    "DeliveryStatus",
    "Drill",
    "Evidence",
    "EvidenceStatus",
    "Incident",
    "IntakeRule",
    "IntakeToken",
    "Kind",
    "Message",
    "MessageKind",
    "MessageStatus",
    "Page",
    "PageState",
    "Phase",
    "Refused",
    "Retrospective",
    "RetrospectiveStatus",
    "RoleAssignment",
    "RoleName",
    "Severity",
    "Stakeholder",
    "Status",
    "Task",
]
