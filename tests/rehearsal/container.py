"""What a container is to a program: a root, a host name and names of others, and its files, on this kernel.

Run as a script in name spaces of its own, `python -I -S container.py FILE`, it becomes the program that the
file describes, under the same process id. All that it mounts is seen by that program alone, and goes with it.
It imports nothing of plexsend, so that it takes hundredths of a second.
"""

import json
import os
import socket
import subprocess
import sys

_MOUNT = "/bin/mount"


def _mount(*words: str) -> None:
    subprocess.run([_MOUNT, *words], check=True)


def _bind(source: str, target: str, *, read_only: bool) -> None:
    if os.path.isdir(source):  # noqa: PTH112  pathlib costs as long as all the rest
        os.makedirs(target, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        with open(target, "a", encoding="utf-8"):  # noqa: PTH123
            pass
    _mount("--rbind", source, target)
    if read_only:
        _mount("-o", "remount,bind,ro", target)


def main(path: str) -> None:
    """Become the program."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        wanted = json.load(file)
    socket.sethostname(wanted["hostname"])
    # The machine's own root below, and above it room in memory for what the container has differently.
    room = wanted["room"]
    _mount("-t", "tmpfs", "-o", "size=64m", "plexsend-rehearsal", room)
    for name in ("upper", "work", "root"):
        os.mkdir(f"{room}/{name}")  # noqa: PTH102
    options = f"lowerdir=/,upperdir={room}/upper,workdir={room}/work"
    root = f"{room}/root"
    _mount("-t", "overlay", "-o", options, "plexsend-rehearsal", root)
    for name in ("proc", "sys", "dev"):
        _mount("--rbind", f"/{name}", f"{root}/{name}")
    for each in wanted["mounts"]:
        _bind(each["source"], root + each["target"], read_only=each["read_only"])
    with open(f"{root}/etc/hosts", "w", encoding="utf-8") as hosts:  # noqa: PTH123
        hosts.write("127.0.0.1 localhost\n")
        hosts.writelines(f"{address} {name}\n" for name, address in wanted["names"].items())
    os.chroot(root)
    os.chdir("/")
    os.execvp(wanted["command"][0], wanted["command"])  # noqa: S606  a fixed program, without a shell


if __name__ == "__main__":
    main(sys.argv[1])
