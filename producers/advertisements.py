"""Advertisements: what an item says of itself, and the lane that follows from it.

Whether a message is an advertisement is a property of the message: the law asks of it, not of a campaign. It
waits in a lane of its own, so that what keeps advertisements from going holds nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import Problem
from plexsend.outbox.lanes import Advertising

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVERTISEMENT = "advertisement"
NIGHT_CONSENT = "night_consent"
ADVERTISING_FIELDS = (ADVERTISEMENT, NIGHT_CONSENT)
"""Fields for what is said of an item and does not go on the wire."""

_HEADER = "header"
"""The field by which an RCS message says that it is an advertisement, with `"1"`."""

_WORDS = {
    **dict.fromkeys(("1", "true", "yes", "y", "o", "예", "네", "동의", "광고"), True),
    **dict.fromkeys(("0", "false", "no", "n", "x", "아니오", "아니요", "미동의", "정보"), False),
}
"""What rows of a file say → what it means; letters of any case."""


def take_advertising(
    item: Mapping[str, object], *, advertisement: bool, night_consent: bool
) -> tuple[Mapping[str, object], Advertising, tuple[Problem, ...]]:
    """Return an item without what it says of advertising, what follows from it, and what is wrong with it.

    Args:
        item: The item. It is not changed.
        advertisement: What holds where it says nothing itself.
        night_consent: The same: whether its receiver agreed to advertisements at night.
    """
    is_own = ADVERTISEMENT in item or NIGHT_CONSENT in item
    problems: list[Problem] = []
    said = _answer(item.get(ADVERTISEMENT), ADVERTISEMENT, problems)
    agreed = _answer(item.get(NIGHT_CONSENT), NIGHT_CONSENT, problems)
    wanted = advertisement if said is None else said
    header = item.get(_HEADER)
    if header == "1":
        if said is False:
            problems.append(_disagrees('is false, and header is "1": an advertisement'))
        wanted = True
    elif header == "0" and wanted:
        problems.append(_disagrees('is true, and header is "0": not an advertisement'))
    if agreed and not wanted:
        problems.append(
            Problem(
                NIGHT_CONSENT,
                "is set for what is not an advertisement, which waits for no morning",
                f"Set {ADVERTISEMENT} too, or leave it out.",
            )
        )
    rest = {name: value for name, value in item.items() if name not in ADVERTISING_FIELDS} if is_own else item
    if not wanted:
        return rest, Advertising.NO, tuple(problems)
    consented = night_consent if agreed is None else agreed
    return rest, Advertising.CONSENTED if consented else Advertising.QUIET, tuple(problems)


def _answer(given: object, field: str, problems: list[Problem]) -> bool | None:
    """Return what was said; None where nothing was, or nothing that can be understood."""
    if given is None or isinstance(given, bool):
        return given
    text = given.strip().lower() if isinstance(given, str) else None
    if text == "":
        return None
    if text in _WORDS:
        return _WORDS[text]
    problems.append(Problem(field, "is neither yes nor no", "Give true or false; in a file 1 or 0, Y or N."))
    return None


def _disagrees(reason: str) -> Problem:
    return Problem(ADVERTISEMENT, reason, "Say the same in both, or leave advertisement out.")
