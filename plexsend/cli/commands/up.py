"""`plexsend up`: Valkey, workers and a server for receipts, with the sandbox or the real gateway.

They are kept running until Ctrl-C.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.options import example, json_option
from plexsend.errors import MissingExtra, Problem, SettingsError, UsageError
from plexsend.extras import require
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from plexsend.stack.child import Child
    from plexsend.stack.folder import DataFolder
    from plexsend.stack.stack import Plan, Stack
    from plexsend.stack.stops import Stops

_ROUND_S = 0.2
_PORT = click.IntRange(0, 65535)
_RECEIPTS_PORT = 8080
"""Where receipts of the real gateway are taken: a proxy has to find it again."""

_NUMBER_KEY_BYTES = 16

_NO_ACCOUNT = Problem(
    "PLEXSEND_ACCOUNT_<NAME>",
    "is missing, so there is nothing to send with",
    "Set PLEXSEND_ACCOUNT_MAIN to userID;secret_key, or PLEXSEND_ACCOUNT_MAIN_FILE to the path of a file "
    "that holds it. To try plexsend without an account: plexsend up --sandbox",
)


@click.command(epilog=example("plexsend up --sandbox", "plexsend up --workers 4 --data /var/lib/plexsend"))
@click.option("--sandbox", is_flag=True, help="Send to a stand-in gateway; no real account is used.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Worker processes.",
)
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=".plexsend",
    show_default=True,
    help="Where messages and logs are kept.",
)
@click.option(
    "--port", metavar="P", type=_PORT, default=0, help="Valkey's port; 0, the default, takes a free one."
)
@click.option(
    "--sandbox-port", metavar="P", type=_PORT, default=0, help="The sandbox's; 0, the default, a free one."
)
@click.option(
    "--receipts-host",
    metavar="H",
    help="The address at which receipts are taken. [default: 127.0.0.1]",
)
@click.option(
    "--receipts-port",
    metavar="P",
    type=_PORT,
    help=f"The port for them; 0 a free one. [default: {_RECEIPTS_PORT}, with --sandbox 0]",
)
@json_option
def up(
    *,
    sandbox: bool,
    workers: int,
    data: Path,
    port: int,
    sandbox_port: int,
    receipts_host: str | None,
    receipts_port: int | None,
    as_json: bool,
) -> int:
    """Start Valkey, workers, beat and a server for receipts here, and keep them running until Ctrl-C.

    Messages stay in the data folder from one run to the next, and a folder is for one gateway. With --sandbox
    everything goes to a stand-in gateway; without it the accounts of the environment are used and messages
    are really sent. Receipts are taken from the stand-in, or where PLEXSEND_RECEIPT_SECRET_<NAME> is set
    (docs/receipts.md). Prints the addresses that other commands need. A process that ends unexpectedly is
    reported and started again.
    """
    require("embedded", "worker")
    if sandbox_port and not sandbox:
        raise UsageError("--sandbox-port needs --sandbox: without it no sandbox is started.")
    if receipts_host is not None and sandbox:
        raise UsageError("--receipts-host is for the real gateway: the sandbox posts from this machine.")
    screen = Screen(as_json=as_json)
    plan = _plan(screen, sandbox=sandbox, workers=workers, port=port, sandbox_port=sandbox_port)
    if plan.receipts:
        default = 0 if sandbox else _RECEIPTS_PORT
        plan = replace(
            plan,
            receipts_host=receipts_host or plan.receipts_host,
            receipts_port=default if receipts_port is None else receipts_port,
        )
    # Wrong settings are reported without loading these.
    from plexsend.cli.announcing import announce
    from plexsend.stack.folder import DataFolder, Gateway
    from plexsend.stack.stack import Stack
    from plexsend.stack.stops import StopAsked, Stops

    killed: list[Child] = []
    with Stops() as stops, DataFolder(data) as folder:
        folder.keep_to(Gateway.SANDBOX if sandbox else Gateway.REAL)
        if sandbox:
            plan = _with_number_key(plan, folder)
        stack = Stack(plan, folder, stops)
        try:
            with stops.interruptible():
                stack.start()
                stack.wait_for_workers()
                announce(screen, stack, plan, folder)
                _keep(screen, stack, stops)
        except StopAsked:
            # The person who asked may have closed the terminal.
            with suppress(OSError):
                screen.note(
                    "Stopping; requests under way are finished first. Ctrl-C again ends them at once."
                )
        finally:
            killed = stack.stop()
        for child in killed:
            _report_killed(screen, child)
        screen.facts({"event": "stopped", "killed": [child.name for child in killed]})
        screen.note("Stopped. Everything that waits is kept in the data folder.")
    return EXIT_REFUSED if killed else 0


def _plan(screen: Screen, *, sandbox: bool, workers: int, port: int, sandbox_port: int) -> Plan:
    from plexsend.gateway.environment import read_settings
    from plexsend.stack import environment
    from plexsend.stack.stack import Plan

    environ = environment.rooted(os.environ)

    def settings(redis_url: str, sandbox_url: str | None) -> Mapping[str, str]:
        if sandbox_url is None:
            return environment.with_gateway(environ, redis_url=redis_url)
        return environment.with_sandbox(environ, redis_url=redis_url, sandbox_url=sandbox_url)

    # The workers would refuse wrong settings too, one by one and into their logs.
    read = read_settings(settings("redis://127.0.0.1:1/0", "http://127.0.0.1:1" if sandbox else None))
    if not read.accounts:
        raise SettingsError([_NO_ACCOUNT])
    for problem in read.warnings:
        screen.warn(problem)
    for name in (environment.REDIS_URL, environment.REDIS_URL_FILE):
        if name in environ:
            screen.warn(Problem(name, "is not used here", "`plexsend up` starts a Valkey of its own."))
    return Plan(
        workers=workers,
        environ=environ,
        settings=settings,
        sandbox=sandbox,
        sandbox_options=("--account", environment.SANDBOX_CREDENTIALS),
        port=port,
        sandbox_port=sandbox_port,
        receipts=_takes_receipts(screen, sandbox=sandbox, posted_with=read.receipt_secrets),
        beat=True,
        durable=read.durable,
        base_urls=read.base_urls,
    )


def _with_number_key(plan: Plan, folder: DataFolder) -> Plan:
    """Let a sandbox know numbers by a key of its own: without one no advertisement is taken in."""
    from plexsend.stack.environment import with_number_key

    if not folder.number_key.exists():
        folder.write_secret(folder.number_key, f"{secrets.token_hex(_NUMBER_KEY_BYTES)}\n")
    settings, key_file = plan.settings, folder.number_key
    return replace(
        plan,
        settings=lambda redis_url, sandbox_url: with_number_key(
            settings(redis_url, sandbox_url), key_file=key_file
        ),
    )


def _takes_receipts(screen: Screen, *, sandbox: bool, posted_with: Collection[str]) -> bool:
    """Return whether to start a server for receipts. Without a secret nothing could be posted to it."""
    if not sandbox and not posted_with:
        return False
    try:
        require("web")
    except MissingExtra as exc:
        if not sandbox:
            raise
        screen.warn(Problem("receipts", f"are not taken: {exc}", "Without them messages end accepted."))
        return False
    return True


def _keep(screen: Screen, stack: Stack, stops: Stops) -> None:
    """Look after the children until somebody asks to stop."""
    from plexsend.stack.keeper import Keeper

    def report_end(child: Child, again_in_s: float) -> None:
        screen.facts(
            {
                "event": "ended",
                "part": child.name,
                "how": child.how_it_ended(),
                "again_in_s": again_in_s,
                "log": str(child.program.log),
                "last_words": child.last_words(),
            }
        )
        screen.say(f"{child.name} ended unexpectedly ({child.how_it_ended()}).", style="bold red")
        for line in child.last_words():
            screen.say(f"  | {line}")
        screen.say(f"It is started again in {again_in_s:g} s. Its log: {child.program.log}")
        sys.stdout.flush()

    def report_start(child: Child) -> None:
        screen.facts({"event": "started_again", "part": child.name, "pid": child.pid})
        screen.say(f"{child.name} was started again.")
        sys.stdout.flush()

    keeper = Keeper(stack, on_end=report_end, on_start=report_start, now_s=time.monotonic())
    while True:
        stops.check()
        keeper.look(time.monotonic())
        time.sleep(_ROUND_S)


def _report_killed(screen: Screen, child: Child) -> None:
    remedy = "What it was sending counts as uncertain and is resolved at the next start."
    if not child.name.startswith("worker "):
        remedy = f"Its log: {child.program.log}"
    screen.warn(Problem(child.name, "did not end in time and was killed", remedy))
