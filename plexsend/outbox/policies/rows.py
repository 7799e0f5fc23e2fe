"""The table of policies, a row each: what it is, its default, and which of several asks is the strictest.

What a person or a process gives is text; every value in Redis is the text that `PolicyRow.tidy` makes of it.
The scripts get the defaults from here (`redis/prelude.py`), so a field that is missing in Redis means the
same to them and to Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from plexsend.errors import SettingsError
from plexsend.gateway.services import PRODUCTS, SERVICES
from plexsend.outbox.policies import parsers, ranks
from plexsend.settings import (
    AGREED,
    EVERY_SERVICE,
    Policy,
    Settings,
    variables_of,
)
from plexsend.settings.values import choice, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    _Parse = Callable[[str, str], Any]

    from plexsend.settings import Variable


class RefusedByReceipt(StrEnum):
    """What follows from a receipt that says that the recipient refuses."""

    ADS = "ads"
    NOTHING = "nothing"


class NoSuchNumber(StrEnum):
    """What follows where two receipts say that nobody has a number."""

    OFFER = "offer"
    ALL = "all"
    NOTHING = "nothing"


EVERYWHERE = EVERY_SERVICE
"""Stands for every account and service: where a person's value holds, and what an account-wide ask is for."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy."""

    name: str
    """As it is written in Redis, in Python and by people."""
    default: str
    """In force where nobody ever asked for or set anything."""
    parse: Callable[[str, str], Any]
    """(name, text) → value; raises SettingsError with what is wrong."""
    meaning: str
    """One sentence for the docs."""
    strictest: str
    """Which of several asks holds, in words."""
    rank: Callable[[Any], Any]
    """Of several values the one with the lowest rank is the strictest."""
    per_service: bool
    """Whether each service has its own; otherwise one holds for the whole account."""
    variable: str = ""
    """The setting by which a process asks for a value; empty where only a person sets it."""
    by_product: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """Product → the default for its services, where that is another."""
    caution: str = ""
    """What who sets another value than the default must know; empty: nothing."""

    def default_for(self, service: str | None) -> str:
        """Return the default that holds for a service; None: for the account."""
        known = SERVICES.get(service or "")
        return self.default if known is None else self.by_product.get(known.product.name, self.default)

    def value(self, text: str) -> Any:
        """Return the value that a text means; raises SettingsError."""
        return self.parse(self.name, text)

    def tidy(self, text: str) -> str:
        """Return the one text for what a text means; raises SettingsError."""
        return self.write(self.value(text))

    def is_readable(self, text: str) -> bool:
        """Whether a text means a value; what another program spoilt does not."""
        try:
            self.value(text)
        except SettingsError:
            return False
        return True

    @staticmethod
    def write(value: Any) -> str:
        """Return a value as text; None, where there is none, as the empty text."""
        if value is None:
            return ""
        if isinstance(value, Enum):
            return str(value.value)
        if isinstance(value, tuple):
            return ",".join(value)
        return f"{value:.10g}" if isinstance(value, float) else str(value)


_RANKS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "rate_per_s": ("the lowest; 0, no limit, is the loosest", ranks.limit),
    "connections": ("the fewest", ranks.lowest),
    "linger_ms": ("the longest", ranks.highest),
    "on_uncertain": ("park before receipt before resend", ranks.most_careful),
    "uncertain_then": ("park before resend", ranks.safest),
    "resend_within_s": ("the shortest", ranks.lowest),
    "retry_attempts": ("the fewest", ranks.lowest),
    "rcs_dialect": ("the oldest", ranks.oldest),
    "time_zone": ("the first by its name", ranks.alike),
    "quiet_hours": ("the longest", ranks.longest_night),
}
_LONGEST = ("the longest", ranks.highest)
"""For every wait, and for how long records are kept."""


def _asked_for(name: str, variable: Variable[Any]) -> PolicyRow:
    words, rank = _RANKS.get(name, _LONGEST)
    return PolicyRow(
        name=name,
        default=variable.default or "",
        parse=variable.parse,
        meaning=variable.meaning,
        strictest=words,
        rank=rank,
        per_service=variable.per_service,
        variable=variable.name,
        by_product=variable.by_product,
    )


