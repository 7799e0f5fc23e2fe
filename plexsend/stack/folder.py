"""The data folder: what the processes of one stack keep, and a lock so that no second stack uses it."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

LINGERING_S = 3.0
"""How long the processes of an owner that was killed may take to end; Valkey still writes its file."""
_LOOK_AGAIN_S = 0.05
_OWNERS = 0o700
_KEY_BYTES = 32
_OURS = {
    *("lock", "logs", "valkey", ".gitignore", "gateway", "redis.url", "redis.new"),
    *("number.key", "number.new"),
    *("receipt.secret", "receipt.new", "receipts.url", "receipts.new", "number.key", "number.new"),
}
"""All that is put into a data folder."""


class Gateway(StrEnum):
    """Where the messages of a folder go."""

    SANDBOX = "sandbox"
    REAL = "real"


_MEANT = {
    Gateway.SANDBOX: "sandbox, and with real accounts they would really be sent",
    Gateway.REAL: "real gateway, and the sandbox would accept them and send them to nobody",
}


class DataFolder:
    """A folder that this process alone uses, from `with` to its end. NotPossible where another does.

    The lock is the kernel's, so no crash leaves a lock behind. Children that inherit `lock` hold it too: a
    Valkey that outlives a killed owner still keeps others away from its file.
    """

    def __init__(self, path: Path, *, lingering_s: float = LINGERING_S) -> None:
        self._lingering_s = lingering_s
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.valkey = self.path / "valkey"
        self.valkey_login = self.valkey / "login.conf"
        """What Valkey reads its password from: on its command line everybody could read it."""
        self.redis_url = self.path / "redis.url"
        """Valkey's URL with that password, for programs of the same user."""
        self.receipt_secret = self.path / "receipt.secret"
        """What ends the path for the receipts of the sandbox."""
        self.campaigns = self.path / "campaigns"
        """Where campaigns keep the recipients of their runs."""
        self.number_key = self.path / "number.key"
        """Under which the sandbox's messages know numbers: who refused advertisements."""
        self.receipts_url = self.path / "receipts.url"
        """Where the sandbox posts its receipts, with that secret."""
        self.lock = -1
        """File descriptor of the lock."""

    def __enter__(self) -> Self:
        try:
            # For the owner alone: messages hold people's numbers.
            self.path.mkdir(mode=_OWNERS, parents=True, exist_ok=True)
            self._close_to_others()
            self.lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._take_lock()
            for folder in (self.logs, self.valkey):
                folder.mkdir(mode=_OWNERS, exist_ok=True)
                folder.chmod(_OWNERS)
            (self.path / ".gitignore").write_text("*\n")
        except OSError as exc:
            self.close()
            raise NotPossible(
                f"The data folder {self.path} cannot be used: {exc.strerror}. Name another with --data."
            ) from exc
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def keep_to(self, gateway: Gateway) -> None:
        """Keep the folder to one gateway for good. NotPossible where its messages are meant for the other."""
        note = self.path / "gateway"
        meant = Gateway(note.read_text().strip()) if note.exists() else gateway
        if meant != gateway:
            raise NotPossible(
                f"The data folder {self.path} holds messages for the {_MEANT[meant]}. "
                "Name another folder with --data, or remove this one if you no longer need anything in it."
            )
        note.write_text(f"{gateway}\n")

    def write_secret(self, path: Path, text: str) -> None:
        """Write a file of this folder for its owner alone; a reader finds it as it was before, or whole."""
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(text)
        fresh.replace(path)

    def keep_number_key(self) -> Path:
        """Return the file of the key for hashes of numbers: made once, since what is suppressed stays."""
        if not self.number_key.exists():
            self.write_secret(self.number_key, f"{secrets.token_hex(_KEY_BYTES)}\n")
        return self.number_key

    def close(self) -> None:
        """Let others use the folder."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1

    # A folder with other things in it, a project's or a home folder, stays as it is; ours in it are closed.
    def _close_to_others(self) -> None:
        if {entry.name for entry in self.path.iterdir()} <= _OURS:
            self.path.chmod(_OWNERS)

    def _take_lock(self) -> None:
        deadline = time.monotonic() + self._lingering_s
        while not self._try_lock():
            owner = self._read_owner()
            if _is_alive(owner):
                raise NotPossible(
                    f"The data folder {self.path} is in use by another plexsend (process {owner}). "
                    "Stop that one, or name another folder with --data."
                )
            if time.monotonic() > deadline:
                raise NotPossible(
                    f"The data folder {self.path} is still in use by what a killed plexsend left behind, "
                    "most likely its Valkey. End that first, or name another folder with --data."
                )
            time.sleep(_LOOK_AGAIN_S)
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, f"{os.getpid()}\n".encode(), 0)

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read_owner(self) -> int:
        text = os.pread(self.lock, 20, 0).strip()
        return int(text) if text.isdigit() else 0


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
