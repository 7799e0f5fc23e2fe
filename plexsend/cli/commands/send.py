"""`plexsend send`: one message."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.advertising_options import advertising_options
from plexsend.cli.options import SERVICE, example, json_option, msg_type_option, submit_options
from plexsend.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


_WAIT_S = 60
"""How long --wait waits at most, unless it is told: a receipt of an MMS comes within seconds as a rule."""
_LONGEST_WAIT_S = 7 * 24 * 3600

_OPTIONS = {
    "to": "--to",
    "from_": "--from",
    "text": "--text",
    "title": "--title",
    "images": "--image",
    "msg_key": "--key",
    "msg_type": "--msg-type",
}
"""Word of a sender, as `plexsend.send` has it → how it is typed here."""


def _split(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return fields by their names; an error does not show the value."""
    fields: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter("write NAME=VALUE, such as header=0.")
        if name in fields:
            raise click.BadParameter(f"{name[:40]!r} is given twice.")
        fields[name] = text
    return fields


@click.command(
    epilog=example(
        "plexsend send mms-bulk --to 010-2345-6789 --from 02-3456-7890 \\",
        "  --text 'Your order is ready.' --image https://example.com/a.jpg",
        "plexsend send rcs-mms-bulk --msg-type RMM --to 010-2345-6789 --from 02-3456-7890 \\",
        "  --text 'Your order is ready.' --image maapfile://abc --key order-4711 --field br_id=BR.1 \\",
        "  --field brand_key=BK.1 --field msg_base_id=SMwThT00 --field header=0",
    ),
)
@click.argument("service", type=SERVICE, metavar="SERVICE")
@click.option(
    "--to",
    "receivers",
    metavar="N",
    required=True,
    multiple=True,
    help="A receiver's mobile number; each one that is given gets a message of its own.",
)
@click.option(
    "--from",
    "sender",
    metavar="N",
    default="",
    help="A sender number registered with the gateway. [default: the first of the policy senders]",
)
@click.option("--text", metavar="T", required=True, help="What it says; `-` reads it from standard input.")
@click.option("--title", metavar="T", help="Its title.")
@click.option(
    "--image",
    "images",
    metavar="FILE|URL",
    multiple=True,
    help="An image: a file, which is uploaded, or an uploaded one's address; up to three times.",
)
@click.option("--key", "msg_key", metavar="KEY", help="Its key; a UUID where none is given. RCS needs one.")
@click.option(
    "--field",
    "fields",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_split,
    help="Any other field, named as in the header of a table.",
)
@click.option(
    "--fallback-service",
    type=SERVICE,
    metavar="S",
    help="For RCS: the service through which something is sent in its place where it reaches nobody.",
)
@click.option(
    "--fallback-text", metavar="T", help="What that says. Its other fields: --field fallback.title=…"
)
@click.option(
    "--wait",
    "wait_s",
    metavar="[S]",
    is_flag=False,
    flag_value=str(_WAIT_S),
    type=click.IntRange(1, _LONGEST_WAIT_S),
    help=f"Print each state as it comes, for S seconds at most (without S: {_WAIT_S}); see below.",
)
@msg_type_option
@submit_options
@advertising_options
@json_option
def send(
    *,
    service: str,
    receivers: tuple[str, ...],
    sender: str,
    text: str,
    title: str | None,
    images: tuple[str, ...],
    msg_key: str | None,
    fields: dict[str, str],
    fallback_service: str | None,
    fallback_text: str | None,
    msg_type: str | None,
    account: str,
    group: str | None,
    send_at: datetime | None,
    expires_at: datetime | None,
    replace: bool,
    advertisement: bool,
    night_consent: bool,
    wait_s: int | None,
    as_json: bool,
) -> int:
    """Put one message in for each receiver; a worker sends it.

    Exit code 1 if a message is refused or its key belongs to another message; the others are in all the same.

    With --wait the exit code is 0 once all are delivered, or accepted where nothing takes receipts for the
    account (it says so then), and 1 where one ends otherwise or the time is over. Ctrl-C ends the waiting
    alone: what was put in goes on.
    """
    from plexsend.cli.submitting import submit_few
    from plexsend.producers.message import make_item, name_as_written

    _check_receivers(receivers, msg_key)
    others = _make_fields(service, _with_fallback(fields, fallback_service, fallback_text))
    said = _read_stdin() if text == "-" else text
    items = [
        make_item(
            service,
            to=receiver,
            from_=sender,
            text=said,
            title=title,
            images=[address for image in images for address in _addresses(image)],
            msg_key=msg_key,
            fields=others,
            written=_OPTIONS,
        )
        for receiver in receivers
    ]
    return submit_few(
        service,
        items,
        account=account,
        group=group,
        msg_type=msg_type,
        send_at=send_at,
        expires_at=expires_at,
        replace=replace,
        advertisement=advertisement,
        night_consent=night_consent,
        as_json=as_json,
        wait_s=wait_s,
        name=partial(name_as_written, service=service, fields=others, written=_OPTIONS),
    )


