"""Reads deploy/compose.yaml: what each service runs, with which settings, files and volumes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRETS = "/run/secrets"
"""Where a container finds its secrets."""

# ${NAME}, ${NAME-text} and ${NAME:-text}: what compose files of ours use.
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}")

# Programs that an image starts where its service names options alone.
_ENTRYPOINTS = {"prom/prometheus": "prometheus", "prom/alertmanager": "alertmanager"}


@dataclass(frozen=True, slots=True)
class Mount:
    """Something of outside that a container finds under a path of its own."""

    source: str
    """The name of a volume, or a path beside the compose file that begins with a dot."""
    target: str
    read_only: bool = False

    @property
    def is_volume(self) -> bool:
        """Whether it is a volume, not a file of the project."""
        return not self.source.startswith((".", "/"))


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the file, as far as a rehearsal needs it."""

    name: str
    command: tuple[str, ...]
    """The program and its arguments; empty where the image alone knows them."""
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    """Path in the container → name of the secret."""
    mounts: tuple[Mount, ...]
    scale: int
    health: tuple[str, ...]
    """The command that says whether it is well; empty: there is none."""
    is_started: bool
    """Whether `docker compose up` starts it: it has no profile."""
    takes_settings: bool
    """Whether settings of the operator (`env_file`) reach it."""


class NotReadable(ValueError):
    """The compose file has something that the rehearsal cannot run, and must not guess at."""


def read(path: Path, environ: Mapping[str, str] | None = None) -> dict[str, Service]:
    """Return the services of a compose file by name. Raises NotReadable."""
    document = yaml.safe_load(path.read_text("utf-8"))
    known = os.environ if environ is None else environ
    secrets = set(document.get("secrets", {}))
    volumes = set(document.get("volumes", {}))
    found = {}
    for name, raw in document["services"].items():
        service = _read_service(name, _fill_in(raw, known))
        for secret in service.secrets.values():
            if secret not in secrets:
                raise NotReadable(f"{name} uses the secret {secret}, which the file does not name.")
        for mount in service.mounts:
            if mount.is_volume and mount.source not in volumes:
                raise NotReadable(f"{name} uses the volume {mount.source}, which the file does not name.")
        found[name] = service
    return found


def _read_service(name: str, raw: Mapping[str, Any]) -> Service:
    command = raw.get("command", [])
    if not isinstance(command, list):
        raise NotReadable(f"The command of {name} is a text; write it as a list.")
    image = str(raw.get("image", ""))
    entrypoint = next((program for part, program in _ENTRYPOINTS.items() if part in image), None)
    words = tuple(map(str, command))
    return Service(
        name=name,
        command=(entrypoint, *words) if entrypoint else words,
        environment={key: str(text) for key, text in raw.get("environment", {}).items()},
        secrets=dict(_read_secret(each) for each in raw.get("secrets", [])),
        mounts=tuple(_read_mount(name, each) for each in raw.get("volumes", [])),
        scale=int(raw.get("scale", raw.get("deploy", {}).get("replicas", 1))),
        health=_read_health(raw.get("healthcheck", {}).get("test", [])),
        is_started=not raw.get("profiles"),
        takes_settings=bool(raw.get("env_file")),
    )


def _read_secret(raw: str | Mapping[str, str]) -> tuple[str, str]:
    if isinstance(raw, str):
        return f"{SECRETS}/{raw}", raw
    target = raw.get("target", raw["source"])
    return target if target.startswith("/") else f"{SECRETS}/{target}", raw["source"]


def _read_mount(name: str, raw: str | Mapping[str, Any]) -> Mount:
    if not isinstance(raw, str):
        return Mount(raw["source"], raw["target"], bool(raw.get("read_only")))
    source, colon, rest = raw.partition(":")
    if not colon:
        raise NotReadable(f"A volume of {name} has no source: {raw}")
    target, _, mode = rest.partition(":")
    return Mount(source, target, mode == "ro")


def _read_health(test: Any) -> tuple[str, ...]:
    words = tuple(map(str, test))
    if words[:1] == ("CMD-SHELL",):
        return ("sh", "-c", words[1])
    return words[1:]


def _fill_in(raw: Any, known: Mapping[str, str]) -> Any:
    if isinstance(raw, dict):
        return {key: _fill_in(value, known) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_fill_in(value, known) for value in raw]
    if isinstance(raw, str):
        return _VARIABLE.sub(lambda match: known.get(match[1]) or match[2] or "", raw).replace("$$", "$")
    return raw
