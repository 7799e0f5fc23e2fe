"""Buildah, as far as an image is made and run here: no daemon, no registry, folders of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
BASE = "localhost/rehearsed-base:bookworm"
IMAGE = "localhost/plexsend:rehearsed"
TOOLS = ("buildah", "debootstrap")
_DEBIAN = "bookworm"
_MIRROR = "http://deb.debian.org/debian"
# chroot: a machine without namespaces for users and networks can do it too.
_CHROOT = ("--isolation", "chroot")


def missing() -> str:
    """Return why nothing can be built here, with the remedy; empty where it can."""
    gone = [name for name in TOOLS if shutil.which(name) is None]
    if gone:
        remedy = f"apt-get install --no-install-recommends {' '.join(gone)}"
        return f"{' and '.join(gone)} not found. On Debian: {remedy}"
    return "" if os.geteuid() == 0 else "debootstrap and buildah's chroot need root. Run it as root."


def run(*words: str | Path, log: Path, **env: str) -> str:
    """Run a program and return what it says; RuntimeError with its last lines where it fails."""
    done = subprocess.run(
        [*words], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    with log.open("a", encoding="utf-8") as kept:
        kept.write(f"$ {' '.join(map(str, words))}\n{done.stdout}{done.stderr}\n")
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
        raise RuntimeError(f"{Path(words[0]).name} ended with {done.returncode} (all of it: {log}):\n{said}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Builder:
    """Makes images in a folder.

    Args:
        folder: Everything of it is in here: the base, the wheels, the images.
    """

    folder: Path

    @property
    def log(self) -> Path:
        """What the programs said."""
        return self.folder / "image-check.log"

    def words(self, *words: str | Path) -> list[str]:
        """Return the command line of a call of buildah."""
        store = ("--root", self.folder / "store", "--runroot", self.folder / "run")
        program = shutil.which("buildah") or "buildah"
        return [str(word) for word in (program, *store, "--storage-driver", "vfs", *words)]

    def call(self, *words: str | Path) -> str:
        """Call buildah and return what it prints."""
        return run(*self.words(*words), log=self.log)

    def make_base(self) -> None:
        """Make what FROM names of a Debian with its own Python; once, since it takes minutes."""
        if BASE in self.call("images", "--format", "{{.Name}}:{{.Tag}}").split():
            return
        root = self.folder / "base"
        if not (root / "usr" / "bin" / "python3").exists():
            shutil.rmtree(root, ignore_errors=True)
            packages = "--include=python3,python3-venv,ca-certificates"
            run("debootstrap", "--variant=minbase", packages, _DEBIAN, root, _MIRROR, log=self.log)
        container = self.call("from", "scratch")
        try:
            self.call("add", container, root, "/")
            self.call("commit", "--format", "docker", container, BASE)
        finally:
            self.call("rm", container)

    def fetch(self) -> Path:
        """Return a folder with the files that both locks name, so that the build asks no index.

        pip takes them from where this machine has its packages; neither the build nor the image hears where
        that is.
        """
        wheels = self.folder / "wheels"
        wanted = self.folder / "wheels.txt"
        locks = [ROOT / "requirements" / name for name in ("deploy.lock", "build.lock")]
        # The base may have another Python than this one, so what is for some versions alone is fetched too.
        text = "\n".join(re.sub(r" ;[^\\\n]*", " ", lock.read_text("utf-8")) for lock in locks)
        wanted.write_text(text, "utf-8")
        options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:")
        pip = (sys.executable, "-m", "pip", "download", *options, "--require-hashes")
        run(*pip, "--requirement", wanted, "--dest", wheels, log=self.log)
        return wheels

    def build(self, revision: str) -> None:
        """Build deploy/Containerfile as it is, on the base of here, with the wheels of here."""
        config = self.folder / "pip.conf"
        config.write_text("[global]\nno-index = true\nfind-links = /wheels\n", "utf-8")
        self.call(
            *("bud", *_CHROOT, "--format", "docker", "--pull-never", "--layers=false"),
            *("--build-arg", f"BASE={BASE}", "--build-arg", f"REVISION={revision}"),
            *("--secret", f"id=pip,src={config}", "--volume", f"{self.fetch()}:/wheels:ro"),
            *("--file", ROOT / "deploy" / "Containerfile", "--tag", IMAGE, "."),
        )

    def config(self) -> Mapping[str, Any]:
        """Return what the image says of itself."""
        said = json.loads(self.call("inspect", "--type", "image", IMAGE))
        found: Mapping[str, Any] = said["Docker"]["config"]
        return found

    def start(self) -> str:
        """Make a container of the image; return its name."""
        return self.call("from", "--pull-never", IMAGE)

    def line(
        self, container: str, words: Sequence[str], env: Mapping[str, str], secrets: Path | None
    ) -> list[str]:
        """Return the command line that runs a program in a container."""
        given = [word for name, text in env.items() for word in ("--env", f"{name}={text}")]
        mounts = ["--volume", f"{secrets}:/run/secrets:ro"] if secrets else []
        return self.words("run", *_CHROOT, *given, *mounts, container, "--", *words)


def program_of(pid: int, user: int) -> int:
    """Return the innermost process of this user among those that a process has started; 0: there is none.

    Buildah's own are around it, and the last of them has become the user already.
    """
    # A thread has the children that it started, and any of them may have.
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    for child in " ".join(task.read_text("utf-8") for task in tasks).split():
        if found := program_of(int(child), user):
            return found
        owner = re.search(r"^Uid:\t(\d+)", Path(f"/proc/{child}/status").read_text("utf-8"), re.MULTILINE)
        if owner and int(owner[1]) == user:
            return int(child)
    return 0
