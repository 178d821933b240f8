"""Which words of a document are blanks for its readers, and which only look like some."""

import time

import pytest

from plans.document import placeholders

BLANKS = [
    ("Deploy `v{major}.{minor}-{build}`.", ["{major}", "{minor}", "{build}"]),
    ("```\nSubject: {service} is back\nState: {in_progress/done/failed}\n```", ["{service}", "{in_progress/done/failed}"]),
    ("Call the vendor: [24/7 contact]", ["[24/7 contact]"]),
    ("```\nWhat happened: [2-3 sentences on the cause]\nPriority: [1/2/3/4]\n```", ["[2-3 sentences on the cause]", "[1/2/3/4]"]),
    ("psql postgres://app:[PASSWORD]@[HOST]:5432/app", ["[PASSWORD]", "[HOST]"]),
    ("Revert <the release's sha>.", ["<the release's sha>"]),
    ("## What happened\n\n[Description]\n\n## What next", ["[Description]"]),
    ("psql -h ${DB_HOST}", ["$DB_HOST"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "blanks"),
    [
        ("- **技术负责人**: [姓名] - [电话]", ["[姓名]", "[电话]"]),
        ("Cause: [Describe what's wrong]", ["[Describe what's wrong]"]),
        ("```powershell\ncd C:\\app-{previous-version}\n```", ["{previous-version}"]),
        ("Cause: {root cause}", ["{root cause}"]),
        ("Ort: [Name des Größten]", ["[Name des Größten]"]),
    ],
)
def test_a_blank_may_be_of_any_alphabet_and_of_several_words(text: str, blanks: list[str]) -> None:
    assert sorted(placeholders.find(text)) == sorted(blanks)


def test_a_blank_may_give_an_example_in_quotes() -> None:
    text = 'Reason: [why, e.g. "checkout is slow"]; link: [the "status" page]'
    assert sorted(placeholders.find(text)) == ['[the "status" page]', '[why, e.g. "checkout is slow"]']


@pytest.mark.parametrize(("text", "blanks"), BLANKS)
def test_a_blank_is_found_as_it_is_written(text: str, blanks: list[str]) -> None:
    assert sorted(placeholders.find(text)) == sorted(blanks)


NO_BLANKS = {
    "an attribute of a parameter": '[ValidateSet("fast", "slow")] $Mode',
    "a component": "Show `<SideBar />` again.",
    "a shell's braces": "mkdir -p {logs,data} && echo {1..3}",
    "a default": "export PGPASSWORD=${DB_PASSWORD:-admin}",
    "a type": "```ts\nasync function back(): Promise<void> {}\n```",
    "a program's braces": "```js\nimport {useState} from 'react'\nconst {name} = props\n```",
    "awk and jq": "```bash\nawk '/x/ {print}' a | jq '{name}'\n```",
    "what curl prints": 'Run `curl -w "%{http_code}" localhost`.',
    "a mark before a message": 'git commit -m "[HOTFIX] Go back [skip ci]"',
    "a log level": "[TRACE] the queue is empty",
    "columns of a query": "aws s3api list-object-versions --query 'Versions[?IsLatest].[VersionId,LastModified]'",
    "progress": "[1/5] Stopping\n[2/5] Starting",
    "a settings file": "```ini\n[Service]\n# how it starts\nExecStart=/usr/bin/app\n```",
    "a stash": "git stash pop stash@{upstream}",
}


@pytest.mark.parametrize("text", NO_BLANKS.values(), ids=NO_BLANKS)
def test_what_only_looks_like_a_blank_is_none(text: str) -> None:
    assert placeholders.find(text) == {}


@pytest.mark.parametrize("text", ["[1/2/3", "{a_b/" * 5, "<a's ", "[x]\n# c\n", "${A_B", "```\n{", "\n[Unit]"])
def test_a_large_text_of_half_blanks_is_searched_in_linear_time(text: str) -> None:
    spent = []
    for size in (40_000, 320_000):
        large = text * (size // len(text))
        start = time.process_time()
        placeholders.find(large)
        spent.append(time.process_time() - start)
    assert spent[1] < 5 + 40 * spent[0]
