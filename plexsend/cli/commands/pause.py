"""`plexsend pause`: a person holds a lane, a service or an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, what_argument
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.cli.targets import Target
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.redis.store import Store

_LONGEST_REASON = 200
"""Characters of a pause's reason: a hold is read in one line."""


def _check_words(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and (not value.strip() or len(value) > _LONGEST_REASON or not value.isprintable()):
        raise click.BadParameter(f"write 1 to {_LONGEST_REASON} characters on one line.")
    return value


@click.command(
    epilog=example(
        "plexsend pause mms-bulk@main --reason 'wrong price in the text'",
        "plexsend pause mms-finance --reason maintenance --by night-shift",
    ),
)
@what_argument
@click.option(
    "--reason",
    metavar="R",
    required=True,
    callback=_check_words,
    help="Why, for the people who find it held.",
)
@click.option("--by", metavar="NAME", callback=_check_words, help="Who holds it. [default: your login name]")
@json_option
def pause(*, what: str, reason: str, by: str | None, as_json: bool) -> None:
    """Keep WHAT from sending until somebody resumes it: a lane (mms-bulk@main), a service or an account.

    Nothing is lost meanwhile: messages are taken in and wait. Requests under way end as usual. It may be
    paused before it has any lane. `lane:`, `service:` or `account:` before a name says what is meant.
    """
    from plexsend.outbox.reading.json_shapes import hold_json

    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.cli.targets import find_target
        from plexsend.outbox import steer

        target = find_target(screen, settings, store, what, warns=True)
        steer.pause(
            store, target.scope, target.what, account=target.account, by=by or _login_name(), why=reason
        )
        hold = _standing(store, target)
    if hold is not None:
        screen.facts(hold_json(hold))
    screen.say(f"The {target.scope} {target.what} is paused. `plexsend resume {what}` lets it send again.")


def _standing(store: Store, target: Target) -> Hold | None:
    from plexsend.outbox.reading import queries

    account = target.account
    holds = queries.service_pauses(store) if account is None else queries.holds(store, account)
    wanted = (target.scope, "pause", target.what)
    # None where somebody resumed it in this very moment.
    return next((hold for hold in holds if (hold.scope, hold.reason, hold.what) == wanted), None)


def _login_name() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no name.
        return "unknown"
