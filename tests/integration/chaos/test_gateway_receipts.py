"""The lying gateway's receipts: some never, doubled, early, each again until taken; its ledger tells all."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos import gateway_receipts
from tests.chaos.gateway_receipts import TRIES, Post, Receipts
from tests.chaos.receipt_codes import state_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = [f"k{n}" for n in range(600)]
TAKEN = (200, b'{"code": "100", "desc": "success"}')
Answer = tuple[int, bytes]


def posted(
    tmp_path: Path, keys: list[str], answer: Callable[[int], Answer], *, early: bool = False
) -> tuple[list[dict[str, Any]], dict[str, int], list[dict[str, Any]]]:
    """Let receipts of these keys be posted to a server; return what it got, counts, and the ledger."""
    got: list[dict[str, Any]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await take(reader, writer)
        finally:
            writer.close()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            assert head.startswith(b"POST /receipts/main/x ")
            rest = await reader.readuntil(b"\r\n\r\n")
            length = int(rest.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            got.append(json.loads(await reader.readexactly(length)))
            status, body = answer(len(got))
            if not status:
                return
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body)

    async def run() -> dict[str, int]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        receipts = Receipts({"u": f"http://127.0.0.1:{port}/receipts/main/x"}, tmp_path / "ledger")
        receipts.start()
        before = []
        for start in range(0, len(keys), 10):
            before += receipts.owe("u", "/mms-bulk/v2/send", keys[start : start + 10])
        if early:
            await receipts.wait_tried(before)
            assert before
            assert all(post.tries for post in before)
        for _ in range(3000):
            if not receipts.stats()["open"]:
                break
            await asyncio.sleep(0.01)
        receipts.close()
        server.close()
        # The other ends of its connections see that they are closed.
        await asyncio.sleep(0.05)
        return receipts.stats()

    stats = asyncio.run(run())
    return got, stats, [json.loads(line) for line in (tmp_path / "ledger").read_text().splitlines()]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_receipts, "_AGAIN_S", (0.01,) * TRIES)
    monkeypatch.setattr(gateway_receipts, "_SOON_S", 0.05)
    monkeypatch.setattr(gateway_receipts, "_LATE_S", 0.2)


def test_receipts_come_doubled_shuffled_early_and_some_never(tmp_path: Path) -> None:
    got, stats, ledger = posted(tmp_path, KEYS, lambda _: TAKEN, early=True)
    keys = [each["msg_key"] for post in got for each in post["results"]]
    assert 0 < len(set(KEYS) - set(keys)) < 30
    assert len(keys) > len(set(keys))
    assert list(dict.fromkeys(keys)) != sorted(set(keys), key=KEYS.index)
    assert {len(post["results"]) for post in got} > {1}
    assert stats == {"open": 0, "taken": len(got), "given_up": 0, "unanswered": 0}
    owed = [tuple(pair) for line in ledger for pair in line.get("owed", ())]
    told = [tuple(pair) for line in ledger for pair in line.get("told", ()) if line["taken"]]
    assert sorted(owed) == sorted(told)


@pytest.mark.parametrize("answer", [(503, b""), (200, b"{}"), (200, b"ok"), (0, b"")])
def test_a_receipt_is_posted_again_until_it_was_taken(tmp_path: Path, answer: Answer) -> None:
    got, stats, ledger = posted(tmp_path, KEYS[:20], lambda n: answer if n <= 8 else TAKEN)
    tries = [line for line in ledger if "told" in line]
    assert sum(not line["taken"] for line in tries) == 8
    assert [line["status"] for line in tries if not line["taken"]] == [answer[0]] * 8
    assert len(got) == len(tries) == 8 + stats["taken"]
    assert stats["given_up"] == 0


def test_a_receipt_that_is_never_taken_is_given_up_after_ten_tries(tmp_path: Path) -> None:
    got, stats, _ = posted(tmp_path, KEYS[:20], lambda _: (500, b""))
    assert stats["given_up"] == len(got) / TRIES > 0
    assert stats["taken"] == 0


def test_receipts_of_rcs_contradict_a_refusal_and_come_when_a_fallback_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_receipts, "FALLBACK_AFTER_S", 0.0)
    monkeypatch.setattr(gateway_receipts, "_AROUND_S", 0.01)

    async def run() -> tuple[list[Post], list[Post], list[Post], int]:
        receipts = Receipts({"u": "http://127.0.0.1:9/receipts/main/x"}, tmp_path / "ledger")
        path = "/rcs-mms-bulk/v1/send"
        early = [post for n in range(20) for post in receipts.contradict("u", path, [f"k{n}"])]
        found = (
            early,
            receipts.contradict("u", "/mms-bulk/v2/send", ["m"]),
            receipts.owe("u", path, ["due1", "due2"], when_due=True),
            receipts.stats()["open"],
        )
        receipts.close()
        return found

    early, of_mms, when_due, is_open = asyncio.run(run())
    assert 0 < len(early) < 20
    assert (of_mms, when_due, is_open) == ([], [], 22)
    owed = [json.loads(line)["owed"] for line in (tmp_path / "ledger").read_text().splitlines()]
    assert {state_of("/rcs", code) for ((_, code),) in owed[:20]} == {"undelivered"}
    assert len({state_of("/rcs", code) for _, code in owed[20]}) == 1
