"""What a reader never got is said exactly, and what it did get is never said to be missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.results.news import wait
from plexsend.outbox.results.overview import list_readers
from plexsend.outbox.results.spans import Missed
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


def test_what_is_trimmed_before_a_process_in_the_middle_of_it_is_said_with_what_comes_next(
    publisher: Publisher,
) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c", "d", "e")
    assert heard(reader.read(1)) == ["a"]
    publisher.trim(5_500)
    # It was read ahead, and is given.
    second = reader.read(1)
    assert heard(second) == ["b"]
    assert second
    assert second.missed is None
    span = reader.read(1)
    assert heard(span) == ["e"]
    assert span
    assert span.missed
    assert (span.missed.why, span.missed.to_ms, span.missed.entries) == ("trimmed", 6_000, 2)


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


def test_what_a_process_waited_for_is_missed_once_where_it_was_trimmed(publisher: Publisher) -> None:
    reader = publisher.begun()
    keys = [f"k{number}" for number in range(1, 31)]
    publisher.publish_all(*keys[:5])
    first = reader.read(5)
    assert heard(first) == keys[:5]
    assert first
    assert reader.read(5, first.first) is None
    publisher.publish_all(*keys[5:])
    wait(publisher.store, [reader], 1)
    assert reader.has_ahead
    publisher.trim(9_000)
    second = reader.read(5)
    assert second
    assert (heard(second), second.missed) == (keys[7:12], Missed(6_000, 9_000, 2, "trimmed"))
    reader.done(second.first)
    # The next gap counts as well, for another process and with all that was given before.
    publisher.trim(16_000)
    other = publisher.reader("p2")
    third = other.read(5)
    assert third
    assert (heard(third), third.missed) == (keys[14:19], Missed(13_000, 16_000, 2, "trimmed"))
    other.done(third.first)
    assert hear_all(other) == keys[19:]
    (state,) = list_readers(publisher.store, "main")
    assert state.missed == (Missed(6_000, 9_000, 2, "trimmed"), Missed(13_000, 16_000, 2, "trimmed"))


def test_what_a_process_had_read_ahead_is_given_and_the_rest_is_missed_once(publisher: Publisher) -> None:
    reader = publisher.begun()
    keys = [f"k{number}" for number in range(1, 31)]
    publisher.publish_all(*keys)
    first = reader.read(5)
    assert heard(first) == keys[:5]
    assert reader.has_ahead
    assert first
    publisher.trim(13_000)
    second = reader.read(5, first.first)
    assert second
    assert (heard(second), second.missed) == (keys[5:10], None)
    third = reader.read(5, second.first)
    assert third
    assert (heard(third), third.missed) == (keys[11:16], Missed(11_000, 13_000, 1, "trimmed"))
    reader.done(third.first)
    # The next gap counts as well, for another process and with all that was given before.
    publisher.trim(20_000)
    other = publisher.reader("p2")
    fourth = other.read(5)
    assert fourth
    assert (heard(fourth), fourth.missed) == (keys[18:23], Missed(17_000, 20_000, 2, "trimmed"))
    other.done(fourth.first)
    assert hear_all(other) == keys[23:]
    (state,) = list_readers(publisher.store, "main")
    assert state.missed == (Missed(11_000, 13_000, 1, "trimmed"), Missed(17_000, 20_000, 2, "trimmed"))


def test_reader_goes_on_where_the_whole_stream_was_trimmed(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    assert heard(reader.read(1)) == ["a"]
    publisher.trim(10_000)
    said = reader.read()
    assert said
    assert (said.entries, said.missed) == ((), Missed(2_000, 4_000, 2, "trimmed"))
    publisher.publish("d", ms=4_000)
    span = publisher.reader("p2").read()
    assert span
    assert (heard(span), span.missed) == (["d"], None)


def test_trim_within_one_ms_leaves_what_is_behind_it(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a")
    ids = [publisher.publish(key, ms=5_000) for key in "bcde"]
    assert heard(reader.read(2)) == ["a", "b"]
    publisher.client.xtrim(publisher.key, minid=ids[2], approximate=False)
    span = reader.read(5)
    assert span
    assert span.missed
    assert (heard(span), span.missed.entries) == (["d", "e"], 1)
    # All that was given with this ms: the proof asks for it once it is trimmed.
    assert sorted(publisher.client.hget(publisher.reader_key, "edge").split()) == [b"b", b"d", b"e"]


def test_what_was_missed_keeps_a_bounded_number_of_keys(publisher: Publisher) -> None:
    """As behind a reader that is always too slow, and publishes of many messages."""
    reader = publisher.begun()
    many = ["x" * 36 + str(number) for number in range(10)]
    for number in range(40):
        for _ in range(2):
            publisher.publish(*many)
        publisher.trim(publisher._ms - 500)
        span = reader.read(1)
        assert span
        reader.done(span.first)
        if number == 20:
            before = publisher.reader_bytes()
    assert publisher.reader_bytes() < before + 200
    publisher.publish_all("a", *(f"b{number:0100}" for number in range(100)))
    publisher.trim(publisher._ms - 500)
    publisher.publish(*("y" * 36 + str(number) for number in range(200)))
    publisher.trim(publisher._ms)
    reader.read()
    assert publisher.reader_bytes() < before + 1_000


def test_window_of_two_that_became_one_reaches_to_the_later_end(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish("heard", ms=50_000)
    hear_all(reader)
    for number, (first, last) in enumerate(
        [(10, 900), (20, 30), *((1_000 + n, 1_000 + n) for n in range(14))]
    ):
        publisher.client.hset(publisher.reader_key, f"missed:{first}-0", f"{last}-0 1 trimmed|k{number}\nz")
    publisher.publish_all("a", "b")
    publisher.trim(51_500)
    publisher.reader("p2").read()
    (state,) = list_readers(publisher.store, "main")
    assert state.missed[0] == Missed(10, 900, 2, "trimmed")
    assert len(state.missed) == 16


def test_what_was_missed_stays_bounded(publisher: Publisher) -> None:
    reader = publisher.begun()
    for i in range(20):
        publisher.publish_all(f"a{i}", f"b{i}")
        publisher.trim(publisher._ms - 500)
        assert heard(reader.read()) == [f"b{i}"]
    kept = [field for field in publisher.client.hkeys(publisher.reader_key) if field.startswith(b"missed:")]
    assert len(kept) == 16
