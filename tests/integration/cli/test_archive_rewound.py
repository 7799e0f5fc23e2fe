"""`plexsend rewound settle --archive`: what an archive knows as sent needs no guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome, Settlement, Verdict
from plexsend.outbox.reading import queries
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.rewound import report
from tests.integration.cli.conftest import BULK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

_KEYS = tuple(f"k{i}" for i in range(9))


def forget(store: Store, copy: dict[Any, Any], prefix: str) -> None:
    """Put a copy in the place of what is there: two messages that went since wait again."""
    client: Any = store.client
    for name in list(client.scan_iter(f"{prefix}*")):
        client.delete(name)
    for name, value in copy.items():
        client.restore(name, 0, value)
    now = queries.server_ms(store)
    client.set(store.keys.here("main"), now - 7_200_000)
    routes = {BULK.name: (2, 3)}
    report(store, "main", routes, here=queries.here(store, "main"), seen_ms=now, is_known=True)


@pytest.fixture
def archive(run: Callable[..., Any], yard: Any, store: Store, prefix: str, tmp_path: Path) -> str:
    """An archive of what went since the copy that was restored: k5, k6, and `late`, which came after it."""
    yard.add(*_KEYS)
    client: Any = store.client
    copy = {name: client.dump(name) for name in client.scan_iter(f"{prefix}*")}
    assert run("cancel", "k7", "--yes").code == 0
    batch = yard.take()
    sent = {"k5": Outcome.ACCEPTED, "k6": Outcome.ACCEPTED, "k8": Outcome.REJECTED}
    verdicts = [
        Verdict(m.msg_key, batch.token, sent.get(m.msg_key, Outcome.BACK), code="C100")
        for m in batch.messages
    ]
    yard.take(settlement=Settlement(batch.token, batch.take, tuple(verdicts)))
    take_receipts(store, "main", [Receipt("k6", "0", "LGU", 1_764_000_000_000)])
    yard.end(Outcome.ACCEPTED, "late")
    yard.add("again")
    assert run("cancel", "again", "--yes").code == 0
    folder = str(tmp_path / "archive")
    assert run("archive", folder).code == 0
    forget(store, copy, prefix)
    return folder


def test_each_is_what_the_archive_knows_and_the_rest_is_as_the_person_says(
    run: Callable[..., Any], yard: Any, archive: str
) -> None:
    assert {yard.state(key) for key in _KEYS} == {"waiting"}
    done = run("rewound", "settle", "--as", "resend", "--archive", archive, "--json")
    assert done.code == 0
    assert done.lines == [
        {"account": "main", "by_archive": {"accepted": 2, "receipts": 1, "cancelled": 1, "unknown": 1}},
        # Of the three that went two are known: the third is the first of the others.
        {"lane": "mms-bulk@main", "account": "main", "as": "resend", "settled": 1},
        {"settled": 1, "left": {}, "held": []},
    ]
    states = {key: yard.state(key) for key in _KEYS}
    assert {key: state for key, state in states.items() if state != "waiting"} == {
        "k5": "accepted",
        "k6": "delivered",
        "k7": "cancelled",
    }
    assert "1 message that went since then: not known to Redis any more" in done.err
    history = run("status", "k5", "--json").lines[0]["history"]
    assert history[-1]["desc"] == "Redis forgot whether it was sent; the archive says that it was"
    batch = yard.take()
    assert [(m.msg_key, m.may_have_been_sent) for m in batch.messages][:2] == [("k0", True), ("k1", False)]
    assert run("audit", "--json").code == 0


def test_in_words_and_again(run: Callable[..., Any], yard: Any, archive: str) -> None:
    # Its key is that of one that was cancelled, and which Redis forgot.
    yard.add("again")
    done = run("rewound", "settle", "--as", "sent", "--archive", archive)
    assert yard.state("again") == "waiting"
    assert (
        "The archive knows of account main: of those that wait it has 2 as accepted, 1 with their "
        "receipt, and 1 as cancelled." in done.out
    )
    assert yard.state("k0") == "accepted"
    assert yard.state("k1") == "waiting"


def test_a_lane_that_is_not_asked_for_is_left_alone(run: Callable[..., Any], yard: Any, archive: str) -> None:
    yard.add("other", lane=BULK.parse("mms-standard@main"))
    done = run(
        "rewound", "settle", "--as", "sent", "--archive", archive, "--lane", "mms-standard@main", "--json"
    )
    assert done.code == 1
    assert done.lines[0]["by_archive"] == {"accepted": 0, "receipts": 0, "cancelled": 0, "unknown": 0}
    assert yard.state("k5") == "waiting"


def test_an_archive_that_cannot_be_read_changes_nothing(
    run: Callable[..., Any], yard: Any, archive: str
) -> None:
    done = run("rewound", "settle", "--as", "sent", "--archive", f"{archive}/none", "--json")
    assert (done.code, done.error["kind"]) == (1, "archive")
    assert {yard.state(key) for key in _KEYS} == {"waiting"}
