"""Each thing that a plan is refused for, provoked alone: one document, one problem, its line and a hint."""

# ruff: noqa: E501 – tables, one case a line

from dataclasses import dataclass

import pytest

from plans.document import read_plan
from tests.plans.document.sound import INSTALL, RESTART, SOUND, line_of, lint, problems, spoiled


@dataclass(frozen=True)
class Case:
    name: str
    old: str
    new: str
    at: str
    """The text whose line is told."""
    says: str


FENCE = "```bash {name=l2-install effect=once verify=is-previous}"
OFF = "```flag {name=l1-off via=env:config.env verify=is-off}"
QUERY = '```graphql {name=one-order url=<base-url>/graphql assert="exists data.orders.0.id"}'
EVIDENCE = "```bash {name=evidence-log}"
TWICE = "".join(
    f"\n   ```\n\n   ```bash {{name=l2-{name} for=docker effect=once verify=is-previous}}\n   orders-{name}"
    for name in "ab"
)
CASES = [
    Case("undeclared placeholder", INSTALL, INSTALL.replace("previous-", "older-"), "pip install", "`<older-version>` is not declared"),
    Case("placeholder of several words", INSTALL, "pip install orders==1 <the older version>", "pip install", "no placeholder that can be filled"),
    Case("placeholder in square brackets", INSTALL, "pip install orders==[OLDER_VERSION]", "pip install", "`[OLDER_VERSION]` is no placeholder"),
    Case("placeholder in braces", INSTALL, "pip install orders=={{ version }}", "pip install", "`{{ version }}` is no placeholder"),
    Case("square brackets in an address", "<base-url>/graphql", "<base-url>/[TENANT]/graphql", QUERY[:20], "`[TENANT]` is no placeholder"),
    Case("placeholder in an address", "<base-url>/graphql", "<base>/graphql", QUERY[:20], "`<base>` is not declared"),
    Case("placeholder as the command", INSTALL, "<previous-version> --install", "<previous-version> --install", "where the command's name belongs"),
    Case("placeholder behind >", INSTALL, "echo 1 > <previous-version>", "echo 1", "behind an unquoted `>`"),
    Case("unclosed fence", 'orders --version | grep -Fx "<previous-version>"\n```\n', 'orders --version | grep -Fx "<previous-version>"\n', "```bash {name=is-previous", "never closed"),
    Case("neither language nor kind", EVIDENCE, "```", "```\ngrep ERROR", "neither a language nor a kind"),
    Case("unknown kind", OFF, OFF.replace("{name", "{kind=magic name"), "```flag {kind=magic", "The kind `magic` is unknown"),
    Case("unknown key", FENCE, FENCE.replace("effect=", "efect=once effect="), FENCE[:20], "The key `efect` is unknown"),
    Case("repeated key", FENCE, FENCE.replace("effect=", "effect=once effect="), FENCE[:20], "The key `effect` is written twice"),
    Case("no attribute list", EVIDENCE, "```bash title", "```bash title", "is no attribute list"),
    Case("odd attribute", FENCE, FENCE.replace("effect=", "quickly effect="), FENCE[:20], "`quickly` is no attribute"),
    Case("key on the wrong kind", FENCE, FENCE.replace("effect=", "via=env:x effect="), FENCE[:20], "The key `via` has no meaning on shell"),
    Case("duplicate name", "{name=l2-install", "{name=l1-restart", "```bash {name=l1-restart effect=once verify", "`l1-restart` is used twice"),
    Case("bad name", "{name=l2-install", "{name=l2/install", "```bash {name=l2/install", "`name=l2/install` is no name"),
    Case("bad duration", "timeout=40s", "timeout=soon", "```bash {name=l1-restart", "`timeout=soon` is no duration"),
    Case("goto nowhere", "timeout=40s", "timeout=40s on_failure=goto:l9", "```bash {name=l1-restart", "leads to no step of this procedure"),
    Case("goto back", "effect=once timeout=40s", "effect=once timeout=40s on_failure=goto:l1-off", "```bash {name=l1-restart", "leads back: a run could circle"),
    Case("goto itself", "effect=once timeout=40s", "effect=once timeout=40s on_cancel=goto:l1-restart", "```bash {name=l1-restart", "leads back: a run could circle"),
    Case("goto into another level", "timeout=40s", "timeout=40s on_failure=goto:l2-install", "```bash {name=l1-restart", "leads to no step of this procedure"),
    Case("unknown on_failure", "timeout=40s", "timeout=40s on_failure=shrug", "```bash {name=l1-restart", "`on_failure=shrug` is unknown"),
    Case("effect unknown", "{name=l2-install effect=once", "{name=l2-install effect=maybe", "```bash {name=l2-install", "`effect=maybe` is unknown"),
    Case("effect in a checklist", EVIDENCE, "```bash {name=evidence-log effect=once}", "```bash {name=evidence-log", "A checklist only reads"),
    Case("ok", FENCE, FENCE.replace("effect=", "ok=none effect="), FENCE[:20], "`ok=none` is no list of exit codes"),
    Case("retries", "{name=l1-on", "{name=l1-on retries=9", "```flag {name=l1-on", "`retries=9` is no number from 0 to 5"),
    Case("retries on once", "timeout=40s", "timeout=40s retries=2", "```bash {name=l1-restart", "A `once` step is never retried"),
    Case("critical", FENCE, FENCE.replace("effect=", "critical=perhaps effect="), FENCE[:20], "neither true nor false"),
    Case("only_if of an unknown fact", FENCE, FENCE.replace("effect=", "only_if=built effect="), FENCE[:20], "`only_if` names `built`"),
    Case("only_if unreadable", FENCE, FENCE.replace("effect=", 'only_if="a and b" effect='), FENCE[:20], "`only_if=a and b` cannot be read"),
    Case("only if in words", "1. **Install it.**", "1. **Install it.** Only needed if it broke.", "1. **Install it.**", "a condition that nothing decides"),
    Case("other way in a comment", INSTALL, f"{INSTALL}\n   # Or by hand\n   orders-install", "# Or by hand", "offers another way"),
    Case("an example below its command", INSTALL, f"{INSTALL}\n   # Example:\n   orders-install 7", "# Example:", "offers another way"),
    Case("other way in other words", INSTALL, f"{INSTALL}\n   # O bien a mano\n   orders-install", "# O bien", "offers another way"),
    Case("undo of nothing", FENCE, FENCE.replace("effect=", "undo=l9 effect="), FENCE[:20], "`undo=l9` names no step"),
    Case("undo=auto of a command", FENCE, FENCE.replace("effect=", "undo=auto effect="), FENCE[:20], "`undo=auto` is unknown for shell"),
    Case("verify of nothing", "verify=is-off", "verify=is-on", "```flag {name=l1-off", "`verify=is-on` names no step"),
    Case("verify that changes", "verify=is-off", "verify=l2-install", "```flag {name=l1-off", "names a step that changes something"),
    Case("leaves", "leaves=service", "leaves=mess", "```bash {name=l1-restart", "`leaves=mess` is unknown"),
    Case("cwd outside", "timeout=40s", "timeout=40s cwd=../x", "```bash {name=l1-restart", "leads out of the target's folder"),
    Case("env", "timeout=40s", "timeout=40s env=A-B", "```bash {name=l1-restart", "`A-B` in `env=` is no name"),
    Case("via missing", OFF, OFF.replace("via=env:config.env ", ""), "```flag {name=l1-off", "does not say where its flag stands"),
    Case("via unknown", OFF, OFF.replace("env:", "post:"), "```flag {name=l1-off", "`via=post:config.env` is unknown"),
    Case("via outside", OFF, OFF.replace("env:", "env:/etc/"), "```flag {name=l1-off", "leads out of the target's folder"),
    Case("flag body", "set PRICING off", "turn PRICING off", "```flag {name=l1-off", "The flag step cannot be read"),
    Case("for", FENCE, FENCE.replace("effect=", 'for="a b" effect='), FENCE[:20], "`for=a b` cannot be read"),
    Case("approve", FENCE, FENCE.replace("effect=", 'approve="7 7" effect='), FENCE[:20], "does not say who approves"),
    Case("levels", QUERY, QUERY.replace("url", "levels=x url", 1), "```graphql", "`levels=x` cannot be read"),
    Case("levels that do not exist", QUERY, QUERY.replace("url", "levels=7 url", 1), "```graphql", "names level 7"),
    Case("purpose", QUERY, QUERY.replace("url", "purpose=fun url", 1), "```graphql", "`purpose=fun` is unknown"),
    Case("expect", QUERY, QUERY.replace("url", "expect=9 url", 1), "```graphql", "`expect=9` is no number"),
    Case("assert", "exists data.orders.0.id", "looks good", "```graphql", "`assert` cannot be read"),
    Case("every", QUERY, QUERY.replace("url", "every=often url", 1), "```graphql", "`every=often` is no duration"),
    Case("header", QUERY, QUERY.replace("url", "header=Bearer url", 1), "```graphql", "`header=Bearer` is no header"),
    Case("header that is filled", QUERY, QUERY.replace("url", "header='A: <tok>' url", 1), "```graphql", "`<tok>` is not declared"),
    Case("signal", QUERY, QUERY.replace("url", "signal=noise url", 1), "```graphql", "The signal `noise` is not declared"),
    Case("threshold", QUERY, QUERY.replace("url", "threshold=low url", 1), "```graphql", "`low` is no threshold"),
    Case("graphql without url", QUERY, QUERY.replace("url=<base-url>/graphql ", ""), "```graphql", "does not say where it goes"),
    Case("graphql unbalanced", "{ orders { id } }", "{ orders { id }", "```graphql", "its braces do not match"),
    Case("http body", "```graphql {name=one-order url=<base-url>/graphql", "```http {name=one-order", "```http", "does not begin with a method"),
    Case("check body", "```bash {name=has-tests effect=read}", "```check {log=a.log name=has-tests}", "```check", "a log and no pattern"),
    Case("file body", "```flag {name=l1-on via=env:config.env}", "```file {name=l1-on path=config.env}", "```file", "neither a unified diff nor"),
    Case("wait body", "```flag {name=l1-on via=env:config.env}\n   set PRICING on", "```wait {name=l1-on}\n   a while", "```wait", "The wait cannot be read"),
    Case("wait for nothing", "```flag {name=l1-on via=env:config.env}\n   set PRICING on", "```wait {name=l1-on}\n   until calm within 9s", "```wait", "asks for `calm`"),
    Case("exec body", FENCE, FENCE.replace("{name", "{kind=exec name") + "\n   a b", "```bash {kind=exec", "one command with its arguments"),
    Case("approval", "```flag {name=l1-on via=env:config.env}\n   set PRICING on", "```approval {name=l1-on}\n   Go on?", "```approval", "does not say who approves"),
    Case("editor", INSTALL, "vim config.env", "vim config.env", "`vim` waits for a person"),
    Case("curly quotes", INSTALL, "pip install “orders==1”", "pip install", "A curly quote “ stands in a fence"),
    Case("no-break space", INSTALL, "pip install\u00a0orders==1", "pip install", "nobody sees stands in a fence: no-break space"),
    Case("bidi", INSTALL, "pip install orders==1 \u202e", "pip install", "right-to-left override"),
    Case("zero width", INSTALL, "pip install or\u200bders==1", "pip install", "zero width space"),
    Case("trailing &", INSTALL, "orders-install &", "orders-install &", "A trailing `&`"),
    Case("sudo", RESTART, "sudo systemctl restart orders", "sudo systemctl", "`sudo` may ask for a password"),
    Case("wrong cell count", "| Order errors (< 5%) | Medium |", "| Order errors (< 5%) |", "| Order errors (< 5%)", "has 3 cells and its header 4"),
    Case("level without steps", "1. **Install it.**\n\n   ```bash {name=l2-install effect=once verify=is-previous}\n   pip install \"orders==<previous-version>\"\n   ```\n", "As always.\n", "### Level 2", "Level 2 has no steps"),
    Case("level twice", "## Decision matrix", "### Level 2: Again (9 minutes)\n\n1. Look.\n\n## Decision matrix", "### Level 2: Again", "Level 2 stands twice"),
    Case("two alternatives of one type", INSTALL, INSTALL + TWICE, "1. **Install it.**", "two alternatives for docker"),
    Case("escalation to nowhere", "→ Level 2", "→ Level 5", "**If it persists", "Level 5 does not exist"),
    Case("escalation without a level", "→ Level 2", "call somebody", "**If it persists", "does not say which level follows"),
    Case("escalation in a circle", "→ Level 2", "→ Level 1", "**If it persists", "escalate in a circle"),
    Case("from nothing", "{from: read-version}", "{from: read-nothing}", "  running-version", "`from: read-nothing` of `running-version` names no step"),
    Case("from a step that changes", "{from: has-tests}", "{from: l1-restart}", "  has_tests", "names a step that is no `read`"),
    Case("unknown header key", "service: orders", "service: orders\nsevices: 2", "sevices", "key `sevices` is unknown"),
    Case("plan format", "plan: 1", "plan: 2", "plan: 2", "format `2` is unknown"),
    Case("parameter key", "{bind: target}", "{bind: target, ask: me}", "  base-url", "key `ask` of `params.base-url` is unknown"),
    Case("parameter bound twice", "{bind: target}", "{bind: target, from: read-version}", "  base-url", "both `from:` and `bind:`"),
    Case("parameter bound oddly", "{bind: target}", "{bind: moon}", "  base-url", "bound to `moon`"),
    Case("parameter pattern", "'1\\.\\d+\\.\\d+'", "'1\\.('", "  previous-version", "no regular expression"),
    Case("parameter default", "default: 1.1.0", "default: '1; rm'", "  previous-version", "holds characters that no parameter may have"),
    Case("default against the pattern", "default: 1.1.0", "default: 2.1.0", "  previous-version", "does not match the pattern"),
    Case("fact without a step", "{from: has-tests}", "{}", "  has_tests", "names no step"),
    Case("signal rate", "rate: 10/s", "rate: often", "  errors: {metric", "`often` is no rate"),
    Case("signal query", "query: one-order", "query: one-thing", "  errors: {metric", "names no query"),
    Case("watch duration", "warmup: 10s", "warmup: soon", "watch:", "`soon` is no duration"),
    Case("watch looks", "[30s, 60s]", "[60s, 30s]", "watch:", "The looks of the watch do not rise"),
    Case("watch good_from", "good_from: 30s", "good_from: 2h", "watch:", "No look of the watch may say recovered"),
    Case("watch threshold", "errors: '< 1%'", "errors: few", "watch:", "`few` is no threshold"),
    Case("watch count", "count: 299", "count: many", "watch:", "`many` is no number of requests"),
    Case("task condition", "severity in high critical", "mood is bad", "  notify stakeholders", "no condition of a task"),
    Case("task event", "ticked_by: message.sent", "ticked_by: Mail", "  notify stakeholders", "no kind of event"),
    Case("task of nobody", "  notify stakeholders:", "  sing a song:", "  sing a song", "No task of the communication plan says"),
    Case("contacts", "{next_after: 5m}", "{next_after: later}", "contacts:", "`later` is no duration"),
    Case("yaml tag", "service: orders", "service: !!python/name:os.system orders", "service:", "uses the tag"),
    Case("yaml anchor", "service: orders", "service: &x orders", "service:", "uses the anchor or alias"),
    Case("yaml key twice", "service: orders", "service: orders\nservice: orders", "service: orders\nservice", "written twice"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_refused_for_exactly_this(case: Case) -> None:
    document = spoiled(case.old, case.new)
    found = document.compile().problems
    assert len(found) == 1, problems(document)
    assert case.says in found[0].message
    expected = line_of(document, case.at) + (1 if case.name in _SECOND_LINE else 0)
    assert found[0].line == expected, problems(document)
    assert found[0].hint.endswith((".", "?", "…`.")), "a hint says what to do"


_SECOND_LINE = {"yaml key twice"}

INTERACTIVE = [
    "less log/orders.log", "top", "ssh orders-1", "ssh -p 2222 me@orders-1", "docker exec -it app bash", "kubectl exec -ti deploy/app -- sh",
    "journalctl -fu orders", "tail -f log/orders.log", "tail -n 5 -F log/orders.log".replace("-F", "--follow"), "watch date", "uvicorn main:app --reload",
    "kubectl logs -f deploy/app", "docker compose logs -f", "kubectl get pods -w", "sudo -n tail -f x", "true && vim x", "echo x | less",
]  # fmt: skip


@pytest.mark.parametrize("command", INTERACTIVE)
def test_a_command_that_waits_is_refused(command: str) -> None:
    document = spoiled(INSTALL, command)
    assert [problem.line for problem in document.compile().problems] == [line_of(document, command)], problems(document)


@pytest.mark.parametrize("command", INTERACTIVE)
def test_with_a_timeout_it_may_run(command: str) -> None:
    text = SOUND.replace(INSTALL, command).replace("{name=l2-install", "{timeout=9s name=l2-install")
    assert problems(read_plan(text)) == []


@pytest.mark.parametrize(
    "command",
    ["ssh orders-1 uptime", "top -b -n 1", "docker exec app ls", "tail -n 5 x", "journalctl -u orders", "uvicorn main:app", "echo 'vim' \"less\"", "grep -f words x",
     "cmd 2>&1 | tee out", "a && b", "sudo -nu orders ls"],
)  # fmt: skip
def test_a_command_that_ends_by_itself_is_not(command: str) -> None:
    assert problems(spoiled(INSTALL, command)) == []


def test_a_quoted_placeholder_may_stand_behind_a_redirection() -> None:
    assert problems(spoiled(INSTALL, 'echo 1 > "notes/<previous-version>"')) == []


def test_a_group_name_or_a_heredoc_is_no_placeholder() -> None:
    body = "grep -P '(?<v>x)(?P<w>y)' log\n   cat <<EOF\n   text\n   EOF"
    assert [one for one in problems(spoiled(INSTALL, body)) if "<w>" in one or "EOF" in one] == []


def test_more_than_200_steps_are_refused() -> None:
    items = "\n".join(f"{number}. **Do {number}.**" for number in range(2, 201))
    document = spoiled(
        '   pip install "orders==<previous-version>"\n   ```\n', f"   orders-install\n   ```\n\n{items}\n"
    )
    assert ["at most 200 can run" in one for one in problems(document)] == [True]


def test_a_plan_without_levels_is_refused() -> None:
    assert problems(read_plan("# Cake\n\nFlour and eggs.\n")) == [
        "plan.md:1: No rollback level was found. Write a heading such as `### Level 1: Feature flag off (1 minute)` with numbered steps."
    ]


def test_a_nul_is_refused_with_its_line() -> None:
    document = spoiled("# Orders rollback", "# Orders\x00 rollback")
    assert [(found.line, found.message) for found in document.compile().problems] == [
        (line_of(document, "# Orders"), "The file holds a NUL character.")
    ]


def test_more_than_a_mebibyte_is_refused() -> None:
    document = read_plan("x" * (1024 * 1024 + 1))
    assert [found.message for found in document.compile().problems][:1] == ["The file is larger than 1 MiB."]
    assert document.to_json()["levels"] == []


def test_all_problems_come_at_once_in_order() -> None:
    text = (
        SOUND.replace(RESTART, "sudo x &")
        .replace(INSTALL, "pip install <older>")
        .replace("warmup: 10s", "warmup: soon")
    )
    found = read_plan(text).compile().problems
    assert len(found) == 4
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_the_sound_plan_has_neither_problem_nor_warning() -> None:
    document = read_plan(SOUND)
    assert (problems(document), lint(document)) == ([], [])


def test_angle_brackets_in_a_request_body_are_its_own() -> None:
    body = "```http {name=one-order}\nPOST <base-url>/orders\nContent-Type: text/xml\n\n<order/><id>7</id>\n```"
    old = '```graphql {name=one-order url=<base-url>/graphql assert="exists data.orders.0.id"}\n{ orders { id } }\n```'
    assert problems(spoiled(old, body)) == []
    assert len(problems(spoiled(old, body.replace("<base-url>", "<base>")))) == 1


def test_a_level_that_says_nothing_yet_is_told_not_hidden() -> None:
    document = read_plan("# P\n\n### Level 1: Off (1 minute)\n\n1. Off\n\n### Level 2: Back\n\nTo be written.\n")
    assert [problem.message for problem in document.compile().problems] == ["Level 2 has no steps."]


@pytest.mark.parametrize(
    "command",
    [
        "grep '[ERRORS]' app.log",
        "git commit -m '[OPS-17] back'",
        "docker ps --format '{{.Names}}'",
        "[ -f flag ] && echo '[DONE]'",
        "git commit -m '[ROLLBACK] orders'",
    ],
)
def test_brackets_that_a_command_means_are_no_blank(command: str) -> None:
    said = [problem for problem in problems(spoiled(INSTALL, command)) if "is no placeholder" in problem]
    assert said == []
