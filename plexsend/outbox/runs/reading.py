"""Campaigns and runs as Redis has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading.out_of_window import read_windows
from plexsend.outbox.reading.queries import only_account
from plexsend.outbox.redis.reads import ask, execute, insist
from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.parsing import parse_campaign, parse_run_fields
from plexsend.outbox.runs.run import group_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Campaign, Run

_PAGE = 100
"""Runs in one round trip."""
_OF_ITS_SHARE = (b"state", b"definition", b"rate", b"rows", b"fed", b"skipped", b"bytes")
"""What back-pressure asks of a run: not its chunks, of which one of a million rows has 200."""


def campaign_accounts(store: Store) -> list[str]:
    """Return the accounts that have a campaign, sorted."""
    return sorted(text(name) for name in ask(store, lambda pipe: pipe.smembers(store.keys.campaigns)))


def campaigns(store: Store, account: str | None = None) -> Iterator[Campaign]:
    """Yield all campaigns, sorted by account and name."""
    for each in campaign_accounts(store) if account is None else [account]:
        fields = ask(store, lambda pipe: pipe.hgetall(store.keys.campaigns_of(each)))  # noqa: B023  called here
        found = {text(name): value for name, value in fields.items()}
        for name in sorted(found):
            if not name.startswith("#"):
                yield parse_campaign(each, name, found[name], found.get(f"#{name}"))


def campaign(store: Store, account: str, name: str) -> Campaign | None:
    """Return a campaign; None where the account has none of this name."""
    key = store.keys.campaigns_of(account)
    value, last = insist(store, lambda pipe: pipe.hmget(key, [name, f"#{name}"]))
    return None if value is None else parse_campaign(account, name, value, last)


def account_of(store: Store, name: str) -> str | None:
    """Return the one account with a campaign of this name; None where there is none.

    Raises UsageError where several have one: which is meant is never guessed.
    """
    accounts = campaign_accounts(store)
    pipe = store.client.pipeline(transaction=False)
    for account in accounts:
        pipe.hexists(store.keys.campaigns_of(account), name)
    found = [account for account, there in zip(accounts, execute(store, pipe), strict=True) if there]
    return only_account(name, found, known="a campaign")


def run(store: Store, account: str, group: str) -> Run | None:
    """Return a run (`NAME~3`); None where there is none."""
    fields = insist(store, lambda pipe: pipe.hgetall(store.keys.run(account, group)))
    return parse_run_fields(account, group, fields)


def latest(store: Store, name: str, account: str | None = None) -> Run | None:
    """Return the latest run of a campaign; None where it has none.

    Raises UsageError where no account is given and several have a campaign of this name.
    """
    its_account = account or account_of(store, name)
    if its_account is None:
        return None
    found = campaign(store, its_account, name)
    return None if found is None else run(store, its_account, group_of(name, found.last))


def runs(store: Store, account: str | None = None) -> Iterator[Run]:
    """Yield all runs, the latest first within each account."""
    for each in campaign_accounts(store) if account is None else [account]:
        key = store.keys.runs(each)
        groups = [text(name) for name in ask(store, lambda pipe: pipe.zrange(key, 0, -1, desc=True))]  # noqa: B023  called here
        yield from runs_named(store, each, groups)


def made(store: Store, account: str) -> str:
    """Return what changes whenever a run of the account is made; see `steer.ask`."""
    pipe = store.client.pipeline(transaction=True)
    pipe.zcard(store.keys.runs(account))
    pipe.zrange(store.keys.runs(account), 0, 0, desc=True)
    count, latest = execute(store, pipe)
    return f"{number(count)} {''.join(map(text, latest))}"


def live_runs(store: Store, account: str) -> Iterator[Run]:
    """Yield the runs that a tick looks at.

    Those that run, are paused, or are to be prepared, and those that were cancelled and not finished yet.
    """
    yield from runs_named(store, account, _live_groups(store, account))


def live_shares(store: Store, account: str) -> Iterator[Run]:
    """Yield the same runs, of each no more than what says how much of it may wait."""
    yield from _runs_of(store, account, _live_groups(store, account), *_OF_ITS_SHARE)


def runs_named(store: Store, account: str, groups: Sequence[str]) -> Iterator[Run]:
    """Yield the runs of these groups that there are, in their order."""
    yield from _runs_of(store, account, groups)


# `names`: of the fields that are read; none: all of them.
def _runs_of(store: Store, account: str, groups: Sequence[str], *names: bytes) -> Iterator[Run]:
    for at in range(0, len(groups), _PAGE):
        page = groups[at : at + _PAGE]
        pipe = store.client.pipeline(transaction=False)
        for group in page:
            key = store.keys.run(account, group)
            pipe.hmget(key, names) if names else pipe.hgetall(key)
        for group, found in zip(page, execute(store, pipe), strict=True):
            pairs = zip(names, found, strict=True) if names else found.items()
            fields = {name: value for name, value in pairs if value is not None}
            parsed = parse_run_fields(account, group, fields)
            if parsed is not None:
                yield parsed


def _live_groups(store: Store, account: str) -> list[str]:
    groups = insist(store, lambda pipe: pipe.smembers(store.keys.live_runs(account)))
    return sorted(text(name) for name in groups)


def fates(store: Store, account: str, group: str, *, rows: int | None = None) -> bytes:
    """Return the fates of a run, a byte a row; `rows`: filled up with blanks to so many."""
    value = insist(store, lambda pipe: pipe.get(store.keys.fates(account, group))) or b""
    return bytes(value.replace(b"\0", b" ").ljust(rows or 0))


def due_at(store: Store, account: str) -> dict[str, int]:
    """Return what is planned: a scheduled run, or a campaign's next run by `cron` → ms."""
    found = ask(store, lambda pipe: pipe.zrange(store.keys.due(account), 0, -1, withscores=True))
    return {text(name): number(at) for name, at in found}


def windows(store: Store, account: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return the spans (ms) in which runs may send, for those that have a window."""
    return {group: window.spans for group, window in read_windows(store, account).items()}
