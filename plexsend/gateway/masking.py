"""The gateway's own words without what the request held: a gateway may quote it, whole or in part.

Its words go into logs, holds, histories and lists of dead letters, where no text, number or secret may be.
"""

from __future__ import annotations

import binascii
import html
import json
import re
import unicodedata
from base64 import urlsafe_b64decode
from bisect import bisect
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from plexsend.phone_numbers import mask_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MASK = "****"

LONGEST_WORDS = 200
"""Characters of the gateway's words that are kept."""

_LONGEST_LOOKED_AT = 1_000
"""Characters that are looked at; what is behind them is left out. A search over more would take too long."""
_MOST_READ = 50 * _LONGEST_LOOKED_AT
"""Of what comes more is blanks, or nothing that a person would read."""

_RUN = 8
"""So many characters in a row that are also in something that was sent are a quotation."""
_WIDE_RUN = 5
"""The same where one of them is beyond ASCII: a Hangul syllable holds as much as two or three letters."""
_WHOLE = 3
"""A text shorter than a run is a quotation where all of it comes; one below this only as a word by itself."""

_NOT_PERSONAL = frozenset(
    {"msg_key", "header", "copy_allowed", "msg_base_id", "br_id", "brand_id", "sub_id", "origin_cid"}
)
"""Fields that people need in an error and that name nobody: keys, kinds and the sender's own ids."""
_NUMBERS = ("sender_number", "receiver_number")

_LONG_DIGITS = re.compile(r"\d(?:[-. ]?\d){7,}")
_ESCAPED = re.compile(r"\\+u(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,5})\})")
_BYTE = re.compile(r"\\+x([0-9a-fA-F]{2})")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_BREAK = re.compile(r"\\+[nrt]")
_MOST_ESCAPED = 3
"""So often what is escaped may be escaped again."""
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_MARKS = re.compile("\0+")
_CODED = re.compile(r"[A-Za-z0-9+/_-]{8,}", re.ASCII)
"""What may be base64 or hexadecimal digits."""
_MOST_UNREADABLE = 0.25
"""Of what was decoded; an ordinary word that is taken for base64 has more."""
_ALIKE = str.maketrans(
    {"İ": "i", "Σ": "σ", "ς": "σ"} | {chr(narrow + 0xFEE0): chr(narrow) for narrow in range(0x21, 0x7F)}
)
"""Characters of full width, and those that `lower` makes two of or changes by their neighbours."""
_TAIL = re.compile(r"[\W\d_]{1,40}$")


class Mask:
    """Masks what one request sent. It looks into the request only where there are words to mask.

    Args:
        credentials: `userID;secret_key`, as in the header.
        bodies: The items, as they went on the wire.
    """

    def __init__(self, credentials: str = "", bodies: Sequence[bytes] = ()) -> None:
        self._user, _, self._secret = credentials.partition(";")
        self._bodies = bodies
        self._sent: _Quotable | None = None

    def clean(self, words: object) -> str:
        """Return words fit for a log: one line, bounded, without what was sent and long runs of digits."""
        if not isinstance(words, str) or not words:
            return ""
        line = _cut(_one_line(_readable(_cut(words, _MOST_READ))), _LONGEST_LOOKED_AT)
        # All of it is masked before it is cut to what is kept.
        masked = _LONG_DIGITS.sub(MASK, self._hide(line))
        return mask_numbers(masked, lambda _: MASK)[:LONGEST_WORDS]

    def quotes(self, word: str) -> bool:
        """Return whether a word, such as a code that nobody knows, holds something that was sent."""
        line = _one_line(_readable(word))
        return self._hide(line, shortest=_WHOLE) != line

    def _hide(self, line: str, *, shortest: int = 1) -> str:
        if self._sent is None:
            self._sent = _Quotable(self._bodies, self._user, self._secret)
        hidden = bytearray(len(line))
        for start, end in self._sent.quotations(line, shortest):
            hidden[start:end] = b"\1" * (end - start)
        if not any(hidden):
            return line
        return _MARKS.sub(
            MASK, "".join("\0" if hide else each for each, hide in zip(line, hidden, strict=True))
        )


