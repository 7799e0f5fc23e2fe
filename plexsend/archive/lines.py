"""Lines of the archive: what became of one message at one moment, as one JSON object."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from plexsend.errors import UsageError
from plexsend.outbox.fallbacks import first_of
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import RANK_OF, State
from plexsend.terminal.moments import utc

VERSION = 1
"""Of the form of a line, which every line says. A program reads all forms up to its own."""
_MOMENTS_KEPT = 4_096
"""Messages of one request share their times."""


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """What became of a message. It has a further line for each later state. Times are ms since 1970."""

    msg_key: str
    lane: Lane
    state: State
    at_ms: int
    """When it came into this state, on Redis's clock."""
    code: str = ""
    """The gateway's answer, or why it was not sent; empty where nobody knows it any more."""
    receipt_code: str = ""
    """Of the receipt that led to this state; empty without one."""
    carrier: str = ""
    done_ms: int | None = None
    """When the carrier was done with it, as the receipt said."""
    submitted_ms: int | None = None
    """None: its record was gone when the line was written."""
    ended_ms: int | None = None
    """When it ended at first: a receipt that comes later does not change that."""
    receiver: str = ""
    """Keyed hash of the number, 16 hex digits; empty where the record held none."""

    @property
    def account(self) -> str:
        """The account."""
        return self.lane.account

    @property
    def rank(self) -> int:
        """How late in a message's life it is: of two lines of a message that of the higher rank counts."""
        return RANK_OF[self.state]

    @property
    def identity(self) -> int:
        """A hash, of this process, of what no second line has: a line that is written again has the same."""
        return hash((self.account, self.msg_key, str(self.state), _utc(self.at_ms)))

    def as_json(self) -> dict[str, object]:
        """Return it for programs, and for its file. What is not there is null."""
        return {
            "v": VERSION,
            "msg_key": self.msg_key,
            "state": str(self.state),
            "account": self.account,
            "service": self.lane.service,
            "lane": self.lane.name,
            "group": self.lane.own_group,
            "at": _utc(self.at_ms),
            "code": self.code or None,
            "receipt_code": self.receipt_code or None,
            "carrier": self.carrier or None,
            "done_at": _utc(self.done_ms),
            "submitted_at": _utc(self.submitted_ms),
            "ended_at": _utc(self.ended_ms),
            "receiver": self.receiver or None,
            "fallback_of": first_of(self.msg_key),
        }

    def written(self) -> bytes:
        """Return it as it is in its file, with the end of the line."""
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def identity_of(written: bytes) -> int:
    """Return the `identity` of the line that a file holds; raises LineUnreadable."""
    try:
        found: Any = json.loads(written)
        return hash((found["account"], found["msg_key"], found["state"], found["at"]))
    except (ValueError, LookupError, TypeError, RecursionError) as exc:
        raise LineUnreadable from exc


class LineUnreadable(ValueError):
    """It is not a line of the archive; `is_newer`: a newer program may read it."""

    def __init__(self, *, is_newer: bool = False) -> None:
        self.is_newer = is_newer
        super().__init__()


def parse_line(written: bytes) -> ArchiveLine:
    """Return the line that a file holds; raises LineUnreadable."""
    try:
        found: Any = json.loads(written)
        _check_version(found["v"])
        return ArchiveLine(
            msg_key=str(found["msg_key"]),
            lane=_lane(found["lane"]),
            state=State(found["state"]),
            at_ms=_needed(found["at"]),
            code=found["code"] or "",
            receipt_code=found["receipt_code"] or "",
            carrier=found["carrier"] or "",
            done_ms=_ms(found["done_at"]),
            submitted_ms=_ms(found["submitted_at"]),
            ended_ms=_ms(found["ended_at"]),
            receiver=found["receiver"] or "",
        )
    except LineUnreadable:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, UsageError) as exc:
        raise LineUnreadable from exc


def _check_version(version: object) -> None:
    if version != VERSION:
        raise LineUnreadable(is_newer=isinstance(version, int) and version > VERSION)


_utc = lru_cache(maxsize=_MOMENTS_KEPT)(utc)
_lane = lru_cache(maxsize=_MOMENTS_KEPT)(Lane.parse)


@lru_cache(maxsize=_MOMENTS_KEPT)
def _ms(moment: str | None) -> int | None:
    return None if moment is None else round(datetime.fromisoformat(moment).timestamp() * 1000)


def _needed(moment: str) -> int:
    found = _ms(moment)
    if found is None:
        raise LineUnreadable
    return found
