"""dead and uncertain: what only a person moves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.runs import steps
from tests.integration.campaigns.test_from_run import made
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from plexsend.outbox.redis.store import Store

SHOP = Lane("mms-bulk", None, "shop")


@pytest.fixture
def dead(yard: Any) -> Any:
    """Three dead letters in main (two codes) and one in shop, besides what lives."""
    yard.end(Outcome.REJECTED, "d1", "d2", code="G141", detail="recipient number")
    yard.end(Outcome.FAILED, "d3", code="C341", detail="?")
    yard.end(Outcome.REJECTED, "d4", code="G141", lane=SHOP)
    yard.end(Outcome.ACCEPTED, "a1")
    return yard


def keys(ended: Any) -> list[str]:
    return [line["msg_key"] for line in ended.lines]


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ((), ["d1", "d2", "d3", "d4"]),
        (("--all",), ["d1", "d2", "d3", "d4"]),
        (("--code", "G141"), ["d1", "d2", "d4"]),
        (("--lane", "mms-bulk@shop"), ["d4"]),
        (("--code", "G141", "--lane", "mms-bulk@main"), ["d1", "d2"]),
        (("--account", "shop"), ["d4"]),
        (("d3", "d4"), ["d3", "d4"]),
        (("--code", "G999"), []),
    ],
)
def test_dead_letters_are_chosen_by_key_code_lane_and_account(
    args: tuple[str, ...], found: list[str], run: Callable[..., Any], dead: Any
) -> None:
    del dead
    ended = run("dead", "list", *args, "--json")
    assert ended.code == 0
    assert keys(ended) == found


def test_a_key_that_is_not_found_is_told_beside_those_that_are(run: Callable[..., Any], dead: Any) -> None:
    del dead
    ended = run("dead", "list", "nobody", "d1", "--json")
    assert (ended.code, keys(ended)) == (1, ["d1"])
    assert ended.error["message"] == "No message 'nobody' is known."


def test_people_see_keys_and_what_the_gateway_said(run: Callable[..., Any], dead: Any) -> None:
    del dead
    ended = run("dead", "list")
    assert ended.code == 0
    heading, *rows = ended.out.splitlines()
    assert heading.startswith("msg_key")
    assert [row.split()[0] for row in rows] == ["d1", "d2", "d3", "d4"]
    assert rows[0].endswith("recipient number")


@pytest.mark.parametrize("act", ["requeue", "drop"])
def test_nothing_chosen_is_wrong_usage(act: str, run: Callable[..., Any], dead: Any) -> None:
    del dead
    for args in ((), ("--account", "main")):
        ended = run("dead", act, *args)
        assert (ended.code, ended.out) == (2, "")
        assert "Nothing is chosen." in ended.err
    assert run("dead", act, "d1", "--all").code == 2
    assert len(run("dead", "list", "--json").lines) == 4


def test_requeue_sends_the_chosen_ones_again(run: Callable[..., Any], dead: Any) -> None:
    ended = run("dead", "requeue", "--code", "G141", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines == [{"requeued": 3, "refused": 0}]
    assert keys(run("dead", "list", "--json")) == ["d3"]
    assert {message.msg_key for message in dead.take().messages} == {"d1", "d2"}
    assert run("dead", "requeue", "--all").out == "1 requeued\n"


def test_a_key_that_is_no_dead_letter_is_told_and_the_others_are_done(
    run: Callable[..., Any], dead: Any
) -> None:
    del dead
    ended = run("dead", "requeue", "d1", "a1", "nobody", "--json")
    assert ended.code == 1
    assert ended.lines == [{"requeued": 1, "refused": 2}]
    told = [json.loads(line)["error"]["message"] for line in ended.err.splitlines()]
    assert told == ["'a1' is not a dead letter: it is accepted.", "No message 'nobody' is known."]


def test_a_key_dead_in_several_accounts_is_not_guessed(run: Callable[..., Any], dead: Any) -> None:
    dead.end(Outcome.REJECTED, "d1", lane=SHOP)
    ended = run("dead", "drop", "d2", "d1")
    assert (ended.code, ended.out) == (2, "")
    assert "dead in several accounts: main, shop" in ended.err
    assert len(run("dead", "list", "--json").lines) == 5
    assert run("dead", "drop", "d1", "--account", "shop").code == 0


def test_an_unknown_lane_is_refused(run: Callable[..., Any], dead: Any) -> None:
    del dead
    for args in (("dead", "list"), ("dead", "requeue"), ("uncertain", "list")):
        ended = run(*args, "--lane", "mms-blk@main")
        assert (ended.code, ended.out) == (1, "")
        assert "No lane mms-blk@main is known. Known: mms-bulk@main, mms-bulk@shop." in ended.err


def test_drop_forgets_for_good_without_asking_where_nobody_can_answer(
    run: Callable[..., Any], dead: Any
) -> None:
    del dead
    ended = run("dead", "drop", "--lane", "mms-bulk@main", "--json")
    assert (ended.code, ended.lines) == (0, [{"dropped": 3, "refused": 0}])
    assert run("status", "d1").code == 1


def test_more_than_a_page_is_requeued_whole(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.REJECTED, *(f"k{n}" for n in range(1203)))
    assert run("dead", "requeue", "--all", "--json").lines == [{"requeued": 1203, "refused": 0}]
    assert run("lanes", "--json").lines[0]["ready"] == 1203


@pytest.mark.parametrize(
    ("verdict", "state"), [("accepted", "accepted"), ("resend", "waiting"), ("failed", "failed")]
)
def test_a_parked_message_is_settled_as_a_person_says(
    verdict: str, state: str, run: Callable[..., Any], yard: Any
) -> None:
    yard.end(Outcome.PARK, "u1", detail="no answer")
    assert keys(run("uncertain", "list", "--json")) == ["u1"]
    assert run("uncertain", "list").out.splitlines()[1].startswith("u1 ")

    (told,) = run("uncertain", "settle", "u1", verdict, "--json").lines
    assert (told["outcome"], told["state"]) == ("settled", state)
    assert run("uncertain", "list", "--json").lines == []
    assert run("status", "u1", "--json").lines[0]["state"] == state


def test_only_what_is_parked_can_be_settled(run: Callable[..., Any], dead: Any) -> None:
    del dead
    ended = run("uncertain", "settle", "a1", "failed")
    assert (ended.code, ended.out) == (1, "")
    assert "'a1' is accepted" in ended.err
    assert run("uncertain", "settle", "a1", "lost").code == 2


def test_a_row_that_a_follow_up_took_is_not_requeued(
    run: Callable[..., Any], store: Store, tmp_path: Path
) -> None:
    bench = Bench(store)
    spring = made(bench, tmp_path, 4)
    spring.feed(4)
    spring.send(Outcome.REJECTED, "G140")
    steps.finish(store, "main", spring.group)
    again = made(bench, tmp_path, 2, "again", lines=[2, 3], source="spring~1 failed")
    ended = run("dead", "requeue", "--all", "--json", PLEXSEND_CAMPAIGN_DIR=str(tmp_path))
    assert (ended.code, ended.lines) == (1, [{"requeued": 2, "refused": 2}])
    assert "the run again/1 was made for the same people" in ended.error["message"]
    assert [bench.state(spring.key(row)) for row in range(4)] == ["rejected"] * 2 + ["waiting"] * 2
    # What it will not write to any more can go.
    again.cancel()
    ended = run("dead", "requeue", spring.key(0), "--json", PLEXSEND_CAMPAIGN_DIR=str(tmp_path))
    assert (ended.code, ended.lines) == (0, [{"requeued": 1, "refused": 0}])
