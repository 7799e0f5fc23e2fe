"""The writer: requests share calls, each is answered by what became of its own, and what waits is bounded."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import OutboxMoved, OutboxUnavailable, RecordBroken
from plexsend.outbox.receipts import Receipt, Reception
from plexsend.web import writer as module
from plexsend.web.posts import Unread
from plexsend.web.writer import NotWritten, Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

STORE: Any = None
MAIN = ("main",)


class Engine:
    """A double of `take_receipts`: it can be held up, and fail."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[str, ...], list[str]]] = []
        self.kept: list[tuple[str, list[Unread]]] = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.spoilt: set[str] = set()
        self.is_away = False

    def take(
        self, _: object, account: str, receipts: Sequence[Receipt], *, also: Sequence[str] = ()
    ) -> list[Reception]:
        self.calls.append((account, tuple(also), [receipt.msg_key for receipt in receipts]))
        assert self.may_go.wait(10)
        if self.is_away:
            raise OutboxUnavailable("Redis does not answer")
        if self.spoilt & {receipt.msg_key for receipt in receipts}:
            raise RecordBroken("spoilt")
        return [Reception.SETTLED for _ in receipts]

    def keep(self, _: object, account: str, unread: Sequence[Unread]) -> None:
        if self.is_away:
            raise OutboxUnavailable("Redis does not answer")
        self.kept.append((account, list(unread)))


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(STORE, take=engine.take, keep=engine.keep)
    writer.start()
    yield writer
    engine.may_go.set()
    writer.stop()


def receipts(*keys: str) -> list[Receipt]:
    return [Receipt(key, "0") for key in keys]


async def outcome(call: Awaitable[None]) -> str:
    try:
        await call
    except NotWritten as exc:
        return str(exc)
    return "written"


