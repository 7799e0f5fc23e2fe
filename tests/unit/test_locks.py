"""What servers install and what developers install: two files, of one mind."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from plexsend.extras import EXTRAS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ["build.lock", "deploy.lock", "deploy-checks.lock", "dev.lock"]


def text(lock: str) -> str:
    return (ROOT / "requirements" / lock).read_text(encoding="utf-8")


def pinned(lock: str) -> dict[str, str]:
    """Each package of a lock and what follows its name: version and marker."""
    found = re.findall(r"^([a-z0-9-]+)(==.*?) \\$", text(lock), re.MULTILINE)
    assert len(found) == len(re.findall(r"^[^\s#]", text(lock), re.MULTILINE)), "a line of another form"
    return dict(found)


def wanted(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9-]", each, maxsplit=1)[0] for each in requirements}


def group(name: str) -> set[str]:
    """Return the packages of a group, with those of the groups that it includes."""
    entries = PROJECT["dependency-groups"][name]
    included = [group(each["include-group"]) for each in entries if isinstance(each, dict)]
    return wanted([each for each in entries if isinstance(each, str)]).union(*included)


def test_a_server_installs_workers_commands_and_the_server_of_receipts() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    needed = [*extras["worker"], *extras["cli"], *extras["web"], *PROJECT["project"]["dependencies"]]
    assert wanted(needed) <= set(pinned("deploy.lock"))


def test_a_server_installs_no_tool_for_tests_and_no_server_of_a_wheel() -> None:
    tools = group("dev")
    assert {"pytest", "ruff", "mypy", "hatchling"} <= tools
    assert not set(pinned("deploy.lock")) & {*tools, *EXTRAS["embedded"]}


def test_developers_install_everything() -> None:
    everything = {*group("dev"), *EXTRAS["embedded"]}
    assert everything <= set(pinned("dev.lock"))


@pytest.mark.parametrize("lock", ["build.lock", "deploy.lock"])
def test_servers_run_and_build_with_what_developers_tested(lock: str) -> None:
    assert pinned(lock).items() <= pinned("dev.lock").items()


def test_a_wheel_is_built_with_what_its_own_file_asks_for() -> None:
    assert wanted(PROJECT["build-system"]["requires"]) == group("build") <= set(pinned("build.lock"))


def test_tools_that_judge_deploy_come_beside_the_others_and_change_none_of_them() -> None:
    tools, others = pinned("deploy-checks.lock"), pinned("dev.lock")
    assert group("deploy") <= set(tools)
    # They are large, and a first `make demo` does without them.
    assert not group("deploy") & set(others)
    assert {name: tools[name] for name in set(tools) & set(others)}.items() <= others.items()


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
