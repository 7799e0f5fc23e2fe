"""A push of refusals: its bytes become numbers to suppress, and what of it cannot be read, without numbers.

Two shapes are known: our own, and the webhook of NHN Cloud for its refusal service (event UNSUBSCRIBE). A
refusal must not be lost: a time or a field that is not understood costs nothing but itself, and one entry
that cannot be read costs none of its neighbours.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from plexsend.gateway.numbers import read_receiver
from plexsend.gateway.refusals import Refusal
from plexsend.outbox.suppression import SuppressionKind, SuppressionSource, Suppressor
from plexsend.outbox.suppression_scopes import read_scope
from plexsend.phone_numbers import mask_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_NUMBERS = 5_000
"""In one push; more do not fit into a post either."""

_KST = timezone(timedelta(hours=9))
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_LONGEST_REASON = 80
_HOUR_MS = 3_600_000
_FIELDS = frozenset({"number", "numbers", "kind", "scope", "at", "source", "reason", "action"})
_NAMED = _FIELDS | {"event", "hooks", "recipientNo"}
_NAME = re.compile(r"[A-Za-z_]{1,32}")
_REFUSAL_NUMBER = re.compile(r"080\d{7,8}", re.ASCII)
_DIGITS = re.compile(r"\d{4,}")

UNSUBSCRIBE = "UNSUBSCRIBE"
_OTHER_EVENTS = frozenset({"MESSAGE_RESULT_UPDATE", "CONVERSION_BLOCK", "INTERNATIONAL_DELIVERY_RECEIPT"})
"""What the same webhook of NHN Cloud tells besides: nobody refuses anything in these."""
_NHN = "nhn"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a push wants for its numbers."""

    removes: bool
    kind: SuppressionKind
    scope: str
    origin: Suppressor
    since_ms: int
    """0: now."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """One entry that cannot be read."""

    entry: str
    """Where it is, for people: `number`, `numbers[3]`, `hooks[0].recipientNo`."""
    why: str
    remedy: str = ""


@dataclass(slots=True)
class Push:
    """What a push holds."""

    wishes: dict[Wish, list[tuple[str, str]]] = field(default_factory=dict)
    """What is wanted → entry and digits of each number, in their order."""
    unclear: list[Unclear] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """Fields that were not used, and why that may matter; each once."""
    is_json: bool = True
    """Whether it is an object of JSON at all."""

    def ignore(self, words: str) -> None:
        """Note a field that is not used."""
        if words not in self.ignored:
            self.ignored.append(words)


def read_push(body: bytes, now_ms: int) -> Push:
    """Return what a push holds. Never raises. Pure.

    Args:
        body: What was posted.
        now_ms: The time. What says that it was refused later was refused now.
    """
    push = Push()
    try:
        found = json.loads(_decode(body), object_pairs_hook=_object)
    except _DoubledName as exc:
        push.is_json = False
        push.unclear.append(Unclear("the post", f"names {exc} twice", "Give several numbers under numbers."))
        return push
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        push.is_json = False
        push.unclear.append(Unclear("the post", "is not a JSON object", 'Post {"number": "010…"}, as UTF-8.'))
        return push
    if "event" in found or "hooks" in found:
        _read_hooks(push, found, now_ms)
    else:
        _read_own(push, found, now_ms)
    return push


# JSON is UTF-8; what older systems post in Korean is not, and their digits are the same in both.
def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp949")


class _DoubledName(ValueError):
    """A name is there twice, so one of its values would be lost."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        for name, value in pairs:
            if name in _NAMED and found[name] != value:
                raise _DoubledName(name)
    return found


def _read_own(push: Push, found: Mapping[str, Any], now_ms: int) -> None:
    entries = list(_entries(push, found))
    if not entries:
        push.unclear.append(Unclear("the post", "names no number", "Give number, or a list under numbers."))
    for place, entry in entries[:MOST_NUMBERS]:
        own = entry if isinstance(entry, dict) else {}
        _note_unknown(push, own)
        facts = {**found, **{name: value for name, value in own.items() if value is not None}}
        wish = _wish(push, place, facts, now_ms)
        if wish is not None:
            _take(push, place, own.get("number") if own else entry, wish)
    if len(entries) > MOST_NUMBERS:
        more = len(entries) - MOST_NUMBERS
        push.unclear.append(Unclear("numbers", f"{more:,} too many", f"Post {MOST_NUMBERS:,} at most."))


