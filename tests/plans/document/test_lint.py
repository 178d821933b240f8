"""Each warning, provoked alone: one document, one warning, no problem."""

# ruff: noqa: E501 – tables, one case a line

import pytest

from plans.document import read_plan
from tests.plans.document.sound import INSTALL, RESTART, SOUND, line_of, lint, problems, spoiled

CASES = [
    ("relative-undo", INSTALL, "kubectl rollout undo deployment/orders"),
    ("relative-undo", INSTALL, "git revert HEAD"),
    ("relative-undo", INSTALL, "git reset --keep HEAD~1"),
    ("relative-undo", INSTALL, "alembic downgrade -1"),
    ("relative-undo", INSTALL, "helm rollback orders"),
    ("rm-rf", INSTALL, "rm -rf build"),
    ("rm-rf", INSTALL, "sudo -n rm -fr build"),
    ("drop", INSTALL, 'psql -c "DROP TABLE orders"'),
    ("force", INSTALL, "orders-install --force"),
    ("force", INSTALL, "git push -f origin main"),
    ("latest", INSTALL, "docker pull orders:latest"),
    ("unpinned", INSTALL, "pip install orders"),
    ("unpinned", INSTALL, "npm install orders"),
    ("unpinned", INSTALL, "uv pip install --python venv orders"),
    ("unpinned", INSTALL, "pip install git+https://example.org/orders@hotfix/branch"),
    ("cannot-fail", INSTALL, """orders-ask '{"query": "{ __typename }"}'"""),
    ("sed-unverified", "## Readings", "## Test script\n\n```bash\nsed -i s/on/off/ config.env\n```\n\n## Readings"),
    ("cannot-fail", "## Communication plan", "**2. Quiet log:**\n\nYou should not see errors.\n\n## Communication plan"),
    ("cannot-fail", "## Communication plan", "**2. Quiet log:**\n\n```bash {name=quiet}\n! grep -q ERROR log/orders.log\n```\n\n## Communication plan"),
    ("curl", INSTALL, "curl http://127.0.0.1:9000/orders"),
    ("curl", INSTALL, "curl -fsS http://127.0.0.1:9000/orders"),
    ("curl", INSTALL, "curl -m 5 http://127.0.0.1:9000/orders"),
    ("own-backup", INSTALL, "orders-export > orders.json\n   orders-ask --request PUT -d @orders.json"),
    ("own-backup", INSTALL, "pg_dump orders > orders.sql\n   psql orders < orders.sql"),
    ("self-rollback", RESTART, "sudo -n systemctl restart firebreak-worker"),
    ("no-promise", "### Level 2: Version before (5-10 minutes)", "### Level 2: Version before"),
    ("matrix-gap", "(≥ 5%)", "(> 10%)"),
    ("matrix-overlap", "(≥ 5%)", "(> 2%)"),
    ("matrix-unknown-level", "| Level 2: Version before |", "| Level 4: Pray |"),
    ("unmeasured-symptom", "metric: [order errors]", "metric: [other errors]"),
    ("phase-after-promise", "(T+1 minutes):**\n", "(T+9 minutes):**\n\n- Carry out the rollback"),
    ("html", "# Orders rollback", "# Orders rollback\n\n<div>Hello</div>"),
    ("tabs", "set PRICING on", "\tset PRICING on"),
    ("loose-fence", "1. **Turn pricing off.**", "```bash\norders-status\n```\n\n1. **Turn pricing off.**"),
    ("contact-placeholder", "## Readings", "## Contacts\n\n1. **Team lead**: TBD\n\n## Readings"),
    ("once-unverified", " verify=is-young}", "}"),
    ("sed-unverified", "```flag {name=l1-on via=env:config.env}\n   set PRICING on", "```bash {name=l1-on effect=idempotent}\n   sed -i s/off/on/ config.env"),
    ("promises-disagree", "| 10 minutes |", "| 3 minutes |"),
    ("promises-disagree", "(5-10 minutes)", "(5-10 minutes)\n\n**Time to recover**: 4 minutes"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new"), CASES, ids=lambda value: str(value)[:24])
def test_warns_of_exactly_this(code: str, old: str, new: str) -> None:
    document = spoiled(old, new)
    assert [found.code for found in document.compile().lint] == [code], lint(document)
    assert problems(document) == []
    assert document.compile().lint[0].hint.endswith((".", "`"))


def test_the_line_of_a_command_is_told() -> None:
    document = spoiled(INSTALL, "true\n   rm -rf build")
    assert [found.line for found in document.compile().lint] == [line_of(document, "rm -rf build")]


def test_a_query_for_the_typename_alone_cannot_fail() -> None:
    document = read_plan(
        SOUND.replace("{ orders { id } }", "{ __typename }").replace(' assert="exists data.orders.0.id"', "")
    )
    assert [found.code for found in document.compile().lint] == ["cannot-fail"]


HEALTH = "```http {name=alive}\nGET <base-url>/health\n```"
ABSENCE = '```check {name=silent log=log/orders.log pattern="pricing started" since=start count="== 0"}\n```'
PRESENCE = '```check {name=started levels=2 log=log/orders.log pattern="pricing started" since=start count=">= 1"}\n```'


@pytest.mark.parametrize(
    ("checks", "codes"),
    [
        (HEALTH, ["cannot-fail"]),
        (HEALTH.replace("alive", 'alive assert="status == up"'), []),
        ("```bash {name=alive}\ncurl -fsS -m 5 <base-url>/health\n```", ["cannot-fail"]),
        ("```bash {name=alive}\norders-check || true\n```", ["cannot-fail"]),
        (ABSENCE, ["cannot-fail"]),
        (f"{ABSENCE}\n\n{PRESENCE}", []),
    ],
)
def test_checks_that_cannot_fail_are_named(checks: str, codes: list[str]) -> None:
    document = spoiled("**1. An order is answered.**", f"**1. It lives.**\n\n{checks}\n\n**2. An order is answered.**")
    assert [found.code for found in document.compile().lint] == codes, lint(document)
    assert problems(document) == []


def test_a_level_that_nothing_validates() -> None:
    document = spoiled("{name=one-order", "{name=one-order levels=2")
    assert [found.code for found in document.compile().lint] == ["no-validation"], lint(document)


def test_a_change_that_no_check_follows() -> None:
    text = SOUND.replace("{name=one-order", "{name=one-order levels=2").replace(" verify=is-young}", "}")
    codes = [found.code for found in read_plan(text).compile().lint]
    assert codes == ["no-validation", "no-check-after", "once-unverified"]


def test_windows_line_ends_are_read_and_told() -> None:
    document = read_plan(SOUND.replace("\n", "\r\n"))
    assert [found.code for found in document.compile().lint] == ["crlf"]
    assert [level.number for level in document.parts.levels] == [1, 2]


@pytest.mark.parametrize(
    "command",
    [
        "kubectl rollout undo deployment/orders --to-revision=7", "git revert 0a1b2c3", "helm rollback orders 12", "rm -r build", "pip install -r requirements.txt",
        "pip install --find-links wheels orders==1.2", "pip install dist/orders-1.2.whl", "npm install orders@1.2.0", "npm install @scope/orders@1.2.0",
        "curl -fsS -m 10 http://127.0.0.1:9000/orders", "curl --fail --max-time 5 http://127.0.0.1:9000/orders", "docker pull orders:1.2", "pip install --force-reinstall orders==1.2",
    ],
)  # fmt: skip
def test_the_wise_form_is_not_warned_of(command: str) -> None:
    assert lint(spoiled(INSTALL, command)) == []


@pytest.mark.parametrize(
    "commands",
    [
        "pg_dump orders > now.sql\n   psql orders < before.sql",
        "pg_dump orders > orders.sql\n   gzip orders.sql",
        "psql orders < orders.sql\n   pg_dump orders > orders.sql",
        "pg_dump orders > $FILE\n   psql orders < $FILE",
        "pg_dump orders > /dev/null\n   psql orders < /dev/null",
    ],
)
def test_a_backup_that_is_not_restored_by_the_same_procedure_is_fine(commands: str) -> None:
    assert not [found for found in spoiled(INSTALL, commands).compile().lint if found.code == "own-backup"]
