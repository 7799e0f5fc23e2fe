"""`plexsend receipts`: what the gateway posted of delivery, and what of it belongs to no message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, example, json_option, wide_option
from plexsend.terminal.moments import WallClock, utc
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.reading.receipts import ReceiptCounts
    from plexsend.outbox.strays import Stray, UnreadPost

_RECEPTIONS = (("settled", 0), ("kept", 2), ("noted", 3), ("repeated", 1), ("stranger", 0))
"""What became of receipts, and in which turn a narrow terminal does without it."""
_MOST_SHOWN = 20
"""Strangers and unread posts that people see; programs get all that are kept."""


@click.command(epilog=example("plexsend receipts", "plexsend receipts --json"))
@click.option("--account", type=ACCOUNT, metavar="A", help="Only what came for this account.")
@wide_option
@json_option
def receipts(*, account: str | None, wide: bool, as_json: bool) -> None:
    """Show how many receipts came for each account, what became of them, and what they said.

    Below come those with a key that no message has (strangers), and posts that could not be read: the newest
    of each, without numbers and texts. Posts that were refused (another path, secret or address, too long,
    too slow) are counted, by why. Of a single message `plexsend status KEY` shows the receipt.
    """
    from plexsend.cli.targets import require_own_account
    from plexsend.outbox.policies.wall_clocks import clock_of
    from plexsend.outbox.reading import queries
    from plexsend.outbox.reading.receipts import receipt_counts
    from plexsend.outbox.refusals import apart
    from plexsend.outbox.strays import read_strays, read_unread

    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        names = [account] if account else sorted({*queries.accounts(store), *settings.accounts})
        counts = [each for each in receipt_counts(store, names) if account or each.any]
        strays = [each for each in read_strays(store) if account in (None, each.account)]
        why, posts = read_unread(store)
        # What came before an account's first message is shown all the same.
        if not strays:
            require_own_account(settings, store, account)
        clock = clock_of(store, *names)
    posts = [each for each in posts if account in (None, each.account)]
    for each in counts:
        screen.facts({"kind": "account", **_counts_json(each)})
    for stray in strays:
        screen.facts({"kind": "stranger", **_stray_json(stray)})
    refused, unread = apart(why)
    screen.facts({"kind": "refused", "counts": refused})
    screen.facts({"kind": "unread", "counts": unread, "newest": [_unread_json(post) for post in posts]})
    if not as_json:
        _show_counts(screen, clock, counts, wide=wide)
        _show_rest(screen, clock, strays, (refused, unread), posts, wide=wide)


def _counts_json(counts: ReceiptCounts) -> dict[str, object]:
    return {
        "account": counts.account,
        "first_at": utc(counts.first_ms),
        "last_at": utc(counts.last_ms),
        **{str(name): n for name, n in counts.receptions.items()},
        "classes": {str(name): n for name, n in counts.classes.items()},
    }


def _stray_json(stray: Stray) -> dict[str, object]:
    return {"at": utc(stray.at_ms), "account": stray.account, "msg_key": stray.msg_key, "code": stray.code}


def _unread_json(post: UnreadPost) -> dict[str, object]:
    return {"at": utc(post.at_ms), "account": post.account or None, "why": post.why, "words": post.words}


def _show_counts(screen: Screen, clock: WallClock, counts: Sequence[ReceiptCounts], *, wide: bool) -> None:
    rows = [
        [each.account, clock.cell(each.last_ms), *(f"{n:,}" for n in each.receptions.values()), _said(each)]
        for each in counts
    ]
    columns = (
        Column("account", style="bold"),
        Column(clock.title("last")),
        *(Column(name, right=True, leave_out=turn) for name, turn in _RECEPTIONS),
        Column("they said", folds=True),
    )
    screen.table(columns, rows, empty="No receipt ever came.", blocks=True, wide=wide)


def _show_rest(
    screen: Screen,
    clock: WallClock,
    strays: Sequence[Stray],
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    posts: Sequence[UnreadPost],
    *,
    wide: bool,
) -> None:
    at = Column(clock.title("at"))
    if strays:
        screen.note(f"No message has these keys{_newest(len(strays))}:")
        shown = [[clock.cell(e.at_ms), e.account, e.msg_key, e.code] for e in strays[-_MOST_SHOWN:]]
        columns = (at, Column("account"), Column("msg_key", style="bold"), Column("code", style="yellow"))
        screen.table(columns, shown, wide=wide)
    refused, unread = counts
    if refused:
        screen.note(f"Posts that were refused before they were read: {_counted(refused)}.")
    if unread:
        screen.note(f"Posts that could not be read: {_counted(unread)}.")
        told = [[clock.cell(e.at_ms), e.account, e.why, e.words] for e in posts[-_MOST_SHOWN:]]
        columns = (at, Column("account"), Column("why", style="yellow"), Column("words", folds=True))
        screen.table(columns, told, blocks=True, wide=wide)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{why} {n:,}" for why, n in counts.items())


def _said(counts: ReceiptCounts) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.classes.items() if n)


def _newest(count: int) -> str:
    return f", the newest {_MOST_SHOWN} of {count:,}" if count > _MOST_SHOWN else ""
