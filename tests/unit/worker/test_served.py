"""Which queues a worker serves: those of services have doorbells, that of campaigns has none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plexsend.gateway.environment import read_settings
from plexsend.gateway.services import SERVICES
from plexsend.worker.app import create_app
from plexsend.worker.bootstep import feeds, served
from plexsend.worker.campaign_queue import CAMPAIGNS
from plexsend.worker.doorbells import quotas


def worker(*queues: str, fetched: tuple[str, ...] | None = None) -> Any:
    """Return a worker with these queues; `fetched`: those whose consumer is there; None: no consumer yet."""
    consumer = None
    if fetched is not None:
        task_consumer = SimpleNamespace(consuming_from=lambda queue: queue in fetched)
        consumer = SimpleNamespace(task_consumer=task_consumer)
    amqp = SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(queues)))
    return SimpleNamespace(app=SimpleNamespace(amqp=amqp), consumer=consumer)


def test_plain_worker_serves_all_services_and_campaigns() -> None:
    plain = worker(*create_app(read_settings({})).amqp.queues.consume_from)
    assert set(served(plain)) == set(SERVICES)
    assert feeds(plain)
    assert CAMPAIGNS not in quotas(served(plain), [], {})


@pytest.mark.parametrize(
    ("queues", "services", "is_fed"),
    [
        (("mms-bulk",), ("mms-bulk",), False),
        ((CAMPAIGNS,), (), True),
        ((CAMPAIGNS, "mms-bulk"), ("mms-bulk",), True),
    ],
)
def test_named_queues_count(queues: tuple[str, ...], services: tuple[str, ...], *, is_fed: bool) -> None:
    assert (served(worker(*queues)), feeds(worker(*queues))) == (services, is_fed)


def test_what_is_not_fetched_any_more_does_not_count() -> None:
    left = worker("mms-bulk", CAMPAIGNS, fetched=("mms-bulk",))
    assert (served(left), feeds(left)) == (("mms-bulk",), False)
