"""`plexsend cancel`: take a message back."""

from __future__ import annotations

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import account_option, example, json_option, key_argument
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend cancel order-4711"))
@key_argument
@account_option
@json_option
def cancel(*, key: str, account: str | None, as_json: bool) -> None:
    """Take the message KEY back if it has not been sent.

    One that is being sent now is cancelled if it comes back unsent; one that may have been sent already
    becomes uncertain, and `plexsend uncertain settle` decides. Exit code 1 if it is too late.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.deciding import decide_one
    from plexsend.outbox.steer import Act

    with open_outbox(screen) as (settings, store):
        decide_one(screen, settings, store, key, account=account, act=Act.CANCEL)
