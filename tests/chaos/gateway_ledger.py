"""The ledger of a gateway: one line of JSON for each request seen whole, written before the answer leaves."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.gateway_answers import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.chaos.gateway_answers import Answer
    from tests.chaos.gateway_marks import Seen


@dataclass(frozen=True, slots=True)
class Line:
    """What a line tells of the request; `fault` is empty where none struck."""

    path: str
    user: str
    msg_type: str
    items: tuple[Seen, ...]
    fault: str


class Ledger:
    """Writes the lines, and knows the keys that they tell as accepted. A killed gateway goes on in it."""

    def __init__(self, path: Path) -> None:
        self.requests = 0
        self.accepted = 0
        self._known: set[tuple[str, str]] = set()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._read(path)

    def knows(self, user: str, key: str) -> bool:
        """Tell whether this key was accepted from this user before."""
        return (user, key) in self._known

    def write(self, line: Line, answer: Answer) -> None:
        """Write what was decided; once this has returned, a killed process does not take it along."""
        self.requests += 1
        entry: dict[str, Any] = {
            "n": self.requests,
            "at": time.time(),
            "path": line.path,
            "user": line.user,
            "msg_type": line.msg_type,
            "keys": [item.key for item in line.items],
            "to": [item.to for item in line.items],
            "marks": [item.mark for item in line.items],
            "codes": answer.codes,
            "fault": line.fault,
            "answer": answer.left,
        }
        os.write(self._file, json.dumps(entry).encode() + b"\n")
        self._remember(line.user, entry["keys"], answer.codes)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _remember(self, user: str, keys: Sequence[str], codes: Sequence[str]) -> None:
        taken = [key for key, code in zip(keys, codes, strict=True) if code == ACCEPTED]
        self.accepted += len(taken)
        self._known.update((user, key) for key in taken)

    def _read(self, path: Path) -> None:
        whole, end, torn = path.read_bytes().rpartition(b"\n")
        for line in whole.splitlines():
            entry = json.loads(line)
            self.requests = entry["n"]
            self._remember(entry["user"], entry["keys"], entry["codes"])
        # A line torn by a kill was never answered.
        if torn:
            os.ftruncate(self._file, len(whole) + len(end))