def _with_fallback(fields: Mapping[str, str], service: str | None, text: str | None) -> dict[str, str]:
    """Return the fields with those of the fallback that have options of their own."""
    if (service is None) != (text is None):
        raise UsageError("--fallback-service and --fallback-text go together. Give both, or neither.")
    if service is None or text is None:
        return dict(fields)
    own = {"fallback.service": service, "fallback.msg": text}
    if twice := sorted(own.keys() & fields.keys()):
        raise UsageError(
            f"{', '.join(twice)} is given as --field and by an option. Leave one of the two out."
        )
    return {**fields, **own}


def _addresses(image: str) -> list[str | Path]:
    """Return the images of one --image. An address of RCS (maapfile://) may hold any character."""
    from plexsend.producers.files.layout import split_addresses
    from plexsend.producers.placing import file_of

    # What has no scheme is a file, from the folder in which the command is run.
    file = file_of(image, Path())
    if file is not None:
        return [file]
    return [*split_addresses(image)] if image.lstrip().lower().startswith("http") else [image]


def _check_receivers(receivers: Sequence[str], msg_key: str | None) -> None:
    """Raise UsageError where one key would name several messages, or a receiver is named twice."""
    from plexsend.gateway.numbers import normalise_receiver

    if len(receivers) > 1 and msg_key is not None:
        raise UsageError(
            f"--key names one message, and --to {len(receivers)} receivers. Leave --key out, send to each by "
            "itself, or import a file in which each row has its key."
        )
    # What is not a number is refused as such later.
    numbers = [normalise_receiver(receiver) for receiver in receivers]
    twice = next((place for place, number in enumerate(numbers) if number in numbers[:place]), None)
    if twice is not None:
        raise UsageError(f"--to number {twice + 1} was given before. Give each receiver once.")


def _read_stdin() -> str:
    try:
        # What writes into a pipe ends with a line end, and PowerShell begins with a byte order mark.
        return sys.stdin.read().removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # From None: Python's error holds the text.
        raise UsageError(f"Standard input is not {sys.stdin.encoding.upper()} text.") from None


def _make_fields(service: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return fields that are given as a table's cells are, by names with dots, as an item holds them."""
    from plexsend.gateway.strict_json import BadJson
    from plexsend.producers.files.columns import columns_of
    from plexsend.producers.files.layout import Layout

    columns = columns_of(service)
    within = sorted(name for name in fields if any(known.startswith(f"{name}.") for known in columns.known))
    if within:
        raise UsageError(
            f"{', '.join(within)}: holds other fields; name them with dots, as in msg.body.title."
        )
    try:
        return Layout(list(fields), columns).make_item(list(fields.values()))
    except BadJson as exc:
        raise UsageError(f"The message {exc}.") from None
