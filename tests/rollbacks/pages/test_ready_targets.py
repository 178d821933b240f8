"""What a target says it still lacks, and how the plan's alternatives are chosen on its page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from plans.models import Plan
from rollbacks import registry
from rollbacks.models import Target
from rollbacks.readiness import readiness
from tests.rollbacks.engine.factories import compiled, level, make_revision, make_target, step
from tests.rollbacks.pages.runs_for_pages import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(signed_in: Callable[[User], Client], plan_author: User) -> Client:
    return signed_in(plan_author)


def ready_target(
    tmp_path: Path, steps: list[dict[str, Any]], params: dict[str, Any] | None = None, **changes: Any
) -> Target:
    deployments = list(dict.fromkeys(one["for"] for one in steps if one.get("for")))
    revision = make_revision(compiled(levels=[level(1, steps)], params=params or {}, deployments=deployments))
    return make_target(tmp_path, plan=Plan.objects.get(pk=revision.plan_id), **changes)


def sentence(target: Target) -> str:
    return readiness(target).rows[0].sentence


def test_a_target_is_ready_when_every_bound_parameter_has_a_value(tmp_path: Path) -> None:
    params = {"base-url": {"bind": "target", "default": None, "from": None, "pattern": None}}
    target = ready_target(tmp_path, [step("ask", "curl <base-url>", **{"for": "systemd"})], params)
    assert "is written for systemd, and this target is not set to any of them" in sentence(target)
    target.deployment = "docker"
    assert not readiness(target).ok
    target.deployment = "systemd"
    assert "<base-url> has no value here" in sentence(target)
    target.params = {"base-url": "http://here"}
    assert readiness(target).ok


def test_every_step_with_alternatives_needs_one_of_its_own(tmp_path: Path) -> None:
    steps = [
        step("stop", "systemctl stop app", number="1.a", **{"for": "systemd"}),
        step("stop-2", "docker stop app", number="1.b", **{"for": "docker"}),
        step("by-tag", "git checkout tag", number="2.a", **{"for": "git-tag"}),
        step("by-hash", "git checkout hash", number="2.b", **{"for": "git-hash"}),
    ]
    target = ready_target(tmp_path, steps, deployment="docker")
    assert "step 2 is written for git-tag, git-hash, and this target is docker" in sentence(target)
    target.deployment = "docker, systemd, git-tag"
    assert "has systemd and docker; this target must be one of them" in sentence(target)
    target.deployment = "docker, git-tag"
    assert sentence(target).startswith("2 steps")


def test_variables_secrets_and_flag_services_that_are_missing_are_named(tmp_path: Path) -> None:
    steps = [
        step("call", "deploy", env=["REGION"], secrets=["TOKEN"], number="1"),
        step("off", "flag", kind="flag", via="http:toggles", number="2"),
    ]
    target = ready_target(tmp_path, steps)
    said = sentence(target)
    assert "names the variable REGION, which this target does not have" in said
    assert "names the secret TOKEN, which this target does not have" in said
    assert "via=http:toggles names no flag service" in said
    target.env, target.secrets = {"REGION": "eu"}, ["TOKEN"]
    target.flag_services = {"toggles": {"read": "http://x", "value": "on"}}
    assert readiness(target).ok


def test_what_only_the_proof_of_a_step_names_is_missing_too(tmp_path: Path) -> None:
    steps = [step("go", "deploy", verify="went", number="1")]
    plan = compiled(steps, reads=[step("went", "ask", effect="read", env=["REGION"])])
    target = make_target(tmp_path, plan=Plan.objects.get(pk=make_revision(plan).plan_id))
    assert "“went” names the variable REGION" in sentence(target)


def test_alternatives_are_ticked_on_the_page_of_the_target(author: Client, tmp_path: Path) -> None:
    steps = [
        step("a", "echo a", number="1.a", **{"for": "redeploy-previous-git-tag"}),
        step("b", "echo b", number="1.b", **{"for": "docker"}),
    ]
    target = ready_target(tmp_path, steps)
    page = text(author.get(f"/targets/{target.pk}/"))
    assert "redeploy-previous-git-tag: level 1 step 1.a" in page
    assert 'type="checkbox" name="deployment" value="docker"' in page

    sent = {
        "service": target.service_id, "environment": target.environment_id, "plan": target.plan_id, "queue": "rollback",
        "root": str(tmp_path), "drawn_from": registry.state_of(target),
    }  # fmt: skip
    author.post(f"/targets/{target.pk}/", {**sent, "deployment": ["docker", "redeploy-previous-git-tag"]})
    target.refresh_from_db()
    assert target.deployment == "docker, redeploy-previous-git-tag"
    refused = author.post(
        f"/targets/{target.pk}/", {**sent, "drawn_from": registry.state_of(target), "deployment": ["podman"]}
    )
    assert refused.status_code == 422
    assert "podman is not one of the available choices" in text(refused)


def test_a_word_that_the_plan_does_not_know_any_more_is_shown_as_such(author: Client, tmp_path: Path) -> None:
    target = ready_target(tmp_path, [step("a", "echo a", **{"for": "docker"})], deployment="docker, podman")
    assert "podman (not in this plan)" in text(author.get(f"/targets/{target.pk}/"))


def test_without_alternatives_the_words_are_typed(author: Client, tmp_path: Path) -> None:
    target = ready_target(tmp_path, [step("a", "echo a")])
    assert '<input type="text" name="deployment"' in text(author.get(f"/targets/{target.pk}/"))