def run(body: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await body()

    return asyncio.run(main())


async def until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


def test_requests_that_come_while_a_write_is_under_way_share_the_next(writer: Writer, engine: Engine) -> None:
    async def body() -> None:
        engine.may_go.clear()
        first = asyncio.ensure_future(writer.write(MAIN, receipts("a")))
        await until(lambda: bool(engine.calls))
        rest = [asyncio.ensure_future(writer.write(MAIN, receipts(f"b{n}"))) for n in range(100)]
        await asyncio.sleep(0)
        engine.may_go.set()
        await asyncio.gather(first, *rest)

    run(body)
    assert [keys for _, _, keys in engine.calls] == [["a"], [f"b{n}" for n in range(100)]]
    assert writer.taken == {"settled": 101}


def test_few_that_come_one_after_another_share_a_call_and_many_wait_for_nothing(
    writer: Writer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_APART_S", 0.3)

    async def body() -> None:
        began_s = time.monotonic()
        await writer.write(MAIN, receipts("alone"))
        assert time.monotonic() - began_s < 0.3
        few = []
        for key in "abc":
            few.append(asyncio.ensure_future(writer.write(MAIN, receipts(key))))
            await asyncio.sleep(0.005)
        await asyncio.gather(*few)
        began_s = time.monotonic()
        await asyncio.gather(*(writer.write(MAIN, receipts(str(n))) for n in range(8)))
        assert time.monotonic() - began_s < 0.3

    run(body)
    assert [len(keys) for _, _, keys in engine.calls] == [1, 3, 8]


def test_one_call_has_at_most_five_hundred_receipts_unless_one_request_has_more(
    writer: Writer, engine: Engine
) -> None:
    async def body() -> None:
        engine.may_go.clear()
        first = asyncio.ensure_future(writer.write(MAIN, receipts("a")))
        await until(lambda: bool(engine.calls))
        rest = [asyncio.ensure_future(writer.write(MAIN, receipts(*["b"] * 200))) for _ in range(5)]
        await asyncio.sleep(0)
        engine.may_go.set()
        await asyncio.gather(first, *rest)

    run(body)
    assert [len(keys) for _, _, keys in engine.calls] == [1, 600, 400]


def test_accounts_and_those_that_share_their_secret_have_calls_of_their_own(
    writer: Writer, engine: Engine
) -> None:
    async def body() -> None:
        engine.may_go.clear()
        first = asyncio.ensure_future(writer.write(MAIN, receipts("a")))
        await until(lambda: bool(engine.calls))
        paths = [("main",), ("shop", "club"), ("main",), ("club", "shop")]
        rest = [asyncio.ensure_future(writer.write(each, receipts("b"))) for each in paths]
        await asyncio.sleep(0)
        engine.may_go.set()
        await asyncio.gather(first, *rest)

    run(body)
    assert engine.calls[1:] == [
        ("main", (), ["b", "b"]),
        ("shop", ("club",), ["b"]),
        ("club", ("shop",), ["b"]),
    ]


def test_nobody_is_answered_before_redis_has_it(writer: Writer, engine: Engine) -> None:
    async def body() -> None:
        engine.may_go.clear()
        waiting = asyncio.ensure_future(writer.write(MAIN, receipts("a")))
        await until(lambda: bool(engine.calls))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        engine.may_go.set()
        await waiting

    run(body)


def test_without_redis_each_request_is_refused_and_the_next_is_tried_again(
    writer: Writer, engine: Engine
) -> None:
    async def body() -> list[str]:
        engine.is_away = True
        found = [await outcome(writer.write(MAIN, receipts("a")))]
        found.append(await outcome(writer.write(MAIN, [], [Unread("empty", "")])))
        engine.is_away = False
        found.append(await outcome(writer.write(MAIN, receipts("a"))))
        return found

    assert run(body) == ["Redis does not answer", "Redis does not answer", "written"]


def test_a_redis_that_does_not_know_the_account_is_named_in_the_log_once(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    moved = True

    def take(_: object, account: str, receipts: Sequence[Receipt], *, also: Sequence[str]) -> list[Reception]:
        if moved:
            raise OutboxMoved(f"Redis does not have the account {account}")
        return engine.take(_, account, receipts, also=also)

    writer = Writer(STORE, take=take, keep=engine.keep)
    writer.start()

    async def body() -> list[str]:
        nonlocal moved
        found = [await outcome(writer.write(MAIN, receipts("a"))) for _ in range(2)]
        moved = False
        found.append(await outcome(writer.write(MAIN, receipts("a"))))
        moved = True
        return [*found, await outcome(writer.write(MAIN, receipts("b")))]

    found = run(body)
    writer.stop()
    assert [words == "written" for words in found] == [False, False, True, False]
    said = [record for record in caplog.records if "account not known to redis" in record.getMessage()]
    assert len(said) == 2


def test_redis_that_hangs_keeps_nobody_longer(
    writer: Writer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.WITHIN_S < 3
    monkeypatch.setattr(module, "WITHIN_S", 0.3)

    async def body() -> list[str]:
        engine.may_go.clear()
        found = [
            await outcome(writer.write(MAIN, receipts("a"))),
            await outcome(writer.write(MAIN, receipts("b"))),
        ]
        engine.may_go.set()
        return [*found, await outcome(writer.write(MAIN, receipts("c")))]

    assert run(body) == ["Redis did not answer in time", "Redis did not answer in time", "written"]
    # What was refused is written all the same: it is true, and its second coming changes nothing.
    assert [keys for _, _, keys in engine.calls][-1][-1] == "c"
    assert "b" in [key for _, _, keys in engine.calls for key in keys]


def test_one_that_cannot_be_written_keeps_no_other(writer: Writer, engine: Engine) -> None:
    async def body() -> list[str]:
        engine.may_go.clear()
        first = asyncio.ensure_future(outcome(writer.write(MAIN, receipts("a"))))
        await until(lambda: bool(engine.calls))
        rest = [
            asyncio.ensure_future(outcome(writer.write(MAIN, receipts(key)))) for key in ("b", "bad", "c")
        ]
        await asyncio.sleep(0)
        engine.spoilt = {"bad"}
        engine.may_go.set()
        return await asyncio.gather(first, *rest)

    assert run(body) == ["written", "written", "spoilt", "written"]


def test_what_waits_is_bounded(writer: Writer, engine: Engine) -> None:
    async def body() -> list[str]:
        engine.may_go.clear()
        full = [asyncio.ensure_future(outcome(writer.write(MAIN, receipts(*["a"] * 500)))) for _ in range(10)]
        await asyncio.sleep(0)
        over = await outcome(writer.write(MAIN, receipts("b")))
        engine.may_go.set()
        found = await asyncio.gather(*full)
        return [over, *found, await outcome(writer.write(MAIN, receipts("b")))]

    assert run(body) == ["more receipts wait than are kept in memory", *["written"] * 11]


def test_what_cannot_be_read_is_kept_beside_what_can(writer: Writer, engine: Engine) -> None:
    run(lambda: writer.write(("shop", "main"), receipts("a"), [Unread("a result without a key", "{}")]))
    assert engine.kept == [("shop", [Unread("a result without a key", "{}")])]
    assert writer.taken == {"settled": 1, "unread": 1}


def test_what_waits_at_the_end_is_written(engine: Engine) -> None:
    writer = Writer(STORE, take=engine.take, keep=engine.keep)

    async def body() -> None:
        engine.may_go.clear()
        writer.start()
        waiting = [asyncio.ensure_future(writer.write(MAIN, receipts(f"k{n}"))) for n in range(5)]
        await asyncio.sleep(0)
        threading.Timer(0.05, engine.may_go.set).start()
        await asyncio.get_running_loop().run_in_executor(None, writer.stop)
        await asyncio.gather(*waiting)

    run(body)
    assert sorted(key for _, _, keys in engine.calls for key in keys) == [f"k{n}" for n in range(5)]
    assert not writer.lives
