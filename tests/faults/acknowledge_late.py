"""The product's Celery application with its safest setting turned round: started as `celery -A tests.faults.acknowledge_late`.

Late acknowledgement, a visibility time-out of 10 s and a sweep each second: Redis then delivers the hint of a long step
again and again. The product must not depend on a setting that somebody may change.
"""

from config.celery import app

VISIBILITY_SECONDS = 10
app.conf.task_acks_late = True
app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": VISIBILITY_SECONDS,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}
