"""deploy/kubernetes as its tests read it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from tests.deploy.tools import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

KUBERNETES = DEPLOY / "kubernetes"
OVERLAYS = ("production", "staging")
SECRETS = "/run/secrets/plexsend"
"""Where a pod of ours has its secrets."""


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents of a file."""
    yield from yaml.safe_load_all(path.read_text("utf-8"))


@cache
def kustomization(folder: Path) -> Mapping[str, Any]:
    """Return what a folder is made of."""
    (found,) = read(folder / "kustomization.yaml")
    return found


@cache
def room(name: str) -> Sequence[dict[str, Any]]:
    """Return every resource of a folder of deploy/kubernetes."""
    folder = KUBERNETES / name
    return [each for file in kustomization(folder)["resources"] for each in read(folder / file)]


def of_kind(kind: str, *rooms: str) -> Sequence[dict[str, Any]]:
    """Return the resources of one kind in those folders; without one in base."""
    return [each for name in rooms or ("base",) for each in room(name) if each["kind"] == kind]


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Return whether a selector takes what has these labels."""
    wanted = selector.get("matchLabels", {}).items()
    among = [(each["key"], each["values"]) for each in selector.get("matchExpressions", [])]
    return wanted <= labels.items() and all(labels.get(key) in values for key, values in among)


@dataclass(frozen=True)
class Workload:
    """A Deployment or a StatefulSet with the one container of its pods."""

    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.facts["metadata"]["name"])

    @property
    def component(self) -> str:
        """What it is called in compose.yaml."""
        return self.name.removeprefix("plexsend-")

    @property
    def labels(self) -> Mapping[str, str]:
        """Those of its pods."""
        found: Mapping[str, str] = self.facts["spec"]["template"]["metadata"]["labels"]
        return found

    @property
    def pod(self) -> Mapping[str, Any]:
        """What its pods are."""
        found: Mapping[str, Any] = self.facts["spec"]["template"]["spec"]
        return found

    @property
    def container(self) -> Mapping[str, Any]:
        """The one container of a pod."""
        found: Mapping[str, Any]
        (found,) = self.pod["containers"]
        return found

    @property
    def command(self) -> Sequence[str]:
        """What it runs."""
        return [*self.container["command"], *self.container.get("args", [])]

    @property
    def queues(self) -> Sequence[str]:
        """What a worker serves."""
        return self.command[self.command.index("-Q") + 1].split(",")

    @property
    def environment(self) -> Mapping[str, str]:
        """Its own variables, without those of the map."""
        return {each["name"]: each["value"] for each in self.container.get("env", [])}

    @property
    def volumes(self) -> Mapping[str, Mapping[str, Any]]:
        """The folders that a container has → what is there."""
        claimed = self.facts["spec"].get("volumeClaimTemplates", [])
        named = {each["name"]: each for each in self.pod["volumes"]}
        named |= {each["metadata"]["name"]: each for each in claimed}
        return {each["mountPath"]: named[each["name"]] for each in self.container["volumeMounts"]}

    @property
    def secrets(self) -> Sequence[str]:
        """The names of the Secrets that a pod of ours has."""
        sources = self.volumes[SECRETS]["projected"]["sources"]
        return [each["secret"]["name"] for each in sources]

    @property
    def probes(self) -> Mapping[str, Mapping[str, Any]]:
        """The kind of a probe → the probe."""
        return {
            kind: self.container[f"{kind}Probe"]
            for kind in ("startup", "liveness", "readiness")
            if f"{kind}Probe" in self.container
        }


@cache
def ours() -> Sequence[Workload]:
    """Return what runs plexsend."""
    return [Workload(each) for each in of_kind("Deployment")]


def workers() -> Sequence[Workload]:
    """Return the groups of workers."""
    return [each for each in ours() if each.command[1] == "worker"]


@cache
def valkey() -> Workload:
    """Return the Valkey in the cluster."""
    (found,) = of_kind("StatefulSet", "valkey")
    return Workload(found)
