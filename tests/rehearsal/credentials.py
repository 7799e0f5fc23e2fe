"""The secrets of a rehearsal: made up at its start, in files as the containers find them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

USER = "rehearsal-user"
"""The account's user at the gateway."""
ADMIN = "rehearsal-admin"
"""A login of Valkey that may do everything: of the person who rehearses."""
_LOGIN = re.compile(r"CHANGE-ME-([a-z]+)")
_PROBE = "user plexsend-probe on >probe -@all +ping"
"""The login of Valkey's health check, where users.conf has none."""


@dataclass
class Credentials:
    """Every secret, and the folder with their files."""

    folder: Path
    users_conf: Path
    passwords: dict[str, str] = field(default_factory=dict)
    """Login without `plexsend-` → its password."""
    account: str = field(default_factory=lambda: token_hex(16))
    receipt: str = field(default_factory=lambda: token_hex(16))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self._users = [
            line for line in self.users_conf.read_text("utf-8").splitlines() if line.startswith("user ")
        ]
        for login in {*_LOGIN.findall("\n".join(self._users)), "admin"}:
            self.passwords[login] = token_hex(16)

    def write(self, names: Iterable[str]) -> None:
        """Write the files of secrets that services name. KeyError for one that the rehearsal does not know."""
        for name in names:
            self.put(name, self._content(name))

    def put(self, name: str, text: str) -> None:
        """Write one file, in place: a container goes on seeing the file that was there at its start."""
        path = self.folder / name
        path.touch(mode=0o600)
        with path.open("r+", encoding="utf-8") as file:
            file.write(text)
            file.truncate()

    def url(self, login: str, host: str = "valkey") -> str:
        """Return the URL of Valkey with this login."""
        user = ADMIN if login == "admin" else f"plexsend-{login}"
        return f"redis://{user}:{self.passwords[login]}@{host}:6379/0"

    def users(self) -> str:
        """Return what Valkey's file of logins holds."""
        lines = [_LOGIN.sub(lambda match: self.passwords[match[1]], line) for line in self._users]
        if not any(line.startswith("user plexsend-probe ") for line in lines):
            lines.append(_PROBE)
        admin = f"user {ADMIN} on >{self.passwords['admin']} ~* &* +@all"
        return "\n".join([*lines, admin, "user default off", ""])

    def words(self) -> list[str]:
        """Return every secret, to look for in logs."""
        return [*self.passwords.values(), self.account, self.receipt]

    def _content(self, name: str) -> str:
        if name.startswith("redis-url-"):
            return self.url(name.removeprefix("redis-url-"))
        return {
            "users.acl": self.users,
            "account-main": lambda: f"{USER};{self.account}",
            "receipt-secret-main": lambda: self.receipt,
            "grafana-admin": lambda: token_hex(16),
        }[name]()
