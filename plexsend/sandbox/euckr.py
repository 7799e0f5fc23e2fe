"""EUC-KR as the carriers understand it: which characters have a form of their own, and how long a text is.

Python's codec is only asked to *decode*. Its encoder does not raise for the Hangul syllables outside
KS X 1001; it writes eight bytes that a handset shows as loose letters. A table of everything that one or
two bytes decode to has no such trap.
"""

from __future__ import annotations


def _decode_all() -> frozenset[str]:
    """Return every character that one byte (ASCII) or two bytes (KS X 1001) decode to."""
    # Of the control characters only the line feed and the tab pass.
    known = {"\n", "\t", *map(chr, range(0x20, 0x7F))}
    for lead in range(0xA1, 0xFF):
        for trail in range(0xA1, 0xFF):
            # Unassigned pairs decode to nothing. So does the Hangul filler, which opens a longer sequence.
            known.add(bytes((lead, trail)).decode("euc_kr", errors="ignore"))
    known.discard("")
    return frozenset(known)


REPRESENTABLE = _decode_all()
"""The characters that a message may hold."""


def measure(text: str) -> int | None:
    """Return the bytes of `text` in EUC-KR, or None when it holds a character that EUC-KR lacks."""
    if not REPRESENTABLE.issuperset(text):
        return None
    return len(text) if text.isascii() else len(text) + sum(character > "\x7f" for character in text)
