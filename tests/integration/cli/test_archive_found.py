"""`plexsend find --archive`: what Redis does not remember any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.settings import NumberKey
from tests.integration.cli.conftest import BULK, SHOP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

KEY = "k" * 32
NUMBER = "01023456789"


@pytest.fixture
def archive(run: Callable[..., Any], yard: Any, store: Store, tmp_path: Path) -> str:
    """An archive with more than Redis remembers: of `new` Redis knows a later state, of `old` nothing."""
    for key in ("old", "new", "delivered"):
        Submitter(store).add(
            BULK, [NewMessage(key, b"{}", receiver_of(NUMBER, NumberKey(KEY)))], stamp="test"
        )
    yard.end(Outcome.ACCEPTED, code="C100")
    yard.end(Outcome.REJECTED, "shop", lane=SHOP, code="G140")
    take_receipts(store, "main", [Receipt("delivered", "0", "LGU")])
    folder = str(tmp_path / "archive")
    assert run("archive", folder).code == 0
    take_receipts(store, "main", [Receipt("new", "2", "SKT")])
    for account, key in (("main", "old"), ("main", "delivered"), ("shop", "shop")):
        store.client.delete(store.keys.record(account, key))
    return folder


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        (("--to", "010-2345-6789"), ["delivered", "new", "old"]),
        (("--to", "010-2345-6780"), []),
        (("--state", "accepted"), ["old"]),
        (("--state", "delivered"), ["delivered"]),
        (("--code", "0"), ["delivered"]),
        (("--code", "C100"), ["delivered", "new", "old"]),
        (("--lane", "mms-bulk@shop"), ["shop"]),
        (("--since", "2026-01-01"), ["delivered", "new", "old", "shop"]),
        (("--since", "2026-01-01", "--account", "shop"), ["shop"]),
    ],
)
def test_what_redis_forgot_is_found_and_what_it_knows_comes_from_there(
    run: Callable[..., Any], archive: str, args: tuple[str, ...], keys: list[str]
) -> None:
    ended = run("find", *args, "--archive", archive, "--json", PLEXSEND_NUMBER_KEY=KEY)
    assert sorted(line["msg_key"] for line in ended.lines) == keys
    assert ended.code == (0 if keys else 1)
    states = {line["msg_key"]: line["state"] for line in ended.lines}
    assert states.get("new", "undelivered") == "undelivered"


def test_a_line_of_the_archive_looks_like_any_other(run: Callable[..., Any], archive: str) -> None:
    (line,) = run("find", "--code", "0", "--archive", archive, "--json").lines
    assert line | {"submitted_at": "", "ended_at": ""} == {
        "msg_key": "delivered",
        "state": "delivered",
        "lane": "mms-bulk@main",
        "service": "mms-bulk",
        "account": "main",
        "submitted_at": "",
        "ended_at": "",
        "code": "0",
        "carrier": "LGU",
        "receiver": None,
    }
    assert line["submitted_at"] <= line["ended_at"]


def test_a_key_that_was_used_again_is_another_message(
    run: Callable[..., Any], archive: str, yard: Any
) -> None:
    yard.add("old")
    ended = run("find", "--since", "2026-01-01", "--archive", archive, "--json")
    assert sorted(line["state"] for line in ended.lines if line["msg_key"] == "old") == [
        "accepted",
        "waiting",
    ]


def test_an_archive_that_is_not_there_is_named(run: Callable[..., Any], yard: Any, tmp_path: Path) -> None:
    yard.add("k1")
    ended = run("find", "--state", "waiting", "--archive", str(tmp_path / "none"), "--json")
    assert (ended.code, ended.error["kind"]) == (1, "archive")
    (tmp_path / "2026-01-01.jsonl.gz").write_text("not gzip")
    ended = run("find", "--state", "waiting", "--archive", str(tmp_path), "--json")
    assert (ended.code, "8 bytes are not what was written there" in ended.err) == (0, True)
