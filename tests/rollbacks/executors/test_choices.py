"""What a target has is offered where a parameter is asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from plans.document import read_plan
from tests.rollbacks.engine.factories import make_draft, make_revision, make_target, step

PLAN = Path(__file__).parents[3] / "plans" / "examples" / "schema-registry.md"


@pytest.mark.django_db
def test_the_versions_that_have_a_wheel_are_offered_and_not_enforced(
    tmp_path: Path, signed_in: Callable[[User], Client], responder: User
) -> None:
    (tmp_path / "wheelhouse").mkdir()
    for name in (
        "fraiseql-1.2.2-py3-none-any.whl",
        "fraiseql-1.2.10-py3-none-any.whl",
        "fraiseql-1.7.0-py3-none-any.whl",
    ):
        (tmp_path / "wheelhouse" / name).touch()
    plan = read_plan(PLAN.read_text(encoding="utf-8"), PLAN.name).compile().compiled
    target = make_target(
        tmp_path, deployment="dev", params={"base-url": "http://127.0.0.1:1"}, facts={"built_from_source": False}
    )
    draft = make_draft(tmp_path, [], target=target, revision=make_revision(plan), level=2)
    # 1.7.0 has a wheel too, but the pattern of the level's parameter does not let it in.
    assert draft.snapshot["choices"] == {"previous-version": ["1.2.10", "1.2.2"]}
    assert draft.params["previous-version"] == "1.2.2"
    page = signed_in(responder).get(reverse("confirm-run", args=[draft.pk])).content.decode()
    assert '<option value="1.2.10">' in page
    draft.prepare(params={"previous-version": "1.2.9"})
    assert draft.params["previous-version"] == "1.2.9"


@pytest.mark.django_db
def test_a_list_that_cannot_be_had_is_no_problem(tmp_path: Path) -> None:
    plan = {
        "params": {"version": {"default": "1.2.2", "choices": "list"}},
        "reads": [step("list", "exit 3", effect="read")],
    }
    draft = make_draft(tmp_path, [step("say", "echo <version>")], plan=plan)
    assert draft.problems == []
    assert "choices" not in draft.snapshot
