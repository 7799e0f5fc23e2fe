"""The secrets of a rehearsal: made by deploy/make-secrets.sh, as by an operator, and changed on the way."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

USER = "rehearsal-user"
"""The account's user at the gateway."""
_URL = "redis-url-"


@dataclass
class Credentials:
    """The folder with the files of all secrets."""

    folder: Path
    script: Path
    account: str = field(default_factory=lambda: token_hex(16))
    """The account's secret at the gateway."""
    used: set[str] = field(default_factory=set)
    """Every secret that ever was, to look for in logs."""

    def __post_init__(self) -> None:
        said = f"{USER};{self.account}\n"
        subprocess.run(
            [str(self.script), str(self.folder)], input=said, text=True, check=True, stdout=subprocess.DEVNULL
        )
        self.used |= {self.account, self.number_key, self.receipt, *map(self.password, self.logins())}

    @property
    def number_key(self) -> str:
        """Under which numbers are hashed."""
        return self.get("number-key")

    @property
    def receipt(self) -> str:
        """What ends the path of receipts; several, with commas between them, while they change."""
        return self.get("receipt-secret-main")

    def get(self, name: str) -> str:
        """Return what a file of a secret holds."""
        return (self.folder / name).read_text("utf-8").strip()

    def put(self, name: str, text: str) -> None:
        """Write one, into the file that is there: a container goes on seeing the one of its start."""
        path = self.folder / name
        path.touch(mode=0o644)
        with path.open("r+", encoding="utf-8") as file:
            file.write(text)
            file.truncate()

    def logins(self) -> list[str]:
        """Return the logins of Valkey that have a URL, without `plexsend-`."""
        return [path.name.removeprefix(_URL) for path in sorted(self.folder.glob(f"{_URL}*"))]

    def url(self, login: str, host: str = "valkey") -> str:
        """Return the URL of Valkey with this login."""
        return self.get(f"{_URL}{login}").replace("@valkey:", f"@{host}:")

    def password(self, login: str) -> str:
        """Return the password of a login."""
        return urlsplit(self.url(login)).password or ""

    def new_password(self) -> str:
        """Make a new password for a login and return it; nothing is written."""
        password = token_hex(24)
        self.used.add(password)
        return password

    def put_password(self, login: str, password: str) -> None:
        """Write a login's password into the file of its URL."""
        self.put(f"{_URL}{login}", self.url(login).replace(self.password(login), password))

    def new_account(self) -> str:
        """Make a new secret of the account and return it; nothing is written."""
        secret = token_hex(16)
        self.used.add(secret)
        return secret

    def put_account(self, secret: str) -> None:
        """Write the account's secret."""
        self.account = secret
        self.put("account-main", f"{USER};{secret}")

    def put_receipt(self, *secrets: str) -> None:
        """Write the secrets of receipts."""
        self.used |= set(secrets)
        self.put("receipt-secret-main", ",".join(secrets))
