"""What `pause` and `resume` are asked to act on: a lane, service, account or group, known by its name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible, Problem, UsageError
from plexsend.gateway.services import SERVICES
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import ADS, GROUP, NAME, Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.groups import DEFAULT_ACCOUNT, accounts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings
    from plexsend.terminal.screen import Screen


@dataclass(frozen=True, slots=True)
class Target:
    """A lane or group (`account` is its), a service (`account` None: all of them) or an account."""

    scope: Scope
    what: str
    account: str | None
    known: bool = True
    """Whether its name is known here; a misspelt name would hold nothing."""


def find_target(
    screen: Screen, settings: Settings, store: Store, what: str, *, warns: bool, account: str | None = None
) -> Target:
    """Return what WHAT means, given the settings and the lanes there are.

    `warns`: print a warning where the name is not known here. `account`: that of a group; None: the one that
    knows it. UsageError where several do, or where it is given and WHAT is not a group.
    """
    target = _find_target(settings, store, what, account)
    if warns and not target.known:
        near = (
            near_group(store, target)
            if target.scope is Scope.GROUP
            else did_you_mean(target.what, names_of(queries.lanes(store)))
        )
        screen.warn(
            Problem(
                target.what,
                f"is not the name of any {target.scope} known here",
                f"It is held nevertheless; check its name.{near}",
            )
        )
    return target


def _find_target(settings: Settings, store: Store, what: str, account: str | None) -> Target:
    group = read_group(what)
    if group is not None:
        return find_group(store, group, account)
    if account is not None:
        raise UsageError(f"--account names the account of a group (group:NAME), and {what!r} is not one.")
    lanes = queries.lanes(store)
    services = {*settings.services, *(lane.service for lane in lanes)}
    # A command that names no account means `main`.
    accounts = {"main", *settings.accounts, *(lane.account for lane in lanes)}
    target = read_target(what, services=services, accounts=accounts)
    if target.scope is Scope.LANE and target.known and not _may_be(Lane.parse(target.what), lanes):
        return replace(target, known=False)
    return target


# A route may be held before it has a message, a lane of a group is there with its first one.
def _may_be(lane: Lane, lanes: Collection[Lane]) -> bool:
    if lane in lanes or not lane.is_route:
        return lane in lanes
    service = SERVICES.get(lane.service)
    return service is None or lane.variant in (service.product.variants or (None,))


def read_group(word: str) -> str | None:
    """Return the name in `group:NAME`, None where the word does not begin so; UsageError for a wrong name."""
    prefix, colon, name = word.partition(":")
    if not colon or prefix != Scope.GROUP:
        return None
    if name != ADS and not GROUP.fullmatch(name):
        raise UsageError(
            f"{name[:60]!r} is not a group's name: 1 to 32 of a-z, 0-9 and '-', or {ADS} for all "
            "advertisements without a group."
        )
    return name


def find_group(store: Store, group: str, account: str | None) -> Target:
    """Return a group in the account that is named, or in the one that knows it, or in `main`.

    Raises UsageError where several accounts know it and none is named.
    """
    known = accounts_of(store, group)
    if account is None:
        account = queries.only_account(group, known, known="a group", remedy="Name one with --account.")
    where = account or DEFAULT_ACCOUNT
    return Target(Scope.GROUP, group, where, known=where in known)


def require_known(store: Store, target: Target) -> None:
    """Raise NotPossible where nobody knows the group, lane, service or account."""
    if target.known:
        return
    lanes = queries.lanes(store)
    if target.scope is Scope.GROUP:
        raise NotPossible(
            f"No group {target.what} is known in account {target.account}."
            f"{near_group(store, target)} `plexsend groups` lists those that are; a group is "
            "forgotten with the record of its last message."
        )
    raise NotPossible(
        f"No {target.scope} {target.what} is known here.{did_you_mean(target.what, names_of(lanes))} "
        "Check the name: `plexsend lanes` lists all."
    )


def near_group(store: Store, target: Target) -> str:
    """Return the question for the name of a group that is near one of its account; or nothing."""
    lanes = queries.lanes(store)
    return did_you_mean(
        target.what, {lane.group for lane in lanes if lane.group and lane.account == target.account}
    )


def names_of(lanes: Iterable[Lane]) -> set[str]:
    """Return the names by which people call these lanes, their services and accounts."""
    return {name for lane in lanes for name in (lane.name, lane.service, lane.account)}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the question for a name that is near one of these, to be put behind a sentence; or nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def require_account(account: str, known: Collection[str]) -> None:
    """Raise NotPossible where no message was ever sent with an account."""
    if account not in known:
        raise NotPossible(_unknown("account", account, known))


def require_own_account(settings: Settings, store: Store, account: str | None) -> None:
    """Raise NotPossible for an account that nobody sent with or held, and that these settings do not name.

    None: all are meant.
    """
    if account is not None:
        held = queries.held_accounts(store)
        require_account(account, {DEFAULT_ACCOUNT, *settings.accounts, *held})


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
