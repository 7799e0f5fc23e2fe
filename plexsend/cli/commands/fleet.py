"""`plexsend fleet`: every worker process, and what it disagrees about."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, wide_option
from plexsend.terminal.moments import span, utc
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.outbox.doors import Door
    from plexsend.outbox.fleet import Announcement, FleetProcess
    from plexsend.outbox.reading.disagreements import Disagreement
    from plexsend.outbox.reading.number_keys import ForeignKey
    from plexsend.outbox.reading.serving import Serving

    _Difference: TypeAlias = Disagreement | ForeignKey

_COLUMNS = (
    Column("host", style="bold"),
    Column("pid", right=True, style="bold"),
    Column("version", leave_out=1),
    Column("busy", right=True),
    Column("since", right=True),
    Column("serves", folds=True, least=16),
    Column("accounts", folds=True, least=12),
    Column("asks for", folds=True),
    Column("disagrees", folds=True, style="yellow"),
)


@click.command(epilog=example("plexsend fleet", "plexsend fleet --json"))
@wide_option
@json_option
def fleet(*, wide: bool, as_json: bool) -> None:
    """List the worker processes: what each serves, how busy it is, and what it disagrees about.

    Accounts are those whose secret a process has, and the gateway did not refuse. A process that fell silent
    is listed as gone for ten minutes: what it asked for counts until then. The servers that take receipts are
    listed too, while they live.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.outbox import fleet as processes
        from plexsend.outbox.doors import living
        from plexsend.outbox.policies.state import read_to_show
        from plexsend.outbox.reading import queries
        from plexsend.outbox.reading.disagreements import disagreements
        from plexsend.outbox.reading.number_keys import foreign_keys
        from plexsend.outbox.reading.serving import read_serving
        from plexsend.outbox.rewound import rewinds
        from plexsend.outbox.runs.attending import read_attending

        accounts = queries.accounts(store)
        found = processes.fleet(store, accounts)
        named = {*accounts, *(account for each in found for account in each.announced.secrets)}
        serving = read_serving(store, found, sorted(named))
        disagree = disagreements(found, read_to_show(store))
        now_ms = queries.server_ms(store)
        rewound = rewinds(store, accounts)
        doors = living(store)
        attending = read_attending(store, found)
        foreign = foreign_keys(store, accounts, found, doors)
    differ: list[_Difference] = [*disagree, *foreign]
    for each in found:
        screen.facts(_process_json(each, serving, differ))
    for door in doors:
        screen.facts(_door_json(door, differ, now_ms))
    rows = [_row(each, serving, differ, now_ms) for each in found]
    rows += [_door_row(door, differ, now_ms) for door in doors]
    nothing = "No worker is alive. Start one with `plexsend worker`."
    # What nobody asks for or disagrees about takes no room.
    shown = [at for at, column in enumerate(_COLUMNS) if not column.folds or any(row[at] for row in rows)]
    screen.table(
        [_COLUMNS[at] for at in shown],
        [[row[at] for at in shown] for row in rows],
        blocks=True,
        wide=wide,
    )
    if not found:
        screen.note(nothing)
    for one in disagree:
        screen.note(f"They disagree about {one.text}.")
    for stranger in foreign:
        screen.note(f"{stranger.text}. Give it the key that the others have.")
    for words, remedy in attending.missing():
        screen.note(f"{words[0].upper()}{words[1:]}. {remedy}")
    for rewind in rewound:
        screen.note(
            f"Redis went back in time, and account {rewind.account} is held until a person decides: "
            "plexsend rewound settle --as sent|resend"
        )


def _door_json(door: Door, differ: Iterable[_Difference], now_ms: int) -> dict[str, object]:
    return {
        "process": door.process,
        "host": door.host,
        "pid": door.pid,
        "version": door.version or None,
        "form": None,
        "services": [],
        "feeds": False,
        "parts": list(door.parts),
        "port": door.port or None,
        "accounts": list(door.accounts),
        "threads": 0,
        "busy": 0,
        "since": utc(door.since_ms),
        "alive": True,
        "silent_s": max(0, now_ms - door.seen_ms) / 1000,
        "asks": {},
        "disagrees": _seen_by(door.label, differ),
    }


def _door_row(door: Door, differ: Iterable[_Difference], now_ms: int) -> list[str]:
    served = ", ".join(door.parts) + (f" (port {door.port})" if door.port else "")
    since = span(max(0, now_ms - door.since_ms) / 1000)
    says = "; ".join(_seen_by(door.label, differ))
    return [door.host, str(door.pid), door.version, "", since, served, ", ".join(door.accounts), "", says]


def _process_json(
    process: FleetProcess, serving: Serving, differ: Iterable[_Difference]
) -> dict[str, object]:
    announced = process.announced
    return {
        "process": process.name,
        "host": announced.host,
        "pid": announced.pid or None,
        "version": announced.version or None,
        "form": announced.form,
        "services": list(announced.services),
        "feeds": announced.feeds,
        "parts": [],
        "port": None,
        "accounts": serving.accounts_of(process),
        "threads": announced.threads,
        "busy": process.busy,
        "since": utc(announced.since_ms or None),
        "alive": process.lives,
        "silent_s": process.silent_ms / 1000,
        "asks": {service: dict(asked) for service, asked in announced.asks.items()},
        "disagrees": _disagrees(process, differ),
    }


def _row(process: FleetProcess, serving: Serving, differ: Iterable[_Difference], now_ms: int) -> list[str]:
    announced = process.announced
    if process.lives:
        since = span(max(0, now_ms - announced.since_ms) / 1000) if announced.since_ms else ""
        busy = f"{process.busy} of {announced.threads}"
    else:
        since, busy = f"gone {span(process.silent_ms / 1000)}", ""
    return [
        announced.host or "(older)",
        str(announced.pid or ""),
        announced.version or "older",
        busy,
        since,
        _served(announced) if process.lives else "",
        ", ".join(serving.accounts_of(process)),
        ", ".join(_asks(announced)),
        "; ".join(_disagrees(process, differ)),
    ]


# What it asks for alike for all that it serves was set once, so it is one ask.
def _asks(announced: Announcement) -> Iterator[str]:
    of: dict[str, list[str]] = {}
    for service, asked in announced.asks.items():
        for name, value in asked.items():
            of.setdefault(f"{name}={value}", []).append(service)
    for words, services in of.items():
        is_for_all = {"all"} & {*services} or {*services} >= {*announced.services}
        yield words if is_for_all else f"{words} ({', '.join(services)})"


def _served(announced: Announcement) -> str:
    if not announced.feeds:
        return _services(announced.services)
    return f"{_services(announced.services)}, campaigns" if announced.services else "campaigns"


def _services(names: tuple[str, ...]) -> str:
    from plexsend.gateway.services import SERVICES

    return "all" if set(names) == set(SERVICES) else ", ".join(names) or "none: it ends"


def _disagrees(process: FleetProcess, differ: Iterable[_Difference]) -> list[str]:
    return _seen_by(process.label, differ) if process.lives else []


def _seen_by(label: str, differ: Iterable[_Difference]) -> list[str]:
    return [words for one in differ if (words := one.seen_by(label))]
