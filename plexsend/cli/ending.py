"""How a command ends: whatever happens becomes an exit code and at most one clear message."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import NoArgsIsHelpError

from plexsend.terminal.faults import EXIT_ENDED_BY_SIGNAL, Fault, fault_of
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO


class ReaderGone(Exception):
    """Nobody reads stdout any more."""


_STANDARD = (1, 2)
"""The numbers of stdout and stderr."""
_OF_OUTPUT = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.ENXIO})
"""Why output cannot be written: no room where it goes, or what it goes to is gone."""


class Ending:
    """Ends a command that was given these arguments."""

    def __init__(self, args: Sequence[str]) -> None:
        # The command line may be what is wrong, so the switches are looked for and not parsed.
        self._screen = Screen(as_json="--json" in args)
        self._traceback = "--traceback" in args[:1]

    def guard(self, run: Callable[[], object]) -> int:
        """Run and return the exit code: that which `run` returns, 0 where it returns anything else."""
        _put_nothing_in_place_of_closed()
        _let_everything_be_printed()
        try:
            code = self._run(run)
            sys.stdout.flush()
        except (BrokenPipeError, ReaderGone):
            # The reader has ended (`| head`): as quiet as a program that the signal ended.
            _forget(sys.stdout)
            return EXIT_ENDED_BY_SIGNAL + signal.SIGPIPE
        except OSError as exc:
            return self._end_without_output(exc)
        return code

    def _end_without_output(self, exc: OSError) -> int:
        _forget(sys.stdout)
        why = exc.strerror or type(exc).__name__
        fault = Fault(
            "output",
            f"The output cannot be written: {why}. What was done before is kept.",
            hint="Make room where it goes, or send it somewhere else. Look what was done before you run it "
            "again.",
        )
        return self._complain(fault)

    def _complain(self, fault: Fault) -> int:
        try:
            self._screen.complain(fault)
            sys.stderr.flush()
        except OSError:
            # It may be on the same full disk: then the exit code alone says what happened.
            _forget(sys.stderr)
        return fault.exit_code

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
            return self._complain(
                Fault("interrupted", "Interrupted. What was done before is kept.", exit_code=code)
            )
        except Exception as exc:
            if _is_of_output(exc):
                raise
            if self._traceback:
                raise
            return self._complain(fault_of(exc))
        return code if isinstance(code, int) else 0


# A file that was opened by its name is named in the error.
def _is_of_output(exc: Exception) -> bool:
    return isinstance(exc, OSError) and exc.errno in _OF_OUTPUT and exc.filename is None


# What is opened later would get the number of a closed stdout, and with it what is printed.
def _put_nothing_in_place_of_closed() -> None:
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
    # Python has made nothing of a closed one.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  as long as the process
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  the same


# A terminal that cannot show Korean shows question marks: a command does not fail because of its own words.
def _let_everything_be_printed() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


# Python flushes once more at its end and would print what went wrong with it.
def _forget(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
