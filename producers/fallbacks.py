"""Fallbacks: what an RCS item says is to be sent in its place where it reaches nobody.

It is written as an item of its own service without a `msg_key`, and judged with its first by the rules of
that service. It never goes on the wire with its first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plexsend.errors import InvalidItem, Problem
from plexsend.gateway.items import get_loader
from plexsend.gateway.receipt_codes import Family, family_of
from plexsend.gateway.services import SERVICES
from plexsend.outbox.fallbacks import FALLBACK_MARK, MOST_KEY, Fallback, fallback_key
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.receivers import receiver_of
from plexsend.producers.advertisements import advertise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.gateway.items import Item, KeyOf
    from plexsend.producers.guards import Guards
    from plexsend.producers.terms import Terms

FALLBACK = "fallback"
FALLBACK_AFTER = "fallback_after_s"
FALLBACK_FIELDS = (FALLBACK, FALLBACK_AFTER)
"""Fields for what is said of an item and does not go on the wire."""

FALLBACK_SERVICES = tuple(name for name in SERVICES if family_of(name) is Family.SMS)
"""What can be sent in place of an RCS message."""

_SERVICE = "service"
_LEAST_AFTER_S, _MOST_AFTER_S = 10, 604_800
_CAN_SEND_BOTH = Problem(
    FALLBACK_AFTER,
    "can send both: a receipt that comes later than that does not call the fallback back",
    "Leave it out where a second message would do harm.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an item says of its fallback."""

    fallback: object = None
    after_s: object = None


@dataclass(frozen=True, slots=True)
class JudgedFallback:
    """What follows from it."""

    fallback: Fallback | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    replacements: tuple[Problem, ...] = ()


NOTHING = JudgedFallback()


def take_fallback(item: Mapping[str, Any]) -> tuple[Mapping[str, Any], Asked | None]:
    """Return an item without what it says of a fallback, and that; None: it says nothing."""
    if FALLBACK not in item and FALLBACK_AFTER not in item:
        return item, None
    left = {name: value for name, value in item.items() if name not in FALLBACK_FIELDS}
    asked = Asked(_unless_blank(item.get(FALLBACK)), _unless_blank(item.get(FALLBACK_AFTER)))
    return left, None if asked == Asked() else asked


def with_fallback(key_of: KeyOf, asked: Asked) -> KeyOf:
    """Return what makes a row's key of what it says of its fallback too: another one is another message."""
    said = {FALLBACK: asked.fallback, FALLBACK_AFTER: asked.after_s}
    given = {name: value for name, value in said.items() if value is not None}
    return lambda fields: key_of({**fields, **given})


def reserved_key(item: Item) -> Iterable[Problem]:
    """Yield what is wrong with a key that would be the one of another message's fallback."""
    if item.msg_key.endswith(FALLBACK_MARK):
        yield Problem(
            "msg_key", f"ends with {FALLBACK_MARK}, as only keys of fallbacks do", "Give it another key."
        )


def judge_fallback(asked: Asked, first: Item, lane: Lane, terms: Terms, guards: Guards) -> JudgedFallback:
    """Judge what an item says of its fallback.

    Args:
        asked: What it says.
        first: The item.
        lane: Its lane: the fallback goes into the same group, and is an advertisement like it.
        terms: What holds for every item.
        guards: What holds for the numbers of the account.
    """
    problems = list(_problems_of_first(asked, first, lane))
    if problems or not isinstance(asked.fallback, Mapping):
        return JudgedFallback(problems=tuple(problems))
    after_ms = _after_ms(asked.after_s, problems)
    fields = {str(name): value for name, value in asked.fallback.items()}
    service = fields.pop(_SERVICE, None)
    if service not in FALLBACK_SERVICES:
        reason = "is missing" if service is None else "is not a service of SMS, LMS or MMS"
        problems.append(Problem(f"{FALLBACK}.{_SERVICE}", reason, "Give mms-bulk, lms-bulk or sms-bulk."))
        return JudgedFallback(problems=tuple(problems))
    if "msg_key" in fields:
        problems.append(
            Problem(
                f"{FALLBACK}.msg_key", "is given, and a fallback has the key of its message", "Leave it out."
            )
        )
        del fields["msg_key"]
    item, wrong = _load(_Draft(service, fields, first, lane), terms, guards)
    if item is None or problems or wrong:
        return JudgedFallback(problems=(*problems, *wrong))
    kept = Fallback(
        Lane.of(service, item.variant, lane.account, terms.group, lane.advertising),
        get_loader(service).stamp.stored,
        item.body,
        receiver_of(item.receiver, terms.number_key),
        after_ms,
    )
    warnings = tuple(map(_inside, item.warnings))
    if after_ms:
        warnings = (*warnings, _CAN_SEND_BOTH)
    return JudgedFallback(kept, (), warnings, tuple(map(_inside, item.replacements)))


