"""What servers install and what developers install: two files, of one mind."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from plexsend.extras import EXTRAS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ["deploy.lock", "dev.lock"]


def text(lock: str) -> str:
    return (ROOT / "requirements" / lock).read_text(encoding="utf-8")


def pinned(lock: str) -> dict[str, str]:
    """Each package of a lock and what follows its name: version and marker."""
    found = re.findall(r"^([a-z0-9-]+)(==.*?) \\$", text(lock), re.MULTILINE)
    assert len(found) == len(re.findall(r"^[^\s#]", text(lock), re.MULTILINE)), "a line of another form"
    return dict(found)


def wanted(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9-]", each, maxsplit=1)[0] for each in requirements}


def test_a_server_installs_workers_commands_and_the_server_of_receipts() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    needed = [*extras["worker"], *extras["cli"], *extras["web"], *PROJECT["project"]["dependencies"]]
    assert wanted(needed) <= set(pinned("deploy.lock"))


def test_a_server_installs_no_tool_for_tests_and_no_server_of_a_wheel() -> None:
    tools = wanted(PROJECT["dependency-groups"]["dev"])
    assert {"pytest", "ruff", "mypy", "hatchling"} <= tools
    assert not set(pinned("deploy.lock")) & {*tools, *EXTRAS["embedded"]}


def test_developers_install_everything() -> None:
    everything = {*wanted(PROJECT["dependency-groups"]["dev"]), *EXTRAS["embedded"]}
    assert everything <= set(pinned("dev.lock"))


def test_servers_run_what_developers_tested() -> None:
    assert pinned("deploy.lock").items() <= pinned("dev.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_its_hashes(lock: str) -> None:
    for package in re.split(r"^(?=[a-z])", text(lock), flags=re.MULTILINE)[1:]:
        assert re.search(r"^    --hash=sha256:[0-9a-f]{64}", package, re.MULTILINE), package


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index(lock: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text(lock))


def test_the_page_for_servers_installs_the_lock_of_servers() -> None:
    page = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    assert "--require-hashes -r /opt/plexsend/requirements/deploy.lock" in page
    assert "make -C" not in page
