"""`make image-check`: build deploy/Containerfile, and start in it what deploy/compose.yaml starts.

Each service has the command, the settings, the login and the health check of compose; Valkey and a gateway
that is played are outside. What only an engine of containers does is not shown: networks, a root that is
read-only, capabilities, restarts. Nor is the base that FROM names, since no registry is asked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.sandbox import Sandbox
from plexsend.stack.child import Child, Program
from plexsend.stack.ports import free_port
from tests.deploy.composed import Service, secret_files, services
from tests.deploy.logins import here, make, start_valkey
from tests.image.buildah import IMAGE, ROOT, Builder, missing, program_of, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

USER = 10001
HEALTHY_WITHIN_S = 60.0
ACCOUNT = "user;key"
SHOWN = ("worker-mms", "beat", "receipts", "metrics", "archive")
"""The other workers differ by their queues alone."""


class Run:
    """One container with the services of compose in it."""

    def __init__(self, builder: Builder, folder: Path, port: int, gateway: str) -> None:
        self._builder = builder
        self._folder = folder
        self._port = port
        self._gateway = gateway
        self.container = builder.start()

    def secrets_of(self, service: Service) -> Path:
        """Make the folder that the service has as /run/secrets."""
        made = self._folder / "run" / service.name
        made.mkdir(parents=True, exist_ok=True)
        for name, source in service.secrets.items():
            text = (self._folder / "secrets" / secret_files()[source]).read_text("utf-8")
            (made / name).write_text(here(text, self._port) + "\n", "utf-8")
        return made

    def line(self, service: Service, words: Sequence[str]) -> list[str]:
        """Return what runs a program with all that the service has."""
        environment = {**service.environment, "PLEXSEND_MMS_URL": self._gateway}
        return self._builder.line(self.container, words, environment, self.secrets_of(service))

    def ask(self, service: Service, *words: str) -> tuple[int, str]:
        """Run a program to its end; return its exit code and all that it said."""
        done = subprocess.run(self.line(service, words), capture_output=True, text=True, check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    def start(self, service: Service) -> Child:
        """Start a service. It listens to this machine alone, on a free port."""
        mapped = {"0.0.0.0": "127.0.0.1", "8080": str(free_port()), "8081": str(free_port())}
        words = [mapped.get(word, word) for word in service.command]
        log = self._folder / f"{service.name}.log"
        program = Program(service.name, tuple(self.line(service, words)), log, self._folder, os.environ)
        child = Child(program)
        child.start()
        return child

    def wait_until_healthy(self, service: Service, child: Child) -> float:
        """Ask as compose does until it is well; return how long that took."""
        began = time.monotonic()
        while True:
            code, said = self.ask(service, *service.facts["healthcheck"]["test"][1:])
            if code == 0:
                return time.monotonic() - began
            if time.monotonic() - began > HEALTHY_WITHIN_S or not child.is_running:
                raise RuntimeError(f"{service.name} is not well: {said}\n" + "\n".join(child.last_words()))

    def end(self, service: Service, child: Child) -> float:
        """Send SIGTERM to its program; return how long it took to end, which must be in order and in time."""
        pid = program_of(child.pid, USER)
        if not pid:
            raise RuntimeError(f"{service.name} does not run as user {USER}")
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        code = child.wait(float(service.facts["stop_grace_period"].removesuffix("s")))
        if code != 0:
            raise RuntimeError(f"{service.name} ended with {code}:\n" + "\n".join(child.last_words()))
        return time.monotonic() - began


def look_at_image(builder: Builder, revision: str) -> None:
    """Raise where the image is not what the file promises."""
    config = builder.config()
    said = " ".join([*config["Env"], *config["Labels"].values()])
    expected = {
        "user": (config["User"], f"{USER}:{USER}"),
        "signal": (config["StopSignal"], "SIGTERM"),
        "health check": (config["Healthcheck"]["Test"], ["CMD", "plexsend", "health", "outbox"]),
        "revision": (config["Labels"]["org.opencontainers.image.revision"], revision),
        "address in it": ("://" in said, False),
    }
    for what, (found, wanted) in expected.items():
        if found != wanted:
            raise RuntimeError(f"{what} is {found!r}, not {wanted!r}")


def look_inside(builder: Builder, container: str) -> None:
    """Raise where what is in it is not what must be there, or can be changed by those who run it."""
    looks: Mapping[str, str] = {
        "plexsend --version": f"plexsend {version('plexsend')}",
        "id -u; id -g": f"{USER}\n{USER}",
        "touch /opt/plexsend/x 2>/dev/null || echo kept": "kept",
        "touch /var/lib/plexsend/state/x && echo written": "written",
        "python -c 'import pip' 2>/dev/null || echo none": "none",
        "ls /etc/pip.conf /build /opt/build 2>/dev/null | wc -l": "0",
        "find /opt/plexsend -name '*.pyc' | head -1 | wc -l": "1",
    }
    for command, wanted in looks.items():
        line = builder.line(container, ["sh", "-c", command], {}, None)
        found = run(*line, log=builder.log)
        if found != wanted:
            raise RuntimeError(f"{command}: {found!r}, not {wanted!r}")


def say(words: str) -> None:
    """Print a line, now."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def complain(words: str) -> None:
    """Print why it fails."""
    sys.stderr.write(f"image-check: {words}\n")


