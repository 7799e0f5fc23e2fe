"""What deploy/make-secrets.sh makes, and a Valkey that goes by it as the one of deploy/compose.yaml does."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from plexsend.stack import programs
from plexsend.stack.child import Child
from plexsend.stack.ports import free_port
from tests.deploy.composed import services
from tests.deploy.tools import DEPLOY

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = DEPLOY / "make-secrets.sh"
START_DEADLINE_S = 15


def make(folder: Path, account: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    line = ["sh", str(SCRIPT), str(folder)]
    return subprocess.run(line, input=account, capture_output=True, text=True, check=False, timeout=60)


def start_valkey(folder: Path, secrets: Path) -> tuple[Child, int]:
    """Start it with the words of compose, paths and address mapped to here; return it and its port."""
    port = free_port()
    mapped = {
        "/etc/valkey/valkey.conf": str(DEPLOY / "valkey.conf"),
        "/run/secrets/users.acl": str(secrets / "users.acl"),
        "/data": str(folder),
        "0.0.0.0": "127.0.0.1",
    }
    program, *words = services()["valkey"].command
    assert program == "valkey-server"
    here = [mapped.get(word, word) for word in words]
    child = Child(programs.server(folder, folder / "log", {"port": str(port)}, *here, environ=os.environ))
    child.start()
    child.wait_for("Ready to accept", within_s=START_DEADLINE_S)
    return child, port


def here(url: str, port: int) -> str:
    """Return the URL of a secret as it is on this machine."""
    return url.strip().replace("valkey:6379", f"127.0.0.1:{port}")
