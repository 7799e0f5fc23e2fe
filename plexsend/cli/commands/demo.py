"""`plexsend demo`: the whole thing on this machine, to watch."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.options import example, json_option
from plexsend.errors import PlexsendError
from plexsend.extras import is_complete, require
from plexsend.terminal.faults import EXIT_ENDED_BY_SIGNAL, EXIT_REFUSED, fault_of
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.demo.shows import Show
    from plexsend.demo.summary import Summary
    from plexsend.stack.stack import Plan
    from plexsend.stack.stops import Stops


@click.command(epilog=example("plexsend demo", "plexsend demo --keep --full"))
@click.option("--full", is_flag=True, help="Show every reason for a refused row, with its lines.")
@click.option("--keep", is_flag=True, help="Keep the folder with the sample, the rejected rows and the logs.")
@json_option
def demo(*, full: bool, keep: bool, as_json: bool) -> int:
    """Run the whole thing on this machine and watch it, for over half a minute.

    Starts Valkey, a stand-in gateway, a server for its receipts and Celery workers, imports a sample of 2,760
    messages and shows how they go until they are delivered, while the gateway refuses some, falls into
    trouble and runs out of credit. Advertisements wait in a night that the demo ends, and an LMS goes in
    place of an RCS message that reaches nobody. At the end a small campaign is checked, planned, run and
    reported; the page of its report stays. No setting of yours is used and nothing leaves this machine. Exit
    code 0 only if every message has a known fate and the audit holds.
    """
    require("embedded", "worker")
    screen = Screen(as_json=as_json)
    from plexsend.demo import report
    from plexsend.stack.stops import StopAsked, Stops

    with Stops() as stops:
        folder = Path(tempfile.mkdtemp(prefix="plexsend-demo-"))
        try:
            summary = _run(screen, stops, folder)
            keep = keep or not summary.ok
            page = _keep_page(summary, folder, keep=keep)
        except StopAsked as asked:
            # The person who asked may have closed the terminal.
            with suppress(OSError):
                where = f" The demo's folder is kept: {folder}" if keep else ""
                screen.note(f"Stopped. No process is left behind.{where}")
            return EXIT_ENDED_BY_SIGNAL + asked.number
        except PlexsendError as exc:
            keep = True
            screen.complain(fault_of(exc))
            _report_failed(screen, folder)
            return EXIT_REFUSED
        except BrokenPipeError:
            # The program that read stdout has ended: nothing has failed.
            raise
        except Exception:
            keep = True
            _report_failed(screen, folder)
            raise
        finally:
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)
    kept = folder if keep else None
    screen.facts(report.as_json(summary, folder=kept, page=page))
    screen.say()
    width = min(report.WIDTH, shutil.get_terminal_size((report.WIDTH, 24)).columns)
    headline, *lines = report.summary_lines(
        summary, command=_typed_name(), folder=kept, page=page, full=full, width=width
    )
    screen.say(headline, style="bold green" if summary.ok else "bold red")
    for line in lines:
        screen.say(line)
    return 0 if summary.ok else EXIT_REFUSED


# The one thing that is worth more after the demo than during it.
def _keep_page(summary: Summary, folder: Path, *, keep: bool) -> Path | None:
    """Return where the page of the campaign's report stays, once the folder is gone; None: there is none."""
    from plexsend.demo.terms import REPORT_FILE

    page = folder / REPORT_FILE
    if summary.campaign is None or keep:
        return page if page.exists() else None
    descriptor, name = tempfile.mkstemp(prefix="plexsend-report-", suffix=".html")
    os.close(descriptor)
    return Path(shutil.move(page, name))


def _report_failed(screen: Screen, folder: Path) -> None:
    screen.facts({"event": "failed", "folder": str(folder)})
    screen.note(f"The demo has failed. Its folder, with all logs, is kept: {folder}")


def _run(screen: Screen, stops: Stops, path: Path) -> Summary:
    from plexsend.demo.course import Course
    from plexsend.stack.folder import DataFolder
    from plexsend.stack.stack import Stack

    with DataFolder(path) as folder:
        plan = _plan(path)
        stack = Stack(plan, folder, stops)
        try:
            with stops.interruptible(), _choose_show(screen) as show:
                return Course(stack, stops, show, path, takes_receipts=plan.receipts).run()
        finally:
            stack.stop()


def _plan(folder: Path) -> Plan:
    from plexsend.demo import terms
    from plexsend.stack import environment
    from plexsend.stack.stack import Plan

    # None of the caller's own settings may reach the demo, real accounts above all. How to log is harmless.
    environ = environment.without_ours(os.environ) | environment.only_log(os.environ)
    return Plan(
        workers=terms.WORKERS,
        environ=environ,
        settings=lambda redis_url, sandbox_url: {
            **environ,
            **environment.with_sandbox(
                terms.settings_in(folder), redis_url=redis_url, sandbox_url=sandbox_url or ""
            ),
        },
        sandbox_options=("--account", environment.SANDBOX_CREDENTIALS, "--credit", str(terms.CREDIT)),
        receipts=is_complete("web"),
        beat=True,
    )


def _choose_show(screen: Screen) -> Show:
    from plexsend.demo.shows import JsonShow, PlainShow

    if screen.as_json:
        return JsonShow(screen)
    # A dumb terminal cannot go back up to draw over what it shows.
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        from plexsend.demo.live import LiveShow

        return LiveShow()
    return PlainShow(screen)


def _typed_name() -> str:
    """Return how plexsend is typed here: by its name where the shell finds it, else by its path."""
    started = Path(sys.argv[0]).absolute()
    found = shutil.which("plexsend")
    if found is not None and Path(found).absolute() == started:
        return "plexsend"
    with suppress(ValueError):
        return str(started.relative_to(Path.cwd()))
    return "plexsend"
