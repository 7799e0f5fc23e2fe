"""What the sandbox answers, before it is bytes: results per item, or one refusal for the whole request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from plexsend.sandbox.codes import FRONT_WORDS, get_code

if TYPE_CHECKING:
    import threading


class Ending(Enum):
    """What becomes of the connection."""

    KEEP = auto()
    CLOSE = auto()
    """Closed after the answer, which says so."""
    DROP = auto()
    """Closed after the answer, which does not say so."""
    CUT = auto()
    """Closed in the middle of the answer."""
    HANG_UP = auto()
    """Closed properly, without an answer."""
    RESET = auto()
    """Reset (RST), without an answer."""


class Result(NamedTuple):
    """The answer to one item. A tuple, because ten are made for every request."""

    code: str
    msg_key: str
    desc: str = ""
    """Empty: the words that belong to the code."""


@dataclass(frozen=True, slots=True)
class Results:
    """Answers per item, in an order that nobody promises."""

    items: list[Result]
    ending: Ending = Ending.KEEP


@dataclass(frozen=True, slots=True)
class Whole:
    """One answer for the whole request. Without a code it has no envelope, as from a proxy on the way."""

    status: int
    code: str | None
    description: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    is_front: bool = False
    """Whether NAVER's API gateway says it, in its own shape; then the code is one of its own."""
    beside: tuple[tuple[str, str], ...] = ()
    """What the envelope holds beside code and words, such as an image's address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes out."""

    status: int
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    ending: Ending = Ending.KEEP
    delay_s: float = 0.0
    bytes_per_s: float | None = None
    """None: in one write."""
    awaits: tuple[threading.Event, ...] = ()
    """What must have happened before it goes out: the first tries of early receipts."""


JSON_TYPE = ("Content-Type", "application/json;charset=utf-8")


def refuse(code: str, description: str = "", *, status: int | None = None) -> Whole:
    """Return an envelope with the code's own HTTP status, unless another is given."""
    return Whole(get_code(code).status if status is None else status, code, description)


def render(answer: Results | Whole) -> Reply:
    """Return the answer as bytes."""
    if isinstance(answer, Results):
        body = {
            "results": [
                {
                    "code": item.code,
                    "desc": item.desc or get_code(item.code).description,
                    "msg_key": item.msg_key,
                }
                for item in answer.items
            ]
        }
        return Reply(200, _dump(body), (JSON_TYPE,), answer.ending)
    if answer.code is None:
        text = f"{answer.status} {HTTPStatus(answer.status).phrase}\n"
        return Reply(answer.status, text.encode(), (("Content-Type", "text/plain"), *answer.headers))
    if answer.is_front:
        message = FRONT_WORDS.get(answer.code, "Unknown")
        error = {"errorCode": answer.code, "message": message, "details": answer.description or message}
        return Reply(answer.status, _dump({"error": error}), (JSON_TYPE, *answer.headers))
    code = get_code(answer.code)
    words = answer.description or code.description
    envelope = {**dict(answer.beside), "code": code.code, "name": code.name, "description": words}
    return Reply(answer.status, _dump(envelope), (JSON_TYPE, *answer.headers))


def render_json(value: object, status: int = 200) -> Reply:
    """Return any JSON value as an answer."""
    return Reply(status, _dump(value), (JSON_TYPE,))


def _dump(value: object) -> bytes:
    """Return compact JSON, escaped to ASCII: what came in as half a surrogate pair must still go out."""
    return json.dumps(value, separators=(",", ":")).encode()
