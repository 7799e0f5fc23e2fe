"""The services of compose.yaml as processes on the hosts: started, ended, scaled, in one version or other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.stack.child import Child, ChildFailed, Program
from plexsend.stack.programs import allocator
from tests.rehearsal import container, programs
from tests.rehearsal.hosts import HOSTS, WORLD, Hosts, address_of
from tests.rehearsal.producing import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.rehearsal.compose import Service
    from tests.rehearsal.credentials import Credentials

ROOT = Path(__file__).parents[2]
SHARED = frozenset({"campaigns"})
"""Volumes that all hosts share, as over NFS; every other is of one host."""
NOT_TO_BE_HAD = frozenset({"grafana"})
"""Services whose program no distribution here has."""
FIRST_HOST = {
    "valkey": "one",
    "metrics": "one",
    "prometheus": "one",
    "alertmanager": "one",
    "worker-mms": "two",
    "worker-rcs": "two",
    "worker-text": "three",
    "beat": "two",
    "receipts": "three",
    "archive": "three",
}
"""Where the first of a service runs; the next ones on the next hosts."""
_READY_S = 60.0
_LOOK_AGAIN_S = 0.2


@dataclass
class Instance:
    """One running container, as it were."""

    service: Service
    number: int
    host: str
    version: Path
    """The folder whose code it runs."""
    child: Child

    @property
    def name(self) -> str:
        """Its name: `worker-mms-2`."""
        return f"{self.service.name}-{self.number}"


@dataclass
class Fleet:
    """All of them, over all hosts."""

    folder: Path
    hosts: Hosts
    services: Mapping[str, Service]
    credentials: Credentials
    settings: Mapping[str, str]
    """What an operator would write into plexsend.env."""
    configs: Mapping[str, Path]
    """What the file mounts of the project (`./valkey.conf`) → what is mounted."""
    instances: dict[str, Instance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("logs", "rooms", "specs", "shared"):
            (self.folder / name).mkdir()

    def begin(self) -> None:
        """Start every service, Valkey first, and wait until each is well."""
        self.start("valkey")
        self.wait_well("valkey-1")
        for service in self.services.values():
            if service.is_started and service.name not in {*NOT_TO_BE_HAD, "valkey"}:
                for number in range(1, service.scale + 1):
                    self.start(service.name, number)
        for name in list(self.instances):
            self.wait_well(name)

    def start(
        self,
        name: str,
        number: int = 1,
        *,
        host: str | None = None,
        version: Path = ROOT,
        extra: Mapping[str, str] | None = None,
        command: tuple[str, ...] | None = None,
    ) -> Instance:
        """Start one of a service, on the host that is its turn unless one is named.

        Args:
            extra: Settings that this one alone has.
            command: Instead of the service's own.
        """
        service = self.services[name]
        where = host or self.host_of(name, number)
        line = self._line(service, where, f"{name}-{number}", command or service.command)
        child = Child(
            Program(
                f"{name}-{number}",
                line,
                self.folder / "logs" / f"{name}-{number}.log",
                self.folder,
                self._environ(service, version) | dict(extra or {}),
            )
        )
        child.start()
        instance = Instance(service, number, where, version, child)
        self.instances[instance.name] = instance
        return instance

    def stop(self, name: str) -> float:
        """End an instance in order; returns how long it took, in seconds.

        Raises ChildFailed where it had to be killed.
        """
        instance = self.instances.pop(name)
        began = time.monotonic()
        instance.child.terminate()
        try:
            instance.child.wait(50)
        except ChildFailed:
            instance.child.kill()
            raise
        return time.monotonic() - began

    def kill(self, name: str) -> None:
        """End an instance as a crash does."""
        instance = self.instances.pop(name)
        instance.child.kill()
        instance.child.wait(10)

    def scale(self, name: str, count: int, version: Path = ROOT) -> None:
        """Run so many of a service: start what is missing, end what is too much, the last first."""
        for number in range(1, count + 1):
            if f"{name}-{number}" not in self.instances:
                self.start(name, number, version=version)
                self.wait_well(f"{name}-{number}")
        surplus = [each.name for each in self.of(name) if each.number > count]
        for each in reversed(surplus):
            self.stop(each)

    def of(self, name: str) -> list[Instance]:
        """Return what runs of a service, by number."""
        found = [each for each in self.instances.values() if each.service.name == name]
        return sorted(found, key=lambda each: each.number)

    def wait_well(self, name: str, within_s: float = _READY_S) -> float:
        """Wait until an instance's own health check passes; returns how long that took, in seconds."""
        instance = self.instances[name]
        began = time.monotonic()
        while True:
            done = self.run_beside(instance, self._probe(instance.service))
            if done.returncode == 0:
                return time.monotonic() - began
            instance.child.check()
            if time.monotonic() - began > within_s:
                said = (done.stdout + done.stderr).strip()
                raise ChildFailed(instance.child, f"is not well after {within_s:g} s ({said})")
            time.sleep(_LOOK_AGAIN_S)

    def run_beside(self, instance: Instance, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        """Run a command in the container of an instance, as `docker compose exec` does."""
        line = self._line(instance.service, instance.host, instance.name, command)
        environ = self._environ(instance.service, instance.version)
        return subprocess.run(
            line, env=environ, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )

    def command(
        self, *words: str, host: str = "one", extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `plexsend WORDS` as an operator does: in the container `commands`."""
        service = self.services["commands"]
        line = self._line(service, host, "commands", ("plexsend", *words))
        environ = self._environ(service, ROOT) | dict(extra or {})
        return subprocess.run(
            line, env=environ, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False
        )

    def must(self, *words: str, allow: tuple[int, ...] = (0,)) -> str:
        """Run a command of an operator that has to work, and return what it printed."""
        done = self.command(*words)
        if done.returncode not in allow:
            said = (done.stdout + done.stderr).strip()
            raise AssertionError(f"plexsend {' '.join(words)}: exit code {done.returncode}: {said}")
        return done.stdout

    def check(self) -> None:
        """Raise ChildFailed where something that should run has ended by itself."""
        for instance in self.instances.values():
            instance.child.check()

    def leaks(self) -> list[str]:
        """Return which logs hold a secret, or a text or a number of a message."""
        words = [word.encode() for word in (*sorted(self.credentials.used), TEXT)]
        pattern = re.compile(b"|".join([*map(re.escape, words), rb"(?<!\d)0109\d{7}(?!\d)"]))
        logs = sorted((self.folder / "logs").glob("*.log"))
        return [path.stem for path in logs if pattern.search(path.read_bytes())]

    def end(self) -> None:
        """End everything, Valkey last."""
        for instance in sorted(self.instances.values(), key=lambda each: each.service.name == "valkey"):
            instance.child.terminate()
        for instance in self.instances.values():
            instance.child.end(10)
        self.instances.clear()

    def host_of(self, name: str, number: int = 1) -> str:
        """Return on which host the one of this number runs."""
        return HOSTS[(HOSTS.index(FIRST_HOST.get(name, HOSTS[0])) + number - 1) % len(HOSTS)]

    def volume(self, name: str, host: str) -> Path:
        """Return the folder of a volume on a host."""
        folder = self.folder / "shared" / name if name in SHARED else self.folder / "disks" / host / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def names(self) -> dict[str, str]:
        """Return what each container knows of the others: name → address."""
        services = {name: address_of(self.host_of(name)) for name in self.services}
        return {**services, "gateway": WORLD}

    def _probe(self, service: Service) -> tuple[str, ...]:
        if service.name == "valkey":
            # The image's own check needs valkey-cli, which the wheel has not.
            ping = "import redis; redis.Redis(username='plexsend-probe', password='probe').ping()"
            return (sys.executable, "-c", ping)
        if service.health[:1] == ("wget",):
            ask = f"import urllib.request; urllib.request.urlopen({service.health[-1]!r}, timeout=5)"
            return (sys.executable, "-c", ask)
        return service.health

    def _line(self, service: Service, host: str, hostname: str, command: tuple[str, ...]) -> tuple[str, ...]:
        room = self.folder / "rooms" / hostname
        room.mkdir(exist_ok=True)
        wanted = {
            "hostname": hostname,
            "room": str(room),
            "names": self.names(),
            "mounts": list(self._mounts(service, host)),
            "command": [programs.find(command[0]), *programs.fewer_threads(command[1:])],
        }
        spec = self.folder / "specs" / f"{hostname}.{abs(hash(command)):x}.json"
        spec.write_text(json.dumps(wanted), "utf-8")
        apart = (shutil.which("unshare") or "unshare", "--mount", "--uts", "--propagation", "private")
        python = (sys.executable, "-I", "-S", container.__file__)
        return (*self.hosts.on(host), *apart, *python, str(spec))

    def _mounts(self, service: Service, host: str) -> Iterator[dict[str, object]]:
        for target, name in service.secrets.items():
            yield {"source": str(self.credentials.folder / name), "target": target, "read_only": True}
        # What is not on the root's own file system would not be there: the code, and what all may see.
        for path in (ROOT, Path(sys.prefix), self.folder / "seen"):
            yield {"source": str(path), "target": str(path), "read_only": False}
        for each in service.mounts:
            source = self.volume(each.source, host) if each.is_volume else self.configs[each.source]
            yield {"source": str(source), "target": each.target, "read_only": each.read_only}

    def _environ(self, service: Service, version: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"
        found = {**kept, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **service.environment}
        if service.takes_settings:
            # What is given for a service wins over its file of settings, as in compose.
            found = {**self.settings, **found}
        if version != ROOT:
            found["PYTHONPATH"] = str(version)
        return found | (allocator() if service.name == "valkey" else {})
