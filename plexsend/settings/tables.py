"""The settings as the docs show them."""

from __future__ import annotations

from plexsend.settings.model import VARIABLES
from plexsend.settings.variables import FILE_SUFFIX


def markdown_table() -> str:
    """Return the table of all variables as the README has it, without a newline at its end."""
    rows = ["| Variable | Default | Per service | Meaning |", "|---|---|---|---|"]
    for variable in VARIABLES:
        name = f"`{variable.name}`" + (f" or `{variable.name}{FILE_SUFFIX}`" if variable.secret else "")
        default = variable.default_words if variable.default is None else f"`{variable.default}`"
        rows.append(f"| {name} | {default} | {'yes' if variable.per_service else ''} | {variable.meaning} |")
    return "\n".join(rows)
