"""`plexsend pause` and `plexsend resume`: a person holds a lane, a service or an account, and lets it go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.facts import hold_json
from plexsend.cli.faults import Refused
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.cli.screen import Screen
from plexsend.errors import Problem

if TYPE_CHECKING:
    from plexsend.cli.targets import Target
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.store import Store
    from plexsend.settings import Settings

_LONGEST_REASON = 200
"""Characters of a pause's reason: a hold is read in one line."""

what_argument = click.argument("what", metavar="WHAT")


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
    "--reason", metavar="R", required=True, callback=_check_words, help="Why, for whoever finds it held."
)
@click.option("--by", metavar="NAME", callback=_check_words, help="Who holds it. [default: your login name]")
@json_option
def pause(*, what: str, reason: str, by: str | None, as_json: bool) -> None:
    """Keep WHAT from sending until somebody resumes it: a lane (mms-bulk@main), a service or an account.

    Nothing is lost meanwhile: messages are taken in and wait. Requests under way end as usual. It may be
    paused before it has any lane. `lane:`, `service:` or `account:` before a name says what is meant.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.outbox import steer  # noqa: PLC0415  `--help` must be quick

        target = _read(screen, settings, store, what, told=True)
        steer.pause(
            store, target.scope, target.what, account=target.account, by=by or _login_name(), why=reason
        )
        hold = _standing(store, target)
    if hold is not None:
        screen.facts(hold_json(hold))
    screen.say(f"The {target.scope} {target.what} is paused. `plexsend resume {what}` lets it send again.")


@click.command(epilog=example("plexsend resume mms-bulk@main", "plexsend resume main"))
@what_argument
@json_option
def resume(*, what: str, as_json: bool) -> None:
    """Let WHAT send again: a lane (mms-bulk@main), a service or an account.

    Ends a pause, and whatever else waits for a person: after a top-up resume the account, after a corrected
    secret too; after a corrected address the lane. Exit code 1 if nothing was held.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.outbox import steer  # noqa: PLC0415  `--help` must be quick

        target = _read(screen, settings, store, what, told=False)
        ended = steer.resume(store, target.scope, target.what, account=target.account)
    reasons = [field.split(" ")[1] for field in ended]
    if not reasons:
        raise Refused(
            f"Nothing held: there is no hold on the {target.scope} {target.what}. "
            "`plexsend holds` lists what is held."
        )
    screen.facts({"scope": str(target.scope), "what": target.what, "ended": reasons})
    screen.say(f"The {target.scope} {target.what} may send again (ended: {', '.join(reasons)}).")


def _read(screen: Screen, settings: Settings, store: Store, what: str, *, told: bool) -> Target:
    from plexsend.cli.targets import read_target  # noqa: PLC0415  `--help` must be quick
    from plexsend.outbox import queries  # noqa: PLC0415

    lanes = queries.lanes(store)
    services = {*settings.services, *(lane.service for lane in lanes)}
    # `main` is what every command means that names no account.
    accounts = {"main", *settings.accounts, *(lane.account for lane in lanes)}
    target = read_target(what, services=services, accounts=accounts)
    if told and not target.known:
        screen.warn(
            Problem(
                target.what,
                f"is no {target.scope} that is known here",
                "It is held all the same; check its name.",
            )
        )
    return target


def _standing(store: Store, target: Target) -> Hold | None:
    from plexsend.outbox import queries  # noqa: PLC0415  `--help` must be quick

    account = target.account
    holds = queries.service_pauses(store) if account is None else queries.holds(store, account)
    wanted = (target.scope, "pause", target.what)
    # None where somebody resumed it in this very moment.
    return next((hold for hold in holds if (hold.scope, hold.reason, hold.what) == wanted), None)


def _login_name() -> str:
    import getpass  # noqa: PLC0415  needed by one command

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no name.
        return "unknown"
