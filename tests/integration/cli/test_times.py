"""Times on every screen: in the zone that the fleet agreed on, wherever the machine is, and named."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.strays import keep_unread
from plexsend.web.posts import Unread
from tests.integration.cli.conftest import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.outbox.redis.store import Store

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
SHOWN = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)?")


@pytest.fixture(autouse=True)
def _machine_in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def check(shown: str, zone: ZoneInfo, name: str) -> None:
    """See that all times on a screen are of now, as read in a zone that is named."""
    times = SHOWN.findall(shown)
    assert times, shown
    assert name in shown
    for each in times:
        assert "T" not in each, shown
        assert "+" not in each, shown
        ago = datetime.now(UTC) - datetime.fromisoformat(each).replace(tzinfo=zone)
        assert abs(ago) < timedelta(minutes=5), shown


def fill(yard: Any, store: Store) -> None:
    """Leave something on every screen that shows a time."""
    yard.end(Outcome.ACCEPTED, "k1", code="C100")
    now_ms = round(time.time() * 1000)
    take_receipts(store, "main", [Receipt("k1", "2", "LGU", now_ms), Receipt("nobody", "0")])
    keep_unread(store, "main", [Unread("not JSON", "<html>")])
    yard.end(Outcome.REJECTED, "dead", code="G140")
    yard.end(Outcome.PARK, "parked", code="C500_1")
    put(store, Where.parse("mms-bulk@main"), {"rate_per_s": 5}, by="mina", reason="contract")


SCREENS = (
    ("status", "k1"),
    ("why", "k1"),
    ("find", "--state", "undelivered"),
    ("dead", "list"),
    ("uncertain", "list"),
    ("receipts",),
    ("policy", "list", "mms-bulk@main"),
    ("policy", "list", "--history"),
    ("results", "read", "billing", "--from-start"),
    ("results", "list"),
    ("audit", "--results", "billing"),
)


def test_every_screen_shows_times_in_the_zone_of_the_policy(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    fill(yard, store)
    run("pause", "mms-bulk", "--reason", "stop")
    for args in (*SCREENS, ("holds",)):
        check(run(*args).out, SEOUL, "KST")

    put(store, Where(), {"time_zone": "Europe/Berlin"}, by="anna", reason="moved")
    run("results", "drop", "billing", "--yes")
    for args in (*SCREENS, ("holds",)):
        shown = run(*args).out
        check(shown, BERLIN, "Europe/Berlin" if "(Europe" in shown else " C")


def test_a_screen_of_accounts_with_several_zones_is_in_utc(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    yard.end(Outcome.REJECTED, "a", code="G140")
    yard.end(Outcome.REJECTED, "b", code="G140", lane=SHOP)
    put(store, Where.parse("@shop"), {"time_zone": "Europe/Berlin"}, by="anna", reason="moved")

    check(run("dead", "list").out, ZoneInfo("UTC"), "ended (UTC)")
    check(run("find", "--code", "G140").out, ZoneInfo("UTC"), "at (UTC)")
    check(run("dead", "list", "--account", "main").out, SEOUL, "ended (KST)")
    check(run("find", "--code", "G140", "--account", "shop").out, BERLIN, "at (Europe/Berlin)")


def test_what_a_duplicate_keeps_and_what_is_closed_is_said_in_that_zone(
    run: Callable[..., Any],
) -> None:
    item = (
        "send",
        "mms-bulk",
        "--from",
        "02-2123-4567",
        "--to",
        "010-2345-6789",
        "--text",
        "hi",
        "--image",
        "https://example.com/a.jpg",
    )
    first = ("--send-at", "2099-12-24T09:00:00+09:00")
    run(*item, "--key", "k1", *first)
    assert "it goes at 2099-12-24 09:00:00 KST" in run(*item, "--key", "k1").err
    run("cancel", "group:spring", "--account", "main", "--reason", "wrong", "--yes")
    refused = run(*item, "--group", "spring").err
    check(refused, SEOUL, "KST")
