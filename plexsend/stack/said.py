"""What a process of a stack says in its log once it is ready, and where it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.stack.child import Child


def says_ready(worker: Child) -> bool:
    """Return whether a worker takes doorbells."""
    return re.search(r' ready\.("|$)', worker.read_log(), re.MULTILINE) is not None


def url_of_sandbox(sandbox: Child) -> str | None:
    """Return where a sandbox listens; None while it does not."""
    found = re.search(r"^sandbox listens on (\S+)$", sandbox.read_log(), re.MULTILINE)
    return found[1] if found else None


def url_of_server(receipts: Child) -> str | None:
    """Return where a server for receipts listens; None while it does not."""
    found = re.search(r'^\{"url": "([^"]+)"', receipts.read_log(), re.MULTILINE)
    return found[1] if found else None
