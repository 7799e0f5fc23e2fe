"""How a command ends: whatever happens becomes an exit code and at most one clear message."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click
from click.exceptions import NoArgsIsHelpError

from plexsend.terminal.faults import EXIT_ENDED_BY_SIGNAL, Fault, fault_of
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ReaderGone(Exception):
    """Nobody reads stdout any more."""


class Ending:
    """Ends a command that was given these arguments."""

    def __init__(self, args: Sequence[str]) -> None:
        # The command line may be what is wrong, so the switches are looked for and not parsed.
        self._screen = Screen(as_json="--json" in args)
        self._traceback = "--traceback" in args[:1]

    def guard(self, run: Callable[[], object]) -> int:
        """Run and return the exit code: that which `run` returns, 0 where it returns anything else."""
        _let_everything_be_printed()
        try:
            code = self._run(run)
            sys.stdout.flush()
        except (BrokenPipeError, ReaderGone):
            # The reader has ended (`| head`): as quiet as a program that the signal ended.
            _forget_output()
            return EXIT_ENDED_BY_SIGNAL + signal.SIGPIPE
        return code

    def _run(self, run: Callable[[], object]) -> int:
        try:
            code = run()
        except (BrokenPipeError, ReaderGone):
            raise
        except NoArgsIsHelpError as exc:
            exc.show()
            return exc.exit_code
        except (KeyboardInterrupt, click.Abort):
            if sys.stderr.isatty():
                # The terminal has printed ^C on this line.
                sys.stderr.write("\n")
            code = EXIT_ENDED_BY_SIGNAL + signal.SIGINT
            self._screen.complain(
                Fault("interrupted", "Interrupted. What was done before is kept.", exit_code=code)
            )
            return code
        except Exception as exc:
            if self._traceback:
                raise
            fault = fault_of(exc)
            self._screen.complain(fault)
            return fault.exit_code
        return code if isinstance(code, int) else 0


# A terminal that cannot show Korean shows question marks: a command does not fail because of its own words.
def _let_everything_be_printed() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


# Python flushes once more at its end and would print what went wrong with it.
def _forget_output() -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
