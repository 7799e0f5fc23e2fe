"""Where a command's words go: JSON lines for programs, text and tables for people, faults to stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TextIO

from plexsend.terminal.printable import printable
from plexsend.terminal.wrapping import terminal_width, wrap, wrap_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plexsend.errors import Problem
    from plexsend.terminal.faults import Fault
    from plexsend.terminal.tables import Column


class Screen:
    """Prints. With `as_json` stdout gets what `facts` is given, one object a line, and nothing else."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def facts(self, facts: Mapping[str, object]) -> None:
        """Print an object for programs; people do not see it."""
        if self.as_json:
            _write_json(sys.stdout, facts)

    def say(self, text: str = "", *, style: str = "", wraps: bool = False) -> None:
        """Print a line for people.

        Args:
            text: The line.
            style: rich's (`bold red`); it matters on a terminal only.
            wraps: Whether a terminal shows it broken at words; a line that is copied whole is not.
        """
        if not self.as_json:
            _write(sys.stdout, text, style, wraps=wraps)

    def item(self, lead: str, text: str, *, style: str = "") -> None:
        """Print a line for people that begins with `lead`; a terminal shows only that in the style.

        Words that do not fit are broken below the text.
        """
        if self.as_json:
            return
        text = printable(text)
        if not sys.stdout.isatty():
            sys.stdout.write(f"{lead}{text}\n")
            return
        from rich.console import Console  # noqa: PLC0415  a pipe does not pay for it
        from rich.text import Text  # noqa: PLC0415  a pipe does not pay for it

        shown = Text("\n".join(wrap(text, terminal_width(sys.stdout), lead=lead)))
        shown.stylize(style, 0, len(lead))
        Console(file=sys.stdout).print(shown, soft_wrap=True)

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[str]],
        *,
        empty: str = "",
        blocks: bool = False,
        wide: bool = False,
    ) -> int:
        """Print a table for people; where it has no rows, `empty` goes to stderr instead. Return its rows.

        With `blocks` a terminal that is too narrow for it gets a block of lines for each row; with `wide` it
        gets all columns all the same. What it has no room for is named on stderr.
        """
        if not self.as_json:
            from plexsend.terminal.tables import print_table  # noqa: PLC0415  programs need no tables

            printed = print_table(sys.stdout, columns, rows, blocks=blocks, wide=wide)
            if not printed.rows and empty:
                self.note(empty)
            if printed.left_out:
                sys.stdout.flush()
                self.note(f"No room for: {', '.join(printed.left_out)}. --wide shows all columns.")
            return printed.rows
        return 0

    def note(self, text: str) -> None:
        """Print a remark for people to stderr."""
        if not self.as_json:
            _write(sys.stderr, text, "dim", wraps=True)

    def warn(self, problem: Problem) -> None:
        """Print what is doubtful to stderr."""
        if self.as_json:
            from plexsend.terminal.faults import problem_json  # noqa: PLC0415  most commands never warn

            _write_json(sys.stderr, {"warning": problem_json(problem)})
        else:
            _write(sys.stderr, f"warning: {problem}", "yellow", wraps=True)

    def complain(self, fault: Fault) -> None:
        """Print what went wrong to stderr."""
        sys.stdout.flush()
        if self.as_json:
            _write_json(sys.stderr, {"error": fault.as_json()})
            return
        _write(sys.stderr, f"plexsend: {fault.message}", "bold red", wraps=True)
        for problem in fault.problems:
            _write(sys.stderr, f"  {problem}", wraps=True)
        if fault.hint:
            _write(sys.stderr, fault.hint, wraps=True)


def _write(stream: TextIO, text: str, style: str = "", *, wraps: bool = False) -> None:
    text = printable(text)
    is_terminal = stream.isatty()
    if wraps and is_terminal:
        text = wrap_lines(text, terminal_width(stream))
    if not (style and is_terminal):
        stream.write(f"{text}\n")
        return
    # rich knows the terminal, NO_COLOR and TERM=dumb; a command in a pipe does not pay for importing it.
    from rich.console import Console  # noqa: PLC0415  see above
    from rich.text import Text  # noqa: PLC0415  a pipe does not pay for it

    Console(file=stream).print(Text(text, style), soft_wrap=True)


def _write_json(stream: TextIO, facts: Mapping[str, object]) -> None:
    ascii_only = (stream.encoding or "").lower().replace("-", "") != "utf8"
    stream.write(json.dumps(facts, ensure_ascii=ascii_only, separators=(", ", ": ")) + "\n")
