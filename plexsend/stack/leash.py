"""A leash: runs a program that the kernel ends when its parent dies, however the parent dies.

Run as a script, `python -I -S leash.py PARENT SIGNAL PROGRAM [ARGUMENT]...`, it becomes the program, under
the same process id. It imports nothing of plexsend, so that it takes hundredths of a second.

A wrapper and not `preexec_fn`: code between fork and exec may deadlock on a lock that another thread of the
parent held, and it keeps Python from using vfork. Only Linux knows this kind of leash; elsewhere the program
runs without one.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""Of <sys/prctl.h>: send this process a signal when its parent dies. It outlives exec."""

CANNOT_START = 127
"""The exit code when there is no such program, as in shells."""


def main(arguments: list[str]) -> int:
    """Become the program; returns only where that is not possible."""
    parent, last_signal, program = int(arguments[0]), int(arguments[1]), arguments[2]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, last_signal, 0, 0, 0)
    # A parent that died before the leash was on would never end this process: it has another parent now.
    if os.getppid() != parent:
        return CANNOT_START
    # A caller that ignores these (a shell's background job does) must not pass that on: they end the program.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(program, arguments[2:])  # noqa: S606  no shell is wanted: the program takes this process over
    except OSError as exc:
        sys.stderr.write(f"cannot start {program}: {exc.strerror}\n")
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
