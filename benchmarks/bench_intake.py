"""`python benchmarks/bench_intake.py`: a storm of 10,000 alerts through the intake, first one a call, then in calls of 100.

Prints the times of the calls (milliseconds) and how many incidents and lines of the timeline came of it. Runs in the
process, through the whole stack of middleware, on a database of its own (SQLite in a new folder, or DATABASE_URL).
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
ALERTS = int(os.environ.get("ALERTS", "10000"))


def main() -> None:
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    from incidents.models import Alert, Incident, IntakeToken
    from rollbacks.models import Environment, Service, Target

    service = Service.objects.create(slug="orders", name="orders")
    environment = Environment.objects.create(slug="production", name="production", is_production=True)
    Target.objects.create(service=service, environment=environment)
    _, token = IntakeToken.make(name="benchmark")
    IntakeToken.objects.update(per_minute=1_000_000)
    client = Client(headers={"Authorization": f"Bearer {token}"}, SERVER_NAME="127.0.0.1")
    for size in (1, 100):
        Alert.objects.all().delete()
        Incident.objects.update(status="dismissed")
        times = [one(client, first, size) for first in range(0, ALERTS, size)]
        live = Incident.objects.filter(status="open")
        events = live.get().events.count()
        print(
            f"{ALERTS} alerts, {size} a call: {words(times)}; {live.count()} incident, {events} lines, {Alert.objects.count()} rows"
        )


def one(client: Any, first: int, size: int) -> float:
    """Milliseconds of one call."""
    alerts = [
        {"name": f"Pod {n} down", "id": f"p{n}", "service": "orders", "environment": "production"}
        for n in range(first, first + size)
    ]
    began = time.perf_counter()
    answer = client.post("/api/intake/generic/", json.dumps({"alerts": alerts}), content_type="application/json")
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 202, answer.content
    return took


def words(times: list[float]) -> str:
    p95 = statistics.quantiles(times, n=100)[94]
    return f"p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms, longest {max(times):.1f} ms, {sum(times) / 1000:.1f} s in all"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("FIREBREAK_SECRET_KEY", "benchmark")
        os.environ.setdefault("FIREBREAK_DATA", folder)
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")  # nobody listens: a storm must not need Redis
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        main()
