"""Pages of the docs, taken apart: blocks of code, and what they say that they print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PRINTED = re.compile(r"^\s*print\(.*\)  # (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page."""

    text: str

    @classmethod
    def of(cls, path: str) -> Page:
        """Return the page at this path of the project."""
        return cls(ROOT.joinpath(path).read_text("utf-8"))

    def blocks(self, kind: str) -> list[str]:
        """Return the text of every block of this kind, empty for blocks that name none."""
        return [text for found, text in _BLOCK.findall(self.text) if found == kind]

    def commands(self) -> list[str]:
        """Return every line of the blocks that name no kind, without what explains it."""
        lines = [line for block in self.blocks("") for line in block.splitlines()]
        return [re.split(r"\s{3,}", line)[0] for line in lines]


def printed(code: str) -> list[str]:
    """Return what the comments behind the `print`s of a program say that they print, a line each."""
    return _PRINTED.findall(code)
