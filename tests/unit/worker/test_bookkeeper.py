"""The counts by day of each account that a process sweeps are looked after once an hour."""

from __future__ import annotations

from typing import Any, cast

from plexsend.outbox.redis.scripts import Script
from plexsend.worker.bookkeeper import KEPT_EVERY_S, Bookkeeper


class Recorder:
    """A store that notes for which account a script ran; each account has more to do once."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, script: Script, account: str, args: Any) -> list[bytes]:
        """Note the call."""
        assert (script, list(args)) == (Script.STATS, ["keep"])
        self.ran.append(account)
        return [b"kept", b"1" if self.ran.count(account) == 1 else b"0"]


def test_one_account_a_round_each_once_an_hour() -> None:
    store, now = Recorder(), [100.0]
    keeper = Bookkeeper(cast("Any", store), lambda: now[0])
    keeper.step([])
    for _ in range(4):
        keeper.step({"shop", "main"})
    assert store.ran == ["main", "main", "shop", "shop"]
    now[0] += KEPT_EVERY_S
    keeper.step({"shop", "main"})
    assert store.ran[4:] == ["main"]


def test_an_account_that_comes_back_is_looked_at_at_once() -> None:
    store, now = Recorder(), [0.0]
    keeper = Bookkeeper(cast("Any", store), lambda: now[0])
    keeper.step(["main"])
    keeper.step([])
    keeper.step(["main"])
    assert store.ran == ["main", "main", "main"]
