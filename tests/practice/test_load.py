import threading

import pytest

from practice.load import Trickle
from practice.orders.web import Shop, make_server


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path, {})
    server = make_server(shop, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}/graphql"
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()


def test_queries_are_labelled_counted_and_bounded(shop):
    result = Trickle(shop.url, rate=50).run(seconds=0.4)
    assert 5 <= result.requests <= 21
    assert (result.errors, result.unreachable) == (0, 0)
    assert shop.counts.last(60)["labelled"] == result.requests


def test_a_service_that_is_away_is_counted_not_raised():
    result = Trickle("http://127.0.0.1:1/graphql", rate=50).run(seconds=0.1)
    assert result.unreachable == result.requests > 0


@pytest.mark.parametrize(("rate", "seconds"), [(0, 1), (51, 1), (5, 0), (5, 3601)])
def test_too_much_is_refused(rate, seconds):
    with pytest.raises(ValueError):
        Trickle("http://127.0.0.1:1/graphql", rate=rate).run(seconds=seconds)
