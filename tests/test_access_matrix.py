"""Every address × every role × GET and POST. An address that is not in the table fails: who may use it is a decision."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from config.accounts.people import invite
from tests.access_world import World, make_world
from tests.conftest import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

# Who may. Each includes the ones after it: a plan author may what a responder may.
OPEN, READ, RESPOND, WRITE, ADMIN = "everybody", "signed in", "responder", "plan author", "administrator"
NOBODY = "nobody: this method does nothing"
TOKEN = "a machine with its bearer token"

PAGE = (READ, NOBODY)
READ_AND_ACT = (READ, RESPOND)
ACT = (NOBODY, RESPOND)
WRITE_ACT = (NOBODY, WRITE)
ADMIN_ACT = (NOBODY, ADMIN)

# name: (who may GET, who may POST)
TABLE: dict[str, tuple[str, str]] = {
    # people
    "sign-in": (OPEN, OPEN), "sign-out": (NOBODY, READ), "password": (READ, READ), "people": (ADMIN, NOBODY),
    "invite": (ADMIN, ADMIN), "person": (ADMIN, NOBODY), "person-role": ADMIN_ACT, "person-activation": ADMIN_ACT,
    "person-password": ADMIN_ACT,
    # the frame
    "now": PAGE, "health": PAGE, "healthz": (OPEN, NOBODY), "live": PAGE, "test-mail": ACT, "reports": PAGE,
    "practice-panel": PAGE, "practice-break": ACT, "practice-mend": ACT,
    "intake": (NOBODY, TOKEN), "api-declare": (NOBODY, TOKEN), "senders": (RESPOND, NOBODY), "intake-token": ADMIN_ACT,
    "intake-token-revocation": ADMIN_ACT, "intake-payload": (RESPOND, NOBODY), "intake-replay": ACT, "mark-deploy": (NOBODY, TOKEN),
    # incidents
    "alert-setting-aside": ACT, "incidents": PAGE, "declare": (RESPOND, RESPOND), "declare-advice": (RESPOND, NOBODY), "incident": PAGE,
    "incident-acknowledgement": ACT, "incident-acknowledgement-withdrawal": ACT, "incident-escalation": ACT,
    "incident-role": ACT, "incident-level": ACT, "incident-run": ACT, "incident-correction": ACT, "incident-note": ACT,
    "note-edit": ACT, "incident-timeline": PAGE, "timeline-csv": PAGE, "timeline-json": PAGE, "line-star": ACT, "attachment": PAGE,
    "incident-tick": ACT, "incident-tick-withdrawal": ACT, "incident-evidence-skip": ACT, "incident-resolution": READ_AND_ACT,
    "incident-reopening": ACT, "incident-dismissal": ACT, "incident-known": ACT, "reports-csv": PAGE, "search": PAGE,
    "incident-began": ACT, "incident-closure": ACT, "incident-merging": ACT,
    "incident-restore": ACT, "incident-watch": ACT, "incident-load": ACT,
    "incident-messages": PAGE, "incident-message": ACT, "message": READ_AND_ACT,
    "message-preview": PAGE, "message-text": PAGE, "message-sending": ACT, "message-test": ACT, "message-by-hand": ACT,
    "message-correction": ACT, "message-discarding": ACT, "delivery-resending": ACT, "retrospective": READ_AND_ACT,
    "retrospective-publication": ACT, "retrospective-action": ACT, "retrospective-action-end": ACT,
    "retrospective-review": ACT, "retrospective-comment": ACT, "retrospective-comment-end": ACT, "retrospective-history": PAGE,
    "propose-plan-change": (RESPOND, RESPOND), "plan-proposal": PAGE, "plan-proposal-decision": WRITE_ACT,
    "retrospective-action-move": ACT, "actions": PAGE, "retrospective-json": PAGE, "retrospective-pdf": PAGE,
    "retrospective-plan": ACT, "retrospective-markdown": PAGE, "page": READ_AND_ACT, "outbox": (RESPOND, NOBODY), "drills": PAGE,
    "drill-start": ACT, "contacts": (WRITE, WRITE),
    "message-review": ACT, "incident-hand-over": ACT, "incident-presence": (NOBODY, READ), "shift": (RESPOND, RESPOND),
    "hand-over": (RESPOND, RESPOND), "hand-over-withdrawal": (NOBODY, RESPOND), "channels": (WRITE, WRITE),
    "channel-test": WRITE_ACT, "channel-removal": WRITE_ACT, "contact-test": WRITE_ACT, "audiences": (WRITE, WRITE),
    # services, targets, runs
    "services": PAGE, "add-service": WRITE_ACT, "change-service": WRITE_ACT, "add-environment": WRITE_ACT,
    "change-environment": WRITE_ACT, "targets": PAGE, "new-target": (WRITE, WRITE), "target": (READ, WRITE),
    "detection": (READ, WRITE), "maintenance": ACT, "maintenance-end": ACT,
    "test-connection": WRITE_ACT, "set-secret": WRITE_ACT, "remove-secret": WRITE_ACT, "connection-answer": PAGE,
    "run": PAGE, "confirm-run": PAGE, "run-start": ACT, "run-parameters": ACT, "run-approval": ACT, "run-discard": ACT,
    "run-dry-run": ACT,
    "run-stop": ACT, "run-pause": ACT, "run-resumption": ACT, "run-undo": ACT, "run-log": PAGE, "run-output": PAGE,
    "step-confirmation": ACT, "step-approval": ACT, "step-retry": ACT, "step-skip": ACT, "step-undo": ACT, "settle": READ_AND_ACT,
    # plans
    "plans": PAGE, "new-plan": (WRITE, WRITE), "check-up": (READ, READ), "check-up-live": (NOBODY, READ), "plan": PAGE,
    "change-plan": (WRITE, WRITE),
    "plan-history": PAGE, "plan-second-person": WRITE_ACT, "revision": PAGE, "revision-markdown": PAGE,
    "revision-difference": PAGE, "revision-approval": WRITE_ACT, "revision-withdrawal": WRITE_ACT,
    "revision-paper": PAGE, "revision-paper-file": PAGE,
    "plan-guide": (WRITE, WRITE), "plan-guide-undo": WRITE_ACT, "plan-guide-skip": WRITE_ACT, "plan-guide-saving": WRITE_ACT,
    "plan-guide-new-start": WRITE_ACT, "plan-guide-markdown": (WRITE, NOBODY),
}  # fmt: skip

MAY: dict[str, set[str]] = {
    "anonymous": {OPEN},
    "viewer": {OPEN, READ},
    "responder": {OPEN, READ, RESPOND},
    "plan author": {OPEN, READ, RESPOND, WRITE},
    "administrator": {OPEN, READ, RESPOND, WRITE, ADMIN},
}
# Who may is checked first; then 404, because this suite has no practice service, and no target in the form.
NOT_FOUND = {"practice-panel", "practice-break", "practice-mend", "drill-start"}


def addresses(patterns: list[Any] | None = None) -> Iterator[tuple[str, list[str]]]:
    """The name and the arguments of every address outside the admin."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from addresses(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name or pattern.pattern), list(pattern.pattern.converters)


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> World:
    settings.DATA_DIR = tmp_path
    return make_world(tmp_path, make_person("somebody", "responder"))


