"""`plexsend pause`: a person holds a lane, a service, an account or a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.login import login_name
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, group_account_option, json_option, what_argument, words_option
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.cli.targets import Target
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.redis.store import Store


@click.command(
    epilog=example(
        "plexsend pause mms-bulk@main --reason 'wrong price in the text'",
        "plexsend pause mms-finance --reason maintenance --by night-shift",
        "plexsend pause group:spring-sale --reason 'wrong price in the text'",
    ),
)
@what_argument
@words_option("--reason", "R", "Why, for the people who find it held.", required=True)
@words_option("--by", "NAME", "Who holds it. [default: your login name]")
@group_account_option
@json_option
def pause(*, what: str, reason: str, by: str | None, account: str | None, as_json: bool) -> None:
    """Keep WHAT from sending until somebody resumes it: a lane (mms-bulk@main), service, account or group.

    Nothing is lost meanwhile: messages are taken in and wait. Requests under way end as usual. It may be
    paused before it has any lane. A group is written group:NAME. `lane:`, `service:` or `account:` before a
    name says what is meant.
    """
    from plexsend.outbox.reading.json_shapes import hold_json

    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.cli.targets import find_target
        from plexsend.outbox import steer

        target = find_target(screen, settings, store, what, warns=True, account=account)
        steer.pause(
            store, target.scope, target.what, account=target.account, by=by or login_name(), why=reason
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
