"""`plexsend sandbox`: a stand-in gateway on this machine."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from plexsend.cli.finite import FiniteRange
from plexsend.cli.options import example, json_option
from plexsend.errors import NotPossible, UsageError
from plexsend.terminal.screen import Screen


@click.command(
    epilog=example(
        "plexsend sandbox --port 8080",
        "plexsend sandbox --port 8080 --account 'shop;made-up-secret' --credit 1000",
    ),
)
@click.option(
    "--port",
    metavar="P",
    type=click.IntRange(0, 65535),
    default=0,
    help="Where to listen; 0, the default, takes a free one.",
)
@click.option(
    "--account", "accounts", metavar="'ID;KEY'", multiple=True, help="Who may send; without it, anybody may."
)
@click.option(
    "--credit",
    metavar="N",
    type=click.IntRange(min=0),
    help="Messages that each account may send; without it, no limit.",
)
@click.option(
    "--rate",
    metavar="R",
    type=FiniteRange(min=0, min_open=True),
    help="Answer HTTP 429 above R messages a second.",
)
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "accept"]),
    default="refuse",
    show_default=True,
    help="What to do with a key that was used before.",
)
@click.option(
    "--keep-bodies",
    is_flag=True,
    help="Let its administration show what was received, texts and numbers too.",
)
@click.option(
    "--receipts",
    "receipts_url",
    metavar="URL",
    help="Post a receipt for each accepted message there; it leads to this machine.",
)
@click.option(
    "--receipts-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The same with the URL in a file, which may be written later.",
)
@click.option(
    "--receipts-delay",
    metavar="MS",
    type=FiniteRange(min=0),
    default=0,
    help="How many ms after acceptance a receipt is posted; at once without it.",
)
@json_option
def sandbox(
    *,
    port: int,
    accounts: tuple[str, ...],
    credit: int | None,
    rate: float | None,
    duplicates: str,
    keep_bodies: bool,
    receipts_url: str | None,
    receipts_file: Path | None,
    receipts_delay: float,
    as_json: bool,
) -> None:
    """Run a stand-in gateway on 127.0.0.1 until Ctrl-C. It accepts messages and sends them to nobody.

    Certain receiver numbers have fixed outcomes, receipts too, and faults can be asked for over HTTP: see
    docs/sandbox.md.
    Prints its address when it is ready.
    """
    from plexsend.sandbox import Behaviour, Sandbox
    from plexsend.sandbox.credentials import parse_accounts

    screen = Screen(as_json=as_json)
    try:
        stand_in = Sandbox(
            port,
            credentials=parse_accounts(accounts),
            credit=credit,
            behaviour=Behaviour().change(
                {"duplicates": duplicates, "messages_per_s": rate, "receipt_delay_ms": receipts_delay}
            ),
            keep_bodies=keep_bodies,
            receipts_url=receipts_url,
            receipts_file=receipts_file,
        )
    except ValueError as exc:
        raise UsageError(f"{exc}.") from exc
    # Blocked before its threads start, so that the signal waits for sigwait() and interrupts nothing else.
    ends = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        with stand_in:
            screen.facts({"url": stand_in.url})
            screen.say(f"The sandbox listens on {stand_in.url}. Ctrl-C ends it.")
            sys.stdout.flush()
            signal.sigwait(ends)
    except OSError as exc:
        raise NotPossible(
            f"Port {port} cannot be used: {exc.strerror}. Choose another with --port, or 0 for a free one."
        ) from exc
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