@pytest.fixture(params=list(MAY))
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ask(role: str, signed_in: Callable[[User], Client]) -> Callable[[str, str], Any]:
    """Sends one request as this role and takes everything back that it did."""
    person = None if role == "anonymous" else invite(username=f"the-{role.replace(' ', '-')}", role=role)[0]
    cookies = signed_in(person).cookies if person else None

    def send(method: str, address: str) -> Any:
        client = Client(raise_request_exception=False)
        if cookies:
            client.cookies = cookies.copy()
        with transaction.atomic():
            response = getattr(client, method)(address)
            response.close() if response.streaming else None
            transaction.set_rollback(True)
        return response

    return send


def verdict(name: str, level: str, role: str, response: Any) -> str:
    """What is wrong with the answer; empty when the table holds."""
    status, where = response.status_code, response.headers.get("Location", "")
    to_sign_in = status == 302 and where.startswith("/sign-in/?next=")
    if status >= 500:
        return f"answers {status}"
    if level == TOKEN:
        return "" if status == 401 else f"answers {status} without a token"
    if level == NOBODY:
        return "" if to_sign_in or status in (302, 403, 404, 405) else f"answers {status}; it should do nothing"
    if level not in MAY[role]:
        refused = to_sign_in if role == "anonymous" else status == 403
        return "" if refused else f"answers {status} {where}; it should refuse"
    allowed = not to_sign_in and (status not in (401, 403, 404, 405) or (status == 404 and name in NOT_FOUND))
    return "" if allowed else f"answers {status} {where}; it should answer"


def test_every_address_is_in_the_table_and_no_other() -> None:
    assert {name for name, _arguments in addresses()} == set(TABLE)


def test_the_table_holds_for_every_role(role: str, world: World, ask: Callable[[str, str], Any]) -> None:
    wrong = []
    for name, wanted in addresses():
        address = reverse(name, kwargs=world.arguments(name, wanted))
        for method, level in zip(("get", "post"), TABLE[name], strict=True):
            if problem := verdict(name, level, role, ask(method, address)):
                wrong.append(f"{role} {method.upper()} {name} ({address}): {problem}")
    assert not wrong, "\n".join(wrong)


def test_the_admin_is_for_administrators(role: str, ask: Callable[[str, str], Any]) -> None:
    allowed = role == "administrator"
    for name in (
        "index",
        "auth_user_changelist",
        "plans_plan_changelist",
        "rollbacks_run_changelist",
        "password_change",
    ):
        response = ask("get", reverse(f"admin:{name}"))
        assert (response.status_code == 200) is allowed, f"{role} {name}: {response.status_code}"


def test_a_post_without_the_forms_token_is_refused(signed_in: Callable[[User], Client], plan_author: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(plan_author).cookies
    assert client.post("/services/new/", {"name": "x"}).status_code == 403


def test_what_the_contents_policy_forbids_is_said_on_every_page(
    signed_in: Callable[[User], Client], viewer: User
) -> None:
    policy = signed_in(viewer).get("/plans/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
