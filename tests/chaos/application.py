"""An application that puts messages in and writes down what it was told, before and after each submit.

    python -m tests.chaos.application --tag TAG --ledger FILE --rate N --pause FILE --seed N [--unlimited]
                                     [--advertises]

The ledger has a line `{"at", "asked": [keys]}` before a submit and a line `{"at", "told": {key: outcome}}`
after it, each flushed at once: so of an application that is killed it is known what is not known.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from plexsend.errors import GroupClosed, OutboxError
from plexsend.producers import SubmitInterrupted, cancel, service_id, submit
from tests.chaos.load import AD_GROUPS, CONSENTED, GROUPS, LANES, NO, QUIET, item

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.producers import Submission
    from tests.chaos.load import Lane

_AGAIN_S = 0.3
_CHANCE_TO_GO_ON = 0.8
"""How often an application that was interrupted submits again what is in doubt; else it leaves it there."""
_TRIES = 60
_SHARE_LATER = 0.12
_SHARE_CANCELLED = 0.5
"""Of those for later."""
_SHARE_GROUPED = 0.3
_SHARE_ADVERTISING = 0.25
_SHARE_CONSENTED = 0.3
"""Of the advertisements."""


class Application:
    """Submits groups of messages of changing lanes at a steady rate."""

    def __init__(
        self, tag: str, ledger: TextIO, chance: random.Random, lanes: Sequence[Lane], *, advertises: bool
    ) -> None:
        self._lanes = lanes
        self._advertises = advertises
        self._tag = f"{tag}{time.time_ns() // 1000 % 10**10:010d}"
        self._ledger = ledger
        self._chance = chance
        self._number = 0

    def go(self, rate_per_s: float, pause: Path) -> None:
        """Submit until killed; nothing while the file `pause` is there."""
        due = time.monotonic()
        while True:
            if pause.exists():
                self._write(paused=True)
                while pause.exists():
                    time.sleep(0.05)
                due = time.monotonic()
            size = self._chance.choice((1, 3, 10, 10, 20, 25))
            lane = self._chance.choices(self._lanes, [lane.share for lane in self._lanes])[0]
            lane = self._branch(lane)
            self._submit(lane, size)
            due = max(due + size / rate_per_s, time.monotonic() - 1.0)
            time.sleep(max(0.0, due - time.monotonic()))

    def _branch(self, lane: Lane) -> Lane:
        ad = NO
        if self._advertises and self._chance.random() < _SHARE_ADVERTISING:
            ad = CONSENTED if self._chance.random() < _SHARE_CONSENTED else QUIET
        if self._chance.random() < _SHARE_GROUPED:
            lane = lane.of_group(self._chance.choice(AD_GROUPS if ad else GROUPS))
        return lane.of_advertisements(ad) if ad else lane

    def _submit(self, lane: Lane, size: int) -> None:
        keys = []
        for _ in range(size):
            self._number += 1
            keys.append(f"{lane.code}.{self._tag}.{self._number}")
        later = self._chance.random() < _SHARE_LATER
        send_at = datetime.now(UTC) + timedelta(seconds=self._chance.uniform(2, 6)) if later else None
        self._write(asked=keys, later=later)
        left = keys
        for _ in range(_TRIES):
            try:
                told = _told(self._call(lane, left, send_at))
                left = []
            except SubmitInterrupted as exc:
                told = _told(exc.submission)
                left = [key for key in left if told.get(key) in (None, "unknown", "not_added")]
                if isinstance(exc, GroupClosed):
                    told |= {key: "closed" for key in left if told.get(key) != "unknown"}
                    left = [key for key in left if told[key] != "closed"]
            except GroupClosed:
                told, left = dict.fromkeys(left, "closed"), []
            except OutboxError:
                # Before the first was read: nothing was submitted in this call.
                told = {}
            self._write(told=told)
            if not left or self._chance.random() > _CHANCE_TO_GO_ON:
                break
            time.sleep(_AGAIN_S)
        if later and self._chance.random() < _SHARE_CANCELLED:
            self._cancel(lane, keys[: 1 + size // 2])

    def _call(self, lane: Lane, keys: Iterable[str], send_at: datetime | None) -> Submission:
        items = [item(lane, key, int(key.rpartition(".")[2])) for key in keys]
        service = service_id(lane.service)
        return submit(
            service,
            items,
            account=lane.account,
            group=lane.group,
            msg_type=lane.variant,
            send_at=send_at,
            advertisement=bool(lane.ad),
            night_consent=lane.ad == CONSENTED,
        )

    def _cancel(self, lane: Lane, keys: list[str]) -> None:
        self._write(cancels=keys)
        for key in keys:
            for _ in range(_TRIES):
                try:
                    cancel(key, account=lane.account)
                    break
                except OutboxError:
                    time.sleep(_AGAIN_S)

    def _write(self, **facts: Any) -> None:
        self._ledger.write(json.dumps({"at": time.time(), **facts}) + "\n")
        self._ledger.flush()


def _told(submission: Submission) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in ("added", "duplicates", "conflicts", "unknown", "not_added", "invalid"):
        for each in getattr(submission, word):
            found[str(each.msg_key)] = word
    return found


def main() -> None:
    """Run until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tag", required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--pause", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--unlimited", action="store_true", help="leave out services that have a rate")
    parser.add_argument("--advertises", action="store_true", help="send advertisements too")
    asked = parser.parse_args()
    lanes = [lane for lane in LANES if not (asked.unlimited and lane.rate_per_s)]
    with asked.ledger.open("a", encoding="utf-8") as ledger:
        # A life of its own each time: what comes back after a kill shall not repeat the first.
        chance = random.Random(f"{asked.seed}:{ledger.tell()}")
        application = Application(asked.tag, ledger, chance, lanes, advertises=asked.advertises)
        application.go(asked.rate, asked.pause)


if __name__ == "__main__":
    main()
