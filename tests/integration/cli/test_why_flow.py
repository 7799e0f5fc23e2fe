"""`plexsend why` without a key: about everything, or a lane, a service, an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.beat import note_beat
from plexsend.outbox.fleet import alive, announce
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.conditions import look_at_runs
from tests.integration.cli.conftest import FINANCE, SHOP
from tests.integration.cli.test_fleet import WEB1
from tests.integration.outbox.runs.feeder import checked, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look comes at once: here nothing is sent between them."""
    monkeypatch.setattr("time.sleep", lambda _: None)


def test_where_nothing_waits_it_ends_well(run: Callable[..., Any]) -> None:
    ended = run("why")
    assert (ended.code, ended.out) == (0, "Nothing waits.\n")


def test_a_full_redis_is_named_first_though_nothing_waits(run: Callable[..., Any], store: Store) -> None:
    used = int(store.client.info("memory")["used_memory"])
    store.client.config_set("maxmemory", str(round(used * 1.1)))
    try:
        ended, (answer,) = run("why"), run("why", "--json").lines
        top = run("top").out
    finally:
        store.client.config_set("maxmemory", "0")
    assert ended.code == 1
    first, *_, last = ended.out.splitlines()
    assert first.startswith("Redis uses 9")
    assert "nothing more is taken in. Let what waits go" in first
    assert last == "Nothing waits."
    assert "nothing more is taken in" in answer["full"]
    assert "full and takes nothing in" in top


def test_a_hold_that_keeps_nothing_yet_is_named(run: Callable[..., Any]) -> None:
    run("pause", "mms-finance", "--reason", "month end", "--by", "kim")
    ended = run("why")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "Nothing waits.",
        "Held, though nothing waits for it now: service mms-finance (pause). See `plexsend holds`.",
    ]
    assert run("why", "main").out.splitlines()[1:] == []


def test_what_waits_without_a_worker_is_told_with_what_to_do(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1", "k2")
    ended = run("why")
    assert ended.code == 1
    first, second = ended.out.splitlines()
    assert first.startswith("No worker serves mms-bulk of account main: 2 messages wait, the oldest for ")
    assert second == "No worker that serves mms-bulk is alive; start one with `plexsend worker`."


def test_each_part_has_its_own_sentence_and_programs_get_all_figures(
    run: Callable[..., Any], yard: Any
) -> None:
    yard.add("k1")
    yard.add("k2", "k3", lane=FINANCE)
    yard.add("k4", lane=SHOP)
    run("pause", "mms-finance", "--reason", "month end", "--by", "kim")

    ended = run("why")
    assert ended.code == 1
    assert "  - Service mms-finance is held (pause) by kim: month end. 2 messages of" in ended.out

    (answer,) = run("why", "--json").lines
    assert (answer["flow"], len(answer["parts"])) == ("unserved", 3)
    held = next(part for part in answer["parts"] if part["service"] == "mms-finance")
    assert (held["flow"], held["waiting"], held["held"]) == ("held", 2, 2)
    assert held["holds"] == ["service pause mms-finance"]


@pytest.mark.parametrize(
    ("words", "waiting"),
    [
        (["mms-finance"], 2),
        (["mms-finance@main"], 2),
        (["shop"], 1),
        (["main"], 3),
        (["lane:mms-bulk@main"], 1),
        (["mms-bulk", "--account", "shop"], 1),
    ],
)
def test_a_part_is_looked_at_alone(
    run: Callable[..., Any], yard: Any, words: list[str], waiting: int
) -> None:
    yard.add("k1")
    yard.add("k2", "k3", lane=FINANCE)
    yard.add("k4", lane=SHOP)
    ended = run("why", *words, "--json")
    assert ended.code == 1
    assert sum(part["waiting"] for part in ended.lines[0]["parts"]) == waiting


def test_a_message_whose_key_is_the_name_of_an_account_comes_first(
    run: Callable[..., Any], yard: Any
) -> None:
    yard.add("main")
    (answer,) = run("why", "main", "--json").lines
    assert answer["msg_key"] == "main"
    (answer,) = run("why", "account:main", "--json").lines
    assert answer["flow"] == "unserved"


def test_what_is_neither_a_key_nor_a_part_is_told_as_a_key(run: Callable[..., Any]) -> None:
    ended = run("why", "nothing-like-it")
    assert ended.code == 1
    assert "No message 'nothing-like-it' is known" in ended.err


@pytest.mark.parametrize("what", ["mms-bulk@mian", "lane:mms-bulk@mian", "account:mian"])
def test_a_part_that_nobody_knows_is_refused_instead_of_called_idle(
    run: Callable[..., Any], what: str
) -> None:
    ended = run("why", what)
    assert ended.code == 1
    assert "mian is known here" in ended.err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("mms-bluk@main", "mms-bulk@main"), ("mian", "main"), ("lane:mms-bulk@mian", "mms-bulk@main")],
)
def test_a_name_that_is_nearly_one_that_is_known_is_asked_about(
    run: Callable[..., Any], yard: Any, typed: str, meant: str
) -> None:
    yard.add("k1")
    ended = run("why", typed, "--json")
    assert ended.code == 1
    assert f"Did you mean {meant}" in ended.error["message"]


def test_campaigns_that_nobody_attends_to_are_said(run: Callable[..., Any], store: Store) -> None:
    assert run("why", "--json").lines[0]["campaigns"] == []
    spring = running(store)
    ended = run("why")
    assert ended.code == 1
    assert "Campaigns: no worker serves the queue `campaigns`, for which 1 run or start of camp" in ended.out
    assert "beat is away (none is known): nobody rings for campaigns. Start one: plexsend beat." in ended.out
    for shown in (run("fleet").err, " ".join(run("why", "--json").lines[0]["campaigns"])):
        assert "o worker serves the queue `campaigns`" in shown
        assert "eat is away" in shown
    # Only once it has lasted, operators are notified.
    assert list(look_at_runs(store)) == []
    hour_ago = server_ms(store) - 3_600_000
    for field in ("started", "created"):
        store.client.hset(store.keys.run("main", spring.group), field, hour_ago)
    (condition,) = look_at_runs(store)
    assert (condition.state, "plexsend fleet" in condition.text) == ("unattended", True)
    note_beat(store, "h1")
    announce(store, "p1", replace(WEB1, feeds=True))
    alive(store, "p1")
    assert list(look_at_runs(store)) == []
    assert run("why", "--json").lines[0]["campaigns"] == []


def test_a_planned_run_without_a_worker_for_it_says_so(run: Callable[..., Any], store: Store) -> None:
    spring = checked(store)
    steps.schedule(store, "main", spring.group, server_ms(store) + 3_600_000)
    words = "No worker serves the queue `campaigns` now"
    assert words in run("campaign", "show", "spring").out
    announce(store, "p1", replace(WEB1, feeds=True))
    alive(store, "p1")
    assert words not in run("campaign", "show", "spring").out
