"""What is wrong, as errors name it: one thing of an item or a setting, or all of an item that was refused."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_SHOWN = 20
"""Refused items that an error's text names; the error itself holds all of them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or merely doubtful): where, what, and what to do about it."""

    field: str
    """Dotted path of the gateway's field (`file_path.1`), or a setting's name."""
    reason: str
    remedy: str
    written: str = ""
    """What the caller wrote that became this field: `images`, or `--image`. Empty: the field itself."""

    def __str__(self) -> str:
        """Return one line for a person."""
        where = self.field if self.written in ("", self.field) else f"{self.written} ({self.field})"
        what = f"{where}: {self.reason}"
        return f"{what}. {self.remedy}" if self.remedy else what


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """One message of a call that was not added, with everything that is wrong with it."""

    index: int
    """Place of the item in the call, 0 the first."""
    msg_key: str | None
    """Its own key; None where it has none that is valid."""
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        """Return one line for a person; where there are several problems, a line for each of them follows."""
        named = "" if self.msg_key is None else f" (key {self.msg_key})"
        problems = [str(problem) for problem in self.problems]
        between = " " if len(problems) == 1 else "\n  "
        return between.join([f"item {self.index}{named}:", *problems])


def describe_only(item: RefusedItem) -> str:
    """Return the text of an error about the only item of a call."""
    named = "" if item.msg_key is None else f" with the key {item.msg_key}"
    problems = "".join(f"\n  {problem}" for problem in item.problems)
    return f"The message{named} is refused and not sent:{problems}"


def describe_all(items: Sequence[RefusedItem]) -> str:
    """Return the text of an error about items of a call."""
    shown = "".join("\n" + indent(str(item), "  ") for item in items[:_MOST_SHOWN])
    more = len(items) - _MOST_SHOWN
    rest = f"\n  and {more:,} more" if more > 0 else ""
    count = "1 message is" if len(items) == 1 else f"{len(items):,} messages are"
    return f"{count} refused and not sent:{shown}{rest}"
