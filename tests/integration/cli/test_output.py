"""stdout or stderr that is closed or full: named where it matters, and never an internal error."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.cli.conftest import process_environment

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("args", [["lanes"], ["lanes", "--json"], ["--help"]], ids=" ".join)
def test_output_that_cannot_be_written_is_no_failure_of_plexsend(
    environment: dict[str, str], command: list[str], yard: Any, args: list[str], unbuffered: str
) -> None:
    yard.add("k1")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, *args],
            env=process_environment(environment) | {"PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert "The output cannot be written: No space left on device." in done.stderr
    assert "plexsend itself failed" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("redirected", "code"),
    [
        ("lanes >&-", 0),
        ("lanes >&- 2>&-", 0),
        ("lanes >/dev/full 2>&1", 1),
        ("status nosuch 2>/dev/full", 1),
        ("lane 2>/dev/full", 2),
    ],
)
def test_a_closed_or_full_output_changes_no_other_exit_code(
    environment: dict[str, str], command: list[str], store: Store, redirected: str, code: int
) -> None:
    del store
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command[0]} {redirected}"], env=process_environment(environment), check=False
    )
    assert done.returncode == code
