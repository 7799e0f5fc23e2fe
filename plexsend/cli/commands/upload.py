"""`plexsend upload`: pictures given to the gateway, for messages that show them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, example, json_option
from plexsend.terminal.faults import EXIT_REFUSED, Fault
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from plexsend.gateway.pictures.failures import PictureRefused
    from plexsend.producers import Image, Producer
    from plexsend.terminal.moments import WallClock


def _columns(clock: WallClock) -> tuple[Column, ...]:
    return (
        Column("file", style="bold"),
        Column("url"),
        Column(clock.title("expires_at"), leave_out=2),
        Column("size_bytes", right=True, leave_out=3),
        Column("width", right=True),
        Column("height", right=True),
        Column("changed", folds=True),
    )


@click.command(epilog=example("plexsend upload a.jpg b.jpg", "plexsend upload photo.jpg --fit"))
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--product",
    type=click.Choice(["mms", "rcs-mms"]),
    default="mms",
    show_default=True,
    help="Whose messages show them.",
)
@click.option(
    "--account",
    type=ACCOUNT,
    metavar="A",
    default="main",
    show_default=True,
    help="Whose secret uploads them.",
)
@click.option(
    "--fit",
    is_flag=True,
    help="Convert what the gateway would refuse: upright, RGB, baseline, without metadata, smaller.",
)
@json_option
def upload(*, files: tuple[str, ...], product: str, account: str, fit: bool, as_json: bool) -> int:
    """Upload pictures, and print the address of each: what --image of send and a list's rows show.

    A picture is judged by its content before anything leaves this machine: for mms JPG, at most 1500 x 1440
    pixels and 300,000 bytes; for rcs-mms JPG or PNG of at most 1,000,000 bytes. What was uploaded before is
    not uploaded again: its address is printed. The gateway deletes a picture after three months, and what
    shows it must be sent before.

    Exit code 1 if a picture is refused; the others are uploaded all the same.
    """
    screen = Screen(as_json=as_json)
    from plexsend.gateway.pictures.failures import PictureRefused
    from plexsend.outbox.policies.wall_clocks import clock_of
    from plexsend.producers import Producer
    from plexsend.producers.pictures.bounded import run_all

    with open_outbox(screen) as (settings, store):
        producer = Producer(settings, store)
        calls = [
            partial(_upload, producer, file, product=product, account=account, fit=fit) for file in files
        ]
        found = dict(zip(files, run_all(calls), strict=True))
        clock = clock_of(store, account)
    rows = []
    for file, image in found.items():
        if isinstance(image, PictureRefused):
            screen.complain(Fault("picture", f"{file} is refused; it was not uploaded.", image.problems))
        else:
            screen.facts({"file": file, **_as_json(image)})
            rows.append([file, *_cells(image, clock)])
    screen.table(_columns(clock), rows)
    return 0 if len(rows) == len(found) else EXIT_REFUSED


def _upload(producer: Producer, file: str, **terms: Any) -> Image | PictureRefused:
    from plexsend.gateway.pictures.failures import PictureRefused

    try:
        return producer.upload(file, **terms)
    except PictureRefused as refused:
        return refused


def _as_json(image: Image) -> dict[str, object]:
    return {
        "url": image.url,
        "expires_at": image.expires_at.isoformat(),
        "size_bytes": image.size_bytes,
        "width": image.width,
        "height": image.height,
        "changed": list(image.changed),
    }


def _cells(image: Image, clock: WallClock) -> list[str]:
    return [
        image.url,
        clock.cell(round(image.expires_at.timestamp() * 1000)),
        f"{image.size_bytes:,}",
        str(image.width),
        str(image.height),
        ", ".join(image.changed),
    ]
