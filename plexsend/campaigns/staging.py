"""Staging: a folder for the recipients and pictures of a campaign that no run in Redis has yet."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.campaigns.definition_pictures import is_file
from plexsend.campaigns.folder import RunFolder
from plexsend.campaigns.judging_processes import ChunkWriter
from plexsend.gateway.pictures.failures import PictureRefused
from plexsend.producers.pictures.reading import read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.campaigns.defined import Definition

_GROUP = "new"
"""In place of a run, in the name of a folder."""
_STALE_S = 3_600.0
"""A folder that nobody wrote to for so long is of a process that is gone."""


def staged_folder(root: Path, account: str) -> tuple[RunFolder, ChunkWriter]:
    """Return a folder that nothing names, and what writes chunks into it."""
    token = secrets.token_hex(6)
    return RunFolder(root, account, _GROUP, token), ChunkWriter(root, account, _GROUP, token)


def remove_staged(root: Path, account: str) -> None:
    """Remove the folders that processes left which were killed."""
    with suppress(FileNotFoundError, NotADirectoryError):
        for each in (root / account).iterdir():
            if each.name.startswith((f"{_GROUP}-", f"going.{_GROUP}-")):
                with suppress(FileNotFoundError):
                    if time.time() - each.stat().st_mtime > _STALE_S:
                        RunFolder(root, account, _GROUP, each.name.rpartition("-")[2]).drop()


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
