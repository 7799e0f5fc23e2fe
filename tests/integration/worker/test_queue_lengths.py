"""How many doorbells wait, by the broker's own word."""

from __future__ import annotations

from plexsend.gateway.environment import read_settings
from plexsend.worker.app import create_app
from plexsend.worker.bootstep import QueueLengths

SERVICES = ("mms-bulk", "mms-finance", "mms-standard")


def test_queues_are_counted_by_service(valkey_url: str, prefix: str) -> None:
    app = create_app(read_settings({"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix}))
    lengths = QueueLengths(app)
    assert lengths(SERVICES) == dict.fromkeys(SERVICES, 0)
    for _ in range(3):
        app.send_task("plexsend.drain", args=("mms-finance@main", "bell:1"), queue="mms-finance")
    assert lengths(SERVICES) == {"mms-bulk": 0, "mms-finance": 3, "mms-standard": 0}
    app.close()


def test_broker_that_does_not_answer_is_no_error() -> None:
    app = create_app(read_settings({"PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0"}))
    lengths = QueueLengths(app)
    assert lengths(SERVICES) is None
    assert lengths(SERVICES) is None
    app.close()
