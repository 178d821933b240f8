"""Run inside a test's installation: one target whose Level 1 takes some seconds, and its run started.

`python -m tests.config.a_long_step FOLDER SECONDS` prints the number of the run.
"""

import sys
from pathlib import Path

PLAN = """---
plan: 1
service: sleeper
---
# Sleeper

## Rollback levels

### Level 1: Sleep (under 2 minutes)

**Procedure:**

1. **Sleep for a while.**

   ```bash {name=nap effect=once timeout=100s verify=slept}
   touch started
   sleep SECONDS
   touch finished
   ```

## Proofs

```bash {name=slept effect=read}
test -e finished
```
"""


def main(root: Path, seconds: str) -> None:
    from django.contrib.auth import get_user_model

    from plans.models import Plan
    from rollbacks.models import Environment, Run, Service, Target

    by = get_user_model().objects.get()
    plan = Plan.create(text=PLAN.replace("SECONDS", seconds), by=by)
    revision = plan.current
    assert revision
    assert not revision.problems, revision.problems
    revision.approve(by=by)
    target = Target.objects.create(
        service=Service.objects.create(slug="sleeper", name="Sleeper"),
        environment=Environment.objects.create(slug="staging", name="Staging"),
        plan=plan,
        root=str(root),
    )
    run = Run.draft(target=target, revision=revision, kind="rollback", level=1, stream="incident:0", by=by)
    run.prepare()
    run.refresh_from_db()
    run.start(by=by, snapshot_hash=run.snapshot_hash)
    print(run.pk)


if __name__ == "__main__":
    import django

    django.setup()
    main(Path(sys.argv[1]), sys.argv[2])
