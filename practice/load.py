"""A labelled trickle of real queries, bounded in rate and time, so that an error rate is a rate of counts.

`python -m practice.load --url http://127.0.0.1:8190/graphql --rate 5 --seconds 60` prints what came back.
"""

import argparse
import http.client
import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

HEADER = "X-Firebreak-Load"
QUERY = "{ orders(limit: 5) { id customer price { __typename amount currency } } }"
MOST_RATE = 50.0  # queries a second: a trickle, not a load test
MOST_SECONDS = 3600.0
TIMEOUT = 5.0


@dataclass
class Result:
    """What a trickle saw. A GraphQL answer with `errors` is an error though its status is 200."""

    requests: int = 0
    errors: int = 0
    unreachable: int = 0


class Trickle:
    """Sends one query after the other over one kept connection, at a steady rate."""

    def __init__(self, url: str, *, rate: float, query: str = QUERY) -> None:
        if not 0 < rate <= MOST_RATE:
            raise ValueError(f"The rate must be over 0 and at most {MOST_RATE:g} queries a second.")
        self._address = urlsplit(url)
        self._pause = 1 / rate
        self._body = json.dumps({"query": query})
        self._connection: http.client.HTTPConnection | None = None

    def run(self, *, seconds: float, stop: threading.Event | None = None) -> Result:
        """Runs for so long, or until `stop` is set; never raises for a service that is away."""
        if not 0 < seconds <= MOST_SECONDS:
            raise ValueError(f"A trickle runs for at most {MOST_SECONDS:g} seconds.")
        stop = stop or threading.Event()
        result, due = Result(), time.monotonic()
        end = due + seconds
        while due < end and not stop.is_set():
            self._send(result)
            # Behind schedule (a slow service): go on from now, never catch up in a burst.
            due = max(due + self._pause, time.monotonic())
            stop.wait(max(0.0, due - time.monotonic()))
        self._hang_up()
        return result

    def _send(self, result: Result) -> None:
        result.requests += 1
        try:
            answer = self._ask()
            result.errors += bool(answer.get("errors"))
        except (OSError, http.client.HTTPException, ValueError):
            self._hang_up()
            result.unreachable += 1

    def _ask(self) -> dict[str, object]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                self._address.hostname or "127.0.0.1", self._address.port or 80, timeout=TIMEOUT
            )
        headers = {"Content-Type": "application/json", HEADER: "1"}
        self._connection.request("POST", self._address.path, self._body, headers)
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200 or not isinstance(answer, dict):
            raise ValueError(f"status {response.status}")
        return answer

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def main() -> None:
    """One bounded trickle from the command line."""
    parser = argparse.ArgumentParser(description="Send a labelled trickle of queries to the practice service.")
    parser.add_argument("--url", default="http://127.0.0.1:8190/graphql")
    parser.add_argument("--rate", type=float, default=5.0, help=f"queries a second, at most {MOST_RATE:g}")
    parser.add_argument("--seconds", type=float, default=60.0, help=f"at most {MOST_SECONDS:g}")
    options = parser.parse_args()
    try:
        result = Trickle(options.url, rate=options.rate).run(seconds=options.seconds)
    except ValueError as error:
        parser.error(str(error))
    print(  # noqa: T201
        f"{result.requests} queries, {result.errors} with errors, {result.unreachable} without an answer"
    )


if __name__ == "__main__":
    main()
