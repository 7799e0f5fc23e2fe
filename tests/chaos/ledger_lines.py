"""Lines of JSON that processes write down, some of which are killed in the middle of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BEGINS = b'{"at"'


def new_lines(path: Path, places: dict[Path, int]) -> Iterator[dict[str, Any]]:
    """Yield what was added since the last time; a line cut short by a kill waits for its rest.

    Args:
        path: The ledger; nothing where it is not there.
        places: How far each ledger was read, kept from one time to the next.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(places.get(path, 0))
        rest = file.read()
    whole, _, _ = rest.rpartition(b"\n")
    places[path] = places.get(path, 0) + (len(whole) + 1 if whole else 0)
    for text in whole.split(b"\n"):
        try:
            yield json.loads(text)
        except ValueError:
            # The last words of a process that was killed, with those of its next life behind them.
            start = text.rfind(_BEGINS)
            if start > 0:
                yield json.loads(text[start:])
