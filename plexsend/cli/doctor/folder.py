"""Checks of the folder of campaigns: can it be used from here, and do all workers see the same one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import doubtful, ok, wrong
from plexsend.shared_folder import FolderSeen, look_at_folder, probe_folder
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from plexsend.campaigns.folders.orphans import UnknownFolder
    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.outbox.fleet import FleetProcess

_WHAT = "campaign folder"
_ONE_FOLDER = "Let PLEXSEND_CAMPAIGN_DIR name one folder that all hosts share, for workers and commands."


def look_from_here(root: Path) -> FolderSeen:
    """Return what this host sees of the folder, after writing, reading and removing a file there."""
    if not root.exists():
        # Nothing is made on a host that has no campaigns of its own.
        return FolderSeen(trouble="it is not there")
    trouble = probe_folder(root)
    return FolderSeen(trouble=trouble) if trouble else look_at_folder(root)


def folder_rows(root: Path, here: FolderSeen, processes: Iterable[FleetProcess]) -> Iterator[CheckRow]:
    """Yield whether the folder can be used here, and which workers see another. Pure.

    Args:
        root: Where it is, by the settings of this host.
        here: What this host sees of it.
        processes: Those that were seen within ten minutes.
    """
    feeding = [each for each in processes if each.lives and each.announced.feeds and each.announced.folder]
    lame = [each for each in feeding if " " in each.announced.folder]
    for each in lame:
        why = "what it is to feed or prepare fails there"
        yield wrong(_WHAT, f"{each.label} {each.announced.folder}", why, _ONE_FOLDER)
    if here.trouble:
        why = "campaigns cannot be created, dropped or reported from this host"
        yield doubtful(_WHAT, f"{root}: {here.trouble}", why, _ONE_FOLDER)
        return
    others = [each for each in feeding if each not in lame and each.announced.folder != here.id]
    for each in others:
        why = "what is created here it does not find, and pauses after two minutes"
        yield wrong(
            _WHAT, f"{each.label} sees another folder than this host does at {root}", why, _ONE_FOLDER
        )
    if not others:
        same = len(feeding) - len(lame)
        see = f", and {counted(same, 'worker process sees', 'worker processes see')} the same" if same else ""
        yield ok(_WHAT, f"{root} is written and read{see}")


def orphan_rows(root: Path, unknown: Iterable[UnknownFolder]) -> Iterator[CheckRow]:
    """Yield how many folders are of runs that Redis does not know. Pure."""
    idle = [each.idle_s for each in unknown]
    if idle:
        are = counted(len(idle), "folder is", "folders are")
        yield doubtful(
            _WHAT,
            f"{are} of no run that Redis knows, below {root}, the oldest last used {span(max(idle))} ago",
            "Redis was emptied or an older copy of it restored, or another installation has its runs there",
            "A worker removes each once nobody has used it for campaign_keep_days.",
        )
