"""The name server that lies, and addresses that take no connection."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from plexsend.stack.ports import free_port
from tests.chaos.looked_up import HOST, VARIABLE, looked_up, write
from tests.chaos.name_faults import DEAD, dead_address
from tests.chaos.world import NAMED, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_a_process_finds_what_the_file_says_when_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    write(file, delay_s=0.2, addresses=("127.0.0.2", "127.0.0.1"))
    code = (
        "import json, socket, time; began = time.monotonic();"
        f"found = socket.getaddrinfo({HOST!r}, 80); took = time.monotonic() - began;"
        "other = socket.getaddrinfo('127.0.0.9', 1)[0][4][0];"
        "print(json.dumps([[each[4][0] for each in found], took, other]))"
    )
    environ = {"PYTHONPATH": f"{NAMED}:{ROOT}", VARIABLE: str(file)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=True)
    addresses, took, other = json.loads(done.stdout)
    assert (addresses, other) == (["127.0.0.2", "127.0.0.1"], "127.0.0.9")
    assert took >= 0.2
    assert looked_up(file) == 1


def test_a_dead_address_lets_a_connection_wait() -> None:
    port = free_port()
    with dead_address(DEAD[0], port):
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            socket.create_connection((DEAD[0], port), timeout=0.3)
        assert time.monotonic() - began >= 0.3
