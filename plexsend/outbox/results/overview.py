"""The readers that there are, how far each is, and their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxError
from plexsend.outbox.arguments_results import RESULTS
from plexsend.outbox.lanes import NAME
from plexsend.outbox.reading.groups import DEFAULT_ACCOUNT
from plexsend.outbox.reading.queries import accounts, server_ms
from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text
from plexsend.outbox.results.entries import REBUILT, ms_of, place_of
from plexsend.outbox.results.fields import read_fields
from plexsend.outbox.results.readers import UNNAMED, checked_name
from plexsend.outbox.results.spans import Missed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.outbox.redis.store import Store

_TRIMMED = "trimmed"
_NOTHING = "0-0"


@dataclass(frozen=True, slots=True)
class ReaderState:
    """A reader of one account as it is now. Times are ms on Redis's clock."""

    name: str
    account: str
    began_ms: int
    """When the last entry was published that it was never to get; 0: it began before all."""
    cursor_ms: int
    """When the entry that it was given last was published; 0: none was."""
    behind: int
    """Entries that wait for it, or were given and are not ended yet."""
    behind_ms: int
    """How old the oldest of them is; 0 where there is none."""
    open_spans: int
    """Spans that processes have now."""
    used_ms: int
    """When a process asked for it last, to the nearest ten seconds."""
    missed: tuple[Missed, ...]
    """What it never got, oldest first."""
    replayed: int
    """Entries that a replay rebuilt, until all of them were given."""
    strange: int = 0
    """Entries of another program that it left out."""
    is_readable: bool = True
    """False where another program wrote to it; then the rest says nothing."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """What Redis says of a stream."""

    length: int
    added: int
    """Entries that were ever put into it."""
    first: str
    """Id of the first that is there; empty without one."""
    last: str


def list_readers(store: Store, account: str | None = None) -> list[ReaderState]:
    """Return the readers of an account, or of all accounts that ever had a message, sorted by name."""
    found = [state for each in _accounts(store, account) for state in _of_account(store, each)]
    return sorted(found, key=lambda state: (state.name, state.account))


def unlisted(store: Store, account: str | None = None) -> list[str]:
    """Return the accounts whose list of readers another program replaced, as `list_readers` met them."""
    return [each for each in _accounts(store, account) if store.keys.readers(each) in store.spoilt]


def began_ms(store: Store, name: str) -> int | None:
    """Return when a reader of this name began, in the first of its accounts, in ms on Redis's clock.

    0: before all that there was, at least in one account; None: in none yet. Of one that another program
    spoilt it says 0.
    """
    keys = [store.keys.reader(account, name) for account in _accounts(store, None)]
    pipe = store.client.pipeline(transaction=False)
    for key in keys:
        pipe.hget(key, "began")
    found = [(key, text(value)) for key, value in zip(keys, execute(store, pipe), strict=True)]
    began = [number(value.split(" ")[-1]) for key, value in found if value or key in store.spoilt]
    return min(began, default=None)


def drop(store: Store, account: str, name: str) -> bool:
    """Take a reader away; return whether there was one. A process that goes on with it begins it anew."""
    args = RESULTS.write(**{**UNNAMED, "act": "drop", "name": checked_name(name)})
    return text(store.run(Script.RESULTS, account, args)[0]) == "done"


def _accounts(store: Store, account: str | None) -> list[str]:
    # A reader may be there before the first message.
    return sorted({*accounts(store), DEFAULT_ACCOUNT}) if account is None else [account]


def reader_state(store: Store, account: str, name: str) -> ReaderState | None:
    """Return one reader, None where there is none of that name."""
    return _read_state(store, account, name, _look(store, store.keys.results(account)), server_ms(store))


def _of_account(store: Store, account: str) -> Iterator[ReaderState]:
    names = sorted(map(text, ask(store, lambda pipe: pipe.smembers(store.keys.readers(account)))))
    if not names:
        return
    stream, now = _look(store, store.keys.results(account)), server_ms(store)
    for name in filter(NAME.fullmatch, names):
        if state := _read_state(store, account, name, stream, now):
            yield state


def _read_state(store: Store, account: str, name: str, stream: _Stream, now: int) -> ReaderState | None:
    key = store.keys.reader(account, name)
    hashed = ask(store, lambda pipe: pipe.hgetall(key))
    fields = {text(field): text(value) for field, value in hashed.items()}
    # Dropped a moment ago.
    if not fields and key not in store.spoilt:
        return None
    return _state(store, account, name, fields, stream, now)


def _look(store: Store, key: str) -> _Stream:
    try:
        found = store.read("XINFO", "STREAM", key)
    except OutboxError as exc:
        cause = str(exc.__cause__)
        if "WRONGTYPE" in cause:
            store.spoilt.add(key)
        elif "no such key" not in cause:
            raise
        return _Stream(0, 0, "", _NOTHING)
    info: dict[str, Any] = {text(name): value for name, value in zip(found[::2], found[1::2], strict=True)}
    first = info["first-entry"]
    return _Stream(
        number(info["length"]),
        number(info["entries-added"]),
        text(first[0]) if first else "",
        text(info["last-generated-id"]),
    )


def _state(  # noqa: PLR0917  what one call read
    store: Store, account: str, name: str, fields: Mapping[str, str], stream: _Stream, now: int
) -> ReaderState:
    try:
        found = read_fields(fields)
    except ValueError:
        return ReaderState(name, account, 0, 0, 0, 0, 0, 0, (), 0, is_readable=False)
    later = _not_noticed(found.cursor, found.rank, stream)
    waiting = max(0, stream.added - found.rank - sum(each.entries for each in later))
    next_ms = _next_ms(store, account, found.cursor) if waiting else 0
    oldest = [ms_of(first) for first in found.spans if not first.startswith(REBUILT)]
    oldest += [next_ms] if next_ms else []
    return ReaderState(
        name=name,
        account=account,
        began_ms=found.began_ms,
        cursor_ms=ms_of(found.cursor),
        behind=waiting + sum(found.spans.values()),
        behind_ms=max(0, now - min(oldest)) if oldest else 0,
        open_spans=len(found.spans),
        used_ms=found.used_ms,
        missed=tuple(sorted([*found.missed, *later], key=lambda each: each.from_ms)),
        replayed=_replayed(store, account, name) if found.has_replay else 0,
        strange=found.strange,
    )


def _not_noticed(cursor: str, rank: int, stream: _Stream) -> list[Missed]:
    """Return what was trimmed since the reader was used last: it notices that when it reads."""
    gone = stream.added - stream.length - rank
    if gone <= 0 or (stream.first and place_of(cursor) >= place_of(stream.first)):
        return []
    return [Missed(ms_of(cursor), ms_of(stream.first or stream.last), gone, _TRIMMED)]


def _next_ms(store: Store, account: str, cursor: str) -> int:
    found = store.read("XRANGE", store.keys.results(account), f"({cursor}", "+", "COUNT", 1)
    return ms_of(text(found[0][0])) if found else 0


def _replayed(store: Store, account: str, name: str) -> int:
    key = store.keys.replay(account, name)
    return number(ask(store, lambda pipe: pipe.xlen(key)))