def _entries(push: Push, found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    _note_unknown(push, found)
    if "number" in found:
        yield "number", found["number"]
    numbers = found.get("numbers", [])
    if isinstance(numbers, list):
        yield from ((f"numbers[{at}]", entry) for at, entry in enumerate(numbers))
    else:
        push.unclear.append(Unclear("numbers", "is not a list", "Give a list of numbers."))


# Its name alone, and only one that cannot be somebody's number.
def _note_unknown(push: Push, found: Mapping[str, Any]) -> None:
    for name in found:
        if name not in _FIELDS:
            push.ignore(f"{name} is not a field" if _NAME.fullmatch(name) else "a field of another name")


def _wish(push: Push, place: str, facts: Mapping[str, Any], now_ms: int) -> Wish | None:
    action, kind, source = (_given(facts, *each) for each in _DEFAULTS)
    scope = _scope(facts.get("scope"))
    if action not in ("add", "remove"):
        problem = Unclear(f"{place}: action", "is neither add nor remove", "Give one of them, or none: add.")
    elif kind not in ("ads", "all"):
        problem = Unclear(f"{place}: kind", "is neither ads nor all", "Give one of them, or none: ads.")
    elif source not in ("080", "application"):
        problem = Unclear(f"{place}: source", "is neither 080 nor application", "Give one of them, or none.")
    elif scope is None:
        problem = Unclear(
            f"{place}: scope",
            "is not a scope",
            "Give account, sender:15881234 or refusal:0801234567, or none: the account.",
        )
    else:
        origin = Suppressor(SuppressionSource(source), "", _reason(facts.get("reason")))
        since_ms = _since_ms(push, facts.get("at"), "at", now_ms)
        return Wish(action == "remove", SuppressionKind(kind), scope, origin, since_ms)
    push.unclear.append(problem)
    return None


_DEFAULTS = (("action", "add"), ("kind", "ads"), ("source", "080"))


# Programs write null for what they do not have.
def _given(facts: Mapping[str, Any], name: str, default: str) -> Any:
    value = facts.get(name)
    return default if value is None else value


def _scope(value: Any) -> str | None:
    if value is None:
        return ""
    return read_scope(value) if isinstance(value, str) else None


# Reasons are kept once each, so what differs from call to call, such as an id, is left out.
def _reason(value: Any) -> str:
    words = mask_numbers(value, lambda _: "…") if isinstance(value, str) else ""
    words = _DIGITS.sub("…", " ".join(words.split()))
    return "".join(filter(str.isprintable, words))[:_LONGEST_REASON]


def _since_ms(push: Push, value: Any, name: str, now_ms: int) -> int:
    if value is None:
        return 0
    at_ms = _read_ms(value)
    if at_ms is None:
        push.ignore(f"{name} is not a time of ISO 8601: taken as now")
        return 0
    # Kept to the hour; what shares it is written together.
    return at_ms - at_ms % _HOUR_MS if at_ms < now_ms else 0


def _read_ms(value: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=_KST)
        return round(moment.timestamp() * 1000) if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None
    except (ValueError, OverflowError, AttributeError):
        return None


def _take(push: Push, place: str, written: Any, wish: Wish) -> None:
    digits = read_number(written)
    if isinstance(digits, Refusal):
        push.unclear.append(Unclear(place, digits.reason, digits.remedy))
    else:
        push.wishes.setdefault(wish, []).append((place, digits))


def read_number(written: Any) -> str | Refusal:
    """Return the digits of a number that refuses, or what is wrong with it.

    One that lost its 0 gets it back: no other number can be meant, and the refusal must not be lost.
    """
    if isinstance(written, float) and written.is_integer():
        written = int(written)
    if isinstance(written, int) and not isinstance(written, bool) and written > 0:
        written = str(written)
    if not isinstance(written, str):
        return Refusal("is not a number", "Give it as a text.")
    return read_receiver(written.strip())


# A scope of its refusal number would let advertisements through that name another number of the company.
def _read_hooks(push: Push, found: Mapping[str, Any], now_ms: int) -> None:
    event, hooks = str(found.get("event")), found.get("hooks")
    if event in _OTHER_EVENTS:
        push.ignore(f"{event} is not a refusal")
        return
    if event != UNSUBSCRIBE:
        push.unclear.append(Unclear("event", "is not one that is known", f"{UNSUBSCRIBE} is taken."))
        return
    if not isinstance(hooks, list) or not hooks:
        push.unclear.append(Unclear("hooks", "is not a list with entries"))
        return
    for at, hook in enumerate(hooks[:MOST_NUMBERS]):
        facts = hook if isinstance(hook, dict) else {}
        called = "".join(filter(str.isdigit, str(facts.get("unsubscribeNo", ""))))
        why = f"called {called}" if _REFUSAL_NUMBER.fullmatch(called) else ""
        since_ms = _since_ms(push, facts.get("createdDateTime"), "createdDateTime", now_ms)
        origin = Suppressor(SuppressionSource.REFUSAL_CALL, _NHN, why)
        wish = Wish(removes=False, kind=SuppressionKind.ADS, scope="", origin=origin, since_ms=since_ms)
        _take(push, f"hooks[{at}].recipientNo", facts.get("recipientNo"), wish)
    if len(hooks) > MOST_NUMBERS:
        push.unclear.append(Unclear("hooks", f"{len(hooks) - MOST_NUMBERS:,} too many"))
