"""What deploy/README.md says of containers: its commands name what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.deploy.composed import composed, secret_files, services
from tests.deploy.test_compose import parse
from tests.deploy.tools import DEPLOY, ROOT

PAGE = DEPLOY.joinpath("README.md").read_text("utf-8")
SECTION = PAGE.partition("\n## In containers\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
SPANS = re.findall(r"`(docker [^`]+)`", SECTION)
LINES = [line.strip() for text in [*BLOCKS, *SPANS] for line in text.splitlines() if line.strip()]
ACTS = {"up", "run", "exec"}
"""Of compose; the options are those of its reference, and no engine is here to ask."""


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("docker compose")])
def test_a_line_of_compose_names_its_file_its_services_and_a_command_of_plexsend(line: str) -> None:
    _, _, option, path, act, *rest = shlex.split(line)
    assert (option, ROOT / path, act in ACTS) == ("--file", DEPLOY / "compose.yaml", True)
    words = [word for word in rest if not word.startswith("-")]
    if act == "up":
        named = {word.partition("=")[0] for word in words}
        assert named <= set(services())
        assert "--detach" in rest
    else:
        assert words[0] in services()
        if words[1] == "plexsend":
            parse(words[1:])


def test_the_image_is_built_under_the_name_that_compose_starts() -> None:
    (line,) = [line for line in LINES if line.startswith("docker build")]
    words = shlex.split(line)
    assert (ROOT / words[words.index("--file") + 1]).exists()
    image = services()["worker-mms"].facts["image"]
    assert image == "${IMAGE:-" + words[words.index("--tag") + 1] + "}"


def test_other_lines_are_programs_of_the_project_and_networks_of_the_file() -> None:
    others = [line for line in LINES if not line.startswith(("docker compose", "docker build"))]
    assert others == ["deploy/make-secrets.sh", "docker network inspect plexsend_outside"]
    assert (ROOT / others[0]).stat().st_mode & 0o111
    name, network = ["plexsend", "outside"]
    assert (composed()["name"], network in composed()["networks"]) == (name, True)


def test_services_volumes_and_secrets_that_the_section_names_are_there() -> None:
    assert {f"worker-{kind}" for kind in ("mms", "rcs", "text")} <= set(
        re.findall(r"`(worker-[a-z]+)`", SECTION)
    )
    kept = re.findall(r"`([a-z-]+)` (?:holds|how far|the recipients|what became)", SECTION)
    assert set(kept) == {"valkey-data", "state", "campaigns", "archive"} <= set(composed()["volumes"])
    assert {"users.acl", "alertmanager-webhook", "account-main"} <= set(secret_files().values())
    assert Path(DEPLOY / "make-secrets.sh").exists()


def test_time_to_end_is_that_of_the_services() -> None:
    (allowed,) = re.findall(r"requests: (\d+) s are allowed", SECTION)
    assert {each.facts["stop_grace_period"] for each in services().values() if each.is_ours} == {
        f"{allowed}s"
    }
