"""What is sent during a run: lanes, items, and the words by which their text is found wherever it leaks."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SENDER = "0221234567"
TEXT = "아무도 못 볼 본문"
"""Begins the text of every message."""
ACCOUNTS = ("main", "second")
GROUPS = ("spring", "autumn", "daily")
"""Groups into which a part of the load goes, in each account."""
AD_GROUPS = ("sale",)
"""Groups of advertisements alone."""
NO, QUIET, CONSENTED = "", "~ad", "~adn"
"""What a lane's name says of advertisements: none, those that wait at night, those that do not."""
NAME, REFUSAL_NUMBER = "한빛상점", "080-123-4567"
"""What the advertisements of each account carry."""
ONCE_A_DAY = "second"
"""The account that sends a number one advertisement a day."""
FALLBACK_MARK = "~f"
FALLBACK_AFTER_S = 10

QUICK = {
    "PLEXSEND_RATE": "0",
    "PLEXSEND_LINGER_MS": "100",
    # Asked for, not only the default: else a worker that asks for less would have it.
    "PLEXSEND_KEEP_DAYS": "7",
    "PLEXSEND_CONNECTIONS": "4",
    "PLEXSEND_RETRY_FIRST_S": "0.5",
    "PLEXSEND_RETRY_LONGEST_S": "3",
    "PLEXSEND_SHUT_FIRST_S": "0.2",
    "PLEXSEND_SHUT_LONGEST_S": "1",
    "PLEXSEND_CREDIT_HOLD_S": "0.5",
    "PLEXSEND_CREDIT_HOLD_LONGEST_S": "2",
}
"""Settings of all processes, so that what takes minutes otherwise takes seconds."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane under load: a route, or a route and a group."""

    code: str
    """Begins the key of each of its messages, so that a ledger of keys tells lanes apart."""
    service: str
    variant: str | None
    account: str
    share: int
    """Of the messages, in parts of the sum over all lanes."""
    path: str
    """Where its requests go."""
    rate_per_s: int = 0
    """The limit that its service is given; 0 is none."""
    parks: bool = False
    """Whether its service parks what may have been sent, where both ways are tried."""
    group: str | None = None
    ad: str = NO

    @property
    def name(self) -> str:
        """The lane as plexsend writes it."""
        variant = f".{self.variant}" if self.variant else ""
        branch = f"{self.group or ''}{self.ad}"
        return f"{self.service}{variant}{'/' if branch else ''}{branch}@{self.account}"

    @property
    def held_as(self) -> str | None:
        """The group by which a person holds it; without one all advertisements are held as one."""
        return self.group or (QUIET if self.ad else None)

    @property
    def route(self) -> Lane:
        """The lane without its group: what may share one request."""
        return replace(self, code=self.code.partition("-")[0], group=None, ad=NO)

    def of_group(self, group: str) -> Lane:
        """Return the lane of a group on this route."""
        return replace(self, code=f"{self.code}-{group}", group=group)

    def of_advertisements(self, ad: str) -> Lane:
        """Return the lane of advertisements beside it."""
        return replace(self, code=f"{self.code}-{ad.removeprefix('~')}", ad=ad)


def _mms(code: str, service: str, account: str, share: int, **more: Any) -> Lane:
    return Lane(code, service, None, account, share, f"/{service}/v2/send", **more)


def _rcs(code: str, service: str, variant: str, account: str, share: int, **more: Any) -> Lane:
    return Lane(code, service, variant, account, share, f"/{service}/v1/send", **more)


LANES = (
    _mms("b1", "mms-bulk", "main", 8),
    _mms("b2", "mms-bulk", "second", 4),
    _mms("l1", "mms-standard", "main", 5, rate_per_s=50),
    _mms("p2", "mms-finance", "second", 4, parks=True),
    _rcs("m1", "rcs-mms-bulk", "RMM", "main", 3),
    _rcs("h1", "rcs-mms-bulk", "RMH", "main", 2),
    _rcs("q2", "rcs-mms-finance", "RMM", "second", 2, parks=True),
)


def _lanes_of(route: Lane) -> Iterator[Lane]:
    yield route
    yield from (route.of_group(group) for group in GROUPS)
    for of in (route, *(route.of_group(group) for group in AD_GROUPS)):
        yield from (of.of_advertisements(ad) for ad in (QUIET, CONSENTED))


LANE_OF_CODE = {lane.code: lane for route in LANES for lane in _lanes_of(route)}
_FALLBACK_ROUTES = {"main": LANES[0], "second": LANES[1]}


