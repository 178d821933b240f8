from plans.models.approval import RevisionApproval
from plans.models.plan import Plan
from plans.models.refused import Refused, Stale
from plans.models.revision import Revision

__all__ = ["Plan", "Refused", "Revision", "RevisionApproval", "Stale"]
