"""What every command says of messages and their fallbacks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome, Settlement, Verdict
from plexsend.outbox.lanes import Lane
from plexsend.outbox.receipts import Receipt, take_receipts

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

RCS = Lane("rcs-mms-bulk", "RMM", "main", "spring")
LMS = Lane("lms-bulk", None, "main", "spring")


@pytest.fixture
def send(run: Callable[..., Any]) -> Callable[..., None]:
    """Sends RCS messages of a group, each with a fallback."""

    def send(*keys: str) -> None:
        for key in keys:
            ended = run(
                *("send", "rcs-mms-bulk", "--msg-type", "RMM", "--to", "01023456789", "--from", "0221234567"),
                *("--text", "ready", "--key", key, "--group", "spring", "--field", "header=0"),
                *("--field", "msg_base_id=S", "--field", "br_id=B", "--field", "brand_key=K"),
                *("--fallback-service", "lms-bulk", "--fallback-text", "instead"),
            )
            assert ended.code == 0, ended.err

    return send


def settle(yard: Any, outcome: Outcome, code: str, lane: Lane = RCS) -> None:
    """Take all of a lane, and let it end so."""
    batch = yard.take(lane)
    while batch is not None:
        ends = tuple(Verdict(each.msg_key, batch.token, outcome, code=code) for each in batch.messages)
        batch = yard.take(lane, Settlement(batch.token, batch.take, ends))


@pytest.fixture
def spring(send: Callable[..., None], yard: Any, store: Store) -> None:
    """A reached by its fallback, b in both ways, c by itself, d not at all, e by itself after all."""
    send("a", "b", "c", "d", "e")
    settle(yard, Outcome.ACCEPTED, "C100")
    take_receipts(store, "main", [Receipt(key, "74002") for key in "abd"])
    settle(yard, Outcome.ACCEPTED, "C100", LMS)
    take_receipts(store, "main", [Receipt("e", "74002"), Receipt("e", "00000")])
    take_receipts(store, "main", [Receipt("b", "00000"), Receipt("c", "00000")])
    take_receipts(store, "main", [Receipt("a~f", "0"), Receipt("b~f", "0"), Receipt("d~f", "1")])


@pytest.mark.usefixtures("spring")
def test_groups_and_days_count_a_chain_once(run: Callable[..., Any]) -> None:
    lms, rcs = run("groups", "--json").lines
    names = ("delivered", "undelivered", "cancelled", "fallbacks", "reached", "both")
    assert [lms[name] for name in names] == [2, 1, 0, 0, 2, 0]
    assert [rcs[name] for name in names] == [2, 0, 0, 3, 0, 1]
    lines = run("stats", "--by", "service", "--json").lines
    outcomes = ("success", "failure", "none", "billed", "fallbacks", "reached", "both")
    assert [lines[0][name] for name in outcomes] == [2, 1, 0, 3, 0, 2, 0]
    assert [lines[1][name] for name in outcomes] == [2, 0, 0, 5, 3, 0, 1]
    shown = run("stats", "--by", "service", "--wide").out
    assert shown.splitlines()[0].split()[-3:] == ["billed", "fallbacks", "reached"]
    assert shown.splitlines()[3].split() == ["total", "9", "4", "1", "0", "0", "8", "3", "2"]
    head = run("groups", "--wide").out.splitlines()[0].split()
    assert head[-3:] == ["fallbacks", "reached", "held"]


def test_without_fallbacks_nobody_sees_their_columns(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "x", lane=LMS, code="C100")
    for command in ("groups", "stats"):
        assert "fallbacks" not in run(command, "--wide").out


@pytest.mark.usefixtures("spring")
def test_status_shows_both_and_everything_adds_up(run: Callable[..., Any]) -> None:
    (first,) = run("status", "a", "--json").lines
    (second,) = run("status", "a~f", "--json").lines
    assert (first["fallback"], first["other_of_chain"]["msg_key"]) == ("sent", "a~f")
    assert (second["fallback_of"], second["other_of_chain"]["msg_key"]) == ("a", "a")
    (back,) = run("status", "e", "--json").lines
    assert (back["fallback"], back["other_of_chain"]) == (None, None)
    assert run("audit").code == 0
    found = run("find", "--state", "delivered", "--json").lines
    ours = {line["msg_key"]: line["fallback_of"] for line in found if "msg_key" in line}
    assert ours == {"a~f": "a", "b~f": "b", "b": None, "c": None, "e": None}


def test_who_asks_for_what_could_reach_somebody_twice_hears_why_not(
    run: Callable[..., Any], send: Callable[..., None], yard: Any
) -> None:
    send("a", "b")
    settle(yard, Outcome.REJECTED, "G140")
    ended = run("dead", "requeue", "a", "b")
    assert (ended.code, "2 dead letters stayed: the fallback went" in ended.err) == (1, True)
    ended = run("cancel", "a")
    assert (ended.code, "nothing is sent in its place" in ended.out) == (0, True)
    assert yard.state("a~f") == "cancelled"
    assert run("dead", "requeue", "a").code == 0
    assert run("cancel", "b", "--json").lines[0]["outcome"] == "no_fallback"
    assert run("cancel", "b").code == 1


def test_a_cancel_names_the_fallback_that_is_being_sent(
    run: Callable[..., Any], send: Callable[..., None], yard: Any
) -> None:
    send("a")
    settle(yard, Outcome.REJECTED, "G140")
    yard.take(LMS)
    ended = run("cancel", "a")
    assert ended.code == 0
    over = "a is rejected and cannot be cancelled any more. Its fallback a~f is being sent right now"
    assert over in " ".join(ended.out.split())
    (line,) = run("cancel", "a", "--json").lines
    assert (line["msg_key"], line["outcome"], line["state"]) == ("a", "fallback_wanted", "rejected")


def test_status_and_why_say_when_a_fallback_goes_without_a_receipt(
    run: Callable[..., Any], send: Callable[..., None], yard: Any
) -> None:
    run("policy", "set", "rcs-mms-bulk", "--reason", "a test's own", "fallback_after_s=600")
    send("a")
    assert "none has come 10 min after the gateway accepted it" in " ".join(run("why", "a").out.split())
    (line,) = run("status", "a", "--json").lines
    assert (line["fallback"], line["fallback_due_at"]) == ("kept", None)
    settle(yard, Outcome.ACCEPTED, "C100")
    (line,) = run("status", "a", "--json").lines
    ended, due = (datetime.fromisoformat(line[name]) for name in ("ended_at", "fallback_due_at"))
    assert due - ended == timedelta(minutes=10)
    assert "kept; goes at" in run("status", "a").out
    causes = {each["kind"]: each for each in run("why", "a", "--json").lines[0]["causes"]}
    assert causes["fallback"]["until"] == line["fallback_due_at"]


def test_who_sets_a_time_reads_that_both_can_be_sent(run: Callable[..., Any], yard: Any) -> None:
    del yard  # knows the account
    set_to = ("policy", "set", "rcs-mms-bulk", "--reason", "a test's own")
    assert "can send both" in run(*set_to, "fallback_after_s=600").err
    assert run(*set_to, "fallback_after_s=600", "--json").lines[0]["caution"]
    assert "can send both" not in run(*set_to, "fallback_after_s=0").err
    assert "can send both" not in run(*set_to, "fallback_codes=none").err
