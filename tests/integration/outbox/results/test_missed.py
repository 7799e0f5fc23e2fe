"""What a reader never got is said exactly, and what it did get is never said to be missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.results.readers import Missed
from tests.integration.outbox.results.publishing import hear_all, heard

if TYPE_CHECKING:
    from tests.integration.outbox.results.publishing import Publisher


def test_what_was_trimmed_before_it_was_given_is_said_once(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c", "d")
    first = reader.read(1)
    assert first
    publisher.trim(4_500)
    other = publisher.reader("p2")
    span = other.read()
    assert heard(span) == ["d"]
    assert span
    assert span.missed == Missed(2_000, 5_000, 2, "trimmed")
    publisher.publish("e")
    again = other.read()
    assert again
    assert again.missed is None


def test_what_is_trimmed_before_a_process_in_the_middle_of_it_is_said_at_once(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c", "d", "e")
    assert heard(reader.read(1)) == ["a"]
    publisher.trim(5_500)
    span = reader.read(1)
    assert span
    assert span.missed
    assert (span.missed.why, span.missed.to_ms) == ("trimmed", 6_000)


def test_reader_that_heard_all_misses_nothing_where_all_of_it_is_trimmed(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b")
    hear_all(reader)
    publisher.trim(10_000)
    publisher.publish("c", ms=20_000)
    span = publisher.reader("p2").read()
    assert heard(span) == ["c"]
    assert span
    assert span.missed is None


def test_entries_of_a_lapsed_span_that_were_trimmed_are_missed(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    span = reader.read()
    assert span
    publisher.trim(3_500)
    publisher.let_lapse(span.first)
    again = publisher.reader("p2").read()
    assert heard(again) == ["c"]
    assert again
    assert again.missed == Missed(2_000, 4_000, 2, "trimmed")


def test_entry_that_was_deleted_is_noticed(publisher: Publisher) -> None:
    reader = publisher.begun()
    ids = publisher.publish_all("a", "b", "c")
    hear_all(reader, most=1)
    publisher.publish_all("d", "e", "f")
    publisher.client.xdel(publisher.key, "6000-0")
    assert len(ids) == 3
    span = publisher.reader("p2").read()
    assert heard(span) == ["d", "f"]
    assert span
    assert span.missed == Missed(4_000, 7_000, 1, "deleted")


def test_reader_that_somebody_put_ahead_is_noticed(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    assert heard(reader.read(1)) == ["a"]
    publisher.client.hset(publisher.reader_key, "at", "3000-0 1 2000-0")
    span = publisher.reader("p2").read()
    assert heard(span) == ["c"]
    assert span
    assert span.missed == Missed(2_000, 4_000, 1, "skipped")


def test_stream_that_was_taken_away_is_said_and_nothing_new_is_lost(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b")
    assert heard(reader.read(1)) == ["a"]
    publisher.client.delete(publisher.key)
    publisher.publish("c", ms=50_000)
    span = publisher.reader("p2").read()
    assert heard(span) == ["c"]
    assert span
    assert span.missed == Missed(2_000, 50_000, 0, "lost")


def test_stream_that_began_anew_with_lower_ids_is_given_from_its_beginning(publisher: Publisher) -> None:
    """As behind a clock that was set back, or where Redis went back in time."""
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    hear_all(reader)
    publisher.client.delete(publisher.key)
    publisher.publish("b", ms=1_500)
    span = reader.read()
    assert heard(span) == ["b"]
    assert span
    assert span.missed
    assert span.missed.why == "back"
    publisher.publish("d", ms=1_600)
    assert hear_all(reader) == ["d"]


def test_stream_that_began_anew_is_given_whole_though_some_of_it_has_higher_ids(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    hear_all(reader)
    publisher.client.delete(publisher.key)
    publisher.publish("d", ms=1_500)
    other = publisher.reader("p2")
    assert heard(other.read(1)) == ["d"]
    publisher.publish("e", ms=1_600)
    publisher.publish("f", ms=90_000)
    assert hear_all(reader) == ["e", "f"]


def test_emptied_server_costs_a_running_process_nothing_that_comes_later(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b")
    hear_all(reader)
    publisher.client.delete(publisher.key, publisher.reader_key)
    publisher.publish_all("c")
    assert hear_all(reader) == ["c"]


def test_what_was_missed_stays_bounded(publisher: Publisher) -> None:
    reader = publisher.begun()
    for i in range(20):
        publisher.publish_all(f"a{i}", f"b{i}")
        publisher.trim(publisher._ms - 500)
        assert heard(reader.read()) == [f"b{i}"]
    kept = [field for field in publisher.client.hkeys(publisher.reader_key) if field.startswith(b"missed:")]
    assert len(kept) == 16
