"""An application under rehearsal: submits at the rate that a file names, and writes down what it was told.

    python -m tests.rehearsal.producing --ledger FILE --orders FILE
    python -m tests.rehearsal.producing --ledger FILE --count N --service S

The file of orders holds messages a second, and is read again whenever it changes; 0 pauses. The ledger has a
line `{"at", "asked": [keys]}` before a submit, `{"at", "told": {key: outcome}}` after it, and `{"paused"}`.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxError
from plexsend.producers import SubmitInterrupted, service_id, submit

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARES = {"mms-bulk": 6, "mms-standard": 2, "sms-standard": 1, "lms-bulk": 1, "rcs-mms-bulk": 1}
"""Service → its share of the steady load, in parts of the sum."""
TEXT = "아무도 못 볼 본문"
"""Begins the text of every message: it must be in no log."""
_AGAIN_S = 0.5
_IDLE_S = 0.05
_AT_ONCE = 500
_WORDS = ("added", "duplicates", "conflicts", "unknown", "not_added", "invalid")


def item(service: str, key: str, number: int) -> dict[str, Any]:
    """Return a message as an application writes it."""
    found: dict[str, Any] = {
        "msg_key": key,
        "sender_number": "0221234567",
        "receiver_number": f"0109{number % 10_000_000:07d}",
    }
    text = f"{TEXT} {number}"
    if service.startswith("rcs"):
        card = {"body": {"title": "제목", "description": text}}
        more = {"msg_base_id": "SMwThT00", "br_id": "BR.1", "brand_key": "BK.1", "header": "0"}
        return {**found, **more, "copy_allowed": "true", "msg": card, "buttons": [{}]}
    found["msg"] = text
    if service.startswith("mms"):
        found["file_path"] = ["https://images/1.jpg"]
    return found


class Application:
    """Submits, again where it is in doubt, and writes both down."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger.open("a", encoding="utf-8")
        self._tag = f"{time.time_ns() // 1_000_000:x}"
        self._numbers = count()

    def submit(self, service: str, size: int) -> None:
        """Submit so many new messages of a service; goes on until each was taken or refused."""
        numbers = [next(self._numbers) for _ in range(size)]
        items = [item(service, f"{service}.{self._tag}.{number}", number) for number in numbers]
        left = {each["msg_key"]: each for each in items}
        self.write(asked=list(left))
        while left:
            told = _told(service, list(left.values()))
            self.write(told=told)
            for key, outcome in told.items():
                if outcome not in {"unknown", "not_added"}:
                    left.pop(key, None)
            if left:
                time.sleep(_AGAIN_S)

    def write(self, **facts: Any) -> None:
        """Write a line of the ledger, at once."""
        self._ledger.write(json.dumps({"at": time.time(), **facts}) + "\n")
        self._ledger.flush()

    def go(self, orders: Path) -> None:
        """Submit at the rate in the file until killed."""
        chance = random.Random(16)
        services, shares = list(SHARES), list(SHARES.values())
        due = time.monotonic()
        was_paused = False
        while True:
            rate_per_s = _read(orders)
            if rate_per_s == 0:
                if not was_paused:
                    self.write(paused=True)
                was_paused = True
                time.sleep(_IDLE_S)
                due = time.monotonic()
                continue
            was_paused = False
            size = chance.choice((3, 10, 10, 20))
            self.submit(chance.choices(services, shares)[0], size)
            due = max(due + size / rate_per_s, time.monotonic() - 1.0)
            time.sleep(max(0.0, due - time.monotonic()))


def _told(service: str, items: Sequence[dict[str, Any]]) -> dict[str, str]:
    msg_type = "RMM" if service.startswith("rcs") else None
    try:
        submission = submit(service_id(service), items, msg_type=msg_type)
    except SubmitInterrupted as exc:
        submission = exc.submission
    except OutboxError:
        # Before the first was read: nothing was submitted in this call.
        return {}
    return {str(each.msg_key): word for word in _WORDS for each in getattr(submission, word)}


def _read(orders: Path) -> float:
    with suppress(ValueError, OSError):
        return float(orders.read_text("utf-8"))
    return 0.0


def main() -> None:
    """Run until killed, or until so many were submitted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--orders", type=Path)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--service", default="mms-bulk")
    asked = parser.parse_args()
    application = Application(asked.ledger)
    if asked.orders is not None:
        application.go(asked.orders)
    for start in range(0, asked.count, _AT_ONCE):
        application.submit(asked.service, min(_AT_ONCE, asked.count - start))


if __name__ == "__main__":
    main()
