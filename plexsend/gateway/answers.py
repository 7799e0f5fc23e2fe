"""What came back from the gateway, read as one meaning per item or one for the whole request. No I/O.

The shape of an answer is accepted under any HTTP status: `results` with a code per item, an envelope
`{"code", "name", "description"}` for the whole request, or `{"error": {"errorCode", "message"}}` from NAVER's
API gateway in front of API PLEX. Where none can be read, the status decides.
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

from plexsend.gateway.codes import FRONT, Meaning, find_code
from plexsend.gateway.masking import Mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """The gateway's words, without what was sent; may be empty."""


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


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The gateway took a picture."""

    url: str
    """What names it in a message."""


def read_answer(
    status: int,
    retry_after: str | None,
    body: bytes,
    sent_keys: Sequence[str],
    now: datetime,
    *,
    mask: Mask | None = None,
) -> Answer:
    """Return what an HTTP answer means for the items that were sent.

    Args:
        status: The HTTP status.
        retry_after: The header of that name: seconds or a date. Nonsense is ignored.
        body: The whole body of the answer.
        sent_keys: The `msg_key` of every item of the request.
        now: The present, to which a date in `retry_after` is compared; aware.
        mask: Masks what was sent where the gateway quotes it.
    """
    mask = mask or Mask()
    parsed = _parse(body)
    code = _read_code(parsed.get("code"), mask)
    results = parsed.get("results")
    if isinstance(results, list):
        answers = _read_results(results, sent_keys, mask)
        speaks_of_ours = answers.foreign < len(results)
        if speaks_of_ours or (code is None and status in _SUCCESS):
            return answers
    front = parsed.get("error")
    if code is None and isinstance(front, dict):
        code = _read_code(front.get("errorCode"), mask, FRONT)
        desc = mask.clean(front.get("message") or front.get("details"))
    else:
        desc = mask.clean(parsed.get("description") or parsed.get("name") or parsed.get("desc"))
    meaning = _judge_whole(status, code)
    rest_s = (
        _read_retry_after(retry_after, now) if meaning in {Meaning.UNAVAILABLE, Meaning.UNCERTAIN} else None
    )
    # A success without a readable shape, or a status that HTTP does not have, is not a usable answer. Nor is
    # "accepted" that does not say what: it must not count as a failure that the gateway itself reported.
    explicit = code != _ACCEPTED and (code is not None or status in _FAILURE)
    return WholeAnswer(
        meaning, code or (f"HTTP_{status}" if explicit else UNREADABLE), desc, rest_s, explicit
    )


def speaks_for_itself(status: int) -> bool:
    """Return whether a status has its meaning without a body.

    Under a success and under 400 the gateway answers item by item: without its body nothing is known of them.
    """
    return status in _FAILURE and status != HTTPStatus.BAD_REQUEST


_ACCEPTED = "C100"
_SUCCESS = range(200, 300)
_FAILURE = range(300, 600)
_SERVER_TROUBLE = range(500, 600)

_BY_STATUS = {
    # These come before any code: whatever sent them, a proxy perhaps, let nothing through.
    HTTPStatus.TOO_MANY_REQUESTS: Meaning.UNAVAILABLE,
    # The request did not come whole, came on a connection for somebody else, or came too early.
    HTTPStatus.REQUEST_TIMEOUT: Meaning.UNAVAILABLE,
    HTTPStatus.MISDIRECTED_REQUEST: Meaning.UNAVAILABLE,
    HTTPStatus.TOO_EARLY: Meaning.UNAVAILABLE,
    # A proxy's word that its client went away: what was behind it may have accepted by then.
    499: Meaning.UNCERTAIN,
    # A server in trouble may have accepted before it failed, also where its code sounds like a clear refusal.
    # And a proxy answers 503 or 504 also when the server behind it broke off after it had read the request.
    **dict.fromkeys(_SERVER_TROUBLE, Meaning.UNCERTAIN),
}
_PLAIN_WORDS = frozenset({"", "ok", "success", "accepted", "성공"})
"""What an acceptance may be called. It says nothing beyond its code, and searching the request for other
words would cost each batch."""

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


def _read_results(results: list[Any], sent_keys: Sequence[str], mask: Mask) -> ItemAnswers:
    missing = ItemAnswer(Meaning.UNCERTAIN, MISSING, "")
    by_key = dict.fromkeys(sent_keys, missing)
    read = _ItemReader(mask)
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

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._known: dict[tuple[str, str], ItemAnswer] = {}

    def item(self, entry: Mapping[str, Any]) -> ItemAnswer:
        code, desc = entry.get("code"), entry.get("desc")
        if not (isinstance(code, str) and isinstance(desc, str)):
            return _read_item(entry, self._mask)
        answer = self._known.get((code, desc))
        if answer is None:
            answer = self._known[code, desc] = _read_item(entry, self._mask)
        return answer


def _read_key(entry: object) -> str | None:
    key = entry.get("msg_key") if isinstance(entry, dict) else None
    # A key of digits may come back as a number.
    return str(key) if isinstance(key, (str, int)) and not isinstance(key, bool) else None


def _read_item(entry: Mapping[str, Any], mask: Mask) -> ItemAnswer:
    code = _read_code(entry.get("code"), mask)
    known = find_code(code) if code is not None else None
    desc = entry.get("desc")
    if known is not None and known.as_item is Meaning.ACCEPTED:
        words = desc if isinstance(desc, str) and desc.casefold() in _PLAIN_WORDS else ""
        return ItemAnswer(Meaning.ACCEPTED, known.code, words)
    if code is None:
        return ItemAnswer(Meaning.UNCERTAIN, UNREADABLE, mask.clean(desc))
    return ItemAnswer(known.as_item if known else Meaning.UNKNOWN, code, mask.clean(desc))


def _read_code(value: object, mask: Mask, before: str = "") -> str | None:
    """Return a code as text, behind what is written before it; None if there is none that can be read."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**8:
        value = str(value)
    if not (isinstance(value, str) and _CODE.fullmatch(value)):
        return None
    code = before + value
    # One that quotes what was sent is not a code.
    return None if find_code(code) is None and mask.quotes(value) else code


def _judge_whole(status: int, code: str | None) -> Meaning:
    """Return what an answer means that has no items; `code` is None where it has no code either."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    known = find_code(code) if code is not None else None
    if known is not None:
        return known.as_whole
    if status == HTTPStatus.UNAUTHORIZED:
        return Meaning.UNAUTHORIZED
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and code is not None and code.startswith(FRONT):
        return Meaning.BAD_ITEM
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
