"""A worker announces which folder of campaigns it sees, once there are campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.environment import read_settings
from plexsend.outbox.fleet import fleet
from plexsend.outbox.reading.disagreements import disagreements
from plexsend.shared_folder import look_at_folder
from plexsend.worker.folder_watch import FolderWatch
from plexsend.worker.presence import Presence
from plexsend.worker.runtime import Runtime
from tests.integration.outbox.runs.feeder import running
from tests.integration.worker.room import SETTINGS, ScriptedClient

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store


class Host:
    """A worker of one host."""

    def __init__(self, store: Store, root: Path) -> None:
        given = {**SETTINGS, "PLEXSEND_CAMPAIGN_DIR": str(root)}
        runtime = Runtime(read_settings(given), store=store, client=ScriptedClient())
        self.watch = FolderWatch(runtime, lambda: True)
        self.presence = Presence(runtime, lambda: ["mms-bulk"], 16, feeds=lambda: True)

    def look(self) -> None:
        """Look at the folder, and announce it."""
        self.watch.round()
        self.presence.beat(at_once=True)


def test_hosts_that_see_another_folder_disagree_at_once(store: Store, tmp_path: Path) -> None:
    shared = [Host(store, tmp_path / "shared") for _ in range(2)]
    other = Host(store, tmp_path / "other")
    for host in (*shared, other):
        host.look()
    # Where nobody has campaigns each has a folder of its own, and nothing is made.
    assert [each.announced.folder for each in fleet(store)] == [""] * 3
    assert list(tmp_path.iterdir()) == []
    running(store)
    for host in (*shared, other):
        host.look()
    found = {each.announced.folder for each in fleet(store)}
    assert found == {look_at_folder(tmp_path / "shared").id, look_at_folder(tmp_path / "other").id}
    (differ,) = disagreements(fleet(store))
    assert differ.what == "PLEXSEND_CAMPAIGN_DIR"


def test_a_folder_that_goes_away_is_announced(store: Store, tmp_path: Path) -> None:
    running(store)
    host = Host(store, tmp_path / "shared")
    host.look()
    (tmp_path / "shared" / ".folder-id").unlink()
    (tmp_path / "shared").rmdir()
    (tmp_path / "shared").touch()
    host.look()
    assert [each.announced.folder for each in fleet(store)] == ["cannot use it: File exists"]
