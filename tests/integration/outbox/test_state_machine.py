"""Everything that may happen to an outbox, in any order, against a plain model of it.

More runs: `pytest tests/integration/outbox/test_state_machine.py --hypothesis-profile=thorough`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from plexsend.outbox.redis.store import Store
from tests.integration.outbox.machine import OutboxMachine

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = (1, 2)


@pytest.fixture
def own_database(valkey_url: str) -> Iterator[Store]:
    """The database beside the one of all other tests; every run empties it."""
    store = Store.connect(valkey_url.removesuffix("/0") + "/1", "m:")
    yield store
    store.client.flushdb()
    store.close()


@pytest.mark.parametrize("number", SEEDS)
def test_outbox_does_what_the_model_tells(own_database: Store, number: int) -> None:
    class Machine(OutboxMachine):
        store = own_database

    run_state_machine_as_test(seed(number)(Machine), settings=_how_much())


def _how_much() -> settings:
    chosen = settings()
    thorough = chosen.max_examples > settings.get_profile("default").max_examples
    return settings(
        max_examples=chosen.max_examples if thorough else 12,
        stateful_step_count=50,
        deadline=None,
        database=None,
        print_blob=True,
        # To shrink a failure takes minutes; the seed finds it again.
        phases=[Phase.generate, *([Phase.shrink] if thorough else [])],
        suppress_health_check=list(HealthCheck),
    )
