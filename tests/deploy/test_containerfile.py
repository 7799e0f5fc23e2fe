"""deploy/Containerfile, read by hadolint and against the project.

`make image-check` builds it, and runs what is in it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from plexsend.gateway.environment import read_settings
from tests.deploy.composed import services
from tests.deploy.test_compose import parse
from tests.deploy.tools import DEPLOY, ROOT, judged

FILE = DEPLOY / "Containerfile"
IGNORED = ROOT / ".dockerignore"


def instructions() -> list[tuple[str, str]]:
    """Return each instruction and what follows it, comments and line ends taken out."""
    text = re.sub(r"^#.*\n", "", FILE.read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    found = [line.partition(" ") for line in lines if line]
    return [(word, rest.strip()) for word, _, rest in found]


def last(word: str) -> str:
    """Return what follows the last such instruction, which is the one that counts."""
    return [rest for name, rest in instructions() if name == word][-1]


def copied() -> set[str]:
    """Return what is copied from the project's folder."""
    sources = [rest.split() for word, rest in instructions() if word == "COPY"]
    return {name for words in sources if not words[0].startswith("--from") for name in words[:-1]}


def made() -> set[str]:
    """Return the folders that belong to the user."""
    (names,) = re.findall(r"for folder in ([^;]+);", FILE.read_text("utf-8"))
    return {f"/var/lib/{name}" for name in names.split()}


def variables() -> dict[str, str]:
    return dict(re.findall(r'(\w+)="?([^" ]+)"?', last("ENV")))


def test_hadolint_finds_nothing() -> None:
    assert judged("hadolint", FILE) == ""


def test_hadolint_would_find_something() -> None:
    wrong = (
        FILE.read_text("utf-8").replace(":3.13-slim-bookworm", "").replace("WORKDIR /build", "WORKDIR build")
    )
    assert "DL3000" in judged("hadolint", "-", given=wrong)


def test_base_is_debians_slim_form_pinned_by_tag_and_the_same_twice() -> None:
    assert instructions()[0] == ("ARG", "BASE=docker.io/library/python:3.13-slim-bookworm")
    froms = [rest for word, rest in instructions() if word == "FROM"]
    assert froms == ["${BASE} AS build", "${BASE}"]


def test_what_is_installed_is_what_the_locks_name() -> None:
    runs = "\n".join(rest for word, rest in instructions() if word == "RUN")
    installs = re.findall(r"pip (?:--python \S+ )?(install|wheel|download) ([^&\n]+)", runs)
    assert len(installs) == 4
    for command, options in installs:
        assert "--require-hashes -r requirements/" in options or "--no-index" in options, command


def test_nothing_runs_as_root_and_it_ends_by_the_signal_that_workers_know() -> None:
    assert last("USER") == "10001:10001"
    assert last("STOPSIGNAL") == "SIGTERM"


def test_health_check_and_command_are_ours() -> None:
    assert parse(json.loads(last("HEALTHCHECK").partition("CMD ")[2])).params["what"] == "outbox"
    assert json.loads(last("CMD")) == ["plexsend", "--help"]


def test_ports_are_those_of_the_services() -> None:
    words = [service.command for service in services().values() if "--port" in service.command]
    assert last("EXPOSE").split() == [each[each.index("--port") + 1] for each in words]


def test_settings_that_it_has_exist_and_lead_into_folders_that_it_makes() -> None:
    found = {name: value for name, value in variables().items() if name.startswith("PLEXSEND_")}
    settings = read_settings(found)
    assert settings.warnings == ()
    assert {str(settings.state_dir), str(settings.campaign_dir)} <= made()


def test_every_volume_of_ours_is_at_a_folder_that_it_makes() -> None:
    ours = {inside for service in services().values() if service.is_ours for inside in service.mounts}
    assert ours <= made(), "a new volume would belong to root there"


def test_no_secret_gets_in() -> None:
    text = FILE.read_text("utf-8")
    assert not re.search(r"(ARG|ENV)[^\n]*(PASSWORD|SECRET|TOKEN|_URL|INDEX)", text)
    assert text.count("--mount=type=secret,id=pip") == text.count("--mount=")


def test_a_build_sees_what_it_copies_and_nothing_else() -> None:
    first, *others = [
        line for line in IGNORED.read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    assert first == "*"
    shown = {line.removeprefix("!") for line in others if line.startswith("!")}
    assert shown == copied()
    assert all(ROOT.joinpath(name).exists() for name in shown)
    assert not any(Path(name).parts[0] in {"deploy", ".git", ".venv"} for name in shown)
