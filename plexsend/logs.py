"""Logs: a constant phrase says what happened, fields say to what.

    log = get_logger("worker.drain")
    log.info("batch sent", lane="mms-bulk@main", messages=10)

Everything goes through the standard library's logging, so any setup that a program already has (Celery's, an
application's own) prints it as `batch sent lane=mms-bulk@main messages=10`. `configure` makes handlers write
one object of JSON a line instead, or keeps their form and only masks; the records of other libraries too.

A line never shows a message's body, a phone number or a secret: fields with a forbidden name are withheld,
and what looks like a phone number or the login of a URL is masked wherever it is. This is only the last
check: code that logs gives ids. Of an error that is not ours only its kind and where it was raised are shown:
what it says may be a piece of what it was raised for, such as a cell of somebody's list.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import structlog

from plexsend.errors import PlexsendError
from plexsend.phone_numbers import mask_numbers

if TYPE_CHECKING:
    from structlog.typing import EventDict

WITHHELD = "[withheld]"
"""Written in place of a value that no log may hold."""

FORBIDDEN = frozenset(
    {
        *("body", "bodies", "data", "payload", "content", "request", "response"),
        *(
            "msg",
            "msg_data",
            "message",
            "text",
            "title",
            "description",
            "header",
            "headers",
            "echo_to_webhook",
        ),
        *("secret", "secret_key", "password", "authorization", "credentials", "api_key"),
        *("to", "from", "sender", "receiver", "recipient", "number", "phone", "dest"),
        *("sender_number", "receiver_number", "phone_number", "origin_cid"),
        # What structlog makes of `log.info("phrase %s", value)`: our phrases are not templates.
        "positional_args",
    }
)
"""Names of fields that are withheld whatever they hold, in small letters."""

# A name that holds one of these is forbidden too: `user_password`, `old_secret`.
_FORBIDDEN_PARTS = ("secret", "passw", "credential", "authorization")

# With three digits before and four after the mask, a number of fewer digits would show nearly whole.
_LONG_NUMBER = 10

# Where kombu has masked the password and the URL has no user, nothing is left to hide.
_LOGIN_OF_URL = re.compile(r"(?<=://)(?!:\*\*@)[^\s\"']*@")

# Longer values are cut: a log is read line by line.
_LONGEST = 1000

# The attribute under which a record of the standard library carries our fields to our formatter.
_FIELDS = "plexsend_fields"

# The names that every line of JSON has; a field of the same name gets an underscore at its end.
_RESERVED = frozenset({"time", "level", "logger", "event"})


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger of that name; may be called when a module is imported, before `configure`."""
    # Wrapped here instead of structlog.configure(): that setting is global, and an application that submits
    # messages may use structlog in a way of its own.
    return cast(
        "structlog.stdlib.BoundLogger",
        structlog.wrap_logger(
            logging.getLogger(name),
            processors=[
                structlog.stdlib.filter_by_level,
                _to_traceback,
                guard,
                _to_record,
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
            context_class=dict,
            cache_logger_on_first_use=True,
        ),
    )


def configure(logger: logging.Logger, *, json: bool) -> None:
    """Make a logger's handlers print only what a log may hold; their level and place stay as they are.

    Args:
        logger: Whose handlers; the root logger's print the records of other libraries too.
        json: True for one JSON object a line: `time`, `level`, `logger`, `event` and the fields. False for
            the form that each handler has.
    """
    for handler in logger.handlers:
        if not isinstance(handler.formatter, _JsonFormatter | _MaskingFormatter):
            handler.setFormatter(_JsonFormatter() if json else _MaskingFormatter(handler.formatter))


def reason_of(exc: BaseException) -> str:
    """Return what a log, or a person, may read of an error: what ours says; of another its kind and place."""
    if isinstance(exc, PlexsendError):
        return str(exc)
    frames = traceback.extract_tb(exc.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(exc).__name__}{where}"


def guard(_logger: Any, _method: str, event_dict: EventDict) -> EventDict:
    """Withhold forbidden fields and mask the rest; a structlog processor that never raises for a value."""
    return {key: _clean_field(key, value) for key, value in event_dict.items()}


def mask_text(text: str) -> str:
    """Mask what looks like a phone number (`010****5678`) or a login in a URL."""
    return mask_numbers(_LOGIN_OF_URL.sub("***@", text), _mask_number)


class _MaskingFormatter(logging.Formatter):
    """Masks another formatter's lines: other libraries do not know what our logs must not hold."""

    def __init__(self, wrapped: logging.Formatter | None) -> None:
        super().__init__()
        self._wrapped = wrapped or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(self._wrapped.format(record))


class _JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """One record, one object on one line."""

    def __init__(self) -> None:
        super().__init__(processors=[_to_fields, structlog.processors.JSONRenderer(_to_line)])


def _to_traceback(_logger: Any, _method: str, event_dict: EventDict) -> EventDict:
    """Replace `exc_info` with where its errors were raised, the first one first, without what others say."""
    exc = event_dict.pop("exc_info", None)
    if isinstance(exc, tuple):
        exc = exc[1]
    elif exc and not isinstance(exc, BaseException):
        exc = sys.exc_info()[1]
    parts: list[str] = []
    seen: set[int] = set()
    while exc and id(exc) not in seen:
        seen.add(id(exc))
        own = f": {exc}" if isinstance(exc, PlexsendError) else ""
        frames = "".join(traceback.format_tb(exc.__traceback__))
        parts.insert(0, f"Traceback (most recent call last):\n{frames}{type(exc).__name__}{own}")
        exc = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    if parts:
        event_dict["exception"] = "\n\nand then:\n\n".join(parts)
    return event_dict


def _to_fields(_logger: Any, method: str, event_dict: EventDict) -> EventDict:
    """Return what a line of JSON says of a record: ours by its fields, another library's by its message."""
    record: logging.LogRecord = event_dict["_record"]
    fields = getattr(record, _FIELDS, None)
    if fields is None:
        structlog.stdlib.ProcessorFormatter.remove_processors_meta(None, method, event_dict)
        fields = guard(None, method, structlog.processors.format_exc_info(None, method, event_dict))
    return {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": fields.get("event"),
        **{f"{key}_" if key in _RESERVED else key: value for key, value in fields.items() if key != "event"},
    }


def _to_record(_logger: Any, _method: str, event_dict: EventDict) -> tuple[tuple[str], dict[str, Any]]:
    """Hand the event to the standard library: as text for any formatter, and as fields for ours."""
    # The text is the record's template, which logging takes as it is when there are no arguments.
    # Its method `exception` would take up the error itself, with all that it says.
    return (_to_text(event_dict),), {"extra": {_FIELDS: dict(event_dict)}, "exc_info": False}


def _to_text(fields: Mapping[str, Any]) -> str:
    """Return the phrase, its fields as `key=value`, and a traceback on lines of its own."""
    pairs = [f"{key}={_quoted(value)}" for key, value in fields.items() if key not in {"event", "exception"}]
    lines = [" ".join([_visible(str(fields.get("event", ""))), *pairs])]
    if exception := fields.get("exception"):
        lines += [_visible(line) for line in str(exception).splitlines()]
    return "\n".join(lines)


def _clean_field(key: str, value: Any) -> Any:
    if _is_forbidden(key):
        return WITHHELD
    if key.lower() == "exception":
        # A traceback is not cut: its last line says the most.
        return mask_text(str(value))
    return _clean(value)


@lru_cache(maxsize=256)
def _is_forbidden(key: str) -> bool:
    name = key.lower()
    return name in FORBIDDEN or any(part in name for part in _FORBIDDEN_PARTS)


def _clean(value: Any) -> Any:
    """Return the value as JSON knows it, masked."""
    cleaned = value
    match value:
        case None | bool() | int():
            pass
        case float():
            cleaned = value if math.isfinite(value) else str(value)
        case Enum():
            cleaned = _clean(value.value)
        case bytes() | bytearray() | memoryview():
            # Bytes in this project are bodies, and any others would be unreadable.
            cleaned = WITHHELD
        case Mapping():
            cleaned = {mask_text(str(key)): _clean_field(str(key), each) for key, each in value.items()}
        case str():
            masked = mask_text(value)
            cleaned = masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}… ({len(value)} characters)"
        case Sequence() | AbstractSet():
            cleaned = [_clean(each) for each in value]
        case _:
            cleaned = _clean(str(value))
    return cleaned


def _mask_number(digits: str) -> str:
    before, after = (3, 4) if len(digits) >= _LONG_NUMBER else (2, 2)
    return f"{digits[:before]}****{digits[-after:]}"


def _quoted(value: Any) -> str:
    """Return a value as it is written after `key=`: bare when it is one word, else in double quotes."""
    if type(value) is int:
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and (not text or re.search(r'[\s"=]', text)):
        text = json.dumps(text, ensure_ascii=False)
    return _visible(text)


def _visible(text: str) -> str:
    """Escape what a terminal would obey or not show, so that a value cannot make up a line of its own."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _to_line(fields: EventDict, **options: Any) -> str:
    """Return JSON without what some readers take for the end of a line and without what UTF-8 cannot hold."""
    text = json.dumps(fields, ensure_ascii=False, **options)
    escaped = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")
    return escaped.encode(errors="backslashreplace").decode()
