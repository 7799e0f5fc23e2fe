"""Loops over results: what is done with, what is given back, when they end, and what keeps them waiting."""

from __future__ import annotations

import asyncio
import logging
import threading
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from plexsend.errors import OutboxMoved, OutboxUnavailable, OutboxUnsuitable, ResultsMissed, UsageError
from plexsend.outbox.lanes import Lane
from plexsend.outbox.results.entries import Entry
from plexsend.outbox.results.spans import Missed
from plexsend.outbox.results.unreadable import Unreadable
from plexsend.outbox.states import State
from plexsend.producers.hearing import Rhythm
from plexsend.producers.listening import AsyncResults, Results
from tests.unit.producers.played import LANE, PlayedSource, wanted

AWAY = OutboxUnavailable("Redis does not answer.")


def keys_of(source: PlayedSource, rhythm: Rhythm | None = None, **given: Any) -> list[str]:
    """Return what a loop that does not wait hears."""
    results = Results(source, wanted(follow=False, **given), rhythm or Rhythm())
    return [result.msg_key for result in results]


@pytest.fixture
def source() -> PlayedSource:
    return PlayedSource()


def test_what_was_heard_is_not_heard_again(source: PlayedSource) -> None:
    source.publish("a", "b")
    assert keys_of(source) == ["a", "b"]
    source.publish("c")
    assert keys_of(source) == ["c"]


def test_readers_of_other_names_hear_everything_too(source: PlayedSource) -> None:
    source.publish("a")
    assert keys_of(source) == ["a"]
    other = Results(source, replace(wanted(follow=False), reader="audit"))
    assert [result.msg_key for result in other] == ["a"]


def test_a_break_gives_back_what_the_loop_had_in_hand_and_all_behind_it(source: PlayedSource) -> None:
    source.publish("a", "b", "c", "d")
    for result in Results(source, wanted(follow=False)):
        if result.msg_key == "c":
            break
    assert keys_of(source) == ["c", "d"]


def test_an_error_in_the_loop_gives_back_too(source: PlayedSource) -> None:
    source.publish("a", "b", "c")
    with pytest.raises(RuntimeError):
        fail_at(Results(source, wanted(follow=False)), "b")
    assert keys_of(source) == ["b", "c"]


def fail_at(results: Results, key: str) -> None:
    for result in results:
        if result.msg_key == key:
            raise RuntimeError


def test_a_span_is_ended_when_the_loop_comes_round_and_not_before(source: PlayedSource) -> None:
    source.most = 2
    source.publish("a", "b", "c")
    heard = iter(Results(source, wanted(follow=False)))
    first = [next(heard), next(heard)]
    assert [call for call in source.calls if call[2]] == []
    next(heard)
    begun = first[0].id.split(":")[1]
    assert source.calls[-1] == ("read", "main", begun)
    heard.close()
    assert source.calls[-1][0] == "back"


def test_batches_hold_at_most_so_many_and_are_given_back_whole(source: PlayedSource) -> None:
    source.publish(*"abcdefg")
    seen = []
    for batch in Results(source, wanted(follow=False)).batches(3):
        seen.append([result.msg_key for result in batch])
        if len(seen) == 2:
            break
    assert seen == [["a", "b", "c"], ["d", "e", "f"]]
    assert keys_of(source) == ["d", "e", "f", "g"]


def test_a_batch_that_ends_inside_an_entry_gives_that_entry_back(source: PlayedSource) -> None:
    whole = Entry("5-0", "main", State.CANCELLED, LANE, "", ("a", "b", "c"), ())
    source.streams._entries["main"].append(whole)
    batches = Results(source, wanted(follow=False)).batches(2)
    assert [result.msg_key for result in next(batches)] == ["a", "b"]
    assert [result.msg_key for result in next(batches)] == ["c"]
    batches.close()
    assert keys_of(source) == ["a", "b", "c"]


def test_a_batch_that_is_done_with_is_not_given_back_for_its_last_entry(source: PlayedSource) -> None:
    source.publish("x")
    whole = Entry("5000-0", "main", State.CANCELLED, LANE, "", ("a", "b", "c"), ())
    source.streams._entries["main"].append(whole)
    batches = Results(source, wanted(follow=False)).batches(2)
    assert [[result.msg_key for result in next(batches)] for _ in range(2)] == [["x", "a"], ["b", "c"]]
    batches.close()
    assert keys_of(source) == ["a", "b", "c"]


