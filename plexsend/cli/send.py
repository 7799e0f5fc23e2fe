"""`plexsend send`: one message."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plexsend.cli.options import SERVICE, example, json_option, submit_options

if TYPE_CHECKING:
    from datetime import datetime


@click.command(
    epilog=example(
        "plexsend send mms-bulk --to 010-2345-6789 --from 02-3456-7890 \\",
        "  --text 'Your order is ready.' --image https://example.com/a.jpg",
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
@click.option("--key", "msg_key", metavar="KEY", help="Its key; a UUID where none is given.")
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
    account: str,
    send_at: datetime | None,
    expires_at: datetime | None,
    replace: bool,
    as_json: bool,
) -> int:
    """Put one message in; a worker sends it.

    Exit code 1 if the message is refused or its key belongs to another message.
    """
    item: dict[str, object] = {"sender_number": sender, "receiver_number": receiver, "msg": text}
    if text == "-":
        item["msg"] = sys.stdin.read()
    if title is not None:
        item["title"] = title
    if images:
        item["file_path"] = list(images)
    if msg_key is not None:
        item["msg_key"] = msg_key
    from plexsend.cli.submitting import submit_one  # noqa: PLC0415  `--help` must be quick

    return submit_one(
        service,
        item,
        account=account,
        send_at=send_at,
        expires_at=expires_at,
        replace=replace,
        as_json=as_json,
    )
