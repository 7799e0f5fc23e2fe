"""What came back from the gateway, read as one meaning per item or one for the whole request. No I/O.

The shape of an answer is accepted under any HTTP status: `results` with a code per item, or an envelope
`{"code", "name", "description"}` for the whole request. Where neither can be read, the status decides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from plexsend.gateway.codes import Meaning, find_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_DESC = 200
"""Characters of the gateway's own words that are kept."""

LONGEST_RETRY_AFTER_S = 900.0
"""A gateway that asks for a longer pause is asked again after this time."""

MISSING = "MISSING"
"""Used as the code of an item that the answer does not mention."""
DOUBLED = "DOUBLED"
"""Used as the code of an item that the answer mentions with different codes."""
UNREADABLE = "UNREADABLE"
"""Used in place of a code that cannot be read, of an item or of a whole answer."""


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """What was answered for one item."""

    meaning: Meaning
    code: str
    """The gateway's code, or one of the words above where it gave none."""
    desc: str
    """The gateway's words, cleaned; may be empty."""


@dataclass(frozen=True, slots=True)
class ItemAnswers:
    """An answer about single items."""

    by_key: Mapping[str, ItemAnswer]
    """Every key that was sent, in the order of sending, and no other."""
    foreign: int
    """Entries with a key that was not sent, or with none."""


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """An answer, or the lack of one, that is the same for every item of the request."""

    meaning: Meaning
    code: str
    """The gateway's code; `HTTP_503` where there is only a status; the client's own word otherwise."""
    desc: str
    retry_after_s: float | None
    """How long the gateway asked to be left alone, for UNAVAILABLE and UNCERTAIN; None: it did not say."""
    explicit: bool
    """Whether the gateway itself said so. False where no usable answer came."""


Answer = ItemAnswers | WholeAnswer


def read_answer(
    status: int,
    retry_after: str | None,
    body: bytes,
    sent_keys: Sequence[str],
    now: datetime,
    *,
    secret: str = "",
) -> Answer:
    """Return what an HTTP answer means for the items that were sent.

    Args:
        status: The HTTP status.
        retry_after: The header of that name: seconds or a date. Nonsense is ignored.
        body: The whole body of the answer.
        sent_keys: The `msg_key` of every item of the request.
        now: The present, to which a date in `retry_after` is compared; aware.
        secret: What must not come back in the gateway's words; a gateway could quote it in an error.
    """
    parsed = _parse(body)
    code = _read_code(parsed)
    results = parsed.get("results")
    if isinstance(results, list):
        answers = _read_results(results, sent_keys, secret)
        speaks_of_ours = answers.foreign < len(results)
        if speaks_of_ours or (code is None and status in _SUCCESS):
            return answers
    meaning = _judge_whole(status, code)
    rest_s = (
        _read_retry_after(retry_after, now) if meaning in {Meaning.UNAVAILABLE, Meaning.UNCERTAIN} else None
    )
    desc = clean(parsed.get("description") or parsed.get("name") or parsed.get("desc"), secret)
    # A success without a readable shape, or a status that HTTP does not have, is not a usable answer. Nor is
    # "accepted" that does not say what: it must not count as a failure that the gateway itself reported.
    explicit = code != _ACCEPTED and (code is not None or status in _FAILURE)
    return WholeAnswer(
        meaning, code or (f"HTTP_{status}" if explicit else UNREADABLE), desc, rest_s, explicit
    )


def clean(text: object, secret: str = "") -> str:
    """Return the gateway's words fit for a log: one line, bounded, `secret` and long runs of digits masked.

    A gateway could quote a telephone number, or the authorization, in its error.
    """
    if not isinstance(text, str):
        return ""
    # All of it is masked before any is cut: a cut could leave a run, or a part of the secret, too short to be
    # found. The client's limit on an answer bounds the text.
    if secret:
        text = text.replace(secret, "****")
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(text.split())
    return _DIGITS.sub("****", line)[:LONGEST_DESC]