@pytest.mark.parametrize("most", [0, 10_001, True, 1.5, "500"])
def test_a_batch_of_no_size_is_refused_at_once(source: PlayedSource, most: Any) -> None:
    with pytest.raises(UsageError, match=r"1 to 10,000"):
        Results(source, wanted()).batches(most)
    with pytest.raises(UsageError, match=r"1 to 10,000"):
        AsyncResults(source, wanted()).batches(most)


def test_filters_leave_out_what_counts_as_heard(source: PlayedSource) -> None:
    spring = Lane("mms-bulk", None, "main", "spring")
    source.publish("a")
    source.publish("b", state=State.REJECTED)
    source.publish("c", lane=spring)
    assert keys_of(source, state=State.REJECTED) == ["b"]
    assert keys_of(source) == []
    for given, keys in (
        ({"service": "mms-bulk"}, ["c"]),
        ({"group": ["spring", "autumn"]}, ["c"]),
        ({"state": ["rejected", "delivered"], "service": "sms-bulk"}, ["a", "b"]),
        ({"account": "shop"}, []),
    ):
        fresh = PlayedSource()
        fresh.publish("a")
        fresh.publish("b", state=State.REJECTED)
        fresh.publish("c", lane=spring)
        assert keys_of(fresh, **given) == keys


def test_a_loop_waits_for_more_and_ends_by_its_event() -> None:
    stop = threading.Event()

    def on_wait(source: PlayedSource) -> None:
        if source.waits == 3:
            source.publish("b", "c")
        if source.waits == 5:
            stop.set()

    source = PlayedSource(on_wait)
    source.publish("a")
    assert [result.msg_key for result in Results(source, wanted(stop=stop))] == ["a", "b", "c"]
    assert source.waits == 5


def test_a_loop_that_is_stopped_in_the_middle_gives_the_rest_back(source: PlayedSource) -> None:
    stop = threading.Event()
    source.publish("a", "b", "c")
    heard = []
    for result in Results(source, wanted(stop=stop)):
        heard.append(result.msg_key)
        stop.set()
    assert heard == ["a"]
    assert keys_of(source) == ["b", "c"]


def test_a_loop_that_is_stopped_at_the_last_result_is_done_with_it(source: PlayedSource) -> None:
    stop = threading.Event()
    source.publish("a")
    for _ in Results(source, wanted(stop=stop)):
        stop.set()
    assert keys_of(source) == []


def test_all_accounts_are_heard_in_turn(source: PlayedSource) -> None:
    source.most = 1
    shop = Lane("sms-bulk", None, "shop")
    source.publish("a", "b", "c")
    source.publish("x", "y", lane=shop)
    assert keys_of(source) == ["a", "x", "b", "y", "c"]
    assert keys_of(source) == []
    assert source.open_spans == 0


def test_an_account_that_comes_later_is_heard_from_its_beginning() -> None:
    stop = threading.Event()

    def on_wait(source: PlayedSource) -> None:
        source.publish("x", lane=Lane("sms-bulk", None, "shop"))
        if source.waits > 1:
            stop.set()

    source = PlayedSource(on_wait)
    source.publish("a")
    heard = [result.msg_key for result in Results(source, wanted(stop=stop), Rhythm(look_s=0))]
    assert heard == ["a", "x"]
    assert source.begun == {"main": False, "shop": True}


def test_a_known_reader_hears_an_account_that_came_while_nobody_listened(source: PlayedSource) -> None:
    assert keys_of(source) == []
    source.publish("x", lane=Lane("sms-bulk", None, "shop"))
    source.begun.clear()
    assert keys_of(source) == ["x"]
    assert source.begun["shop"] is True


def test_a_new_reader_begins_as_it_is_asked(source: PlayedSource) -> None:
    keys_of(source)
    assert source.begun == {"main": False}
    other = PlayedSource()
    keys_of(other, from_start=True)
    assert other.begun == {"main": True}


def test_a_slow_loop_gives_the_rest_back_before_its_time_is_over(source: PlayedSource) -> None:
    now = [0.0]
    rhythm = Rhythm(now_s=lambda: now[0])
    source.publish(*"abcd")
    heard = []
    for result in Results(source, wanted(follow=False, lease_s=10.0), rhythm):
        heard.append(result.msg_key)
        now[0] += 3.0
    assert heard == ["a", "b", "c", "d"]
    assert [call[0] for call in source.calls] == ["read", "back", "read", "read"]