def lane_of(key: str) -> Lane | None:
    """Return the lane that a key of this run names; None for a key that is not ours."""
    lane = LANE_OF_CODE.get(key.partition(".")[0])
    if lane is None or not key.endswith(FALLBACK_MARK):
        return lane
    found = _FALLBACK_ROUTES[lane.account]
    found = found.of_group(lane.group) if lane.group else found
    return found.of_advertisements(lane.ad) if lane.ad else found


def first_of(key: str) -> str:
    """Return the key of the message in whose place this one is sent; its own for any other."""
    return key.removesuffix(FALLBACK_MARK)


def service_settings(on_uncertain: str) -> dict[str, str]:
    """Return the variables that give each service its limit and its way with what may have been sent.

    Args:
        on_uncertain: resend, park, or both: then some services park.
    """
    found = {"PLEXSEND_ON_UNCERTAIN": "resend" if on_uncertain == "both" else on_uncertain}
    for lane in LANES:
        word = lane.service.upper().replace("-", "_")
        if lane.rate_per_s:
            found[f"PLEXSEND_RATE_{word}"] = str(lane.rate_per_s)
        if lane.parks and on_uncertain == "both":
            found[f"PLEXSEND_ON_UNCERTAIN_{word}"] = "park"
    return found


def parks(lane: Lane, on_uncertain: str) -> bool:
    """Return whether the lane's service parks under that choice."""
    return on_uncertain == "park" or (on_uncertain == "both" and lane.parks)


_NUMBERS = 3000
"""Numbers that get advertisements, and order notices too."""
_EVERY_POOLED = 8


def receiver_of(key: str) -> str:
    """Return the number to which a message goes; it follows from its key."""
    lane, number = lane_of(key), _number(key)
    tag = key.split(".")[1]
    if lane is not None and lane.ad and lane.account == ONCE_A_DAY:
        # Two of each number.
        return f"0109{zlib.crc32(f'{tag}.{number // 2}'.encode()) % 8_000_000:07d}"
    if (lane is not None and lane.ad) or number % _EVERY_POOLED == 0:
        return f"0109{9_000_000 + zlib.crc32(f'{tag}.{number}'.encode()) % _NUMBERS:07d}"
    return f"0109{number % 9_000_000:07d}"


def fallback_after_s(key: str) -> int | None:
    """Return after how long without a receipt the fallback goes; 0: never by that. None: there is none."""
    lane, number = lane_of(key), _number(key)
    if lane is None or lane.variant is None or key.endswith(FALLBACK_MARK) or number % 2:
        return None
    return FALLBACK_AFTER_S if number % 10 == 0 else 0


def _number(key: str) -> int:
    return int(first_of(key).rpartition(".")[2])


def item(lane: Lane, key: str, number: int) -> dict[str, Any]:
    """Return a message as a caller writes it; its receiver and text are its own."""
    found: dict[str, Any] = {
        "msg_key": key,
        "sender_number": SENDER,
        "receiver_number": receiver_of(key),
    }
    text = f"{TEXT} {number}"
    if lane.variant is None:
        return {**found, "msg": text, "file_path": ["https://images/1.jpg"]}
    found |= {
        "msg_base_id": "SMwThT00" if lane.variant == "RMM" else "SMwLhX00",
        "br_id": "BR.1",
        "brand_key": "BK.1",
        "header": "1" if lane.ad else "0",
        "copy_allowed": "true",
        "msg": {"body": {"title": "제목", "description": text}},
        "buttons": [{}],
    }
    after_s = fallback_after_s(key)
    if after_s is not None:
        kept = {"service": _FALLBACK_ROUTES[lane.account].service, "msg": text}
        found["fallback"] = {**kept, "file_path": ["https://images/1.jpg"]}
    if after_s:
        found["fallback_after_s"] = after_s
    return found


class Secrets:
    """Everything that no log, queue or error may show, and the search for it.

    Args:
        words: The secrets of the accounts.
    """

    def __init__(self, words: tuple[str, ...]) -> None:
        first = TEXT.split(maxsplit=1)[0]
        # As UTF-8, as bytes would be shown, as JSON escapes it, and whatever else stands in a body alone.
        shown = repr(first.encode())[2:-1]
        literal = [TEXT, shown, json.dumps(first)[1:-1], "file_path", "receiver_number", *words]
        self._pattern = re.compile(
            "|".join(
                (
                    *(re.escape(word) for word in literal),
                    rf"(?<!\d){SENDER}(?!\d)",
                    r"(?<!\d)0109\d{7}(?!\d)",
                )
            ).encode()
        )

    def find(self, data: bytes) -> list[str]:
        """Return what kinds of forbidden words stand in these bytes, each once, cut so that none is told."""
        return sorted({match[:6].decode("utf-8", "replace") + "…" for match in self._pattern.findall(data)})
