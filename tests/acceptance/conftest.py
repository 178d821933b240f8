"""One real service and one running product for each scenario. A skip fails here: what was not tried is not proved."""

import contextlib
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.acceptance import long_run
from tests.acceptance.mail_sink import MailSink
from tests.acceptance.product import Product
from tests.acceptance.real_target import RealTarget
from tests.acceptance.scene import Scene

NEEDED = "The acceptance needs --target=FOLDER, a folder whose setup.sh starts a real service to roll back."
HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a folder it says so and fails where it was asked for; in a run of the whole suite it stays out."""
    own = [item for item in items if HERE in Path(str(item.path)).parents]
    for item in own:
        item.add_marker(pytest.mark.acceptance)
    if config.getoption("--target") or not own:
        wanted = long_run.to_run(own, long=config.getoption("--long"), state=state_of(config))
        left_out = [item for item in own if item not in wanted]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
        return
    if any("acceptance" in str(word) for word in config.invocation_params.args):
        pytest.exit(NEEDED, returncode=2)
    items[:] = [item for item in items if item not in own]
    config.hook.pytest_deselected(items=own)


def state_of(config: pytest.Config) -> Path | None:
    """The file of the long acceptance; None outside of it."""
    return Path(config.getoption("--state")).resolve() if config.getoption("--long") else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing may be skipped: what was not tried is not proved."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [
        report
        for report in (reporter.stats.get("skipped", []) if reporter else [])
        if "tests/acceptance" in report.nodeid
    ]
    if skipped and session.exitstatus == 0:
        reporter.write_line(f"{len(skipped)} of the acceptance was skipped: that counts as failed.", red=True)
        session.exitstatus = 1


@pytest.fixture(scope="session")
def source(request: pytest.FixtureRequest) -> Path:
    folder = Path(request.config.getoption("--target")).resolve()
    assert (folder / "setup.sh").is_file(), f"{folder} has no setup.sh."
    for tool in ("bash", "curl"):
        assert shutil.which(tool), f"{tool} is needed to set the service up."
    return folder


@pytest.fixture(scope="session")
def installed_service(source: Path) -> Iterator[RealTarget]:
    """The service's folder: what it downloads is kept for all scenarios of the session."""
    service = RealTarget(source)
    try:
        yield service
    finally:
        service.take_down()


@contextlib.contextmanager
def stage(service: RealTarget) -> Iterator[Scene]:
    """A fresh service, a fresh product and its mail server; the person has set everything up."""
    service.set_up()
    mail = MailSink()
    mail.start()
    product = Product(smtp_port=mail.port)
    try:
        product.start()
        scene = Scene(service, product, mail)
        scene.set_up()
        yield scene
    finally:
        product.remove()
        mail.stop()


@pytest.fixture
def scene(installed_service: RealTarget) -> Iterator[Scene]:
    """For one scenario."""
    with stage(installed_service) as found:
        yield found


@pytest.fixture(scope="module")
def story(installed_service: RealTarget) -> Iterator[Scene]:
    """For scenarios that follow each other on the same target."""
    with stage(installed_service) as found:
        yield found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the processes of the product said last."""
    report = yield
    state = state_of(item.config)
    if state and long_run.name_of(item) and (report.when == "call" or report.failed):
        long_run.keep(state, long_run.name_of(item), report.outcome)
    found = getattr(item, "funcargs", {})
    scene = found.get("scene") or found.get("story")
    if report.failed and isinstance(scene, Scene):
        report.sections.append(("The product's own output", scene.product.said()))
    return report
