"""Folders of runs that Redis does not know: it was emptied, or an older copy of it was restored.

Two installations may have their runs below one root. So the folders of runs that are known are touched once a
day, and one that nobody has touched for as long as recipients are kept belongs to no installation that lives.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns.folders.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from plexsend.outbox.runs.run import Run

_DAY_S = 86_400.0
STAGED = "new"
"""In place of a run, in the name of a folder whose run is being created."""
_NAME = re.compile(rf"(going\.)?([a-z0-9-]{{1,32}}~\d{{1,9}}|{STAGED})-([0-9a-f]{{8,16}})", re.ASCII)
_ACCOUNT = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class UnknownFolder:
    """A folder of a run that Redis does not know, or what an interrupted removal left of one that it knew."""

    account: str
    folder: RunFolder
    idle_s: float
    """How long ago anything was made in it, or an installation that knows it touched it."""
    is_rest: bool
    """Whether its removal had begun."""


def unknown_folders(root: Path, runs: Iterable[Run]) -> Iterator[UnknownFolder]:
    """Yield the folders below a root that are of none of these runs, sorted. What is no run's is passed over.

    Args:
        root: The folder of all campaigns.
        runs: All that Redis knows.
    """
    known = {(run.account, f"{run.group}-{run.id}") for run in runs}
    now_s = time.time()
    for account in _folders(root):
        for each in _folders(account) if _ACCOUNT.fullmatch(account.name) else ():
            found = _NAME.fullmatch(each.name)
            if found is None or (account.name, each.name) in known:
                continue
            with suppress(FileNotFoundError):
                idle_s = now_s - each.stat().st_mtime
                folder = RunFolder(root, account.name, found[2], found[3])
                yield UnknownFolder(account.name, folder, idle_s, is_rest=bool(found[1]))


def touch_known(root: Path, runs: Iterable[Run]) -> None:
    """Let it be seen that the folders of these runs are known, once a day."""
    newest_s = time.time() - _DAY_S
    for run in runs:
        path = RunFolder(root, run.account, run.group, run.id).path
        # Without one here, or without the right to it, there is nothing to keep.
        with suppress(OSError):
            if path.stat().st_mtime < newest_s:
                os.utime(path)


def _folders(path: Path) -> list[Path]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(each for each in path.iterdir() if each.is_dir() and not each.is_symlink())
    return []
