"""`plexsend fleet`: who is there, what each serves, and what they disagree about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plexsend.outbox import doors
from plexsend.outbox.doors import Door
from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.reading.queries import server_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

WEB1 = Announcement(
    host="web1",
    pid=7,
    version="0.3.0",
    form=2,
    since_ms=1_800_000_000_000,
    services=("mms-bulk", "mms-finance"),
    threads=16,
    asks={"mms-bulk": {"rate_per_s": "20"}},
    secrets={"main": "aaaa", "shop": "cccc"},
    urls={"mms": "https://plex.example"},
)
WEB2 = replace(WEB1, host="web2", pid=31, secrets={"main": "bbbb"}, asks={"mms-bulk": {"rate_per_s": "10"}})


def join(store: Store, name: str, announced: Announcement, *, busy: int = 0) -> None:
    announce(store, name, announced)
    alive(store, name, busy=busy)


def test_without_a_worker_it_says_how_to_start_one(run: Callable[..., Any]) -> None:
    ended = run("fleet")
    assert (ended.code, ended.out) == (0, "")
    assert "plexsend worker" in ended.err


def test_each_process_shows_what_it_serves_and_what_it_disagrees_about(
    run: Callable[..., Any], store: Store
) -> None:
    join(store, "p1", WEB1, busy=3)
    join(store, "p2", WEB2)
    store.client.hset(store.keys.refused("shop"), "cccc", 1)
    first, second = run("fleet", "--json").lines
    assert (first["host"], first["pid"], first["busy"], first["threads"]) == ("web1", 7, 3, 16)
    # The gateway refused the other secret.
    assert (first["accounts"], second["accounts"]) == (["main"], ["main"])
    assert first["disagrees"] == [
        "rate_per_s of mms-bulk: web2 pid 31 asks for 10",
        "the secret of account main: web2 pid 31 has secret B",
    ]
    assert second["disagrees"][0] == "rate_per_s of mms-bulk: web1 pid 7 asks for 20"
    assert (first["alive"], first["asks"]) == (True, {"mms-bulk": {"rate_per_s": "20"}})
    shown = run("fleet")
    assert "They disagree about rate_per_s of mms-bulk: " in shown.err
    assert not any(word in shown.out + shown.err for word in ("aaaa", "bbbb", "cccc"))


def test_a_process_that_fell_silent_is_gone_for_ten_minutes(run: Callable[..., Any], store: Store) -> None:
    join(store, "p1", WEB1)
    store.client.hset(store.keys.alive, "p1", f"{server_ms(store) - 60_000} 0 1")
    (gone,) = run("fleet", "--json").lines
    assert (gone["alive"], gone["silent_s"] >= 60, gone["disagrees"]) == (False, True, [])
    assert "gone 1 min" in run("fleet").out
    store.client.hset(store.keys.alive, "p1", f"{server_ms(store) - 601_000} 0 1")
    assert run("fleet", "--json").lines == []


def test_what_is_asked_for_all_that_it_serves_is_said_once(run: Callable[..., Any], store: Store) -> None:
    everywhere = {"mms-bulk": {"rate_per_s": "20", "linger_ms": "5"}, "mms-finance": {"rate_per_s": "20"}}
    join(store, "p1", replace(WEB1, asks={**everywhere, "all": {"keep_days": "3"}}))
    assert "keep_days=3, linger_ms=5 (mms-bulk), rate_per_s=20" in run("fleet").out


def test_what_another_program_wrote_there_is_passed_over(run: Callable[..., Any], store: Store) -> None:
    join(store, "p1", WEB1)
    store.client.hset(store.keys.fleet, mapping={"p2": "spoilt", "p3": '{"host": 1}'})
    store.client.hset(store.keys.alive, mapping={"p2": "x", "p3": "9" * 40, "p4": ""})
    assert [line["pid"] for line in run("fleet", "--json").lines] == [7]
    store.client.delete(store.keys.fleet)
    store.client.set(store.keys.fleet, "of another type")
    ended = run("fleet")
    assert "fleet: it is of another type" in ended.err
    assert "No worker is alive" in ended.err


def test_servers_of_receipts_are_listed_while_they_live(run: Callable[..., Any], store: Store) -> None:
    doors.announce(store, Door("d1", "edge1", 12, "0.5.0", ("receipts",), 8080, ("main", "shop")))
    (line,) = run("fleet", "--json").lines
    assert (line["host"], line["parts"], line["port"]) == ("edge1", ["receipts"], 8080)
    assert (line["accounts"], line["services"], line["alive"]) == (["main", "shop"], [], True)
    shown = run("fleet", "--wide")
    assert "receipts (port 8080)" in shown.out
    # It sends nothing.
    assert "No worker is alive" in shown.err
    join(store, "p1", WEB1)
    assert [each["parts"] for each in run("fleet", "--json").lines] == [[], ["receipts"]]


def test_process_that_feeds_campaigns_is_named_so(run: Callable[..., Any], store: Store) -> None:
    announce(store, "p1", replace(WEB1, feeds=True))
    alive(store, "p1")
    assert "campaigns" in run("fleet").out
    (line,) = run("fleet", "--json").lines
    assert (line["feeds"], "campaigns" in line["services"]) == (True, False)
