"""What `pause` and `resume` are asked to act on: a lane, a service or an account, known by its name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible, Problem, UsageError
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import NAME, Lane
from plexsend.outbox.reading import queries

if TYPE_CHECKING:
    from collections.abc import Collection

    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings
    from plexsend.terminal.screen import Screen


@dataclass(frozen=True, slots=True)
class Target:
    """A lane (`account` is its), a service (`account` None: all of them) or an account."""

    scope: Scope
    what: str
    account: str | None
    known: bool = True
    """Whether its name is known here; a misspelt name would hold nothing."""


def find_target(screen: Screen, settings: Settings, store: Store, what: str, *, warns: bool) -> Target:
    """Return what WHAT means, given the settings and the lanes there are.

    `warns`: print a warning where the name is not known here.
    """
    lanes = queries.lanes(store)
    services = {*settings.services, *(lane.service for lane in lanes)}
    # A command that names no account means `main`.
    accounts = {"main", *settings.accounts, *(lane.account for lane in lanes)}
    target = read_target(what, services=services, accounts=accounts)
    if warns and not target.known:
        screen.warn(
            Problem(
                target.what,
                f"is not the name of any {target.scope} known here",
                "It is held nevertheless; check its name.",
            )
        )
    return target


def read_target(word: str, *, services: Collection[str], accounts: Collection[str]) -> Target:
    """Return what a word means, given the names that are known.

    `lane:`, `service:` and `account:` in front say what is meant, and then the name need not be known.
    Raises NotPossible for a name that is unknown or means two things, UsageError for what cannot be a name.
    """
    prefix, colon, rest = word.partition(":")
    if colon and prefix in (Scope.LANE, Scope.SERVICE, Scope.ACCOUNT):
        return _read_named(Scope(prefix), rest, services=services, accounts=accounts)
    if "@" in word:
        service = Lane.parse(word).service
        if service not in services:
            raise NotPossible(
                f"{_unknown('service', service, services)} "
                f"Write `lane:{word}` to name that lane nevertheless."
            )
        return _read_lane(word, services=services, accounts=accounts)
    _check_name(word)
    if word in services and word in accounts:
        raise NotPossible(f"{word} is a service and an account. Write service:{word} or account:{word}.")
    if word in services:
        return Target(Scope.SERVICE, word, None)
    if word in accounts:
        return Target(Scope.ACCOUNT, word, word)
    raise NotPossible(
        f"{_unknown('service or account', word, {*services, *accounts})} "
        f"Write `account:{word}` to name that account nevertheless."
    )


def _read_named(scope: Scope, name: str, *, services: Collection[str], accounts: Collection[str]) -> Target:
    if scope is Scope.LANE:
        return _read_lane(name, services=services, accounts=accounts)
    _check_name(name)
    if scope is Scope.SERVICE:
        return Target(scope, name, None, known=name in services)
    return Target(scope, name, name, known=name in accounts)


def _read_lane(name: str, *, services: Collection[str], accounts: Collection[str]) -> Target:
    lane = Lane.parse(name)
    return Target(
        Scope.LANE, lane.name, lane.account, known=lane.service in services and lane.account in accounts
    )


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name[:60]!r} is not a lane, service or account. Write a lane as mms-bulk@main, a service or "
            "an account by its name (1 to 32 of a-z, 0-9 and '-')."
        )


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(known)) or 'none'}."
    return f"No {kind} {name} is known here. {hint}"
