from rollbacks.models.approval import RunApproval
from rollbacks.models.attempt import Attempt
from rollbacks.models.output import OutputChunk
from rollbacks.models.run import Run
from rollbacks.models.service import Environment, Service
from rollbacks.models.states import Conflict, Refused
from rollbacks.models.step_run import StepRun
from rollbacks.models.target import Target
from rollbacks.models.worker import Worker

__all__ = [
    "Attempt",
    "Conflict",
    "Environment",
    "OutputChunk",
    "Refused",
    "Run",
    "RunApproval",
    "Service",
    "StepRun",
    "Target",
    "Worker",
]
