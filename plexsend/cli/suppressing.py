"""Numbers and scopes of `plexsend suppress`, as people give them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.options import ACCOUNT, words_option
from plexsend.cli.output_files import CsvFile
from plexsend.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Scope(click.ParamType[str]):
    """The account, or one sender or refusal number of it."""

    name = "scope"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from plexsend.outbox.suppression_scopes import read_scope

        scope = read_scope(str(value))
        if scope is None:
            self.fail(
                f"{value!r} is not a scope. Give account, sender:1588-1234 or refusal:080-123-4567.",
                param,
                ctx,
            )
        return scope


account_of_suppressions = click.option(
    "--account", type=ACCOUNT, default="main", metavar="A", help="Whose suppressions; main otherwise."
)
numbers_argument = click.argument("numbers", metavar="NUMBER...", nargs=-1)
file_option = click.option(
    "--file", type=click.Path(path_type=Path), metavar="F", help="Every number of this list."
)
output_option = click.option(
    "--output",
    type=CsvFile(),
    metavar="G",
    help="Where the marked list goes; beside it, as NAME.marked.csv, otherwise.",
)
encoding_option = click.option(
    "--encoding", type=click.Choice(["utf-8", "cp949"]), help="Of the file; otherwise whichever it is in."
)
column_option = click.option(
    "--column", metavar="C", help="What the file's column of numbers is called; otherwise as most are."
)
reason_option = words_option("--reason", "R", "Why, for those who ask later.")
kind_option = click.option(
    "--kind",
    type=click.Choice(["ads", "all"]),
    help="ads: no advertisements; all: nothing, since nobody has the number.",
)
scope_option = click.option(
    "--scope",
    type=_Scope(),
    metavar="S",
    help="account, or one sender or refusal number of it: sender:1588-1234, refusal:080-123-4567.",
)


@dataclass(frozen=True, slots=True)
class GivenNumber:
    """One number that was given: its digits, or what is wrong with it."""

    place: str
    """Where it was given, for people: `number 2`, `line 17`."""
    digits: str = ""
    problem: Problem | None = None

    @property
    def masked(self) -> str:
        """The number as it is shown."""
        return f"{self.digits[:3]}-****-{self.digits[-4:]}" if self.digits else ""


def numbers_given(numbers: Sequence[str]) -> list[GivenNumber]:
    """Return the numbers of a command line; `-` stands for those on stdin, one a line."""
    if not numbers:
        raise UsageError(
            "Give numbers, or - and one a line on stdin, which leaves none in the shell's history."
        )
    words = [line.strip() for line in sys.stdin if line.strip()] if list(numbers) == ["-"] else list(numbers)
    return [read_number(word, f"number {place}") for place, word in enumerate(words, 1)]


def read_number(written: str, place: str) -> GivenNumber:
    """Return a number as it is written; where it is wrong, what is wrong, without the number itself.

    One that a spreadsheet took its 0 from gets it back: no other number can be meant.
    """
    from plexsend.gateway.numbers import read_receiver
    from plexsend.gateway.refusals import Refusal

    digits = read_receiver(written)
    if isinstance(digits, Refusal):
        return GivenNumber(place, problem=Problem(place, digits.reason, digits.remedy))
    return GivenNumber(place, digits)
