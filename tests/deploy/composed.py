"""deploy/compose.yaml as its tests and those of the image read it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from tests.deploy.tools import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMPOSE = DEPLOY / "compose.yaml"
SECRETS = "/run/secrets/"
"""Where a container has its secrets."""


@dataclass(frozen=True)
class Service:
    """One service, as it is written."""

    name: str
    facts: Mapping[str, Any]

    @property
    def command(self) -> Sequence[str]:
        """What it runs; empty: what its image runs."""
        return [str(word) for word in self.facts.get("command", [])]

    @property
    def is_ours(self) -> bool:
        """Whether it runs the image of plexsend."""
        return self.command[:1] == ["plexsend"]

    @property
    def environment(self) -> Mapping[str, str]:
        """Its variables."""
        return {name: str(value) for name, value in self.facts.get("environment", {}).items()}

    @property
    def secrets(self) -> Mapping[str, str]:
        """The name of each of its secrets below /run/secrets → that among the secrets of the file."""
        written = self.facts.get("secrets", [])
        found = [each if isinstance(each, dict) else {"source": each, "target": each} for each in written]
        return {str(each["target"]): str(each["source"]) for each in found}

    @property
    def queues(self) -> Sequence[str]:
        """What a worker serves."""
        return self.command[self.command.index("-Q") + 1].split(",")

    @property
    def mounts(self) -> Mapping[str, str]:
        """Where a folder, a file or a volume is in the container → what it is outside."""
        parts = [str(each).split(":") for each in self.facts.get("volumes", [])]
        return {inside: outside for outside, inside, *_ in parts}


@cache
def composed() -> Mapping[str, Any]:
    """Return the whole file."""
    found: Mapping[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return found


def services() -> Mapping[str, Service]:
    """Return every service by its name."""
    return {name: Service(name, facts) for name, facts in composed()["services"].items()}


def secret_files() -> Mapping[str, str]:
    """Return the name of each secret → that of its file in the folder of secrets."""
    files = {name: PurePosixPath(facts["file"]) for name, facts in composed()["secrets"].items()}
    assert {path.parent.name for path in files.values()} == {"secrets"}
    return {name: path.name for name, path in files.items()}