_ACCEPTED = "C100"
_SUCCESS = range(200, 300)
_FAILURE = range(300, 600)
_SERVER_TROUBLE = range(500, 600)

_DIGITS = re.compile(r"\d(?:[-. ]?\d){7,}")
_CODE = re.compile(r"(?!.*\d{8})[!-~]{1,32}", re.ASCII)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


def _parse(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object that a body is; an empty one for anything else."""
    try:
        # Replacing what is not UTF-8 keeps the codes readable where a description came in another encoding.
        parsed = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _read_results(results: list[Any], sent_keys: Sequence[str], secret: str) -> ItemAnswers:
    missing = ItemAnswer(Meaning.UNCERTAIN, MISSING, "")
    by_key = dict.fromkeys(sent_keys, missing)
    read = _ItemReader(secret)
    foreign = 0
    for entry in results:
        key = _read_key(entry)
        if key is None or key not in by_key:
            foreign += 1
            continue
        answer = read.item(entry)
        earlier = by_key[key]
        if earlier is missing:
            by_key[key] = answer
        elif earlier.code != answer.code:
            by_key[key] = ItemAnswer(Meaning.UNCERTAIN, DOUBLED, "")
    return ItemAnswers(MappingProxyType(by_key), foreign)


class _ItemReader:
    """Reads the items of one answer. Most are answered in the same words, which are read once."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._known: dict[tuple[str, str], ItemAnswer] = {}

    def item(self, entry: Mapping[str, Any]) -> ItemAnswer:
        code, desc = entry.get("code"), entry.get("desc")
        if not (isinstance(code, str) and isinstance(desc, str)):
            return _read_item(entry, self._secret)
        answer = self._known.get((code, desc))
        if answer is None:
            answer = self._known[code, desc] = _read_item(entry, self._secret)
        return answer


def _read_key(entry: object) -> str | None:
    key = entry.get("msg_key") if isinstance(entry, dict) else None
    # A key of digits may come back as a number.
    return str(key) if isinstance(key, (str, int)) and not isinstance(key, bool) else None


def _read_item(entry: Mapping[str, Any], secret: str) -> ItemAnswer:
    code = _read_code(entry)
    desc = clean(entry.get("desc"), secret)
    if code is None:
        return ItemAnswer(Meaning.UNCERTAIN, UNREADABLE, desc)
    known = find_code(code)
    return ItemAnswer(known.as_item if known else Meaning.UNKNOWN, code, desc)


def _read_code(entry: Mapping[str, Any]) -> str | None:
    """Return a code as text; None if there is none that can be read."""
    code = entry.get("code")
    if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 10**8:
        code = str(code)
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _judge_whole(status: int, code: str | None) -> Meaning:
    """Return what an answer means that has no items; `code` is None where it has no code either."""
    # These two come before any code: whatever sent them, a proxy perhaps, let nothing through.
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return Meaning.UNAVAILABLE
    # A server in trouble may have accepted before it failed, also where its code sounds like a clear refusal.
    if status in _SERVER_TROUBLE:
        return Meaning.UNCERTAIN
    known = find_code(code) if code is not None else None
    if known is not None:
        return known.as_whole
    if status == HTTPStatus.UNAUTHORIZED:
        return Meaning.UNAUTHORIZED
    # A bare 400 is held too and not tried one by one: a proxy that answers it to everything would have every
    # message rejected.
    return Meaning.UNSUITABLE if code is not None or status in _FAILURE else Meaning.UNCERTAIN


def _read_retry_after(text: str | None, now: datetime) -> float | None:
    """Return seconds to wait, above zero and bounded; None for no header, nonsense and a past time."""
    if text is None:
        return None
    if _SECONDS.fullmatch(text.strip()):
        wait_s = float(text)
    else:
        try:
            until = parsedate_to_datetime(text[:100])
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        # A date without a zone is meant as UTC, as HTTP demands.
        wait_s = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    return min(wait_s, LONGEST_RETRY_AFTER_S) if wait_s > 0 else None
