"""Which services run rolled back, since when, and whose they are."""

import pytest
from django.contrib.auth.models import User

from incidents.models import Incident
from incidents.standing import standings
from rollbacks.models import Run
from tests.incidents.factories import make_incident
from tests.incidents.test_resolve import make_run

pytestmark = pytest.mark.django_db


def rolled_back(incident: Incident) -> Run | None:
    [standing] = standings()
    return standing.run


@pytest.mark.parametrize("kind", ["rollback", "drill"])
def test_a_rollback_and_a_drill_stand_until_a_restore_succeeds(responder: User, kind: str) -> None:
    incident = make_incident()
    assert rolled_back(incident) is None
    run = make_run(incident, kind=kind)
    assert rolled_back(incident) == run
    make_run(incident, "failed", kind="restore")
    assert rolled_back(incident) == run
    make_run(incident, kind="restore")
    assert rolled_back(incident) is None


def test_a_succeeded_undo_takes_its_rollback_away() -> None:
    incident = make_incident()
    first = make_run(incident)
    second = make_run(incident)
    undo = make_run(incident, "draft", kind="undo")
    Run.objects.filter(pk=undo.pk).update(undoes=second, status="succeeded")
    assert rolled_back(incident) == first


def test_a_rollback_that_failed_is_none() -> None:
    incident = make_incident()
    make_run(incident, "failed")
    assert rolled_back(incident) is None
