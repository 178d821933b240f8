from rollbacks.models.approval import RunApproval
from rollbacks.models.attempt import Attempt
from rollbacks.models.baseline import FrozenBaseline, Heartbeat
from rollbacks.models.escalation import Escalation
from rollbacks.models.guard import Detected, Guard, Maintenance, ProcessReading
from rollbacks.models.output import OutputChunk
from rollbacks.models.run import Run
from rollbacks.models.sample import Sample
from rollbacks.models.sampling import Sampling
from rollbacks.models.secret import Secret
from rollbacks.models.service import Environment, Service
from rollbacks.models.states import Conflict, Refused
from rollbacks.models.step_run import StepRun
from rollbacks.models.target import Target
from rollbacks.models.verdict import Verdict
from rollbacks.models.watch import Watch
from rollbacks.models.worker import Worker

__all__ = [
    "Attempt",
    "Conflict",
    "Detected",
    "Environment",
    "Escalation",
    "FrozenBaseline",
    "Guard",
    "Heartbeat",
    "Maintenance",
    "OutputChunk",
    "ProcessReading",
    "Refused",
    "Run",
    "RunApproval",
    "Sample",
    "Sampling",
    "Secret",
    "Service",
    "StepRun",
    "Target",
    "Verdict",
    "Watch",
    "Worker",
]
