"""Trials: tests run in the copy, and what became of each."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tests.mutations.tree import environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.mutations.mutation import Mutation

LONGEST_S = 300.0
"""Beyond this a run of pytest is ended, and proves nothing."""

# What says that the mutant could not run at all, which any test notices and none needs to.
_NO_CODE = re.compile(
    r"Error compiling script|user_script:\d+:|nonexistent global|SyntaxError|NameError|ImportError"
)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one run of pytest found: node ids without parameters."""

    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    trouble: str = ""
    """Why the run proves nothing; empty where it does."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one mutation."""

    mutation: Mutation
    caught_by: tuple[str, ...]
    missed_by: tuple[str, ...]
    """Tests that should have failed and passed, or were not run."""
    trouble: str
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether every test that must notice did."""
        return not self.trouble and not self.missed_by


def try_mutation(mutation: Mutation, copy: Path) -> Trial:
    """Break the copy, run the tests that must notice, and mend it again."""
    began = time.monotonic()
    before = mutation.apply(copy)
    try:
        found = run_tests(copy, mutation.caught_by)
    finally:
        (copy / mutation.file).write_text(before, "utf-8")
    return Trial(
        mutation,
        caught_by=tuple(test for test in mutation.caught_by if test in found.failed),
        missed_by=tuple(test for test in mutation.caught_by if test not in found.failed),
        trouble=found.trouble,
        seconds=time.monotonic() - began,
    )


def run_tests(copy: Path, tests: Sequence[str]) -> Verdicts:
    """Run tests in the copy, in one process."""
    report = copy / ".mutations.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
    # A session of its own, so that servers which the tests started end with a run that hangs.
    with subprocess.Popen(
        [*command, f"--junitxml={report}", *tests],
        cwd=copy, env=environment(copy), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            told, _ = process.communicate(timeout=LONGEST_S)
        except BaseException as exc:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(exc, subprocess.TimeoutExpired):
                return Verdicts(trouble=f"the tests did not end within {LONGEST_S:.0f} s")
            raise
    if process.returncode not in {0, 1} or not report.exists():
        return Verdicts(trouble=f"pytest ended with {process.returncode}: {told[-400:].strip()}")
    return read_report(report.read_text("utf-8"))


def read_report(text: str) -> Verdicts:
    """Read pytest's report; a test with parameters failed if it did with any of them."""
    passed, failed, unfinished, trouble = set(), set(), set(), ""
    for case in ET.fromstring(text).iter("testcase"):  # noqa: S314 - written by pytest, which we started
        node = _node(case)
        if case.find("error") is not None or case.find("skipped") is not None:
            unfinished.add(node)
        elif (failure := case.find("failure")) is not None:
            failed.add(node)
            words = _NO_CODE.search(f"{failure.get('message', '')} {failure.text or ''}")
            trouble = f"the code does not run any more: {words[0]}" if words else trouble
        else:
            passed.add(node)
    # A test that failed may well leave something behind over which its fixtures fail too.
    if unfinished - failed:
        trouble = f"not run to the end: {', '.join(sorted(unfinished - failed))}"
    return Verdicts(frozenset(passed - failed - unfinished), frozenset(failed), trouble)


def _node(case: ET.Element) -> str:
    file = case.get("file", "")
    module = ".".join(PurePosixPath(file).with_suffix("").parts)
    classes = case.get("classname", "").removeprefix(module).strip(".")
    name = case.get("name", "").partition("[")[0]
    return "::".join(filter(None, (file, *classes.split("."), name)))