def lap(what: str, began: float) -> float:
    """Print what is done and how long it took; return the time."""
    now = time.monotonic()
    say(f"{now - began:7.1f} s  {what}")
    return now


def show(builder: Builder, folder: Path, stack: ExitStack) -> None:
    """Start each service, send a message, and end all. Raises where something is not as it must be."""
    secrets = folder / "secrets"
    made = make(secrets, f"{ACCOUNT}\n")
    if made.returncode:
        raise RuntimeError(made.stderr)
    (folder / "valkey").mkdir()
    valkey, port = start_valkey(folder / "valkey", secrets)
    stack.callback(valkey.end)
    gateway = stack.enter_context(Sandbox())
    running = Run(builder, folder, port, gateway.url)
    stack.callback(builder.call, "rm", running.container)
    look_inside(builder, running.container)
    children: dict[str, Child] = {}
    for name in SHOWN:
        service = services()[name]
        children[name] = child = running.start(service)
        stack.callback(child.end)
        took = running.wait_until_healthy(service, child)
        say(f"           {name}: healthy after {took:.1f} s, {' '.join(service.command)}")
    words = ("--to", "010-2345-6789", "--from", "02-2123-4567", "--text", "hello", "--key", "k1")
    picture = ("--image", "https://img.example/1.jpg")
    code, said = running.ask(services()["commands"], "plexsend", "send", "mms-bulk", *words, *picture)
    if code:
        raise RuntimeError(f"the message was not taken in: {said}")
    until = time.monotonic() + HEALTHY_WITHIN_S
    while "k1" not in gateway.accepted:
        if time.monotonic() > until:
            raise RuntimeError(
                "the gateway got no message:\n" + "\n".join(children["worker-mms"].last_words())
            )
        time.sleep(0.05)
    say("           a message of `plexsend send` in the image went out through worker-mms")
    for name, child in children.items():
        took = running.end(services()[name], child)
        say(f"           {name}: SIGTERM ended it after {took:.1f} s with exit code 0")


def main() -> int:
    """Build, look and run; 0 where all is as it must be, 2 where nothing can be built here."""
    if why := missing():
        complain(why)
        return 2
    folder = ROOT / ".bench" / "image"
    folder.mkdir(parents=True, exist_ok=True)
    builder = Builder(folder)
    builder.log.unlink(missing_ok=True)
    began = time.monotonic()
    try:
        builder.make_base()
        began = lap("a Debian with Python as the base (made once)", began)
        revision = run("git", "rev-parse", "HEAD", log=builder.log)
        builder.build(revision)
        began = lap(f"deploy/Containerfile built as {IMAGE}", began)
        look_at_image(builder, revision)
        with tempfile.TemporaryDirectory() as made, ExitStack() as stack:
            show(builder, Path(made), stack)
        lap("what compose starts was started, asked for its health and ended", began)
    except RuntimeError as exc:
        complain(str(exc))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
