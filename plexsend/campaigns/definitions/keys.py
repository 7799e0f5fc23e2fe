"""Keys of a definition as people write them: what each is called, and what reads its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plexsend.campaigns.definitions.defined import Duplicates, IfMissed
from plexsend.campaigns.definitions.values import (
    WrongValue,
    one_of,
    read_cron,
    read_filled,
    read_flag,
    read_hours,
    read_moment,
    read_name,
    read_pairs,
    read_ratio,
    read_sender,
    read_text,
    read_texts,
    read_zone,
    whole_number,
)
from plexsend.campaigns.recipients.opening import ENCODINGS

if TYPE_CHECKING:
    from plexsend.campaigns.definitions.values import Read


@dataclass(frozen=True, slots=True)
class DefinitionKey:
    """One key."""

    name: str
    attribute: str
    """Of a Definition."""
    read: Read


def _read_encoding(value: object) -> str:
    text = read_text(value).lower()
    if text not in ENCODINGS:
        raise WrongValue(
            f"is {text[:20]!r}", f"Write {' or '.join(ENCODINGS)}, or leave it out: it is found."
        )
    return text


def _read_fallback(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise WrongValue("is not a table", 'Write { service = "lms-bulk", text = "…" }.')
    return {str(name): inner for name, inner in value.items()}


def _key(name: str, read: Read, attribute: str = "") -> DefinitionKey:
    return DefinitionKey(name, attribute or name, read)


KEYS: Final = {
    key.name: key
    for key in (
        _key("name", read_name),
        _key("label", read_text),
        _key("service", read_filled),
        _key("account", read_filled),
        _key("from", read_sender, "sender"),
        _key("title", read_text),
        _key("text", read_text),
        _key("images", read_texts),
        _key("advertisement", read_flag),
        _key("recipients", read_filled),
        _key("encoding", _read_encoding),
        _key("sheet", read_filled),
        _key("send_at", read_moment, "send_at_ms"),
        _key("cron", read_cron),
        _key("time_zone", read_zone),
        _key("if_missed", one_of(IfMissed)),
        _key("missed_within_min", whole_number(1, 10_080, "minutes")),
        _key("expires_at", read_moment, "expires_at_ms"),
        _key("window", read_hours),
        _key("rate", whole_number(1, 100_000, "messages a second")),
        _key("pause_at_failure_ratio", read_ratio),
        _key("pause_after", whole_number(10, 1_000_000, "messages")),
        _key("duplicates", one_of(Duplicates)),
        _key("max_invalid", whole_number(0, 100_000_000, "rows")),
        _key("fallback", _read_fallback),
        _key("mapping", read_pairs),
        _key("defaults", read_pairs),
    )
}
"""Name → the key."""
