from incidents.models.action_item import ActionItem, ActionKind
from incidents.models.alert import Alert, AlertStatus
from incidents.models.attachment import Attachment
from incidents.models.attempt import DeliveryAttempt
from incidents.models.audience import Audience, MessageTemplate, RecipientGroup
from incidents.models.audit_report import AuditReport
from incidents.models.bug_tracker import BugTracker
from incidents.models.contact import Contact, Stakeholder
from incidents.models.contact_channel import ChannelKind, ContactChannel
from incidents.models.delivery import Delivery, DeliveryStatus
from incidents.models.drill import Drill
from incidents.models.evidence import Evidence, EvidenceStatus
from incidents.models.hand_over import HandOver
from incidents.models.incident import Incident
from incidents.models.incident_record import Kind, Severity, Status
from incidents.models.intake_payload import IntakePayload
from incidents.models.intake_rule import IntakeRule
from incidents.models.intake_token import IntakeToken
from incidents.models.known_use import KnownUse
from incidents.models.message import Message, MessageKind, MessageStatus
from incidents.models.notice import Notice
from incidents.models.page import Page, PageState
from incidents.models.phase import Phase
from incidents.models.plan_proposal import PlanProposal, ProposalStatus
from incidents.models.presence import Presence
from incidents.models.promise import Promise
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
    "Audience",
    "AuditReport",
    "BugTracker",
    "ChannelKind",
    "Contact",
    "ContactChannel",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryStatus",
    "Drill",
    "Evidence",
    "EvidenceStatus",
    "HandOver",
    "Incident",
    "IntakePayload",
    "IntakeRule",
    "IntakeToken",
    "Kind",
    "KnownUse",
    "Message",
    "MessageKind",
    "MessageStatus",
    "MessageTemplate",
    "Notice",
    "Page",
    "PageState",
    "Phase",
    "PlanProposal",
    "Presence",
    "Promise",
    "ProposalStatus",
    "RecipientGroup",
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
