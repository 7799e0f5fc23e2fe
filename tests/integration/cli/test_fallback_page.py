"""docs/fallback.md and its Korean page: their commands run, and the program prints what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.policies.rows import ROWS
from plexsend.sandbox.courses import course_of
from plexsend.sandbox.magic import MAGIC
from tests.integration.cli.conftest import process_environment
from tests.pages import Page, printed

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = ["docs/fallback.md", "docs/fallback.ko.md"]


@pytest.mark.parametrize("path", PAGES)
def test_commands_of_the_page_run(run: Callable[..., Any], store: Any, path: str) -> None:
    del store  # clears the keys afterwards
    commands = Page.of(path).commands()
    assert len(commands) == 5
    for line in commands:
        done = run(*shlex.split(line)[1:])
        assert done.code == 0, done.err


@pytest.mark.parametrize("path", PAGES)
def test_the_program_of_the_page_prints_what_it_says(
    environment: dict[str, str], store: Any, path: str
) -> None:
    del store  # clears the keys afterwards
    (code,) = Page.of(path).blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=process_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.splitlines(), done.stderr) == (printed(code), "")


@pytest.mark.parametrize("path", PAGES)
def test_the_numbers_of_the_page_are_those_of_the_sandbox(path: str) -> None:
    numbers = re.findall(r"`(010999\d+)`", Page.of(path).text)
    assert len(numbers) == 6
    assert all(number in MAGIC or course_of(number) for number in numbers)


@pytest.mark.parametrize("path", PAGES)
def test_the_page_names_the_default_of_the_policy(path: str) -> None:
    assert f"`{ROWS['fallback_codes'].default}`" in Page.of(path).text
