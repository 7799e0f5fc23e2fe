"""`plexsend resume`: a person lets a lane, a service, an account or a group send again."""

from __future__ import annotations

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, group_account_option, json_option, what_argument
from plexsend.errors import NotPossible
from plexsend.terminal.screen import Screen


@click.command(
    epilog=example("plexsend resume mms-bulk@main", "plexsend resume main", "plexsend resume group:spring")
)
@what_argument
@group_account_option
@json_option
def resume(*, what: str, account: str | None, as_json: bool) -> None:
    """Let WHAT send again: a lane (mms-bulk@main), a service, an account or a group (group:NAME).

    Ends a pause, and every other hold that waits for a person. Resume the account after a top-up or a
    corrected secret, and the lane after a corrected address. A group that a cancel closed is opened: messages
    can be put into it again. Exit code 1 if nothing was held.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.cli.targets import find_target
        from plexsend.outbox import steer
        from plexsend.outbox.holds import Scope
        from plexsend.outbox.rewound import rewind

        target = find_target(screen, settings, store, what, warns=False, account=account)
        ended = steer.resume(store, target.scope, target.what, account=target.account)
        rewound = rewind(store, target.what) if target.scope is Scope.ACCOUNT else None
    reasons = [field.split(" ")[1] for field in ended]
    decide = (
        f"Account {target.what} is held because Redis went back in time. What may have gone since is to be "
        "decided: plexsend rewound settle --as sent|resend"
    )
    if not reasons and rewound is not None:
        raise NotPossible(decide)
    if not reasons:
        raise NotPossible(
            f"Nothing held: there is no hold on the {target.scope} {target.what}. "
            "`plexsend holds` lists what is held."
        )
    screen.facts({"scope": str(target.scope), "what": target.what, "ended": reasons})
    if rewound is not None:
        screen.say(decide, wraps=True)
        return
    screen.say(f"The {target.scope} {target.what} may send again (ended: {', '.join(reasons)}).")
