"""Characters as people see them: texts that show nothing, Hangul in pieces, text that was read wrongly."""

from __future__ import annotations

import re
import unicodedata

# Beside white space: what Unicode calls default ignorable, and the blanks of Hangul and of Braille.
_SEEN = re.compile(
    "[^\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

_PIECES = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[가-힣][\u11a8-\u11c2]")
"""Modern Hangul in pieces, as macOS names files. Old syllables, which no single character writes, stay so."""

_MOST_LOOKED_AT = 100
"""Characters of a text that are looked at to see how it was read."""
_DOUBTED = re.compile("[\x00-\x7f]*([\u00ea-\u00ed\u4e00-\u9fff\uf900-\ufaff])")
"""A text whose first character outside ASCII is what the first byte of a Hangul syllable in UTF-8 becomes."""
_SYLLABLE = re.compile("[가-힣]")
_WRONG_READINGS = ("cp949", "latin-1")


def shows_something(text: str) -> bool:
    """Return whether any character of a text can be seen."""
    return _SEEN.search(text) is not None


def compose_hangul(text: str) -> str:
    """Return the text with each syllable of modern Hangul as one character, and all else as it is."""
    # A check in C, which most texts pass.
    if unicodedata.is_normalized("NFC", text):
        return text
    return _PIECES.sub(lambda piece: unicodedata.normalize("NFC", piece[0]), text)


def is_misread(text: str) -> bool:
    """Return whether a text is Korean in UTF-8 that something read in another encoding.

    Read so, it is Hangul and Hanja by chance. Only its beginning is looked at: the bytes of any other text
    stop being UTF-8 there.
    """
    first = _DOUBTED.match(text)
    if first is None:
        return False
    looked_at = text[first.start(1) : first.start(1) + _MOST_LOOKED_AT]
    return any(_SYLLABLE.search(_read_again(looked_at, encoding)) for encoding in _WRONG_READINGS)


def _read_again(text: str, encoding: str) -> str:
    """Return what the bytes of a text are in UTF-8; nothing where they are not UTF-8."""
    try:
        written = text.encode(encoding)
        return written.decode()
    except UnicodeEncodeError:
        return ""
    except UnicodeDecodeError as exc:
        # The last character of what was looked at may be cut off.
        return written[: exc.start].decode() if exc.reason == "unexpected end of data" else ""