class _Quotable:
    """The texts, numbers and the secret of one request, whatever their case and width."""

    def __init__(self, bodies: Sequence[bytes], user: str, secret: str) -> None:
        items = [item for item in map(_parse, bodies) if isinstance(item, dict)]
        # Most items of a batch have the same text.
        texts = {_alike(_one_line(text)) for text in {text for item in items for text in _texts(item)}}
        user, secret = _alike(user), _alike(secret)
        self._short = {text for text in (*texts, secret) if 0 < len(text) < _RUN}
        # One search instead of one a text; a line has no NUL, so no run goes over the end of a text.
        self._all = "\0".join(sorted(texts - self._short))
        self._user, self._secret = user, secret
        numbers = {re.sub(r"\D", "", str(item.get(name, ""))) for item in items for name in _NUMBERS} - {""}
        self._spellings = re.compile("|".join(map(_spelling, sorted(numbers)))) if numbers else None

    def quotations(self, line: str, shortest: int) -> Iterator[tuple[int, int]]:
        """Yield where a line quotes something, from and to. `shortest`: texts below this are left out."""
        yield from self._plain(line, shortest)
        for run in _CODED.finditer(line):
            for decoded in _decoded(run[0]):
                if any(self._plain(_one_line(decoded), _WHOLE)):
                    yield run.span()

    def _plain(self, words: str, shortest: int) -> Iterator[tuple[int, int]]:
        line = _alike(words)
        for text in self._short:
            if len(text) >= shortest:
                edge = "" if len(text) >= _WHOLE else r"\b"
                yield from (found.span() for found in re.finditer(f"{edge}{re.escape(text)}{edge}", line))
        for start, end in _runs(line, self._all):
            found = words[start:end]
            if end - start >= _RUN or not found.isascii():
                yield end - len(found.lstrip()), start + len(found.rstrip())
        # Of a secret no part is kept, but what is also the user's name.
        yield from (run for run in _runs(line, self._secret) if line[slice(*run)] not in self._user)
        if self._spellings is not None:
            yield from (found.span() for found in self._spellings.finditer(line))


def _runs(line: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a line, of _WIDE_RUN characters or more, that are also in a text."""
    at = 0
    while at <= len(line) - _WIDE_RUN:
        if line[at : at + _WIDE_RUN] in text:
            end = _end_of_run(line, at, text)
            yield at, end
            # Another may begin inside this one and go on behind it.
            at = max(at + 1, end - _RUN + 1)
        else:
            at += 1


def _end_of_run(line: str, at: int, text: str) -> int:
    # The longest that is in the text: what is shorter is in it too.
    ends = range(at + _WIDE_RUN + 1, len(line) + 1)
    return at + _WIDE_RUN + bisect(ends, x=False, key=lambda end: line[at:end] not in text)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in an item, but for the fields that name nobody."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NOT_PERSONAL:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _cut(words: str, most: int) -> str:
    """Return the beginning of words, without a part of a number or text that is too short to be found."""
    return words if len(words) <= most else _TAIL.sub("", words[: most - _RUN])


def _readable(words: str) -> str:
    """Return words without the escapes of JSON, of HTML and of URLs, behind which a quotation could hide."""
    for _ in range(_MOST_ESCAPED):
        before, words = words, _unescape(words)
        if words == before:
            break
    return words


def _unescape(words: str) -> str:
    if "\\" in words:
        words = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), _BREAK.sub(" ", words))
        words = _HALVES.sub(lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), words)
        words = _BYTE.sub(r"%\1", words.replace('\\"', '"').replace("\\/", "/")).replace("\\\\", "\\")
    if "&" in words:
        words = html.unescape(words)
    return unquote_plus(words) if _PERCENT.search(words) else words


def _decoded(run: str) -> Iterator[str]:
    """Yield what letters and digits say as base64, wherever it begins in them, or as hexadecimal digits."""
    coded = run.replace("+", "-").replace("/", "_")
    for start in range(4):
        # A single letter behind the last four is not a byte yet.
        whole = coded[start : len(coded) - ((len(coded) - start) % 4 == 1)]
        yield from _words_of(urlsafe_b64decode(whole + "=" * (-len(whole) % 4)))
    with suppress(ValueError):
        yield from _words_of(binascii.unhexlify(run[: len(run) // 2 * 2]))


def _words_of(raw: bytes) -> Iterator[str]:
    words = raw.decode("utf-8", "replace")
    if words.count("\ufffd") <= len(words) * _MOST_UNREADABLE:
        yield words


def _alike(text: str) -> str:
    """Return text without differences of case and width, character for character."""
    return text.translate(_ALIKE).lower()


def _one_line(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    if not composed.isprintable():
        composed = "".join(each if each.isprintable() else " " for each in composed)
    return " ".join(composed.split())


def _spelling(digits: str) -> str:
    """Return a pattern for a number in any spelling: signs between its digits, 82 for its first 0."""
    between = r"[\W_]{0,4}"
    rest = between.join(digits.removeprefix("0"))
    return rf"(?<!\d)(?:\(?(?:00|\+)?82{between})?(?:\(?0{between})?{rest}(?!\d)"
