"""What events set off inside this room; called by the task that announces them."""

from django.db.models import Q

from rollbacks import baselines, runner, watch
from rollbacks.models import StepRun, Worker
from timeline.followers import Follower
from timeline.models import Event


def look_after_lost_step(event: Event) -> None:
    """A step was lost: its `verify` is asked at once, where its processes can be seen if a worker lives there."""
    step = StepRun.objects.select_related("run").filter(pk=event.data["step"]).first()
    if step is None or step.status != StepRun.Status.LOST:
        return
    attempt = step.last_attempt
    there = attempt is not None and not attempt.is_here and host_is_served(attempt.host, step.run.queue)
    if there:
        look_later(step)
    else:
        runner.look_after(step)


def host_is_served(host: str, queue: str) -> bool:
    """True when every living worker of the queue is on that host, so that a task on the queue gets there."""
    hosts = {worker.host for worker in Worker.objects.living().filter(~Q(stopping=True)) if queue in worker.queues}
    return hosts == {host}


def look_later(step: StepRun) -> None:
    """Sends the look to the workers of the run's queue."""
    from rollbacks import tasks

    tasks.send(tasks.look_after, step.pk, queue=step.run.queue, expires=tasks.FIRST_EXPIRES)


FOLLOWERS: dict[str, tuple[Follower, ...]] = {
    "run.started": (baselines.freeze_at_start,),
    "run.succeeded": (watch.open_after,),
    "step.lost": (look_after_lost_step,),
}
