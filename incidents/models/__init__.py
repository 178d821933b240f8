from incidents.models.action_item import ActionItem, ActionKind
from incidents.models.alert import Alert, AlertStatus
from incidents.models.attachment import Attachment
from incidents.models.bug_tracker import BugTracker
from incidents.models.contact import Contact, Stakeholder
from incidents.models.delivery import Delivery, DeliveryStatus
from incidents.models.drill import Drill
from incidents.models.evidence import Evidence, EvidenceStatus
from incidents.models.incident import Incident
from incidents.models.incident_record import Kind, Severity, Status
from incidents.models.intake_payload import IntakePayload
from incidents.models.intake_rule import IntakeRule
from incidents.models.intake_token import IntakeToken
from incidents.models.known_use import KnownUse
from incidents.models.message import Message, MessageKind, MessageStatus
from incidents.models.page import Page, PageState
from incidents.models.phase import Phase
from incidents.models.plan_proposal import PlanProposal, ProposalStatus
from incidents.models.retrospective import Retrospective, RetrospectiveStatus
from incidents.models.retrospective_history import RetrospectiveComment, RetrospectiveVersion
from incidents.models.role import RoleAssignment, RoleName
from incidents.models.task import Task
from plans.models import Refused

__all__ = [
    "ActionItem",
    "ActionKind",
    "Alert",
    "AlertStatus",
    "Attachment",
    "BugTracker",
    "Contact",
    "Delivery",
    "DeliveryStatus",
    "Drill",
    "Evidence",
    "EvidenceStatus",
    "Incident",
    "IntakePayload",
    "IntakeRule",
    "IntakeToken",
    "Kind",
    "KnownUse",
    "Message",
    "MessageKind",
    "MessageStatus",
    "Page",
    "PageState",
    "Phase",
    "PlanProposal",
    "ProposalStatus",
    "Refused",
    "Retrospective",
    "RetrospectiveComment",
    "RetrospectiveStatus",
    "RetrospectiveVersion",
    "RoleAssignment",
    "RoleName",
    "Severity",
    "Stakeholder",
    "Status",
    "Task",
]