def test_a_loop_waits_for_a_redis_that_is_away_and_says_so_once(
    source: PlayedSource, caplog: pytest.LogCaptureFixture
) -> None:
    source.publish("a", "b")
    source.failures = [AWAY, AWAY, None, AWAY]
    with caplog.at_level(logging.WARNING, "plexsend"):
        assert keys_of(source, Rhythm(away_s=0)) == ["a", "b"]
    assert [record.getMessage() for record in caplog.records] == [
        "The reader billing waits for Redis: Redis does not answer.",
        "Redis is back: the reader billing goes on",
    ] * 2


def test_patience_has_an_end_where_a_caller_says_so(source: PlayedSource) -> None:
    now = [0.0]

    def tick() -> float:
        now[0] += 0.5
        return now[0]

    source.failures = [AWAY] * 100
    with pytest.raises(OutboxUnavailable):
        keys_of(source, Rhythm(now_s=tick, sleep=lambda _: None), patience_s=5.0)
    assert 5 < now[0] < 30


def test_what_waiting_does_not_mend_is_raised(source: PlayedSource) -> None:
    source.failures = [OutboxUnsuitable("Redis refuses the login.")]
    with pytest.raises(OutboxUnsuitable):
        keys_of(source)


def test_a_loop_that_waits_for_redis_ends_by_its_event(source: PlayedSource) -> None:
    stop = threading.Event()
    source.failures = [AWAY] * 100
    assert list(Results(source, wanted(stop=stop), Rhythm(sleep=lambda _: stop.set()))) == []
    assert len(source.calls) == 1


def test_a_loop_whose_waiting_fails_ends_by_its_event_too() -> None:
    stop = threading.Event()

    def on_wait(source: PlayedSource) -> None:
        assert source.waits < 3
        raise AWAY

    source = PlayedSource(on_wait)
    assert list(Results(source, wanted(stop=stop), Rhythm(sleep=lambda _: stop.set()))) == []


def test_an_account_that_is_not_on_this_server_does_not_keep_the_others(
    source: PlayedSource, caplog: pytest.LogCaptureFixture
) -> None:
    source.publish("x", lane=Lane("sms-bulk", None, "shop"))
    source.failures = [OutboxMoved("The account main is not on this server.")]
    assert keys_of(source) == ["x"]
    assert "account main cannot be read" in caplog.text


def test_what_was_missed_is_raised_with_its_times(source: PlayedSource) -> None:
    source.publish("a", "b")
    source.missed = Missed(1_000, 61_000, 7, "trimmed")
    with pytest.raises(ResultsMissed, match="replay billing --since") as raised:
        keys_of(source)
    assert (raised.value.reader, raised.value.account) == ("billing", "main")
    assert (raised.value.until - raised.value.since).total_seconds() == 60
    assert keys_of(source) == ["a", "b"]


def test_a_caller_may_be_told_what_was_missed_instead(source: PlayedSource) -> None:
    source.publish("a")
    source.missed = Missed(1_000, 61_000, 7, "trimmed")
    missed: list[ResultsMissed] = []
    assert keys_of(source, on_missed=missed.append) == ["a"]
    assert len(missed) == 1


def test_entries_that_cannot_be_read_are_logged_each_with_its_reason(
    source: PlayedSource, caplog: pytest.LogCaptureFixture
) -> None:
    source.publish("a")
    source.unreadable = (
        Unreadable("5-0", "another program wrote it", is_about_messages=False),
        Unreadable("6-0", "this version does not know it", is_about_messages=True),
    )
    with caplog.at_level(logging.WARNING, "plexsend"):
        assert keys_of(source) == ["a"]
    assert [record.getMessage() for record in caplog.records] == [
        "The reader billing leaves out the entry 5-0 of the results of main: another program wrote it.",
        "The reader billing leaves out the entry 6-0 of the results of main: this version does not know it.",
    ]


def test_every_reason_for_a_loss_is_told_in_words(source: PlayedSource) -> None:
    for why in ("trimmed", "deleted", "skipped", "unreadable", "lost"):
        source.publish(why)
        source.missed = Missed(1_000, 61_000, 7, why)
        with pytest.raises(ResultsMissed):
            keys_of(source)
        keys_of(source)


