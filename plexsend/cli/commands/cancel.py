"""`plexsend cancel`: take a message back, or a whole group."""

from __future__ import annotations

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import (
    account_option,
    example,
    json_option,
    key_or_group_argument,
    words_option,
    yes_option,
)
from plexsend.terminal.screen import Screen


@click.command(
    epilog=example("plexsend cancel order-4711", "plexsend cancel group:spring-sale --reason 'wrong price'")
)
@key_or_group_argument
@account_option
@words_option("--reason", "R", "Of a group: why, for the people who find it closed.")
@words_option("--by", "NAME", "Of a group: who cancels it. [default: your login name]")
@yes_option
@json_option
def cancel(
    *, what: str, account: str | None, reason: str | None, by: str | None, yes: bool, as_json: bool
) -> int:
    """Take the message KEY back if it has not been sent, or all that was not sent of a group.

    What is being sent now is cancelled if it comes back unsent; what may have been sent already becomes
    uncertain, and `plexsend uncertain settle` decides. Exit code 1 if it is too late for KEY.

    A group is closed first: nothing can be put into it until `plexsend resume group:NAME` opens it. On a
    terminal a group is asked about before. Interrupted, run it again: it goes on.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.deciding import decide_one
    from plexsend.cli.group_deciding import cancel_group
    from plexsend.cli.targets import read_group
    from plexsend.outbox.steer import Act

    group = read_group(what)
    if group is None and (reason or by):
        raise click.UsageError("--reason and --by are of a group (group:NAME): one message keeps neither.")
    with open_outbox(screen) as (settings, store):
        if group is None:
            decide_one(screen, store, what, account=account, act=Act.CANCEL)
            return 0
        if account is not None:
            from plexsend.cli.targets import require_account
            from plexsend.outbox.reading.groups import known_accounts

            require_account(account, known_accounts(store, settings.accounts) or {account})
        return cancel_group(screen, store, group, account=account, why=reason or "", by=by, asks=not yes)
