"""Files that a command writes as CSV, by the name that a person gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_OTHERS = frozenset(
    (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers", ".json", ".jsonl", ".pdf", ".html", ".gz", ".zip")
)
"""Extensions of other kinds of files: a program that opens one of them would not find what it expects."""


class CsvFile(click.Path):
    """The name of a file that is to be written as CSV. A name that promises another kind is refused."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        path = Path(str(super().convert(value, param, ctx)))
        suffix = path.suffix.lower()
        if suffix in _OTHERS:
            self.fail(
                f"{path.name} promises a {suffix} file, and this one is CSV, which spreadsheets open. "
                f"Name it {path.with_suffix('.csv').name}.",
                param,
                ctx,
            )
        return path