def test_memory_holds_one_span(source: PlayedSource) -> None:
    source.publish(*(f"key-{number}" for number in range(20_000)))
    tracemalloc.start()
    try:
        for number, _ in enumerate(Results(source, wanted(follow=False))):
            if number % 5_000 == 0:
                tracemalloc.reset_peak()
                before, _ = tracemalloc.get_traced_memory()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 1_000_000
    assert after < 1_000_000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"state": "wating"}, "no state 'wating'"),
        ({"state": []}, "state is empty"),
        ({"service": "mms-bluk"}, "There is no service 'mms-bluk'. Did you mean mms-bulk?"),
        ({"state": "delivred"}, "There is no state 'delivred'. Did you mean delivered?"),
        ({"service": 3}, "service is of type int"),
        ({"group": "Spring"}, "not a group's name"),
        ({"account": "mms-bulk"}, "is a service, not an account"),
        ({"from_start": "no"}, "from_start is of type str"),
        ({"follow": 1}, "follow is of type int"),
        ({"stop": True}, "stop is of type bool"),
        ({"on_missed": "raise"}, "on_missed is of type str"),
        ({"lease_s": 0}, "lease_s is not a number"),
        ({"patience_s": float("nan")}, "patience_s is not a number"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_the_call(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        wanted(**given)


# asyncio


async def heard_by(results: AsyncResults) -> list[str]:
    return [result.msg_key async for result in results]


def test_asyncio_hears_the_same(source: PlayedSource) -> None:
    source.publish("a", "b", "c")
    assert asyncio.run(heard_by(AsyncResults(source, wanted(follow=False)))) == ["a", "b", "c"]
    assert keys_of(source) == []


def test_the_loop_of_asyncio_runs_while_a_reader_waits() -> None:
    waiting, go_on = threading.Event(), threading.Event()

    def on_wait(source: PlayedSource) -> None:
        waiting.set()
        assert go_on.wait(10)
        source.publish("a")

    async def run() -> list[str]:
        task = asyncio.create_task(first(AsyncResults(PlayedSource(on_wait), wanted())))
        await asyncio.to_thread(waiting.wait, 10)
        go_on.set()
        return await task

    assert asyncio.run(run()) == ["a"]


async def first(results: AsyncResults) -> list[str]:
    async for result in results:
        return [result.msg_key]
    return []


def test_a_task_that_is_cancelled_gives_back_what_it_has_in_hand(source: PlayedSource) -> None:
    source.publish("a", "b", "c")
    in_hand = asyncio.Event()

    async def consume() -> None:
        async for result in AsyncResults(source, wanted()):
            if result.msg_key == "b":
                in_hand.set()
                await asyncio.sleep(60)

    async def run() -> None:
        task = asyncio.create_task(consume())
        await in_hand.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert source.calls[-1][0] == "back"
    assert keys_of(source) == ["b", "c"]


def test_a_task_that_is_cancelled_while_it_waits_ends_at_once_and_loses_nothing() -> None:
    waiting, go_on = threading.Event(), threading.Event()

    def on_wait(source: PlayedSource) -> None:
        waiting.set()
        go_on.wait(0.25)
        source.publish("late")

    source = PlayedSource(on_wait)

    async def run() -> float:
        task = asyncio.create_task(heard_by(AsyncResults(source, wanted())))
        await asyncio.to_thread(waiting.wait, 10)
        before = asyncio.get_running_loop().time()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.get_running_loop().time() - before

    assert asyncio.run(run()) < 5
    assert keys_of(source)[:1] == ["late"]


def test_a_break_of_asyncio_gives_back_too(source: PlayedSource) -> None:
    source.publish("a", "b", "c")

    async def run() -> list[str]:
        assert await first(AsyncResults(source, wanted(follow=False))) == ["a"]
        # The event loop closes a generator that was left in a task of its own.
        assert await asyncio.to_thread(source.given_back.wait, 10)
        return await heard_by(AsyncResults(source, wanted(follow=False)))

    assert asyncio.run(run()) == ["a", "b", "c"]


def test_batches_of_asyncio(source: PlayedSource) -> None:
    source.publish(*"abcde")

    async def run() -> list[int]:
        return [len(batch) async for batch in AsyncResults(source, wanted(follow=False)).batches(2)]

    assert asyncio.run(run()) == [2, 2, 1]
