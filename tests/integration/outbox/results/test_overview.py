"""The readers as they are: how far each is behind, also one that nobody uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.results.overview import drop, list_readers
from plexsend.outbox.results.spans import Missed
from tests.integration.outbox.results.publishing import hear_all

if TYPE_CHECKING:
    from plexsend.outbox.results.overview import ReaderState
    from tests.integration.outbox.results.publishing import Publisher


def look(publisher: Publisher) -> ReaderState:
    (state,) = list_readers(publisher.store, "main")
    return state


def test_reader_says_how_far_behind_it_is(publisher: Publisher) -> None:
    reader = publisher.begun()
    assert (look(publisher).behind, look(publisher).behind_ms) == (0, 0)
    publisher.publish_all("a", "b", "c")
    assert look(publisher).behind == 3
    span = reader.read(2)
    assert span
    state = look(publisher)
    # What a process has is not heard yet.
    assert (state.behind, state.open_spans, state.cursor_ms) == (3, 1, 3_000)
    now_ms = int(publisher.client.time()[0]) * 1000
    assert abs(state.behind_ms - (now_ms - 2_000)) < 60_000
    reader.done(span.first)
    assert look(publisher).behind == 1
    hear_all(reader)
    assert look(publisher).missed == ()


def test_unused_reader_is_behind_and_has_missed_what_was_trimmed(publisher: Publisher) -> None:
    publisher.begun()
    publisher.publish_all("a", "b", "c")
    publisher.trim(3_500)
    state = look(publisher)
    assert (state.behind, state.missed) == (1, (Missed(0, 4_000, 2, "trimmed"),))
    publisher.reader("p2").read()
    assert look(publisher).missed == (Missed(0, 4_000, 2, "trimmed"),)


def test_dropped_reader_is_not_listed_and_leaves_nothing(publisher: Publisher) -> None:
    publisher.begun()
    drop(publisher.store, "main", "billing")
    assert list_readers(publisher.store, "main") == []
    assert list(publisher.client.scan_iter(f"{publisher.store.keys.prefix}*")) == []


def test_reader_that_another_program_wrote_to_is_named(publisher: Publisher) -> None:
    publisher.begun()
    publisher.client.hset(publisher.reader_key, "at", "nonsense")
    assert not look(publisher).is_readable
    publisher.client.delete(publisher.reader_key)
    publisher.client.set(publisher.reader_key, "foreign")
    assert not look(publisher).is_readable
