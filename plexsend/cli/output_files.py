"""Files that a command writes, by the name that a person gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_KNOWN = frozenset(
    (
        *(".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers", ".json", ".jsonl"),
        *(".pdf", ".html", ".htm", ".gz", ".zip"),
    )
)
"""Extensions of kinds of files: a program that opens one of another kind would not find what it expects."""


class _OutputFile(click.Path):
    """The name of a file that is to be written. A name that promises another kind is refused."""

    suffixes: tuple[str, ...]
    """What such a name may end in, the usual one first."""
    kind: str
    """What the file is, and what opens it."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        path = Path(str(super().convert(value, param, ctx)))
        suffix = path.suffix.lower()
        if suffix in _KNOWN.difference(self.suffixes):
            self.fail(
                f"{path.name} promises a {suffix} file, and this one is {self.kind} open. "
                f"Name it {path.with_suffix(self.suffixes[0]).name}.",
                param,
                ctx,
            )
        return path


class CsvFile(_OutputFile):
    """The name of a file that is to be written as CSV."""

    suffixes = (".csv", ".txt", ".tsv")
    kind = "CSV, which spreadsheets"


class HtmlFile(_OutputFile):
    """The name of a file that is to be written as a page."""

    suffixes = (".html", ".htm")
    kind = "a page, which browsers"
