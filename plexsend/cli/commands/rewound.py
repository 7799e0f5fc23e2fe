"""`plexsend rewound`: what a person decides where Redis went back in time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.login import login_name
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, MOMENT, example, json_option, words_option, yes_option
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime

_account_option = click.option(
    "--account", type=ACCOUNT, metavar="A", help="This account alone; all that are held so otherwise."
)


@click.group(
    epilog=example(
        "plexsend rewound settle --as sent", "plexsend rewound mark --since 2026-11-28T03:00:00+09:00"
    )
)
def rewound() -> None:
    """Decide what becomes of messages where Redis forgot whether they were sent.

    A copy of its file was restored, or a replica that lagged became master: what went since then waits again,
    as if it had not. Workers notice, and hold all accounts (`plexsend holds`: rewound).
    """


@rewound.command(
    epilog=example(
        "plexsend rewound settle --as sent",
        "plexsend rewound settle --as resend --lane mms-bulk@main --yes",
        "plexsend rewound settle --as resend --archive /var/lib/plexsend/archive",
    )
)
@click.option(
    "--as",
    "verdict",
    metavar="sent|resend",
    type=click.Choice(["sent", "resend"]),
    required=True,
    help="sent: they count as accepted. resend: they go again, on the risk that they arrive twice.",
)
@click.option("--lane", "what", metavar="L|group:G", help="Those of this lane or group alone.")
@_account_option
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="What this archive knows as sent since then counts as accepted first, and needs no guess.",
)
@yes_option
@json_option
def settle(
    *, verdict: str, what: str | None, account: str | None, archive: Path | None, yes: bool, as_json: bool
) -> int:
    """Settle what may have gone in the time that Redis forgot.

    In each lane they are those that were being sent, and then as many as workers know to have gone, in the
    order in which the lane sends. With --archive those that an archive (plexsend archive) knows as sent are
    accepted first, each by its key and with its receipt, and what was cancelled is cancelled again; --as
    decides on the rest. Compare with the gateway's own list first. What was submitted since is not touched,
    and goes: where an application submitted a message again that Redis forgot, cancel it first. The hold
    ends once all lanes are settled. Interrupted, run it again: it goes on. Exit code 1 if nothing is to be
    settled, or something is left.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.rewinding import settle_rewound

    with open_outbox(screen) as (_, store):
        return settle_rewound(
            screen, store, verdict, what=what, account=account, archive=archive, asks=not yes
        )


@rewound.command(epilog=example("plexsend rewound mark --since 2026-11-28T03:00:00+09:00"))
@click.option(
    "--since",
    type=MOMENT,
    metavar="T",
    required=True,
    help="Of when the restored copy is (ISO 8601 with zone).",
)
@words_option("--reason", "R", "Why, for the people who find it held.")
@words_option("--by", "NAME", "Who marks it. [default: your login name]")
@_account_option
@json_option
def mark(*, since: datetime, reason: str | None, by: str | None, account: str | None, as_json: bool) -> int:
    """Hold accounts after a restore, until they are settled.

    Workers that ran before the restore, or have a file of what they remember (PLEXSEND_STATE_DIR), notice it
    by themselves, and know how much went. Without them nobody does: mark it before a worker starts. Then all
    that was waiting counts as what may have gone. Exit code 1 if all accounts were held so already.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.rewinding import mark_rewound

    with open_outbox(screen) as (_, store):
        return mark_rewound(
            screen, store, since, account=account, by=by or login_name(), why=reason or "a copy was restored"
        )
