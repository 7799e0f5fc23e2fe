"""Three hosts on a network, made of name spaces of the kernel: nothing of them outlives their processes.

The rehearsal itself runs in name spaces of its own (`enter`). There it is the world outside of the hosts: it
has the bridge to which each is connected, and its own address on it. When its last process has ended, however
that came, the kernel takes network, mounts and hosts away.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.stack.child import Child, Program

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTS = ("one", "two", "three")
WORLD = "10.77.0.254"
"""Where the gateway, applications and whoever judges are."""
_BRIDGE = "outside"
_INSIDE = "PLEXSEND_REHEARSAL_INSIDE"
_APART = ("unshare", "--net", "--mount", "--propagation", "private")
_PROBE = """
ip link add dev probe0 type bridge
ip link add dev probe1 type veth
mount -t tmpfs probe "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" probe "$1/root"
"""
"""What a rehearsal needs of the kernel, tried in name spaces that end with it; $1 is an empty folder."""


def address_of(host: str) -> str:
    """Return the address of a host."""
    return f"10.77.0.{HOSTS.index(host) + 1}"


def why_not() -> str | None:
    """Return why no hosts can be made here, and what to do; None where they can."""
    for tool, package in (("ip", "iproute2"), ("unshare", "util-linux"), ("nsenter", "util-linux")):
        if shutil.which(tool) is None:
            return f"{tool} is missing: apt-get install {package}"
    if os.geteuid():
        return "name spaces with a root of their own are for root alone: run it as root"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*_APART, "sh", "-euc", _PROBE, "probe", folder], capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = done.stderr.strip().partition("\n")[0] or "no reason given"
        return f"this machine lets root make no network or no overlay of its file system ({said})"
    return None


def enter() -> None:
    """Go on in name spaces of its own: this process begins anew there, with the same arguments."""
    if os.environ.pop(_INSIDE, None) is None:
        environ = {**os.environ, _INSIDE: "1"}
        line = [*_APART, sys.executable, *sys.orig_argv[1:]]
        os.execvpe(line[0], line, environ)  # noqa: S606  a fixed program, without a shell


class Hosts:
    """The three hosts; each is there from `begin` on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, Child] = {}

    def begin(self) -> None:
        """Make the network and the hosts."""
        _ip("link", "set", "lo", "up")
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{WORLD}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for host in HOSTS:
            # Something has to be in a name space for it to be there.
            holder = (shutil.which("unshare") or "unshare", "--net", "sleep", "infinity")
            child = Child(Program(host, holder, self._folder / "hosts.log", self._folder, os.environ))
            child.start()
            self._held[host] = child
            self._wait_apart(child.pid)
            _ip("link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", str(child.pid))
            self.run(host, "ip", "link", "set", "lo", "up")
            self.run(host, "ip", "addr", "add", f"{address_of(host)}/24", "dev", "eth0")
            self.run(host, "ip", "link", "set", "eth0", "up")
            _ip("link", "set", host, "up")
            self.connect(host)

    def on(self, host: str) -> tuple[str, ...]:
        """Return what a command line begins with that runs on a host."""
        return (shutil.which("nsenter") or "nsenter", f"--net=/proc/{self._held[host].pid}/ns/net", "--")

    def run(self, host: str, *command: str) -> None:
        """Run a command on a host; raises CalledProcessError."""
        subprocess.run([*self.on(host), *command], check=True)

    def cut(self, host: str) -> None:
        """Take a host off the network: its link stays up, and what it sends goes nowhere."""
        _ip("link", "set", host, "nomaster")

    def connect(self, host: str) -> None:
        """Put a host on the network, again too."""
        _ip("link", "set", host, "master", _BRIDGE)

    def end(self) -> None:
        """Let go of the hosts."""
        for child in self._held.values():
            child.end(within_s=1)

    @staticmethod
    def _wait_apart(pid: int) -> None:
        own = Path("/proc/self/ns/net").readlink()
        command = Path(f"/proc/{pid}/comm")
        while Path(f"/proc/{pid}/ns/net").readlink() == own or command.read_text("utf-8").strip() != "sleep":
            os.sched_yield()


def _ip(*words: str) -> None:
    subprocess.run([shutil.which("ip") or "ip", *words], check=True)


def mount_disk(folder: Path, size_mb: int) -> None:
    """Give a folder a file system of its own, of this size, which can be filled."""
    folder.mkdir(parents=True, exist_ok=True)
    line: Sequence[str] = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={size_mb}m",
        "plexsend-rehearsal",
        str(folder),
    ]
    subprocess.run(line, check=True)


def unmount_disks(folder: Path) -> None:
    """Take the file systems below a folder away, so that it can be removed."""
    found = [line.split()[1] for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
    for mounted in reversed([each for each in found if each.startswith(f"{folder}/")]):
        subprocess.run([shutil.which("umount") or "umount", "--lazy", mounted], check=False)
