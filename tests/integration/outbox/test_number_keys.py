"""Who knows numbers by another key than the account is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.doors import Door
from plexsend.outbox.fleet import Announcement, FleetProcess
from plexsend.outbox.reading.number_keys import foreign_keys
from plexsend.outbox.receivers import hashed_by
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from plexsend.settings import NumberKey
from tests.integration.outbox.bench import NUMBER_KEY

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

OTHER = NumberKey("x" * 32)


def worker(pid: int, key: NumberKey | None, *accounts: str, silent_ms: int = 0) -> FleetProcess:
    announced = Announcement(
        "host",
        pid,
        "0.6.0",
        3,
        0,
        ("mms-bulk",),
        2,
        secrets=dict.fromkeys(accounts, "f"),
        hashes_by=hashed_by(key),
    )
    assert Announcement.parse(announced.to_json()) == announced
    return FleetProcess(f"w{pid}", announced, silent_ms)


def door(pid: int, key: NumberKey | None, *parts: str) -> Door:
    return Door(f"d{pid}", "host", pid, "0.6.0", parts, accounts=("main",), hashes_by=hashed_by(key))


def test_processes_with_another_key_are_named_for_accounts_that_they_serve(store: Store) -> None:
    origin = Suppressor(SuppressionSource.PERSON)
    Suppressions(store, "main", NUMBER_KEY).add(["01023456789"], SuppressionKind.ADS, origin)
    workers = [
        worker(1, NUMBER_KEY, "main"),
        worker(2, OTHER, "main", "shop"),
        worker(3, OTHER, "shop"),
        worker(4, None, "main"),
        worker(5, OTHER, "main", silent_ms=60_000),
    ]
    doors = [
        door(6, NUMBER_KEY, "receipts"),
        door(7, OTHER, "receipts"),
        door(8, None, "receipts"),
        door(9, OTHER, "metrics"),
    ]
    found = foreign_keys(store, ["main", "shop"], workers, doors)
    assert [one.text for one in found] == [
        "host pid 2 has another PLEXSEND_NUMBER_KEY than account main",
        "host pid 7 has another PLEXSEND_NUMBER_KEY than account main",
        "host pid 8 has no PLEXSEND_NUMBER_KEY and takes no refusals of account main",
    ]
    assert found[0].seen_by("host pid 2") == "it has another PLEXSEND_NUMBER_KEY than account main"
    assert found[0].seen_by("host pid 1") == ""
