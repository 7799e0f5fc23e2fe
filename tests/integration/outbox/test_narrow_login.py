"""A login that may do all with its own keys, but was given no channels: Redis's default for new users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.reading.audit import audit
from plexsend.outbox.redis.store import Store
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

FAR_MS = 99_999_999_999_999


@pytest.fixture
def narrow(store: Store, valkey_url: str) -> Iterator[Store]:
    user = f"narrow{store.keys.prefix.strip(':')}"
    client: Any = store.client
    rights = ("on", ">pw", f"~{store.keys.prefix}*", "+@all", "resetchannels")
    client.execute_command("ACL", "SETUSER", user, *rights)
    made = Store.connect(valkey_url.replace("redis://", f"redis://{user}:pw@"), store.keys.prefix)
    yield made
    made.close()
    client.execute_command("ACL", "DELUSER", user)


def test_login_without_channels_sends_all_the_same(store: Store, narrow: Store) -> None:
    bench = Bench(narrow)
    bench.sweep()
    # So far ahead that everything would nudge.
    store.client.hset(f"{store.keys.account('main')}sweep", "next", FAR_MS)
    bench.submit(23)
    assert sum(len(batch) for batch in bench.drain_all()) == 23
    assert audit(store).discrepancies == ()
