"""`plexsend campaign test`: a row of a run to one's own numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.terminal.faults import EXIT_REFUSED, Fault
from plexsend.terminal.meter import meter
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.campaigns.testing_rows import WhichRow
    from plexsend.errors import Problem


class _Row(click.ParamType[Any]):
    """The number of a row, or `longest`."""

    name = "row"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value).strip().lower() == "longest":
            return "longest"
        if not str(value).isdecimal() or int(value) < 1:
            self.fail(f"{value!r} is not a row: give its number, 1 the first, or longest.", param, ctx)
        return int(value)


def _as_typed(problem: Problem) -> Problem:
    return replace(problem, field="--to") if problem.field == "receiver_number" else problem


@click.command(
    epilog=example(
        "plexsend campaign test spring-sale --to 010-2345-6789",
        "plexsend campaign test spring-sale --to 010-2345-6789 --row longest",
    )
)
@run_argument
@click.option(
    "--to", multiple=True, required=True, metavar="NUMBER", help="Your own number; may be given again."
)
@click.option(
    "--row",
    type=_Row(),
    metavar="N|longest",
    help="The N-th row, or the one with the longest text. [default: the first that goes]",
)
@run_account_option
@json_option
def test(*, name: str, to: tuple[str, ...], row: WhichRow, account: str | None, as_json: bool) -> int:
    """Send a row of the run NAME to your own numbers.

    You get it as its receiver would, with all that its row fills in. No run counts it, and the run need not
    have begun. An advertisement waits in the quiet hours. Exit code 1 where a number was refused.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.campaigns.reading.finding import find_run
        from plexsend.campaigns.testing_rows import send_test
        from plexsend.outbox.reading.json_shapes import masked
        from plexsend.terminal.faults import problem_json

        run = find_run(store, name, account)
        with meter(screen, "look", "rows") as report:
            done = send_test(store, settings, run, to, row=row, report=report)
    for each in done.numbers:
        shown = masked("".join(filter(str.isdecimal, each.number))[-4:])
        screen.facts(
            {
                "name": run.name,
                "run": run.number,
                "line": done.line,
                "to": shown,
                "msg_key": each.msg_key,
                "problems": [problem_json(problem) for problem in each.problems],
            }
        )
        if each.msg_key is not None:
            screen.say(f"The row in line {done.line:,} goes to {shown}: plexsend status {each.msg_key}")
        if each.problems:
            named = shown or "what is not a number"
            words = f"The test to {named} was refused; nothing was sent to it."
            problems = tuple(map(_as_typed, each.problems))
            screen.complain(Fault("invalid", words, problems))
    return EXIT_REFUSED if any(each.msg_key is None for each in done.numbers) else 0
