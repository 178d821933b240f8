"""A small plan that compiles, and ways to break it."""

from typing import Any

from plans.models import Plan

GOOD = """\
---
plan: 1
service: shop
---

# Shop rollback

## Rollback levels

### Level 1: Flag off (under 1 minute)

**Procedure:**

1. **Turn the flag off**

   ```bash {name=flag-off effect=idempotent verify=answers}
   echo off > flag
   ```

## Post-Rollback Validation

1. **The shop answers**

   ```bash {name=answers effect=read}
   cat flag
   ```
"""
# An undeclared placeholder, on line 17.
BROKEN = GOOD.replace("echo off > flag", "echo <wanted>")


def make_plan(text: str = GOOD, *, by: Any = None, approved: bool = False, slug: str = "shop") -> Plan:
    """A plan with one revision."""
    plan = Plan.create(text=text, by=by, slug=slug)
    if approved and plan.current:
        plan.current.approve(by=by)
    return plan
