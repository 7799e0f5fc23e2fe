"""Places where the books do not agree: the words for each, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.redis.key_types import RENAME_AWAY, is_begun_anew

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HEALS = "A worker puts it right within an hour, or soon after one starts."
_BEGUN_ANEW = (
    "Find the program that wrote it. Workers put it aside as `spoilt:` when they meet it, and put messages "
    "and lanes back where they belong within an hour; counts stay wrong."
)
_RENAME = (
    f"Nothing is guessed: find the program that wrote it, then rename the key away ({RENAME_AWAY}). "
    "What it held before is lost."
)
_RENAME_RECORD = (
    f"Its record is lost: rename its key in Redis, which ends in `m:` and its msg_key ({RENAME_AWAY}), and "
    "submit the message again."
)
LOST = "Something deleted or changed keys, or an older copy was restored: find out what before you go on."
_FIRST_WORDS = re.compile(r" is | lasts |,")
_SEND_AGAIN = "It cannot be sent as it is: plexsend cancel KEY, then submit it again under another key."


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One place where the books do not agree. `msg_key` is empty where it is not about one message."""

    lane: str
    msg_key: str
    what: str
    remedy: str = LOST

    @property
    def subject(self) -> str:
        """What it is about, in a few words."""
        return self.msg_key or self.lane or _FIRST_WORDS.split(self.what)[0]


_OF_MESSAGE: Mapping[str, tuple[str, str]] = {
    "record type": (
        "its record is a {0} of another program",
        _RENAME_RECORD,
    ),
    "not whole": ("its record is not whole", "Another program wrote it, or a part of it. " + LOST),
    "place": ("it is {0}, but it is in {1}", HEALS),
    "elsewhere": ("it is in {0}, but its record names the lane {1}", HEALS),
    "no record": ("it is in {0}, but has no record", LOST),
    "deadline": (
        "it is being sent and counts as abandoned only at {0} ms since 1970, a time that nobody gave",
        HEALS,
    ),
    "due": ("it waits until {0} ms since 1970, a time that nobody asked for", HEALS),
    "body gone": ("its body is gone", _SEND_AGAIN),
    "body kept": ("its body was kept", "plexsend deletes it with the record; it is never sent again."),
    "body type": ("its body is a {0} of another program", _SEND_AGAIN),
    "body digest": ("its body is not the one that was submitted", _SEND_AGAIN),
    "body alone": ("there is a body without a record", LOST),
    "history alone": ("there is a history without a record", LOST),
    "fallback alone": ("there is a fallback without its message", HEALS),
    "fate": ("its record is there, but its run knows it as ended with the fate {0}", LOST),
    "fallback gone": ("its fallback is to be sent where it reaches nobody, and is gone", LOST),
}
"""What the script finds about a message (audit/records.lua) → words, and what to do."""

_OF_LANE: Mapping[str, tuple[str, str]] = {
    "index": ("it is not in the index of its account as it should be", HEALS),
    "no wake": ("it has messages to send, but nobody will look at it", HEALS),
    "late wake": ("it has messages to send, but nobody will look at it for a long time", HEALS),
    "late lease": ("something keeps a connection of it for a time that nobody gave", HEALS),
    "route does not wake": ("it has messages to send, but its route is not among those that wake", HEALS),
}
"""The same of a lane (audit/lanes.lua)."""


def about_message(lane: str, msg_key: str, found: str, more: str) -> Discrepancy:
    """Return what the script found about a message; `more`: what belongs into the words, blanks between."""
    words, remedy = _OF_MESSAGE[found]
    return Discrepancy(lane, msg_key, words.format(*more.split(" ", 1)), remedy)


def about_lane(lane: str, found: str) -> Discrepancy:
    """Return what the script found about a lane."""
    return Discrepancy(lane, "", *_OF_LANE[found])


def about_hold(account: str, field: str) -> Discrepancy:
    """Return that a hold, which should end by itself, will not (audit/holds.lua)."""
    scope, reason, what = field.split(" ", 2)
    words = f"the hold {reason} of {scope} {what} in account {account} lasts until a time that nobody gave"
    remedy = f"Find out what wrote it. Where nothing else speaks against it: plexsend resume {what}"
    return Discrepancy("", "", words, remedy)


def about_key(prefix: str, name: str, kind: str, right: str) -> Discrepancy:
    """Return that a key, by its name behind the prefix, is of another type than it should be."""
    words = f"the key {prefix}{name} is a {kind} of another program, and should be a {right}"
    return Discrepancy("", "", words, remedy_of_key(name))


def remedy_of_key(name: str) -> str:
    """Return what to do about a key of another type, by its name behind the prefix."""
    return _BEGUN_ANEW if is_begun_anew(name) else _RENAME


def without_sequels(found: Iterable[Discrepancy]) -> Iterator[Discrepancy]:
    """Yield these without what follows from another: a body stays behind where a record is lost."""
    all_ = list(found)
    sequels = {_OF_MESSAGE[name][0] for name in ("body alone", "history alone", "fallback alone")}
    named = {one.msg_key for one in all_ if one.what not in sequels}
    return (one for one in all_ if one.what not in sequels or one.msg_key not in named)
