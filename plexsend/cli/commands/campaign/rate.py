"""`plexsend campaign rate`: how fast a run goes."""

from __future__ import annotations

from math import isfinite
from typing import Any

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.terminal.screen import Screen

_MOST = 100_000


class _Rate(click.ParamType[float]):
    """Messages a second; 0, or `none`, is no limit."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if str(value).strip().lower() == "none":
            return 0.0
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if not isfinite(rate) or not (rate == 0 or 0.1 <= rate <= _MOST):  # noqa: PLR2004  one in ten seconds
            self.fail(f"{value!r} is not a rate: a number from 0.1 to {_MOST:,}, or none.", param, ctx)
        return rate


@click.command(
    epilog=example("plexsend campaign rate spring-sale 50", "plexsend campaign rate spring-sale none")
)
@run_argument
@click.argument("per_s", type=_Rate(), metavar="N")
@run_account_option
@json_option
def rate(*, name: str, per_s: float, account: str | None, as_json: bool) -> None:
    """Let the run NAME send at most N a second.

    `none`: as fast as its service goes. It holds at once, also for what was fed before and waits.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns import steering
        from plexsend.campaigns.reading.finding import find_run

        run = find_run(store, name, account)
        steering.set_rate(store, run, per_s or None)
    screen.facts(
        {
            "name": run.name,
            "run": run.number,
            "account": run.account,
            "rate_per_s": per_s or None,
        }
    )
    limit = f"at most {per_s:g} messages a second" if per_s else "as fast as its service goes"
    screen.say(f"{run.written} goes {limit}.")
