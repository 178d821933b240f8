"""One scenario's stage: the real service broken in its way, the product running, and a person who set it up by its pages."""

import re
import time
from typing import Any

import httpx

from tests.acceptance.alertmanager import alertmanager_body
from tests.acceptance.mail_sink import MailSink
from tests.acceptance.product import Product
from tests.acceptance.real_target import RealTarget
from tests.acceptance.visitor import Page, Visitor

PASSWORD = "walnut-harbour-4711-kite"
ON_CALL = "oncall@example.test"
STAKEHOLDERS = ("support@example.test", "sales@example.test")
SERVICE, ENVIRONMENT = "fraiseql-api", "staging"
ALERT = "GraphQLErrorRate"
SYMPTOM = "GraphQL response errors"
# The plan's watch lasts 30 minutes; a target that is not production may be quicker, and says so everywhere.
SHORT_WATCH = "warmup = 10s\nlooks = 30s 60s 120s\ngood_from = 60s"
WATCH_SECONDS = 120.0


class Scene:
    """Acts through the pages and the alert intake; asks the service itself what is true."""

    def __init__(self, service: RealTarget, product: Product, mail: MailSink) -> None:
        self.service, self.product, self.mail = service, product, mail
        self.visitor = Visitor(product.base_url)
        self.token = ""

    # Setting up

    def set_up(self, *, symptom: str = SYMPTOM) -> None:
        """Sign-in, service, environment, plan, target, contacts, stakeholders, alert rule."""
        self.sign_in_first()
        self.add_plan()
        self.add_target()
        self.add_people()
        self.add_token()
        self.rule(alert=ALERT, symptom=symptom)

    def sign_in_first(self) -> None:
        """The first administrator's way: the one-time password, then one's own."""
        name, once = self.product.first_sign_in()
        page = self.visitor.press(self.visitor.get("/sign-in/"), "Sign in", username=name, password=once)
        page = self.visitor.press(page, "Use this password", present=once, password1=PASSWORD, password2=PASSWORD)
        self.name = name

    def sign_in(self) -> None:
        self.visitor = Visitor(self.product.base_url)
        self.visitor.press(self.visitor.get("/sign-in/"), "Sign in", username=self.name, password=PASSWORD)

    def add_plan(self) -> None:
        page = self.visitor.get("/plans/new/?example=schema-registry")
        page = self.visitor.press(page, "Save as revision 1")
        page = self.visitor.press(page, "Approve revision 1")
        page.must_say("Runs may use this revision")

    def add_target(self) -> None:
        services = self.visitor.get("/services/")
        services = self.visitor.press(services, "Add the service", name=SERVICE)
        form = next(form for form in services.forms if form.action.endswith("/environments/new/"))
        self.visitor.submit(services, form, name=ENVIRONMENT)
        page = self.visitor.press(
            self.visitor.get("/targets/new/"),
            "Add the target",
            service=SERVICE,
            environment=ENVIRONMENT,
            plan="Schema registry",
            deployment="systemd",
            root=str(self.service.root),
            hosts=self.service.host,
            params=f"base-url = {self.service.base_url}",
            env=f"PATH = {self.service.path}",
            watch=SHORT_WATCH,
        )
        found = re.search(r"/targets/(\d+)/", page.url)
        assert found, f"Adding the target led to {page.url}: {page.text[:2000]}"
        self.target = f"/targets/{found[1]}/"

    def add_people(self) -> None:
        """The on-call contact and the stakeholders."""
        page = self.visitor.get(f"{self.target}contacts/")
        rung = {"form-0-order": "1", "form-0-role": "On-call engineer", "form-0-name": "Ana", "form-0-address": ON_CALL}
        page = self.visitor.press(page, "Save", **rung, addresses="\n".join(STAKEHOLDERS))
        page.must_say("Saved")

    def add_token(self) -> None:
        """The sender's key, shown once."""
        page = self.visitor.get("/admin/incidents/intaketoken/add/")
        page = self.visitor.press(page, "Save", exact=True, name="alertmanager")
        found = re.search(r"shown only now: (fb_\S+)", page.text)
        assert found, f"No token was shown:\n{page.text[:2000]}"
        self.token = found[1]

    def rule(self, *, alert: str, symptom: str = "") -> None:
        """Maps an alert to the target and, where one is named, to a row of the matrix."""
        page = self.visitor.get("/admin/incidents/intakerule/add/")
        self.visitor.press(page, "Save", exact=True, alert_name=alert, target=SERVICE, symptom=symptom)

    # What happens

    def alert(self, *, name: str = ALERT, value: float = 40.0, expect: str = "declared") -> str:
        """Alertmanager reports; returns the address of the incident."""
        body = alertmanager_body(name, value)
        answer = httpx.post(
            f"{self.product.base_url}/api/intake/alertmanager/",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=20,
            trust_env=False,
        )
        assert answer.status_code == 202, f"The intake answered {answer.status_code}: {answer.text[:500]}"
        assert answer.json()[expect], answer.text
        return f"/incidents/{answer.json()[expect][0].removeprefix('INC-')}/"

    def measured(self, incident: str, *, requests: int = 100) -> Page:
        """The incident's page as soon as so many requests were counted and the evidence is gathered."""
        self.visitor.wait_for(
            incident,
            lambda page: bool(self.product.events("evidence.gathered")) and bool(self.requests_counted() >= requests),
            within=90,
            what=f"evidence and {requests} counted requests",
        )
        return self.visitor.get(incident)

    def requests_counted(self) -> int:
        rows = self.product.rows("SELECT COALESCE(SUM(requests), 0) AS total FROM rollbacks_sample")
        return int(rows[0]["total"])

    def acknowledge(self, incident: str) -> None:
        self.visitor.press(self.visitor.get(incident), "I have it")

    def choose(self, incident: str, level: int, reason: str = "") -> str:
        """Chooses a level on the incident's page and returns the address of the page that confirms its run."""
        page = self.visitor.get(incident)
        if page.offers(f"Prepare Level {level} "):
            page = self.visitor.press(page, f"Prepare Level {level} ")
        else:
            page = self.visitor.press(page, "Choose", exact=True, level=str(level), reason=reason)
        if not re.search(r"/runs/\d+/", page.url):
            page = self.visitor.press(self.visitor.get(incident), "Show the commands")
        return self.run_of(page)

    @staticmethod
    def run_of(page: Page) -> str:
        found = re.search(r"/runs/(\d+)/", page.url)
        assert found, f"This is no page of a run: {page.url}\n{page.text[:3000]}"
        return f"/runs/{found[1]}/"

    def confirm(self, run: str, button: str) -> Page:
        """Waits for the rendered steps, reads them, and starts."""
        page = self.visitor.wait_for(
            f"{run}confirm/", lambda page: page.offers(button), within=60, what=f"a button {button!r}"
        )
        return self.visitor.press(page, button)

    def finish(self, run: str, *, within: float = 180.0) -> Page:
        """Confirms what waits for a person until the run is done."""

        def is_done(page: Page) -> bool:
            if page.offers("I did this"):
                self.visitor.press(page, "I did this")
            return self.status(run) not in {"queued", "running", "waiting", "canceling"}

        page = self.visitor.wait_for(run, is_done, within=within, what="the end of the run")
        assert self.status(run) == "succeeded", f"The run ended {self.status(run)}:\n{page.text[:6000]}"
        return self.visitor.get(run)

    def status(self, run: str) -> str:
        return str(self.product.rows("SELECT status FROM rollbacks_run WHERE id = ?", number_of(run))[0]["status"])

    def steps(self, run: str) -> dict[str, str]:
        rows = self.product.rows(
            "SELECT name, status FROM rollbacks_steprun WHERE run_id = ? ORDER BY position", number_of(run)
        )
        return {row["name"]: row["status"] for row in rows}

    def verdict(self, run: str, word: str, *, within: float = WATCH_SECONDS + 90) -> dict[str, Any]:
        """Waits for a verdict about a run; another last word at the end of its watch is a failure that shows all of them."""
        number, ends = number_of(run), time.monotonic() + within
        while True:
            given = [event["data"] for event in self.product.events("verdict.given") if event["data"]["run"] == number]
            if given and given[-1]["verdict"] == word:
                return given[-1]
            told = "\n".join(f"{one['verdict']}: {one['reason']}" for one in given)
            assert time.monotonic() < ends, f"No verdict {word} about run {number} within {within:g} s:\n{told}"
            time.sleep(0.5)

    def end_of_watch(self, run: str, *, within: float = WATCH_SECONDS + 90) -> str:
        """Waits until the watch of a run is over and returns its last word."""
        number, ends = number_of(run), time.monotonic() + within
        while True:
            ended = [event["data"] for event in self.product.events("watch.ended") if event["data"]["run"] == number]
            if ended:
                return str(ended[-1]["verdict"])
            assert time.monotonic() < ends, f"The watch of run {number} did not end within {within:g} s."
            time.sleep(0.5)

    def undo(self, incident: str, level: int) -> str:
        """Undoes a level on the incident's page."""
        page = self.visitor.press(self.visitor.get(incident), f"Undo Level {level}")
        run = self.run_of(page)
        self.confirm(run, SERVICE)
        self.finish(run)
        return run

    def resolve(self, incident: str) -> Page:
        """Ends the incident with the proof of its watch."""
        page = self.visitor.follow(self.visitor.get(incident), "Resolve")
        return self.visitor.press(page, "Resolve and tell the stakeholders")

    def tell(self, incident: str, page: Page, **said: str) -> str:
        """Completes a draft and sends it; returns the message's address once the server has accepted every copy."""
        address = page.url.removeprefix(self.product.base_url)
        page = self.visitor.press(page, f"Send to {len(STAKEHOLDERS)} people", **said)
        self.visitor.wait_for(
            address,
            lambda page: page.text.count("Accepted") >= len(STAKEHOLDERS),
            within=30,
            what="every copy accepted",
        )
        return address

    def roll_back(self, incident: str, level: int, *, reason: str = "") -> str:
        """Choose, confirm, carry out."""
        run = self.choose(incident, level, reason)
        self.confirm(run, SERVICE)
        self.finish(run)
        return run


def number_of(run: str) -> int:
    """ "/runs/17/" → 17."""
    return int(run.strip("/").rsplit("/", 1)[-1])
