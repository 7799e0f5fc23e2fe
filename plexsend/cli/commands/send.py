"""`plexsend send`: one message."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from plexsend.cli.options import SERVICE, example, json_option, msg_type_option, submit_options
from plexsend.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class _Places(NamedTuple):
    """Where the parts of a message stand in its item, and how many images it may have."""

    text: str = "msg"
    title: str = "title"
    image: str = "file_path"
    one_image: bool = False

    def join(self, images: tuple[str, ...]) -> str:
        """Return the images as a cell of a table holds them."""
        if self.one_image:
            if len(images) > 1:
                raise UsageError(f"A message of this service has one image, and {len(images)} are given.")
            return "".join(images)
        # The bar parts the cell's URLs; in a URL this is another way to write it.
        return "|".join(image.replace("|", "%7C") for image in images)


_PLAIN = _Places()
_PLACES = {"rcs-mms": _Places("msg.body.description", "msg.body.title", "msg.body.media", one_image=True)}
"""Product whose parts do not stand where those of the others do → where they stand."""


def _split(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return fields by their names; what is wrong is told without the value."""
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
@click.option("--to", "receiver", metavar="N", required=True, help="The receiver's mobile number.")
@click.option(
    "--from", "sender", metavar="N", required=True, help="A sender number registered with the gateway."
)
@click.option("--text", metavar="T", required=True, help="What it says; `-` reads it from standard input.")
@click.option("--title", metavar="T", help="Its title.")
@click.option("--image", "images", metavar="URL", multiple=True, help="An uploaded image; up to three times.")
@click.option("--key", "msg_key", metavar="KEY", help="Its key; a UUID where none is given. RCS needs one.")
@click.option(
    "--field",
    "fields",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_split,
    help="Any other field, named as in the header of a table.",
)
@msg_type_option
@submit_options
@json_option
def send(
    *,
    service: str,
    receiver: str,
    sender: str,
    text: str,
    title: str | None,
    images: tuple[str, ...],
    msg_key: str | None,
    fields: dict[str, str],
    msg_type: str | None,
    account: str,
    send_at: datetime | None,
    expires_at: datetime | None,
    replace: bool,
    as_json: bool,
) -> int:
    """Put one message in; a worker sends it.

    Exit code 1 if the message is refused or its key belongs to another message.
    """
    from plexsend.cli.submitting import submit_one  # noqa: PLC0415  `--help` must be quick
    from plexsend.gateway.services import get_service  # noqa: PLC0415

    places = _PLACES.get(get_service(service).product.name, _PLAIN)
    given = {
        "sender_number": sender,
        "receiver_number": receiver,
        "msg_key": msg_key or "",
        places.text: _read_stdin() if text == "-" else text,
        places.title: title or "",
        places.image: places.join(images),
    }
    item = _make_item(service, {name: value for name, value in given.items() if value}, fields)
    return submit_one(
        service,
        item,
        account=account,
        msg_type=msg_type,
        send_at=send_at,
        expires_at=expires_at,
        replace=replace,
        as_json=as_json,
    )


def _read_stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        # From None: Python's error holds the text.
        raise UsageError(f"Standard input is not {sys.stdin.encoding.upper()} text.") from None


def _make_item(service: str, given: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, Any]:
    from plexsend.gateway.strict_json import BadJson  # noqa: PLC0415  `--help` must be quick
    from plexsend.producers.files.columns import columns_of  # noqa: PLC0415
    from plexsend.producers.files.layout import Layout  # noqa: PLC0415

    twice = sorted(given.keys() & fields.keys())
    if twice:
        raise UsageError(f"{', '.join(twice)}: given by an option of its own and by --field.")
    both = {**given, **fields}
    columns = columns_of(service)
    within = sorted(name for name in fields if any(known.startswith(f"{name}.") for known in columns.known))
    if within:
        raise UsageError(
            f"{', '.join(within)}: holds other fields; name them with dots, as in msg.body.title."
        )
    try:
        return Layout(list(both), columns).make_item(list(both.values()))
    except BadJson as exc:
        raise UsageError(f"The message {exc}.") from None
