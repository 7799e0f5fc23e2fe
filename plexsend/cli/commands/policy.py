"""`plexsend policy`: what the whole fleet agrees on, shown and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.login import login_name
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, wide_option, words_option
from plexsend.cli.timing import clock_for
from plexsend.errors import NotPossible, UsageError
from plexsend.terminal.moments import WallClock, utc
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.policies.changes import Change
    from plexsend.outbox.policies.views import PolicyView
    from plexsend.outbox.policies.where import Where
    from plexsend.outbox.redis.store import Store

_COLUMNS = (
    Column("where", style="bold"),
    Column("policy", style="bold"),
    Column("value", folds=True, least=6),
    Column("from", folds=True, least=16),
    Column("asked otherwise by", folds=True, style="yellow", least=10),
)


@click.group(
    epilog=example(
        "plexsend policy list mms-bulk@main",
        "plexsend policy set mms-bulk rate_per_s=50 --reason 'new contract'",
    )
)
def policy() -> None:
    """Show and change what the whole fleet agrees on: rates, waits, who may be sent to.

    WHERE is a service (mms-bulk), a service of an account (mms-bulk@main), an account (@main) or all; the
    nearest counts. What a person sets wins over what workers ask for by their settings. docs/policies.md
    lists the policies.
    """


@policy.command("list", epilog=example("plexsend policy list", "plexsend policy list @main --json"))
@click.argument("where", metavar="[WHERE]", required=False)
@click.option("--history", "with_history", is_flag=True, help="List what persons changed, oldest first.")
@wide_option
@json_option
def list_(*, where: str | None, with_history: bool, wide: bool, as_json: bool) -> None:
    """List values in force, and who set or asks for them.

    With WHERE all that holds there, defaults too; without it only what was set or asked for. The last column
    names workers that ask for another value.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        place = None if where is None else _place(store, where)
        if with_history:
            _show_history(screen, store, place, wide=wide)
        else:
            _show(screen, store, place, wide=wide)


@policy.command(
    "set",
    epilog=example(
        "plexsend policy set mms-bulk@main rate_per_s=20 connections=2 --reason 'agreed with the gateway'",
        "plexsend policy set @main only_to=010-1234-5678 --reason staging",
    ),
)
@click.argument("where", metavar="WHERE")
@click.argument("values", metavar="NAME=VALUE...", nargs=-1, required=True)
@words_option("--reason", "R", "Why, for the people who find it.", required=True)
@words_option("--by", "NAME", "Who sets it. [default: your login name]")
@json_option
def set_(*, where: str, values: Sequence[str], reason: str, by: str | None, as_json: bool) -> None:
    """Set policies of WHERE. They hold at once, without a restart, until they are unset."""
    from plexsend.outbox.policies.changes import put
    from plexsend.outbox.policies.rows import ROWS

    screen = Screen(as_json=as_json)
    wanted = _pairs(values)
    with open_outbox(screen) as (_, store):
        place = _place(store, where)
        put(store, place, wanted, by=by or login_name(), reason=reason)
        views = [view for view in _views(store, place) if view.name in wanted]
    for view in views:
        row = ROWS[view.name]
        caution = row.caution if view.value != row.default else ""
        screen.facts({**_json(view), "caution": caution or None})
        screen.say(f"{view.name} of {place} is {view.value or 'none'}, whatever workers ask for.")
        if caution:
            screen.note(caution)


@policy.command("unset", epilog=example("plexsend policy unset mms-bulk@main rate_per_s"))
@click.argument("where", metavar="WHERE")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@words_option("--reason", "R", "Why, for the history.")
@words_option("--by", "NAME", "Who takes it back. [default: your login name]")
@json_option
def unset_(*, where: str, names: Sequence[str], reason: str | None, by: str | None, as_json: bool) -> None:
    """Take back what a person set for WHERE. What workers ask for counts again, or the default.

    Exit code 1 if nothing was set there.
    """
    from plexsend.outbox.policies.changes import unset

    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        place = _place(store, where)
        gone = unset(store, place, names, by=by or login_name(), reason=reason or "")
        views = [view for view in _views(store, place) if view.name in gone]
        clock = clock_for(store, place.account)
    if not gone:
        raise NotPossible(
            f"Nothing was set: no person set {', '.join(names)} for {place}. "
            "`plexsend policy list` shows what is set where."
        )
    for view in views:
        screen.facts(_json(view))
        now = f"in force is {view.value or 'none'} ({_from(view, clock)})"
        screen.say(f"{view.name} of {place} is taken back; {now}.")


