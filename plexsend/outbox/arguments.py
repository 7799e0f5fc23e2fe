"""The values that go into each script and come out, in their order: calls and scripts are written from this.

A call names its values; the script gets a line that gives each its name (`local lane, service = ...`).
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Argument = str | bytes | int

_NAMES_A_LINE = 6


class Sort(Enum):
    """How a script reads a value, and what an answer holds where the script does not give it."""

    TEXT = ("{}", "''")
    NUMBER = ("tonumber({})", "'0'")
    FLAG = ("{} == '1'", "'0'")
    LIST = ("{}", "{{}}")

    def read(self, source: str) -> str:
        """Return the expression that reads a value."""
        return str(self.value[0]).format(source)

    @property
    def absent(self) -> str:
        """The expression for a value that is not named."""
        return str(self.value[1]).format()


@dataclass(frozen=True, slots=True)
class Value:
    """One value in its order."""

    name: str
    sort: Sort = Sort.TEXT


class Order:
    """Values that go to a script or come from it together, in their order.

    Args:
        name: The name by which a script reads them, where they come any number of times.
        values: At least one.
    """

    def __init__(self, name: str, *values: Value) -> None:
        self.name = name
        self.values = values
        self.names = tuple(value.name for value in values)
        # A namedtuple is fast, and it writes every batch. Its names are only known at run time.
        self.write: Callable[..., tuple[Argument, ...]] = namedtuple(  # type: ignore[misc]  # noqa: PYI024
            name, self.names
        )
        """Return the values in their order, each given by its name, flags as 0 or 1; TypeError: one is
        missing or unknown."""
        self._flags = tuple(at for at, value in enumerate(values) if value.sort is Sort.FLAG)

    def write_all(self, values: Iterable[Argument]) -> list[Argument]:
        """Return values that are in their order already, with flags as 0 or 1."""
        written = list(values)
        for at in self._flags:
            written[at] = int(written[at])
        return written

    def read(self, reply: Sequence[Any]) -> dict[str, Any]:
        """Return the values that a reply begins with, by name."""
        return dict(zip(self.names, reply, strict=False))

    def place(self, name: str) -> int:
        """Return where a value is, 1 the first; 0 where there is none of that name."""
        return self.names.index(name) + 1 if name in self.names else 0

    def as_locals(self) -> str:
        """Return the lines that give each value its name in a script, and the place where the rest begins."""
        named = [
            (value.name, value.sort.read(f"ARGV[{place}]")) for place, value in enumerate(self.values, 1)
        ]
        chunks = [named[at : at + _NAMES_A_LINE] for at in range(0, len(named), _NAMES_A_LINE)]
        lines = [
            f"local {', '.join(name for name, _ in chunk)} = {', '.join(read for _, read in chunk)}"
            for chunk in chunks
        ]
        return "\n".join([*lines, f"local FIRST_REST = {len(self.values) + 1}"])

    def as_reader(self) -> str:
        """Return a function that reads these values from a place among the arguments on, and their number."""
        fields = ", ".join(
            f"{value.name} = {value.sort.read(f'ARGV[at + {offset}]' if offset else 'ARGV[at]')}"
            for offset, value in enumerate(self.values)
        )
        return (
            f"local {self.name.upper()}_LENGTH = {len(self.values)}\n"
            f"local function read_{self.name}(at)\n  return {{ {fields} }}\nend"
        )

    def as_answer(self) -> str:
        """Return a function that puts named values into this order."""
        places = ", ".join(f"named.{value.name} or {value.sort.absent}" for value in self.values)
        return f"local function answer_of(named)\n  return {{ {places} }}\nend"


def _order(name: str, *values: str | Value) -> Order:
    return Order(name, *(Value(value) if isinstance(value, str) else value for value in values))


def _number(name: str) -> Value:
    return Value(name, Sort.NUMBER)


def _flag(name: str) -> Value:
    return Value(name, Sort.FLAG)


ADVANCE = _order(
    "advance",
    "lane",
    "service",
    "drain",
    _number("sequence"),
    "mode",
    "bell",
    _number("stay_ms"),
    _flag("yields"),
    _number("most_items"),
    # Of the batch to settle. The ms of its take are 0 where they are not known.
    "settled_token",
    _number("settled_take"),
    _number("settled_ms"),
    _number("effect_count"),
    # Of the secret and of the gateway's address that the drain would send with; empty: not to be compared.
    "fingerprint",
    "product",
    "url",
    # The fingerprint of the secret that the gateway refused for the batch; empty: it refused none.
    "refused",
)
"""After these the effects, then the verdicts, each followed by the keys of the messages that share it."""

EFFECT = _order("effect", "kind", _number("number"), "text")
VERDICT = _order(
    "verdict",
    "token",
    "outcome",
    _number("delay_ms"),
    _number("until_ms"),
    _flag("spent"),
    _flag("alone"),
    "code",
    "detail",
    _number("keys"),
)
"""`until_ms`: until when it may be sent again, 0 for ever; `keys`: how many follow."""

ADVANCE_ANSWER = _order(
    "answer",
    "status",
    _number("ms"),
    "reason",
    "token",
    _number("take"),
    _number("ok_take"),
    "bell",
    _number("epoch"),
)
"""`ms`: how long there is nothing to do; for a batch: when it was taken, on Redis's clock. `epoch`: of
the policies under which it was taken."""

SUBMIT = _order(
    "submit",
    "lane",
    _number("most_items"),
    _number("send_at_ms"),
    _number("expires_at_ms"),
    "stamp",
    _number("mark"),
    _number("form"),
    _flag("announced"),
)
"""Times: 0 for none; `mark`: share of maxmemory; `form`: how records are written. Then come the messages."""

MESSAGE = _order("message", "msg_key", "body", "digest", "receiver")
"""`receiver`: see receivers.py; empty where it is not known."""

SWEEP = _order(
    "sweep",
    "process",
    "takes_from",
    "auth_field",
    _number("quota"),
    _number("service_count"),
    _number("gone_count"),
    _number("address_count"),
    "walked",
)
"""`takes_from`: the process whose lease does not count; `auth_field`: of the hold that refused secrets begin;
`quota`: doorbells in all. After these the services, then the processes whose leases are to be dropped, the
addresses, and the names of the lanes and closed groups to look over. `walked`: how far the walk over all of
them is then; empty: as far as before."""

ADDRESS = _order("address", "product", "url")
"""The address that counts unless another was agreed on; empty: none."""

SERVICE = _order(
    "service",
    "name",
    _number("quota"),
    _flag("is_served"),
    _flag("is_fresh"),
    _number("most_items"),
)
"""`is_served`: whether a living process can send for it; `is_fresh`: for the first time since a while."""

SWEEP_ANSWER = _order(
    "answer",
    "status",
    _number("wait_ms"),
    "who",
    _flag("dropped"),
    *(
        Value(name, Sort.LIST)
        for name in ("rings", "abandoned", "processes", "spoilt", "aside", "refused", "urls", "unserved")
    ),
    "auth",
    "place",
)
"""`place`: where the walk over all lanes goes on in the next round; empty: none is due."""

STEER = _order("steer", "act", "subject", "text", _flag("is_early"))
"""`is_early`: whether the account may have no message yet."""

ADOPT = _order("adopt", _flag("may_write_here"))
"""After it the names of the account's lanes."""

