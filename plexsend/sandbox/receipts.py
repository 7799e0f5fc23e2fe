"""A receipt as the gateway posts it: one result in an array, with dates of Korea that do not say so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from plexsend.sandbox.receipt_words import words_of

if TYPE_CHECKING:
    import threading

    from plexsend.sandbox.callbacks import Target

_KOREA = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one receipt says."""

    msg_key: str
    code: str
    carrier: str | None
    """SKT, KT or LGU; None: the message got to no carrier."""
    requested_s: float
    """When the message was accepted, in seconds since the epoch."""
    done_s: float
    message_type: str
    echo: str = field(default="", repr=False)

    def render(self) -> bytes:
        """Return the body of its post."""
        result = {
            "code": self.code,
            "desc": words_of(self.code),
            **({} if self.carrier is None else {"dest": self.carrier}),
            "request_date": write_date(self.requested_s),
            "done_date": write_date(self.done_s),
            "msg_key": self.msg_key,
            "echo_to_webhook": self.echo,
            "message_type": self.message_type,
        }
        return json.dumps({"results": [result]}, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )


def write_date(at_s: float) -> str:
    """Return a time as the gateway writes it: of Korea, to the millisecond, without a zone."""
    at = datetime.fromtimestamp(at_s, UTC).astimezone(_KOREA)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"


@dataclass(slots=True)
class Posting:
    """A receipt on its way."""

    target: Target
    account: str
    receipt: Receipt
    due_s: float
    """When it is posted (again), on the poster's clock."""
    tries: int = 0
    status: int | None = None
    """What the last try was answered; None: nothing usable, or not tried yet."""
    taken: bool = False
    """Whether it was answered HTTP 200 and code 100."""
    tried: threading.Event | None = None
    """Set after the first try, for the one who waits for it."""

    def to_json(self) -> dict[str, object]:
        """Return what came of it, as JSON knows it."""
        return {
            "msg_key": self.receipt.msg_key,
            "account": self.account,
            "code": self.receipt.code,
            "tries": self.tries,
            "status": self.status,
            "taken": self.taken,
        }