def _place(store: Store, text: str) -> Where:
    """Return what WHERE means; UsageError where it names no service or cannot be an account."""
    from plexsend.gateway.services import get_service
    from plexsend.outbox.lanes import NAME
    from plexsend.outbox.policies.where import Where
    from plexsend.outbox.reading import queries

    place = Where.parse(text)
    if str(place) != text:
        raise UsageError(f"{text!r} is not a WHERE. Write SERVICE, SERVICE@ACCOUNT, @ACCOUNT or all.")
    if place.service is not None:
        if place.account is None and place.service in {"main", *queries.accounts(store)}:
            raise UsageError(f"{text} is an account: write @{text}.")
        get_service(place.service)
    if place.account is not None and not NAME.fullmatch(place.account):
        raise UsageError(
            f"{place.account[:40]!r} is not the name of an account: 1 to 32 small letters, digits and -."
        )
    return place


def _pairs(values: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for each in values:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise UsageError(f"{name[:40]!r} has no value: write NAME=VALUE, such as rate_per_s=20.")
        if name in found:
            raise UsageError(f"{name} is given twice.")
        found[name] = value.strip()
    return found


def _views(store: Store, place: Where | None) -> list[PolicyView]:
    from plexsend.outbox.fleet import fleet
    from plexsend.outbox.policies.state import read_to_show
    from plexsend.outbox.policies.views import at, decided

    agreed, processes = read_to_show(store), fleet(store)
    return decided(agreed, processes) if place is None else at(agreed, processes, place)


def _show(screen: Screen, store: Store, place: Where | None, *, wide: bool) -> None:
    views = _views(store, place)
    for view in views:
        screen.facts(_json(view))
    clock = clock_for(store, None if place is None else place.account)
    rows = [
        [
            str(view.where),
            view.name,
            # A list may be broken behind its commas.
            (view.value or "none").replace(",", ", "),
            _from(view, clock),
            ", ".join(view.disagreeing),
        ]
        for view in views
    ]
    # Where all agree, the column of those who do not takes no room.
    columns = len(_COLUMNS) if any(row[-1] for row in rows) else len(_COLUMNS) - 1
    screen.table(
        _COLUMNS[:columns],
        [row[:columns] for row in rows],
        empty="Nothing was set or asked for: every policy has its default (`plexsend policy list WHERE`).",
        blocks=True,
        wide=wide,
    )


def _from(view: PolicyView, clock: WallClock) -> str:
    if view.person is not None:
        place = "" if view.set_at in (None, view.where) else f" for {view.set_at}"
        return f"set{place} by {view.person.by}, {clock.words(view.person.at_ms)}: {view.person.reason}"
    if view.origin != "asked":
        return "default"
    labels = view.asks.get(view.value, ())
    return f"asked by {', '.join(labels)}" if labels else "asked by a worker that is gone"


def _json(view: PolicyView) -> dict[str, object]:
    person = view.person
    return {
        "where": str(view.where),
        "name": view.name,
        "value": view.value,
        "origin": str(view.origin),
        "set_at": None if view.set_at is None else str(view.set_at),
        "by": person.by if person else None,
        "reason": person.reason if person else None,
        "since": utc(person.at_ms) if person else None,
        "asked": {value: list(labels) for value, labels in view.asks.items()},
    }


def _show_history(screen: Screen, store: Store, place: Where | None, *, wide: bool) -> None:
    from plexsend.outbox.policies.changes import history

    changes = [each for each in history(store) if place is None or each.where == str(place)]
    for each in changes:
        screen.facts(_change_json(each))
    clock = clock_for(store, None if place is None else place.account)
    rows = [
        [
            clock.cell(each.at_ms),
            each.where,
            each.name,
            "taken back" if each.value is None else _masked(each),
            each.by,
            each.reason,
        ]
        for each in changes
    ]
    columns = (
        Column(clock.title("when")),
        Column("where", style="bold"),
        Column("policy", style="bold"),
        Column("value", folds=True, least=6),
        Column("by"),
        Column("reason", folds=True, least=12),
    )
    screen.table(columns, rows, empty="No person changed a policy yet.", blocks=True, wide=wide)


def _masked(change: Change) -> str:
    from plexsend.outbox.policies.views import shown

    return shown(change.name, change.value or "")


def _change_json(change: Change) -> dict[str, object]:
    return {
        "at": utc(change.at_ms),
        "where": change.where,
        "name": change.name,
        "value": None if change.value is None else _masked(change),
        "by": change.by,
        "reason": change.reason,
    }
