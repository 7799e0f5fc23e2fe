"""`make rehearse`: deploy/compose.yaml run on three hosts of this machine, and what operators do done to it.

    python -m tests.rehearsal [--list] [--only STEP,…] [--report FILE]

The hosts are name spaces of the kernel: it needs Linux and root, and of Debian iproute2, openssl, prometheus
and prometheus-alertmanager. It takes about twenty minutes, and leaves nothing behind, however it ends. Exit
code 0 where all was shown, 1 where not, 2 where it cannot run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.rehearsal import hosts
from tests.rehearsal.course import STEPS, Course
from tests.rehearsal.fleet import ROOT

_PREFIX = "plexsend-rehearsal-"
_TOOLS = {
    "openssl": "openssl",
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "mount": "mount",
}


def remove_left() -> None:
    """Remove the folders of rehearsals that were killed: all else of them the kernel took away."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        process = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if process.isdigit() and not Path(f"/proc/{process}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Rehearse and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the steps and end")
    parser.add_argument("--only", default="", metavar="STEP,…", help="play these steps alone")
    parser.add_argument("--report", type=Path, help="write the report, as Markdown, into this file")
    parser.add_argument("--keep", type=Path, help="leave logs and ledgers in this folder")
    asked = parser.parse_args()
    if asked.list:
        for step in STEPS:
            sys.stdout.write(f"{step.name:10}  {step.words}\n")
        return 0
    names = [name for name in asked.only.split(",") if name]
    unknown = set(names) - {step.name for step in STEPS}
    if unknown:
        parser.error(f"no step {', '.join(sorted(unknown))}; --list names them")
    missing = [package for tool, package in _TOOLS.items() if shutil.which(tool) is None]
    why = f"missing: apt-get install {' '.join(missing)}" if missing else hosts.why_not()
    if why is not None:
        sys.stderr.write(f"The rehearsal cannot run here: {why}.\n")
        return 2
    hosts.enter()
    # As Ctrl-C: what was started is ended, and what was made goes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    remove_left()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        course = Course(Path(folder), [step for step in STEPS if not names or step.name in names])
        try:
            is_good = course.run()
        except KeyboardInterrupt:
            sys.stderr.write("\nended; nothing is left behind\n")
            return 130
        finally:
            if asked.keep is not None:
                course.keep(asked.keep)
        if asked.report is not None:
            began = time.strftime("%Y-%m-%d", time.localtime(course.began_at))
            line = "make rehearse" + (f' ARGS="--only {asked.only}"' if names else "")
            asked.report.write_text(course.report(began, line, ROOT), "utf-8")
        return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
