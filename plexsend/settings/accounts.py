"""Accounts: a name for one `userID;secret_key`, which only the gateway sees."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.settings.values import refusal, unquoted
from plexsend.settings.variables import FILE_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Container

# A secret is tens of characters. Without a limit, a path to something endless would fill the memory.
_FILE_LIMIT_BYTES = 4096

_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""Byte order marks of what PowerShell writes where it is not asked for UTF-8."""

_ACCOUNT_WORD = re.compile(r"[A-Z0-9_]{1,32}")
_PRINTABLE = re.compile(r"[!-~]+")
_FORM = "Give userID;secret_key as the gateway's service console shows them, with one semicolon between."


@dataclass(frozen=True, slots=True)
class Credentials:
    """What identifies an account to the gateway. Two are equal when they hold the same secret."""

    header: str = field(repr=False)
    """The value of the `Authorization` header: `userID;secret_key`."""

    def __str__(self) -> str:
        return "Credentials(***)"

    def __repr__(self) -> str:
        return "Credentials(***)"


def credentials(name: str, text: str) -> Credentials:
    """Read `userID;secret_key`: one semicolon, both parts given, printable ASCII without spaces."""
    if not _PRINTABLE.fullmatch(text):
        raise refusal(name, "holds spaces or characters that are not printable ASCII", _FORM)
    user, *secrets = text.split(";")
    if len(secrets) != 1:
        raise refusal(name, "has more than one semicolon" if secrets else "has no semicolon", _FORM)
    if not user or not secrets[0]:
        raise refusal(name, f"has nothing {'after' if user else 'before'} its semicolon", _FORM)
    # user;"secret" is a shell's way to keep the semicolon.
    for part in (text, user, secrets[0]):
        unquoted(name, part)
    return Credentials(text)


def read_secret_file(name: str, path: Path) -> str:
    """Return the text of a file that holds one secret, without the spaces and newlines around it.

    Raises `SettingsError` when it cannot be read or holds nothing. An error never names the path: it would
    show a secret that was set as `..._FILE` by mistake.
    """
    try:
        # A pipe would block here for ever, and could be read only once.
        if not path.is_file():
            reason = (
                "names something that is not a file" if path.exists() else "names a file that does not exist"
            )
            raise refusal(name, reason, "Give the path of a file that holds the secret alone.")
        with path.open("rb") as file:
            content = file.read(_FILE_LIMIT_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "the path is not valid"
        raise refusal(
            name,
            f"names a file that cannot be read ({why})",
            "Make it readable for the user that runs this process.",
        ) from None  # the foreign error's text holds the path
    if len(content) > _FILE_LIMIT_BYTES:
        raise refusal(
            name, f"names a file of more than {_FILE_LIMIT_BYTES} bytes", "Keep only the secret in it."
        )
    # A byte that is not UTF-8 becomes a character that the check of every secret refuses. A byte order mark
    # comes from an editor, two of them from joining files: no secret holds one.
    encoding = _MARKS.get(content[:2], "utf-8")
    text = content.decode(encoding, errors="replace").replace("\ufeff", "").strip()
    if not text:
        raise refusal(name, "names an empty file", "Write the secret into it.")
    return unquoted(name, text)


@dataclass(frozen=True, slots=True)
class Account:
    """A named account. Its repr does not show the secret; only `read_credentials` returns it."""

    name: str
    source: str
    """The variable that gives the secret, for messages to people."""
    _secret: Credentials | Path = field(repr=False)
    """The secret itself, or the absolute path of the file that holds it."""

    def read_credentials(self) -> Credentials:
        """Return the credentials; an account given by a file reads that file again at every call.

        So a secret that was corrected in its file is used without a restart. Raises `SettingsError` when the
        file has become unreadable or wrong: the caller holds the account and reports it.
        """
        if isinstance(self._secret, Credentials):
            return self._secret
        return credentials(self.source, read_secret_file(self.source, self._secret))


def account_name(variable: str, rest: str, services: Container[str]) -> str:
    """Return the account that a variable names; raises `SettingsError` where it names none.

    Args:
        variable: Its whole name.
        rest: The name without what all variables of its kind share.
        services: Names that an account cannot have.
    """
    word = rest.removesuffix(FILE_SUFFIX)
    # PLEXSEND_ACCOUNT_FILE alone is more likely a name forgotten than an account called file.
    if not _ACCOUNT_WORD.fullmatch(word) or rest == FILE_SUFFIX.removeprefix("_"):
        raise refusal(
            variable,
            "does not name an account",
            f"After {variable.removesuffix(rest)} write the name in 1 to 32 of A-Z, 0-9 and _ "
            "(MY_SHOP is my-shop).",
        )
    name = word.lower().replace("_", "-")
    if name in services:
        raise refusal(
            variable, "gives an account the name of a service", "Choose another name for the account."
        )
    return name


def account_from_value(name: str, variable: str, text: str) -> Account:
    """Return the account whose secret is the variable's own value; raises `SettingsError` if it is wrong."""
    return Account(name, variable, credentials(variable, text.strip()))


def account_from_file(name: str, variable: str, text: str) -> Account:
    """Return the account whose secret is in the file that the variable names; reads it once to be sure."""
    account = Account(name, variable, absolute(variable, text))
    account.read_credentials()
    return account


def absolute(variable: str, text: str) -> Path:
    """Return the path of a file that is read again later, when the process may have moved."""
    try:
        path = Path(text).absolute()
    except OSError:
        path = None
    if path is None:
        raise refusal(
            variable,
            "names a file by a path from a folder that does not exist any more",
            "Give the path from the root, or start this process in a folder that exists.",
        )
    return path
