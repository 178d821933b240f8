"""The templates behind a plan that has none, and those of the other audiences. Pure.

They end in the next update, never in a promised end.
"""

from typing import Any

_STATUS = {"raw": "IN PROGRESS / RESOLVED", "name": "status", "choices": ["IN PROGRESS", "RESOLVED"]}

STAKEHOLDERS: dict[str, Any] = {
    "subject": "[INCIDENT] [TITLE] - [SEVERITY]",
    "body": """Status: IN PROGRESS / RESOLVED
Rollback Level: [level]
Time Detected: [timestamp]
Time Resolved: [timestamp] (or ETA)

Impact:
- [Describe user-facing impact]

Actions Taken:
- [Rollback procedure executed]
- [Validation completed]

Next Steps:
- [Monitoring plan]

Incident Manager: [Name]
""",
    "fields": [_STATUS],
}
TEAM: dict[str, Any] = {
    "subject": "[INCIDENT] [TITLE] (team)",
    "body": """Time Detected: [timestamp]

Impact:
- [Describe user-facing impact]

Actions Taken:
- [Rollback procedure executed]
- [Validation completed]

Next Steps:
- [Monitoring plan]

Incident Manager: [Name]
""",
    "fields": [],
}
MANAGEMENT: dict[str, Any] = {
    "subject": "[INCIDENT] [TITLE] (management)",
    "body": """Status: IN PROGRESS / RESOLVED
Time Detected: [timestamp]

Impact:
- [Describe user-facing impact]

Actions Taken:
- [Rollback procedure executed]

Incident Manager: [Name]
""",
    "fields": [_STATUS],
}
BY_AUDIENCE = {"stakeholders": STAKEHOLDERS, "team": TEAM, "management": MANAGEMENT}


def default_for(audience: str) -> dict[str, Any]:
    """The template of last resort."""
    return BY_AUDIENCE.get(audience, STAKEHOLDERS)
