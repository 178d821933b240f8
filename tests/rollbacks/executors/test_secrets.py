"""Secrets of targets: sealed at rest, given by environment, masked everywhere, under keys that change."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.environment import env_keys
from rollbacks import runner
from rollbacks.context import Surroundings
from rollbacks.executors.detached import Detached
from rollbacks.models import Refused, Run, Secret, StepRun, leases
from rollbacks.redaction import MASK
from tests.rollbacks.engine.factories import make_draft, make_run, make_target, output, step
from tests.rollbacks.executors.stored import everything_stored
from timeline.models import Event

pytestmark = pytest.mark.django_db
VALUE = "correct-horse/battery+staple"


def test_a_sealed_secret_reaches_the_command_and_nothing_else(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    body = 'test "$API_TOKEN" = "correct-horse/battery+staple" && echo "it is $API_TOKEN" && exit 3'
    body = body.replace("correct-horse/battery+staple", "$(cat expected)")
    (tmp_path / "expected").write_text(VALUE)
    run = make_run(tmp_path, [step("leak", body, secrets=["API_TOKEN"])], target=target)
    runner.advance(run.pk, owner="test")

    assert run.steps.get(name="leak").exit_code == 3
    assert output(run, "leak") == f"it is {MASK}\n"
    assert VALUE not in everything_stored()
    assert run.snapshot["target"]["secrets"] == ["API_TOKEN"]


def test_a_secret_that_the_target_lacks_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    draft = make_draft(tmp_path, [step("one", "true", secrets=["API_TOKEN"], line=7)])
    assert "Line 7: “one” names the secret API_TOKEN, which this target does not have" in draft.problems[0]
    with pytest.raises(Refused, match="API_TOKEN"):
        draft.start()


def test_a_secret_without_a_value_here_is_a_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_target(tmp_path, secrets=["API_TOKEN"])
    steps = [step("one", "true", secrets=["API_TOKEN"])]
    assert "give every worker FIREBREAK_SECRET_API_TOKEN" in make_draft(tmp_path, steps, target=target).problems[0]
    monkeypatch.setenv("FIREBREAK_SECRET_API_TOKEN", VALUE)
    assert make_draft(tmp_path, steps, target=target).problems == []


def test_a_missing_key_is_a_clear_sentence(tmp_path: Path, settings: Any) -> None:
    target = make_target(tmp_path)
    settings.SECRETS_KEYS = [Fernet.generate_key().decode()]
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    settings.SECRETS_KEYS = []
    draft = make_draft(tmp_path, [step("one", "true", secrets=["API_TOKEN"])], target=target)
    assert "is missing here. Add that key to FIREBREAK_SECRETS_KEY" in draft.problems[0]
    assert Surroundings.for_target(target).secrets == {}


def test_a_value_does_not_open_in_another_place(tmp_path: Path) -> None:
    mine, other = make_target(tmp_path), make_target(tmp_path)
    secret = Secret.keep(mine, name="API_TOKEN", value=VALUE)
    moved = Secret.keep(other, name="API_TOKEN", value="something else")
    moved.sealed = secret.sealed
    assert "was sealed for another place" in moved.problem
    moved.sealed = secret.sealed[:-5] + "AAAA="
    assert "what is stored was changed" in moved.problem


def test_keys_change_by_a_command(tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    secret = Secret.keep(make_target(tmp_path), name="API_TOKEN", value=VALUE)
    call_command("secrets", "new-key")
    key = capsys.readouterr().out.strip()
    settings.SECRETS_KEYS = [key]
    call_command("secrets", "check", skip_checks=False)
    assert "opens with an older key" in capsys.readouterr().out
    call_command("secrets", "rotate")
    call_command("secrets", "rotate")
    said = capsys.readouterr().out
    assert "1 sealed anew" in said
    assert "already" in said
    # The old keys are gone: only the new one opens it.
    settings.SECRET_KEY = "another"
    assert Secret.objects.get(pk=secret.pk).value() == VALUE
    settings.SECRETS_KEYS = []
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("secrets", "rotate")
    with pytest.raises(CommandError, match="1 of 1 cannot be opened"):
        call_command("secrets", "check")
    assert VALUE not in said


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("API-TOKEN", VALUE, "letters, digits and _"),
        ("1", VALUE, "letters, digits and _"),
        ("API_TOKEN", "abc", "cannot be masked"),
        ("API_TOKEN", "abcd\0", "NUL"),
        ("API_TOKEN", "x" * 40_000, "at most"),
    ],
)
def test_what_cannot_be_kept_is_refused_without_its_value(tmp_path: Path, name: str, value: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        Secret.keep(make_target(tmp_path), name=name, value=value)
    assert value not in str(refused.value)
    assert not Secret.objects.exists()


def test_the_page_sets_replaces_and_removes_and_never_shows(
    tmp_path: Path, signed_in: Callable[[User], Client], plan_author: User
) -> None:
    target, client = make_target(tmp_path), signed_in(plan_author)
    address, page = reverse("set-secret", args=[target.pk]), target.get_absolute_url()
    key = SimpleUploadedFile("key.pem", b"-----BEGIN-----\nabcdefgh\n-----END-----\n")
    assert client.post(address, {"name": "API_TOKEN", "value_typed": VALUE}).status_code == 302
    assert client.post(address, {"name": "API_TOKEN", "value_typed": f" {VALUE}2"}).status_code == 302
    assert client.post(address, {"name": "SSH_KEY", "file": key}).status_code == 302
    assert Secret.objects.get(name="API_TOKEN").value() == f" {VALUE}2"
    assert Secret.objects.get(name="SSH_KEY").value() == "-----BEGIN-----\nabcdefgh\n-----END-----"

    refused = client.post(address, {"name": "bad name", "value_typed": VALUE})
    assert refused.status_code == 422
    shown = client.get(page).content.decode()
    assert "API_TOKEN" in shown
    for text in (shown, refused.content.decode(), everything_stored()):
        assert VALUE not in text
        assert "abcdefgh" not in text

    client.post(reverse("remove-secret", args=[target.pk, "API_TOKEN"]))
    assert list(Secret.objects.values_list("name", flat=True)) == ["SSH_KEY"]
    events = Event.objects.filter(stream__key=target.stream, kind__startswith="secret.").order_by("seq")
    assert list(events.values_list("kind", "data__secret")) == [
        ("secret.set", "API_TOKEN"),
        ("secret.replaced", "API_TOKEN"),
        ("secret.set", "SSH_KEY"),
        ("secret.removed", "API_TOKEN"),
    ]


def test_a_value_read_from_a_step_is_masked_before_it_is_a_parameter(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    read = step("told", 'echo "$API_TOKEN"', effect="read", secrets=["API_TOKEN"])
    plan = {"params": {"version": {"from": "told"}}, "reads": [read]}
    draft = make_draft(tmp_path, [step("one", "echo <version>")], target=target, plan=plan)
    assert MASK in draft.problems[0]
    assert VALUE not in everything_stored()


def test_a_key_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBREAK_SECRETS_KEY", f"{Fernet.generate_key().decode()},short")
    with pytest.raises(ImproperlyConfigured, match="key 2 is no key of 32 bytes"):
        env_keys("FIREBREAK_SECRETS_KEY")


def test_rows_name_their_secrets_and_never_hold_them(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    run = make_run(tmp_path, [step("one", "true", secrets=["API_TOKEN"])], target=target)
    assert StepRun.objects.get(run=run).definition["secrets"] == ["API_TOKEN"]
    assert VALUE not in str(Run.objects.get(pk=run.pk).snapshot)


def test_a_detached_step_leaves_no_raw_output_behind(tmp_path: Path, settings: Any) -> None:
    target = make_target(tmp_path)
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    leak = step("leak", 'echo "it is $API_TOKEN"', secrets=["API_TOKEN"], detached=True)
    run = make_run(tmp_path, [leak], target=target)
    runner.advance(run.pk, owner="test")
    assert run.steps.get(name="leak").status == "succeeded"
    assert output(run, "leak") == f"it is {MASK}\n"
    attempt = run.steps.get(name="leak").last_attempt
    assert attempt is not None
    assert not Detached.of(attempt.mark).folder.exists()


def test_a_detached_step_whose_worker_is_gone_leaves_none_either(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    leak = step("leak", "true", secrets=["API_TOKEN"], detached=True)
    run = make_run(tmp_path, [leak], target=target)
    claimed = leases.claim(run.pk, owner="gone", host="h")
    assert claimed is not None
    attempt = claimed.last_attempt
    assert attempt is not None
    there = Detached.of(attempt.mark)
    there.folder.mkdir(parents=True)
    (there.folder / "output").write_text(f"it is {VALUE}\n")
    (there.folder / "exit").write_text("0\n")
    StepRun.objects.filter(run=run).update(lease_until=timezone.now() - timedelta(minutes=1))
    assert runner.reap() == []
    assert run.steps.get(name="leak").status == "succeeded"
    assert output(run, "leak") == f"it is {MASK}\n"
    assert not there.folder.exists()
