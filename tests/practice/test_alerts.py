from practice.alerts import Watch


class Ear:
    def __init__(self):
        self.heard, self.deaf = [], False

    def __call__(self, body):
        if not self.deaf:
            self.heard.append((body["commonLabels"]["alertname"], body["status"]))
        return not self.deaf


def counts(requests, errors):
    return {"seconds": 15, "requests": requests, "errors": errors, "labelled": requests}


def look(watch, recent, at, meant_to_run=True):
    watch.look(recent, meant_to_run=meant_to_run, at=at)


def test_errors_fire_once_and_are_resolved_once():
    ear = Ear()
    watch = Watch(8190, ear)
    look(watch, counts(75, 0), 0)
    look(watch, counts(75, 30), 10)
    look(watch, counts(75, 30), 11)
    look(watch, counts(75, 1), 30)
    look(watch, counts(75, 0), 31)
    assert ear.heard == [("OrdersResponseErrors", "firing"), ("OrdersResponseErrors", "resolved")]


def test_too_few_requests_say_nothing():
    ear = Ear()
    watch = Watch(8190, ear)
    look(watch, counts(10, 10), 0)
    assert ear.heard == []


def test_a_body_that_was_not_accepted_is_sent_again_after_five_seconds():
    ear = Ear()
    ear.deaf = True
    watch = Watch(8190, ear)
    look(watch, counts(75, 30), 0)
    ear.deaf = False
    look(watch, counts(75, 30), 2)
    assert ear.heard == []
    look(watch, counts(75, 30), 6)
    assert ear.heard == [("OrdersResponseErrors", "firing")]


def test_a_service_that_is_away_for_ten_seconds_is_down_and_a_stopped_one_is_not():
    ear = Ear()
    watch = Watch(8190, ear)
    look(watch, None, 0)
    look(watch, None, 9)
    assert watch.firing == []
    look(watch, None, 10)
    assert ear.heard == [("OrdersDown", "firing")]
    look(watch, None, 20, meant_to_run=False)
    assert ear.heard[-1] == ("OrdersDown", "resolved")


def test_the_body_is_what_an_alertmanager_sends():
    bodies = []
    watch = Watch(8190, lambda body: bodies.append(body) is None)
    look(watch, counts(75, 30), 0)
    body = bodies[0]
    alert = body["alerts"][0]
    assert body["version"] == "4"
    assert alert["labels"] == {
        "alertname": "OrdersResponseErrors",
        "service": "practice-orders",
        "environment": "practice",
        "severity": "high",
    }
    assert alert["annotations"]["description"] == "30 of 75 queries failed in the last 15 s."
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert len(alert["fingerprint"]) == 16
