"""`plexsend campaign send`: a campaign without a file, for a list that is sent once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.commands.campaign.check import errors_option, repeats_option
from plexsend.cli.commands.campaign.create import leave_out_option
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, MOMENT, SERVICE, example, json_option, yes_option
from plexsend.errors import UsageError
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 32


def _pairs(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return names with what each is given; an error does not show the value."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter("write NAME=VALUE.")
        if name.strip() in found:
            raise click.BadParameter(f"{name.strip()[:40]!r} is given twice.")
        found[name.strip()] = text.strip()
    return found


def _window(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    begins, dash, ends = value.partition("-")
    if not dash:
        raise click.BadParameter("write two times of a day: 10:00-18:00.")
    return begins.strip(), ends.strip()


@click.command(
    epilog=example(
        "plexsend campaign send list.xlsx --service mms-bulk --from 02-2345-6789 --title 안내 \\",
        "  --text '#{이름}님, 봄옷이 왔습니다.' --image spring.jpg \\",
        "  --map receiver_number=휴대폰번호 --send-at '2026-12-01 10:00'",
    )
)
@click.argument("list_", metavar="LIST|-")
@click.option("--service", type=SERVICE, metavar="S", required=True, help="The service that it goes through.")
@click.option(
    "--text", metavar="T", required=True, help="What it says; #{이름} is the cell of the column 이름."
)
@click.option("--title", metavar="T", default="", help="Its title.")
@click.option(
    "--from", "sender", metavar="N", default="", help="A sender number registered with the gateway."
)
@click.option("--image", "images", metavar="FILE|URL", multiple=True, help="A picture; up to three times.")
@click.option(
    "--map",
    "mapping",
    metavar="FIELD=COLUMN",
    multiple=True,
    callback=_pairs,
    help="The column of a field or variable, such as receiver_number=휴대폰번호.",
)
@click.option(
    "--default",
    "defaults",
    metavar="VARIABLE=TEXT",
    multiple=True,
    callback=_pairs,
    help="What stands in for an empty cell, such as 이름=고객.",
)
@click.option(
    "--field",
    "fields",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="Another field of the service, such as msg_type=RMM.",
)
@click.option("--name", metavar="NAME", help="What the campaign is called. [default: as the list is]")
@click.option("--label", metavar="L", default="", help="What people read in place of the name.")
@click.option("--account", type=ACCOUNT, metavar="A", default="main", show_default=True, help="Who sends it.")
@click.option(
    "--send-at",
    type=MOMENT,
    metavar="T",
    help="When it starts (ISO 8601; without a zone in that of the policy time_zone). [default: at once]",
)
@click.option("--expires-at", type=MOMENT, metavar="T", help="Nothing of it is sent from then on.")
@click.option("--window", metavar="FROM-UNTIL", callback=_window, help="Hours of a day, such as 10:00-18:00.")
@click.option("--rate", type=click.IntRange(1), metavar="N", help="Messages a second, at most.")
@click.option("--advertisement", is_flag=True, help="It is an advertisement: it gets its marks by itself.")
@click.option(
    "--duplicates",
    type=click.Choice(["first", "send"]),
    help="Whether a number is written to once (first), or for each of its rows.",
)
@click.option(
    "--encoding", type=click.Choice(["utf-8", "cp949", "utf-16"]), help="Of the list. [default: found]"
)
@click.option("--sheet", metavar="S", help="The sheet of a spreadsheet. [default: the first]")
@yes_option
@leave_out_option
@errors_option
@repeats_option
@json_option
def send(
    *,
    list_: str,
    send_at: datetime | None,
    expires_at: datetime | None,
    name: str | None,
    account: str,
    yes: bool,
    leave_out_invalid: bool,
    errors: Path | None,
    repeats: Path | None,
    as_json: bool,
    fields: dict[str, str],
    **values: Any,
) -> int:
    """Send to everybody in LIST, without a definition's file.

    This is what `create` and `start` do. It is checked, and its plan is shown, before it asks. With --send-at
    it starts then, otherwise at once. Exit code 1 if a row is invalid.
    """
    screen = Screen(as_json=as_json)
    if list_ == "-" and name is None:
        raise UsageError("The standard input has no name that the campaign could have. Give --name.")
    from plexsend.cli.campaign_creating import create_campaign, print_created, require_answer

    require_answer(yes=yes)
    with open_outbox(screen) as (settings, store):
        from plexsend.campaigns.definitions.definition import define
        from plexsend.campaigns.definitions.keys import KEYS
        from plexsend.cli.campaign_sources import of_definition
        from plexsend.cli.timing import read_timing

        timing = read_timing(store, account, send_at=send_at, expires_at=expires_at)
        given = {key: value for key, value in values.items() if value not in (None, "", (), {}, False)}
        if sender := given.pop("sender", None):
            given["from"] = sender
        if own := sorted(fields.keys() & {*KEYS, *given}):
            raise UsageError(f"--field {own[0]}=… is not a field of the service. Options say the rest of it.")
        definition = define(
            **given,
            **fields,
            name=name or _name_of(list_),
            account=account,
            send_at=timing.send_at,
            expires_at=timing.expires_at,
            **({} if list_ == "-" else {"recipients": list_}),
        )
        created, code = create_campaign(
            screen,
            settings,
            store,
            of_definition(definition, list_ if list_ == "-" else None),
            yes=yes,
            leaves_out_invalid=leave_out_invalid,
            errors=errors,
            repeats=repeats,
            question="Send it?" if timing.send_at is None else "Schedule it?",
        )
        if created is None or created.group is None:
            return code
        if timing.send_at is None:
            from plexsend.campaigns.drafts.creating import start_created

            created = start_created(store, created)
        print_created(screen, store, definition, created)
    return code


def _name_of(path: str) -> str:
    """Return the name of a campaign for a list; what has no letter of names in it is called `list`."""
    stem = Path(path).name.partition(".")[0].lower()
    return _NOT_IN_NAMES.sub("-", stem).strip("-")[:_LONGEST_NAME].strip("-") or "list"
