"""A variable of the environment as data, and how a field of a dataclass is read from one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Flag, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.settings.values import Parse

T = TypeVar("T")

PREFIX = "PLEXSEND_"
"""What every variable of ours starts with."""
FILE_SUFFIX = "_FILE"
"""After the name of a secret: the variable holds the path of a file with the secret in it."""

_ROW = "variable"


class ReadBy(Flag):
    """Which programs read a variable."""

    APPLICATIONS = auto()
    """Programs that submit messages and ask what became of them."""
    WORKERS = auto()
    COMMANDS = auto()
    """The `plexsend` commands, other than those that only start workers."""
    SERVERS = auto()
    """The servers of `plexsend serve`."""
    ALL = APPLICATIONS | WORKERS | COMMANDS | SERVERS


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    """One variable of the environment."""

    name: str
    """As it is written; `<NAME>` and `<PRODUCT>` are parts that vary."""
    default: str | None
    """As it would be written; None where the default is not a fixed text (see `default_words`)."""
    parse: Parse[T] = field(repr=False)
    meaning: str
    """One sentence for the docs."""
    readers: ReadBy = ReadBy.WORKERS
    per_service: bool = False
    """True when the name may end in a service, such as `_MMS_BULK`; it then counts for that service alone."""
    secret: bool = False
    """True when the value is or may hold a secret, so that `<name>_FILE` may give it instead."""
    default_words: str = ""
    by_product: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """Product → the default for its services, where that is another; only with `per_service`."""
    up_to: str = ""
    """For the first of waits that double: the field with the longest wait, which it may not exceed."""
    in_readme: bool = False
    """True for the few that people set; the README shows them."""
    replaces: str = ""
    """One sentence: what a variable made it possible to remove, or why nothing. Empty for the oldest."""

    def parse_default(self, product: str | None = None) -> T:
        """Return the default as a value; only for a variable that has one.

        `product`: that of the service for which it is asked; None: for none.
        """
        return self.parse(self.name, self.by_product.get(product or "", self.default or ""))


def row(name: str, default: str | None, parse: Parse[T], meaning: str, **more: Any) -> T:
    """Return a field of a dataclass that is read from `PLEXSEND_<name>`; `more` is as in `Variable`.

    The field's default is the variable's, so an instance made without arguments is what an empty environment
    gives.
    """
    variable = Variable(PREFIX + name, default, parse, meaning, **more)
    metadata = {_ROW: variable}
    if default is not None:
        return field(default=variable.parse_default(), metadata=metadata)
    made: T = field(metadata=metadata)
    return made


def service_row(name: str, default: str, parse: Parse[T], meaning: str, **more: Any) -> T:
    """Return a field whose variable may end in a service."""
    return row(name, default, parse, meaning, per_service=True, **more)


def varying_row(name: str, parse: Parse[Any], meaning: str, **more: Any) -> Mapping[str, Any]:
    """Return a field with one value for each name that the variable's name can hold."""
    return cast("Mapping[str, Any]", row(name, None, parse, meaning, **more))


def rows(model: type[Any]) -> dict[str, Variable[Any]]:
    """Return the variables of a dataclass by the names of their fields, in order."""
    return {each.name: each.metadata[_ROW] for each in fields(model) if _ROW in each.metadata}


def environment_word(name: str) -> str:
    """Return a service, product or account as it is written in the name of a variable."""
    return name.upper().replace("-", "_")
