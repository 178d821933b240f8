from plans.models.approval import RevisionApproval
from plans.models.guide import Guide
from plans.models.plan import Plan
from plans.models.refused import Refused, Stale
from plans.models.revision import Revision
from plans.models.source import PlanSource

__all__ = ["Guide", "Plan", "PlanSource", "Refused", "Revision", "RevisionApproval", "Stale"]
