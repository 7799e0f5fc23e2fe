"""The settings as the docs show them. Tests hold the docs to what is returned here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.settings.model import VARIABLES
from plexsend.settings.variables import FILE_SUFFIX, PREFIX, ReadBy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.settings.variables import Variable

_OF_WORKERS = (
    "Applications and commands need none of these. What [policies.md](policies.md#the-table) lists too is "
    "what a worker asks for: the whole fleet goes by one value, which `plexsend policy list` shows."
)
_OF_SERVERS = (
    "The processes that [`plexsend serve`](receipts.md) starts read them, and what all programs read; "
    "`plexsend doctor` checks them where they are set."
)
_SECTIONS = {
    ReadBy.ALL: (
        "Read by applications, workers and commands",
        "Give the same value wherever messages are submitted, sent or looked at.",
    ),
    ReadBy.WORKERS | ReadBy.COMMANDS: (
        "Read by workers and commands",
        "Give the same value to all of them, on every host.",
    ),
    ReadBy.WORKERS: ("Read by workers alone", _OF_WORKERS),
    ReadBy.SERVERS: ("Read by the server of receipts alone", _OF_SERVERS),
}

_INTRODUCTION = f"""# Settings

All settings, by the programs that read them. The few that people usually set are in the
[README](../README.md#settings) too. For all of them:

- A wrong value stops the start, and all wrong values are listed at once. A `{PREFIX}` name that does not
  exist is a warning.
- A value is written without quotes. A shell takes them away; Docker's `--env-file` and a secret's file keep
  them, so quotes around a value are refused.
- Variables that Kubernetes makes of a service's name (`{PREFIX}REDIS_PORT=tcp://...`) are not settings, and
  nothing is said of them.
- A setting marked "per service" may end in a service, such as `{PREFIX}LINGER_MS_MMS_BULK`, and then counts
  for that service alone.
- A value that holds a secret can be in a file instead: end the name in `_FILE` and give the file's path.
  The file of an account is read again when the gateway refuses the account, and the file of a receipt's
  secret when it changes, so a corrected secret needs no restart.
- Sentinel is written `sentinel://[user:password@]host1:26379,host2:26379,host3:26379/0?master=NAME`.
  `sentinel_user` and `sentinel_password` may follow after `&` if the Sentinels themselves ask for them.
  Name all of them: of three or more, most must name the same master. What a fail-over can lose:
  [reliability.md](reliability.md).

Every program refuses wrong values of all settings, and uses only those listed for it. Two commands pass
settings on to the processes that they start:

- `plexsend up` passes all, except the addresses of Redis and the broker: it starts a Valkey of its own. With
  `--sandbox` it passes neither accounts, nor the addresses of the gateway, nor that of a chat.
- `plexsend demo` passes `{PREFIX}LOG` alone.
"""


def markdown_table() -> str:
    """Return the table of the variables that the README shows, without a newline at its end."""
    return _table(variable for variable in VARIABLES if variable.in_readme)


def markdown_page() -> str:
    """Return docs/settings.md: all variables by who reads them, and what the newer ones replace."""
    parts = [_INTRODUCTION]
    for readers, (title, remark) in _SECTIONS.items():
        parts.append(f"## {title}\n\n{remark}\n")
        parts.append(_table(variable for variable in VARIABLES if variable.readers == readers) + "\n")
    parts.append(
        "## What the newer settings replace\n\n"
        "Every setting is one more to know, so a new one says what it replaced, or why nothing.\n"
    )
    parts.append("\n".join(f"- `{each.name}`: {each.replaces}" for each in VARIABLES if each.replaces) + "\n")
    return "\n".join(parts)


def default_words(variable: Variable[Any]) -> str:
    """Return a default as the docs write it, with what it is for the products that have another."""
    others = (f"{product}: `{text}`" for product, text in variable.by_product.items())
    return "; ".join([f"`{variable.default}`", *others])


def _table(variables: Iterable[Variable[Any]]) -> str:
    rows = ["| Variable | Default | Per service | Meaning |", "|---|---|---|---|"]
    for variable in variables:
        name = f"`{variable.name}`" + (f" or `{variable.name}{FILE_SUFFIX}`" if variable.secret else "")
        default = variable.default_words if variable.default is None else default_words(variable)
        rows.append(f"| {name} | {default} | {'yes' if variable.per_service else ''} | {variable.meaning} |")
    return "\n".join(rows)
