"""Results from a real Valkey: what loops hear, what is given back, and the outbox in memory beside it."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.clock import elapsed_s
from plexsend.errors import GroupClosed, ResultsMissed
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.records import RECEIPT_NOTED
from plexsend.outbox.results.overview import list_readers
from plexsend.outbox.results.readers import Reader
from plexsend.outbox.states import State
from plexsend.testing import MemoryOutbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.outbox.redis.store import Store
    from plexsend.producers import Producer, Result
    from tests.messages import MakeItem

    Cancel = Callable[..., None]

WORDS: dict[str, Any] = {"to": "010-2345-6789", "from_": "02-2123-4567", "text": "m"}


@pytest.fixture
def cancel(producer: Producer) -> Cancel:
    """Submits messages and cancels them: each has one result then."""

    def cancel(*keys: str, **more: Any) -> None:
        for key in keys:
            producer.send("sms-standard", msg_key=key, **WORDS, **more)
            assert producer.cancel(key).done

    return cancel


def heard(producer: Producer, **given: Any) -> list[str]:
    return [result.msg_key for result in producer.results("billing", follow=False, **given)]


def test_a_reader_goes_on_where_it_was(producer: Producer, cancel: Cancel) -> None:
    cancel("before")
    assert heard(producer) == []
    cancel("a", "b", "c")
    for result in producer.results("billing", follow=False):
        if result.msg_key == "b":
            break
    assert heard(producer) == ["b", "c"]
    assert heard(producer) == []


def test_a_new_reader_may_begin_at_the_start(producer: Producer, cancel: Cancel) -> None:
    cancel("a", group="spring")
    (result,) = producer.results("billing", from_start=True, follow=False)
    assert (result.state, result.group, result.service) == (State.CANCELLED, "spring", "sms-standard")
    assert abs(datetime.now(UTC) - result.at) < timedelta(minutes=1)


def test_processes_of_a_reader_share_its_results(producer: Producer, cancel: Cancel) -> None:
    assert heard(producer) == []
    keys = [f"k{number}" for number in range(250)]
    cancel(*keys)
    loops = [iter(producer.results("billing", follow=False)) for _ in range(2)]
    seen: list[list[str]] = [[], []]
    going = [True, True]
    while any(going):
        going = [take_one(loop, into) for loop, into in zip(loops, seen, strict=True)]
    assert all(len(each) >= 50 for each in seen)
    assert sorted(seen[0] + seen[1]) == sorted(keys)
    (state,) = list_readers_of(producer)
    assert (state.behind, state.open_spans) == (0, 0)


def take_one(loop: Iterator[Result], into: list[str]) -> bool:
    result = next(loop, None)
    if result is not None:
        into.append(result.msg_key)
    return result is not None


def list_readers_of(producer: Producer) -> list[Any]:
    return list_readers(producer._store)


def test_a_loop_that_waits_hears_at_once_and_ends_by_its_event(producer: Producer, cancel: Cancel) -> None:
    assert heard(producer) == []
    stop, came = threading.Event(), threading.Event()
    keys: list[str] = []

    def listen() -> None:
        for result in producer.results("billing", stop=stop):
            keys.append(result.msg_key)
            came.set()

    listener = threading.Thread(target=listen)
    listener.start()
    cancel("a")
    assert came.wait(10)
    stop.set()
    listener.join(10)
    assert not listener.is_alive()
    assert keys == ["a"]


def test_a_loop_survives_a_connection_that_breaks_while_it_waits(
    producer: Producer, cancel: Cancel, store: Store
) -> None:
    assert heard(producer) == []
    stop, came = threading.Event(), threading.Event()
    results = producer.results("billing", stop=stop)

    def listen() -> None:
        for _ in results:
            came.set()

    listener = threading.Thread(target=listen)
    listener.start()
    until = elapsed_s() + 10
    waiting: list[Any] = []
    while not waiting and elapsed_s() < until:
        waiting = [each for each in store.client.client_list() if each["cmd"].startswith("xread")]
    store.client.client_kill_filter(_id=waiting[0]["id"])
    cancel("a")
    assert came.wait(20)
    stop.set()
    listener.join(10)


def test_what_was_trimmed_before_it_was_heard_is_named_with_its_times(
    producer: Producer, cancel: Cancel, store: Store
) -> None:
    assert heard(producer) == []
    cancel("gone")
    store.client.xtrim(store.keys.results("main"), maxlen=0)
    cancel("there")
    with pytest.raises(ResultsMissed) as raised:
        heard(producer)
    assert raised.value.since <= raised.value.until <= datetime.now(UTC) + timedelta(minutes=1)
    assert heard(producer) == ["there"]


def test_what_was_missed_is_told_where_nothing_came_since(
    producer: Producer, cancel: Cancel, store: Store
) -> None:
    assert heard(producer) == []
    cancel("gone")
    store.client.xtrim(store.keys.results("main"), maxlen=0)
    missed: list[ResultsMissed] = []
    assert heard(producer, on_missed=missed.append) == []
    assert [each.account for each in missed] == ["main"]
    assert "as long as they were kept" in missed[0].why
    assert heard(producer) == []


def test_an_account_that_came_while_no_loop_ran_is_heard_whole(producer: Producer, cancel: Cancel) -> None:
    assert heard(producer) == []
    cancel("x", account="shop")
    assert heard(producer) == ["x"]
    assert heard(producer, account="shop") == []


def test_a_stop_gives_back_what_was_in_hand_with_several_accounts_too(
    producer: Producer, cancel: Cancel
) -> None:
    assert heard(producer) == []
    cancel("x", account="shop")
    cancel("a", "b", "c", "d")
    stop, names = threading.Event(), list[str]()
    for result in producer.results("billing", stop=stop):
        names.append(result.msg_key)
        if len(names) == 3:
            stop.set()
    assert {*names, *heard(producer)} == {"x", "a", "b", "c", "d"}


def test_a_process_that_begins_beside_another_hears_nothing_older_than_the_reader(
    producer: Producer, cancel: Cancel, store: Store
) -> None:
    """Between two accounts that the first process begins, the second one begins both."""
    cancel("old-main")
    cancel("old-shop", account="shop")
    # What has the ms of the beginning is heard: it may have come after it.
    wait_for_the_next_ms(store)
    Reader(store, "main", "billing", "first").read()
    wait_for_the_next_ms(store)
    cancel("new-shop", account="shop")
    cancel("new-main")
    assert sorted(heard(producer)) == ["new-main", "new-shop"]
    assert heard(producer) == []
    cancel("later", account="other")
    assert heard(producer) == ["later"]
    assert list_readers(store, "shop")[0].missed == ()


def wait_for_the_next_ms(store: Store) -> None:
    now_ms = server_ms(store)
    while server_ms(store) == now_ms:
        pass


def test_an_account_with_very_many_results_since_the_reader_began_is_heard_whole(
    producer: Producer, store: Store
) -> None:
    Reader(store, "main", "billing", "first").read()
    fields: dict[Any, Any] = {"s": "cancelled", "l": "sms-standard@shop", "c": "", "k": "k", "m": ""}
    pipe = store.client.pipeline(transaction=False)
    for place in range(1_100):
        pipe.xadd(store.keys.results("shop"), fields | {"k": f"k{place}"})
    pipe.execute()
    assert len(heard(producer, account="shop")) == 1_100


def test_a_loop_that_can_hear_nothing_says_so(
    producer: Producer, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    assert heard(producer) == []
    assert caplog.text == ""
    put(store, Where(), {"results_keep_days": 0}, by="a test", reason="")
    wait_until_in_force(producer)
    assert heard(producer) == []
    assert "hears nothing of the account main" in caplog.text


def wait_until_in_force(producer: Producer) -> None:
    """Wait for the look, at most a second later, that finds the policy."""
    until = elapsed_s() + 10
    policies = producer._outbox.policies
    while policies.of("main").account_wide("results_keep_days"):
        assert elapsed_s() < until
        policies.look()


def test_a_reader_of_one_account_hears_no_other(producer: Producer, cancel: Cancel) -> None:
    assert heard(producer, account="shop") == []
    cancel("a")
    cancel("x", account="shop")
    assert heard(producer, account="shop") == ["x"]


def test_asyncio_hears_from_redis(producer: Producer, cancel: Cancel) -> None:
    assert heard(producer) == []
    cancel("a", "b")

    async def run() -> list[str]:
        keys = []
        async for result in producer.aresults("billing"):
            keys.append(result.msg_key)
            if len(keys) == 2:
                break
        return keys

    assert asyncio.run(run()) == ["a", "b"]
    assert heard(producer) == ["b"]


# The outbox in memory answers as the one in Redis: the same calls, on both.


def play(producer: Producer, make_item: MakeItem, receive: Callable[[str, str], object]) -> list[object]:
    """Return what an application sees of a story that needs no worker.

    `receive`: takes a receipt for a message: its key and code.
    """
    now = datetime.now(UTC)
    seen: list[object] = []
    first, other = make_item(1, msg_key="a"), make_item(2, msg_key="b")
    later = now + timedelta(days=1)
    story: list[tuple[list[Any], dict[str, Any]]] = [
        ([first, other, {"msg_key": "c"}], {}),
        ([first, {**other, "msg": "another"}], {}),
        ([first], {"send_at": later, "expires_at": later + timedelta(days=1)}),
        ([first], {"group": "spring"}),
        ([make_item(3, msg_key="d")], {"send_at": later, "group": "spring"}),
        ([make_item(3, msg_key="d")], {"group": "spring"}),
        ([make_item(4, msg_key="e")], {"account": "shop"}),
    ]
    for items, given in story:
        submission = producer.submit("mms-bulk", items, **given)
        seen += [
            [(each.index, each.msg_key) for each in submission.added],
            [(each.msg_key, each.state, kept(each.kept, later)) for each in submission.duplicates],
            [(each.msg_key, each.state) for each in submission.conflicts],
            [(each.index, each.problems) for each in submission.invalid],
            len(submission.warnings),
        ]
    for key in ("a", "d", "none"):
        record = producer.status(key)
        seen.append(record and (record.state, record.lane, record.receiver_last, record.stamp, record.flags))
    seen += [producer.cancel(key) for key in ("a", "a", "none")]
    seen.append(producer.cancel_group("spring", reason="wrong price"))
    try:
        producer.submit("mms-bulk", [make_item(9, msg_key="z")], group="spring")
    except GroupClosed as closed:
        seen += [type(closed), closed.closing.group, closed.closing.why, closed.closing.by]
    for code in ("2", "0", "2", "0"):
        receive("a", code)
    record = producer.status("a")
    assert record is not None
    assert record.receipt is not None
    seen += [record.state, record.code, record.receipt.code, record.receipt.carrier]
    seen += [(line.event, line.code, line.detail) for line in record.history if line.event != RECEIPT_NOTED]
    seen += [
        (each.msg_key, each.state, each.rank, each.outcome, each.reason, each.code, each.desc, each.group)
        for each in producer.results("billing", account="main", from_start=True, follow=False)
    ]
    return seen


def kept(kept: Any, later: datetime) -> Any:
    """Return kept times without what the clock makes of them."""
    at_ms = int(later.timestamp() * 1000)
    return kept and tuple(
        each and each // 1000 - at_ms // 1000 for each in (kept.send_at_ms, kept.expires_at_ms)
    )


def test_the_outbox_in_memory_answers_as_redis_does(
    producer: Producer, make_item: MakeItem, store: Store
) -> None:
    memory = MemoryOutbox()

    def receive_in_memory(key: str, code: str) -> None:
        if code == "0":
            memory.deliver(key)
        else:
            memory.undeliver(key, code)

    def receive(key: str, code: str) -> None:
        take_receipts(store, "main", [Receipt(key, code, "SKT")])

    played = play(memory.producer, make_item, receive_in_memory)
    assert played == play(producer, make_item, receive)
