"""Text that may go to a terminal."""

from __future__ import annotations


# A gateway's description or somebody's reason could otherwise steer the terminal.
def printable(text: str) -> str:
    """Return a text whose control characters (but newlines) are spaces."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)
