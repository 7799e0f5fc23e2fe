"""How many doorbells wait, by the broker's own word."""

from __future__ import annotations

from plexsend.gateway.environment import read_settings
from plexsend.worker.app import create_app
from plexsend.worker.queues import Queues

SERVICES = ("mms-bulk", "mms-finance", "mms-standard")


def test_queues_are_counted_by_service(valkey_url: str, prefix: str) -> None:
    app = create_app(read_settings({"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix}))
    queues = Queues(app)
    assert queues.lengths(SERVICES) == dict.fromkeys(SERVICES, 0)
    for _ in range(3):
        app.send_task("plexsend.drain", args=("mms-finance@main", "bell:1"), queue="mms-finance")
    assert queues.lengths(SERVICES) == {"mms-bulk": 0, "mms-finance": 3, "mms-standard": 0}
    assert queues.purge("mms-finance") == 3
    assert queues.purge("mms-finance") == 0
    assert queues.lengths(SERVICES) == dict.fromkeys(SERVICES, 0)
    app.close()


def test_broker_that_does_not_answer_is_no_error() -> None:
    app = create_app(read_settings({"PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0"}))
    queues = Queues(app)
    assert queues.lengths(SERVICES) is None
    assert queues.purge("mms-bulk") == 0
    app.close()