def _problems_of_first(asked: Asked, first: Item, lane: Lane) -> Iterable[Problem]:
    if family_of(lane.service) is not Family.RCS:
        field = FALLBACK if asked.fallback is not None else FALLBACK_AFTER
        yield Problem(field, "is for messages of RCS, and this one is of another service", "Leave it out.")
    elif asked.fallback is None:
        yield Problem(FALLBACK_AFTER, "is given without a fallback", f"Give {FALLBACK} too, or leave it out.")
    elif not isinstance(asked.fallback, Mapping):
        yield Problem(
            FALLBACK,
            f"is of type {type(asked.fallback).__name__}, not an object",
            'Give its service and fields, as in {"service": "lms-bulk", "msg": "…"}.',
        )
    if asked.fallback is not None and len(first.msg_key) > MOST_KEY:
        yield Problem(
            "msg_key",
            f"is longer than {MOST_KEY} characters, which leaves no room for the key of its fallback",
            "Shorten it.",
        )


def _after_ms(given: object, problems: list[Problem]) -> int:
    if given is None:
        return 0
    text = str(given).strip() if isinstance(given, (int, str)) and not isinstance(given, bool) else ""
    if text.isascii() and text.isdigit() and _LEAST_AFTER_S <= int(text[:9]) <= _MOST_AFTER_S:
        return int(text) * 1000
    problems.append(
        Problem(
            FALLBACK_AFTER,
            f"is not a whole number of seconds from {_LEAST_AFTER_S} to {_MOST_AFTER_S:,}",
            "Give one, or leave it out.",
        )
    )
    return 0


@dataclass(frozen=True, slots=True)
class _Draft:
    """A fallback before it is judged."""

    service: str
    fields: Mapping[str, Any]
    first: Item
    lane: Lane
    """Of the first."""


def _load(draft: _Draft, terms: Terms, guards: Guards) -> tuple[Item | None, tuple[Problem, ...]]:
    """Return the fallback as an item, and what is wrong with it; no item where that cannot be judged."""
    first, kind = draft.first, draft.lane.advertising
    given = dict(draft.fields)
    for name, usual in (("receiver_number", first.receiver), ("sender_number", first.sender)):
        given[name] = _unless_blank(given.get(name)) or usual
    own = replace(
        terms,
        advertisement=kind is not Advertising.NO,
        night_consent=kind is Advertising.CONSENTED,
        variant=None,
    )
    marked, advertised = advertise(given, own, guards.marks)
    problems = list(map(_inside, advertised.problems))
    if advertised.kind is not kind:
        problems.append(
            Problem(
                f"{FALLBACK}.msg",
                "is an advertisement, and the message is not",
                "Mark the message as one too, or take the mark off.",
            )
        )
    try:
        item = get_loader(draft.service).load(
            {**marked, "msg_key": fallback_key(first.msg_key)},
            default_origin=guards.origin_cid,
            replace=terms.replace,
            mend_numbers=terms.mend_numbers,
        )
    except InvalidItem as exc:
        return None, (*problems, *(_inside(advertised.counted(each)) for each in exc.problems))
    return item, (*problems, *map(_inside, guards.problems(item)))


def _inside(problem: Problem) -> Problem:
    return replace(problem, field=f"{FALLBACK}.{problem.field}")


def _unless_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value