FORM = _order("form", _number("newest"), _flag("watches"), _flag("saw_older"))

GROUP = _order("group", "act", "group", "lane", "text", _number("at_ms"), "stage", _number("after"))
"""Of these each act needs some; group.lua says which. Times in ms."""

GROUP_ANSWER = _order(
    "answer",
    "status",
    _number("done"),
    _number("wanted"),
    _number("after"),
    "text",
    Value("left", Sort.LIST),
)
"""`done`, `wanted`: messages; `after`: where the next call goes on; `left`: keys of messages that stay as
they are, for a reschedule each with the reason."""

POLICY = _order("policy", _number("epoch"), _flag("is_early"), _number("count"))
"""`is_early`: as for steer; `count`: how many values follow, names and texts in turn."""

AGREE = _order("agree", _number("expected"), _number("count"), _number("gone"))
"""`expected`: an epoch; `count`: values that follow, each behind its name; `gone`: names behind these."""

ALIVE = _order("alive", "process", _number("busy"), _number("revision"), "announced")
"""`busy`: threads that send; `revision`: which of the process's announcements counts; `announced`: one to be
written, else empty."""


@dataclass(frozen=True, slots=True)
class Signature:
    """All orders of one script."""

    arguments: Order
    groups: tuple[Order, ...] = ()
    """Orders that come any number of times after the arguments."""
    answer: Order | None = None

    def as_lua(self) -> str:
        """Return what a script needs to read its arguments and to write its answer."""
        parts = [self.arguments.as_locals(), *(group.as_reader() for group in self.groups)]
        return "\n".join(parts if self.answer is None else [*parts, self.answer.as_answer()])


LAYOUTS: Mapping[str, Signature] = {
    "advance": Signature(ADVANCE, (EFFECT, VERDICT), ADVANCE_ANSWER),
    "submit": Signature(SUBMIT, (MESSAGE,)),
    "sweep": Signature(SWEEP, (SERVICE, ADDRESS), SWEEP_ANSWER),
    "steer": Signature(STEER),
    "policy": Signature(POLICY),
    "agree": Signature(AGREE),
    "group": Signature(GROUP, answer=GROUP_ANSWER),
    "adopt": Signature(ADOPT),
    "form": Signature(FORM),
    "alive": Signature(ALIVE),
}
"""Script → its orders."""
