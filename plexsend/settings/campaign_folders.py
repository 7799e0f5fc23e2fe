"""Where campaigns keep their recipients unless a setting says it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BELOW = Path("plexsend", "campaigns")
_HOMELESS = Path("/var/lib")
"""In place of a home, where a process has none."""


def usual_campaign_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder below the user's own data, as the XDG base directories have it.

    `environ`: the variables. A relative XDG_DATA_HOME does not count, as that specification says.
    """
    data = Path(environ.get("XDG_DATA_HOME") or ".")
    return (data if data.is_absolute() else _home_data(environ)) / _BELOW


def _home_data(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("HOME") or ".")
    return home / ".local" / "share" if home.is_absolute() else _HOMELESS
