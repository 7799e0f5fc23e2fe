"""Staging: a folder for the recipients and pictures of a campaign that no run in Redis has yet."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.campaigns.checks.definition_pictures import is_file
from plexsend.campaigns.checks.judging_processes import ChunkWriter
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.orphans import STAGED
from plexsend.gateway.pictures.failures import PictureRefused
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.states import RunState
from plexsend.producers.pictures.reading import read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.outbox.redis.store import Store

_STALE_S = 3_600.0
"""A folder that nobody wrote to for so long is of a process that is gone."""
_STALE_DRAFT_MS = 600_000
"""A draft is given its recipients at once."""
BY = "plexsend"
INTERRUPTED = "its creation was interrupted"


def tidy(store: Store, root: Path, account: str) -> None:
    """Remove what processes left that were killed while they created a run of an account."""
    _remove_staged(root, account)
    now_ms = server_ms(store)
    for run in reading.runs(store, account):
        is_stale = run.created_ms + _STALE_DRAFT_MS < now_ms
        if run.state is RunState.DRAFT and not run.prepares and not run.why and is_stale:
            steps.cancel(store, account, run.group, by=BY, why=INTERRUPTED)
            steps.finish(store, account, run.group)
            RunFolder(root, account, run.group, run.id).drop()


def staged_folder(root: Path, account: str) -> tuple[RunFolder, ChunkWriter]:
    """Return a folder that nothing names, and what writes chunks into it."""
    token = secrets.token_hex(6)
    return RunFolder(root, account, STAGED, token), ChunkWriter(root, account, STAGED, token)


def _remove_staged(root: Path, account: str) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        for each in (root / account).iterdir():
            if each.name.startswith((f"{STAGED}-", f"going.{STAGED}-")):
                with suppress(FileNotFoundError):
                    if time.time() - each.stat().st_mtime > _STALE_S:
                        RunFolder(root, account, STAGED, each.name.rpartition("-")[2]).drop()


def keep_pictures(definition: Definition, folder: RunFolder) -> Definition:
    """Copy the pictures that are files into a folder, and return the definition with their names there.

    What cannot be read stays named as it is: the check says so.
    """
    fallback = definition.fallback
    if fallback is not None and fallback.get("images"):
        fallback = {**fallback, "images": _kept([str(each) for each in fallback["images"]], folder)}
    return replace(definition, images=tuple(_kept(definition.images, folder)), fallback=fallback)


def _kept(images: Sequence[str], folder: RunFolder) -> list[str]:
    found = []
    for image in images:
        kept = image
        if is_file(image):
            with suppress(PictureRefused):
                kept = folder.write_picture(read_picture(Path(image)), Path(image).suffix.lower())
        found.append(kept)
    return found
