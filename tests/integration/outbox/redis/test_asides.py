"""What one settle and take makes, counted inside the server: times would say more about the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.redis.scripts import Script, source
from tests.integration.outbox.bench import accepted

if TYPE_CHECKING:
    from tests.integration.outbox.bench import Bench

MOST_GARBAGE_KB = 31
"""Of a batch of ten it is 29.5; ten functions more are about one."""
_MADE = "asides[aside] = made"


@pytest.fixture
def counted(bench: Bench) -> Bench:
    """A bench whose `advance` writes down what it put aside and made, and how much it allocated."""
    kind, text = source(Script.ADVANCE).split("\n", 1)
    assert _MADE in text
    seen = text.replace(_MADE, f"{_MADE} redis.call('SADD', KEYS[1] .. 'made', aside)")
    whole = "\n".join(
        [
            kind,
            "collectgarbage('stop') local before = collectgarbage('count')",
            f"local answer = (function() {seen}\nend)()",
            "local after = collectgarbage('count') collectgarbage('restart')",
            "redis.call('SET', KEYS[1] .. 'garbage', tostring(after - before))",
            "return answer",
        ]
    )
    bench.store._scripts[Script.ADVANCE] = bench.store.client.register_script(whole)
    return bench


def test_a_settle_and_take_without_trouble_makes_nothing_that_is_put_aside(counted: Bench) -> None:
    client, prefix = counted.store.client, f"{counted.store.keys.prefix}{{main}}:"
    counted.submit(40)
    # The first that is accepted on a day is the first of its field there, which is rare.
    batch = counted.take(settlement=accepted(counted.take()))
    for _ in range(2):
        client.delete(f"{prefix}made")
        batch = counted.take(settlement=accepted(batch))
        assert len(batch.messages) == 10
        assert client.smembers(f"{prefix}made") == set()
        assert float(client.get(f"{prefix}garbage") or 0) <= MOST_GARBAGE_KB