def _set_by_a_person(
    name: str, default: str, parse: _Parse, meaning: str, *, per_service: bool = False, caution: str = ""
) -> PolicyRow:
    words = "no process asks for it"
    return PolicyRow(name, default, parse, meaning, words, ranks.alike, per_service, caution=caution)


_OF_PERSONS = (
    _set_by_a_person(
        "daily_limit",
        "0",
        whole(0, 1_000_000_000),
        "The most messages a day, from midnight in `time_zone` on; what is above waits. 0 is no limit.",
        per_service=True,
    ),
    _set_by_a_person(
        "price",
        "",
        parsers.price,
        "What one message costs, in won, for `plexsend stats`: from the day on which it is set.",
        per_service=True,
    ),
    _set_by_a_person(
        "billed",
        "accepted,delivered,undelivered,unknown",
        parsers.final_states,
        "The states of messages that are paid for, with commas between them: the usual ones are all that the "
        "gateway accepted. A contract that bills deliveries alone: `delivered`.",
        per_service=True,
    ),
    _set_by_a_person(
        "only_to",
        "",
        parsers.receivers,
        "The only numbers that are sent to, with commas between them; any other is refused.",
    ),
    _set_by_a_person(
        "senders",
        "",
        parsers.senders,
        "The numbers registered with the gateway, with commas between them: the first is the default, any "
        "other is refused.",
    ),
    _set_by_a_person(
        "fallback_codes",
        "temporary,permanent",
        parsers.fallback_codes,
        "Which receipts that say undelivered send an RCS message's fallback: classes of codes (temporary, "
        "permanent, no_such_number, refused, credit) and codes, with commas between them; or none.",
        per_service=True,
    ),
    _set_by_a_person(
        "fallback_after_s",
        "0",
        whole(0, 604_800),
        "So many seconds after the acceptance an RCS message's fallback is sent if no receipt came: **this "
        "can send both**, where the receipt is only late. 0: never for that reason. It counts from the "
        "submit of a message on.",
        per_service=True,
        caution="fallback_after_s can send both, the message and its fallback, where a receipt is only late.",
    ),
    _set_by_a_person(
        "ad_gap_days",
        "0",
        whole(0, 366),
        "No second advertisement goes to a number within so many days of the Korean calendar; 1: one a day; "
        "0: no limit.",
    ),
    _set_by_a_person(
        "campaign_keep_days",
        "30",
        whole(0, 3_660),
        "For how many days after its end a campaign's run keeps its recipients and what became of each; then "
        "both are deleted, and its counts stay.",
    ),
    _set_by_a_person(
        "campaign_list_days",
        "400",
        whole(1, 3_660),
        "For how many days after its end a campaign's run is listed with its counts; then it is forgotten. "
        "One whose rows another run took stays as long as that one.",
    ),
    _set_by_a_person(
        "refused_by_receipt",
        "ads",
        choice(RefusedByReceipt),
        "What follows from a receipt that says that the recipient refuses: ads (none any more), or nothing.",
    ),
    _set_by_a_person(
        "no_such_number",
        "offer",
        choice(NoSuchNumber),
        "What follows where two receipts say that nobody has a number: offer (a person decides), all "
        "(nothing more is sent to it), or nothing.",
    ),
    _set_by_a_person(
        "sender_name",
        "",
        parsers.sender_name,
        "The name of the sender, as the law asks for it in each advertisement behind the mark.",
    ),
    _set_by_a_person(
        "refusal_number",
        "",
        parsers.refusal_number,
        "The free 080 number by which people refuse advertisements; it is put at the end of each.",
    ),
    _set_by_a_person(
        "origin_cid",
        "",
        parsers.origin_cid,
        "The code of the business that sends first, 9 or 10 digits, of SMS, LMS and MMS that name none.",
    ),
    *(
        _set_by_a_person(
            f"gateway_url.{product}",
            "",
            parsers.address,
            f"The gateway's address for {product}; a worker that has another one sends nothing.",
        )
        for product in PRODUCTS
    ),
)

_OF_PROCESSES = (
    *variables_of(Policy).items(),
    *((name, variables_of(Settings)[name]) for name in AGREED),
)

ROWS: Mapping[str, PolicyRow] = MappingProxyType(
    {row.name: row for row in (*(_asked_for(*pair) for pair in _OF_PROCESSES), *_OF_PERSONS)}
)
"""Name → policy."""
