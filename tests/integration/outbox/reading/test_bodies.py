"""Bodies and digests, which are not read in one look: what seems wrong is looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.reading.bodies import BodyComparison
from plexsend.outbox.redis.ahead import CallsAhead

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.outbox.bench import Bench

KEYS = ["one", "two", "three"]


def found_wrong(bench: Bench, digests: list[bytes], keys: list[str] = KEYS) -> list[tuple[bytes, bytes]]:
    """Return key and finding of what is wrong if the digests are these."""
    calls, found = CallsAhead(bench.store), list[tuple[bytes, bytes]]()

    def note(rows: object) -> None:
        found.extend((row[0], row[2]) for row in rows)  # type: ignore[attr-defined]

    BodyComparison(bench.store, calls, note).add("main", [key.encode() for key in keys], digests)
    calls.finish()
    return found


def test_digest_that_the_record_no_longer_has_is_not_compared(bench: Bench) -> None:
    bench.submit(KEYS)
    assert found_wrong(bench, [b"of an earlier message"] * 3) == []


@pytest.mark.parametrize("digest", [b"", b"any"])
def test_body_that_ended_with_its_message_is_not_missed(bench: Bench, digest: bytes) -> None:
    bench.submit(KEYS)
    assert found_wrong(bench, [digest], ["ended meanwhile"]) == []


@pytest.mark.parametrize("digest", [b"", b"any"])
def test_body_that_its_record_needs_is_missed(bench: Bench, digest: bytes) -> None:
    bench.submit(KEYS)
    bench.store.client.delete(bench.store.keys.account("main") + "b:two")
    assert found_wrong(bench, [digest] * 3) == [(b"two", b"body gone")]


def test_body_that_is_another_one_is_found(bench: Bench) -> None:
    bench.submit(KEYS)
    bench.store.client.set(bench.store.keys.account("main") + "b:two", "another")
    assert found_wrong(bench, [b"any"] * 3) == [(b"two", b"body digest")]


class CountedCalls(CallsAhead):
    """Calls, and how many were added that are no scripts."""

    added = 0

    def add(self, command: tuple[str | bytes | int, ...], then: Callable[[Any], object]) -> None:
        """Count the command and add it."""
        self.added += 1
        super().add(command, then)


def test_large_bodies_come_in_calls_of_their_own(bench: Bench) -> None:
    bench.submit(KEYS)
    start = bench.store.keys.account("main") + "b:"
    calls = CountedCalls(bench.store)
    comparison = BodyComparison(bench.store, calls, lambda _: None)
    added = []
    for size in (700, 200_000, 200_000):
        for key in KEYS:
            bench.store.client.set(start + key, b"x" * size)
        before = calls.added
        comparison.add("main", [key.encode() for key in KEYS], [b""] * 3)
        calls.finish()
        added.append(calls.added - before)
    # How long bodies are is known from those before.
    assert added == [1, 1, 3]
