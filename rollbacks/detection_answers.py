"""What was detected must be gone before a watch may say *Recovered*: a leak or slow answers fail no request."""

from datetime import datetime
from typing import Any

from rollbacks import detection
from rollbacks.models import Detected, Watch
from rollbacks.statistics import CheckAnswer

RESULTS: dict[bool | None, Any] = {True: "fail", False: "pass", None: "cannot_tell"}


def answers_of(watch: Watch, now: datetime) -> list[CheckAnswer]:
    """One answer for each condition that holds on the target; errors are left out, the verdict counts them itself."""
    held = set(Detected.objects.filter(target=watch.target_id, holds=True).values_list("key", flat=True))
    if not held:
        return []
    readings = detection.read_all(watch.target, watch.run.revision.compiled, now)
    return [
        CheckAnswer(one.symptom, RESULTS[reading.holds], reading.words, "health")
        for one, reading in readings.items()
        if one.symptom[:300] in held and one.family != "errors"
    ]
