"""One file of the demo's sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file of the sample, and the keys of all its rows, whatever becomes of them."""

    path: Path
    service: str
    keys: tuple[str, ...]
    pictures: int = 0
    """How many of its rows show a picture that is a file."""
