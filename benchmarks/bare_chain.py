"""The same eight commands as a bare Celery chain, to be measured beside the engine: started as `celery -A benchmarks.bare_chain`.

Nothing is journaled, nothing is leased, nothing can be stopped; each task runs its command and the next follows.
"""

import subprocess
import time

import httpx
import redis
from celery import chain
from django.conf import settings

from config.celery import app

QUEUE = "bare"
CLIENT: list[httpx.Client] = []


@app.task(name="bare.true", ignore_result=True)
def true() -> None:
    subprocess.run(["true"], check=True)


@app.task(name="bare.get", ignore_result=True)
def get(url: str) -> None:
    if not CLIENT:
        CLIENT.append(httpx.Client(trust_env=False))  # one a process: a new one costs 30 ms
    CLIENT[0].get(url).raise_for_status()


@app.task(name="bare.end", ignore_result=True)
def end(key: str) -> None:
    redis.Redis.from_url(settings.REDIS_URL).set(key, time.time())


def seconds(url: str, key: str) -> float:
    """Sends the chain and waits for its end; from the sending to the end of the last command."""
    server = redis.Redis.from_url(settings.REDIS_URL)
    parts = [true.si() for _ in range(7)] + [get.si(url), end.si(key)]
    began = time.time()
    chain(*(part.set(queue=QUEUE) for part in parts)).apply_async()
    while (ended := server.get(key)) is None:
        time.sleep(0.005)
    return float(ended) - began
