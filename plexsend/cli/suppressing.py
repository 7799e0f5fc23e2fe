"""Numbers, scopes and files of `plexsend suppress`, as people give them."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.options import ACCOUNT
from plexsend.errors import FileProblem, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from plexsend.outbox.suppression import Suppression
    from plexsend.terminal.moments import WallClock

COLUMNS = (
    *("receiver_number", "number", "phone", "to", "mobile"),
    *("번호", "전화번호", "휴대폰", "휴대폰번호", "휴대전화", "수신번호", "수신자번호", "연락처"),
)
"""What the column of numbers is called in a company's list; letters of any case, blanks left out."""


class _Scope(click.ParamType[str]):
    """The account, or one sender or refusal number of it."""

    name = "scope"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        words = str(value).strip()
        if words in ("", "account"):
            return ""
        digits = "".join(filter(str.isdigit, words))
        kind = (
            words.partition(":")[0] if ":" in words else "refusal" if digits.startswith("080") else "sender"
        )
        if kind not in ("sender", "refusal") or not 8 <= len(digits) <= 11:  # noqa: PLR2004  any number
            self.fail(
                f"{value!r} is not a scope. Give account, sender:1588-1234 or refusal:080-123-4567.",
                param,
                ctx,
            )
        return f"{kind} {digits}"


account_of_suppressions = click.option(
    "--account", type=ACCOUNT, default="main", metavar="A", help="Whose suppressions; main otherwise."
)
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
    """Return a number as it is written; where it is wrong, what is wrong, without the number itself."""
    from plexsend.gateway.numbers import normalise_receiver
    from plexsend.gateway.refusals import Refusal

    digits = normalise_receiver(written)
    if isinstance(digits, Refusal):
        return GivenNumber(place, problem=Problem(place, digits.reason, digits.remedy))
    return GivenNumber(place, digits)


class NumberList:
    """A company's own list: a CSV file with a column of numbers, or a text file with one number a line.

    Args:
        path: The file.
        encoding: `utf-8` or `cp949`.

    Raises FileProblem where it cannot be read, or has no column of numbers.
    """

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self.path = path
        self._encoding = "utf-8-sig" if encoding == "utf-8" else encoding
        self._is_table = path.suffix.lower() == ".csv"

    def __iter__(self) -> Iterator[GivenNumber]:
        for number, _ in self.rows():
            yield number

    def header(self) -> list[str]:
        """Return the names of its columns."""
        if not self._is_table:
            return ["number"]
        with self._open() as file:
            return next(csv.reader(file), [])

    def rows(self) -> Iterator[tuple[GivenNumber, list[str]]]:
        """Yield each number with the cells of its row."""
        with self._open() as file:
            if not self._is_table:
                for line, text in enumerate(file, 1):
                    if text.strip():
                        yield read_number(text.strip(), f"line {line}"), [text.strip()]
                return
            reader = csv.reader(file)
            place = self._column(next(reader, []))
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    written = cells[place] if place < len(cells) else ""
                    yield read_number(written, f"line {reader.line_num}"), cells

    def _column(self, header: Sequence[str]) -> int:
        plain = ["".join(name.split()).lower() for name in header]
        found = [place for place, name in enumerate(plain) if name in COLUMNS]
        if len(found) != 1:
            which = "has no column of numbers" if not found else "has several columns of numbers"
            raise FileProblem(f"{self.path}: it {which}. Name one of them: {', '.join(COLUMNS[:8])} …")
        return found[0]

    def _open(self) -> Any:
        try:
            return self.path.open(encoding=self._encoding, newline="" if self._is_table else None)
        except OSError as exc:
            raise FileProblem(f"{self.path}: it cannot be read: {exc.strerror}.") from exc


def write_marked(
    numbers: NumberList,
    target: Path,
    look: Callable[[list[str]], Iterable[Sequence[Suppression]]],
    clock: WallClock,
    *,
    only: Callable[[Suppression], bool] = lambda _: True,
) -> tuple[int, int, list[Problem]]:
    """Write a company's list anew, with what is known of each number behind its row.

    Args:
        numbers: The list.
        target: Where to; readable by its owner alone, since it holds numbers.
        look: Returns what is known of numbers.
        clock: For the times in it.
        only: Which suppressions count.

    Returns how many rows there are, how many of them are marked, and what is wrong with the others.
    """
    import os
    from itertools import islice

    count = marked = 0
    problems: list[Problem] = []
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*numbers.header(), *MARKED])
        rows = numbers.rows()
        while page := list(islice(rows, 500)):
            good = [number.digits for number, _ in page if not number.problem]
            found = iter(list(look(good)))
            for number, cells in page:
                count += 1
                if number.problem:
                    problems.append(number.problem)
                    writer.writerow([*cells, "not a number", "", "", "", "", ""])
                    continue
                counting = [one for one in next(found) if only(one)]
                marked += bool(counting)
                writer.writerow([*cells, *_marks(counting, clock)])
    return count, marked, problems


MARKED = ("suppressed", "scope", "since", "source", "by", "why")
"""The columns that are put behind those of a company's list."""


def _marks(found: Sequence[Suppression], clock: WallClock) -> list[str]:
    if not found:
        return [""] * len(MARKED)
    columns = zip(*(mark_cells(one, clock) for one in found), strict=True)
    return [" | ".join(dict.fromkeys(cells)) for cells in columns]


def mark_cells(one: Suppression, clock: WallClock) -> list[str]:
    """Return a suppression's cells: kind, scope, since, source, by, why."""
    return [
        str(one.kind),
        one.scope or "account",
        clock.cell(one.since_ms),
        str(one.origin.source),
        one.origin.by,
        one.origin.why,
    ]
