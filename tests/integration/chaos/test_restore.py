"""A copy of the append-only file is made while the server goes on, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.stack.ports import free_port
from tests.chaos.child import Supervisor
from tests.chaos.valkey import Valkey

if TYPE_CHECKING:
    from pathlib import Path


def test_a_server_goes_back_to_its_copy(tmp_path: Path) -> None:
    server, supervisor = Valkey(tmp_path, free_port(), fsync="everysec", tmpfs=False), Supervisor()
    supervisor.add(server.child)
    supervisor.begin()
    try:
        server.wait_ready()
        server.client.set("before", "1")
        copy = server.copy()
        server.client.set("since", "1")
        server.restore(copy)
        assert server.patiently(lambda client: sorted(client.keys("*"))) == [b"before"]
        assert server.child.lives == 2
    finally:
        supervisor.end()
        server.close()
