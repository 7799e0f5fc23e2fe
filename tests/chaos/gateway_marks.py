"""What a lying gateway sees of an item by its own reading: to whom it goes, and how it is marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.load import NAME, REFUSAL_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLAIN, MARKED, TORN = "plain", "marked", "torn"
"""No mark of an advertisement, all that the law asks for, or a part of it."""
_FIRST, _LAST = f"(광고) {NAME}", f"무료수신거부 {REFUSAL_NUMBER}"


@dataclass(frozen=True, slots=True)
class Seen:
    """One item as it reached the gateway."""

    key: str
    to: str
    mark: str


def see(items: Iterable[Mapping[str, Any]]) -> list[Seen]:
    """Return what is seen of each item; KeyError where one has no key."""
    return [Seen(str(item["msg_key"]), str(item.get("receiver_number", "")), _mark(item)) for item in items]


def _mark(item: Mapping[str, Any]) -> str:
    if "header" in item:
        first, last = item["header"] == "1", _digits(item.get("footer")) == _digits(REFUSAL_NUMBER)
    else:
        text = str(item.get("msg", ""))
        first, last = text.startswith(_FIRST), text.endswith(_LAST)
    return (PLAIN, TORN, MARKED)[first + last]


def _digits(text: object) -> str:
    return "".join(filter(str.isdigit, str(text or "")))
