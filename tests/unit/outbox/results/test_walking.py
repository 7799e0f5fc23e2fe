"""The walk of a proof and a replay: a scan of Redis may name a parked message twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from plexsend.outbox.arguments_results import PROOF
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.results.walking import Walk


def test_message_that_a_scan_names_twice_is_looked_at_once() -> None:
    named = [(b"a", 1.0), (b"b", 2.0), (b"a", 1.0)]
    client = SimpleNamespace(zscan_iter=lambda _key, count: iter(named[:count]))
    walk = Walk(cast("Any", SimpleNamespace(client=client)), Script.PROOF, PROOF, "main", "billing")
    assert list(walk._members("key")) == [b"a", b"b"]
