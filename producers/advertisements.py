"""Advertisements: what an item says of itself, and the lane that follows from it.

Whether a message is an advertisement is a property of the message: the law asks of it, not of a campaign. It
waits in a lane of its own, so that what keeps advertisements from going holds nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plexsend.errors import Problem
from plexsend.gateway.ad_marks import MARK, is_unified, judge_marks, put_marks, says_advertisement
from plexsend.gateway.euckr import size_bytes
from plexsend.outbox.lanes import Advertising
from plexsend.settings.number_keys import MAKE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.gateway.ad_marks import AdMarks
    from plexsend.producers.terms import Terms

ADVERTISEMENT = "advertisement"
NIGHT_CONSENT = "night_consent"
ADVERTISING_FIELDS = (ADVERTISEMENT, NIGHT_CONSENT)
"""Fields for what is said of an item and does not go on the wire."""

_WORDS = {
    **dict.fromkeys(("1", "true", "yes", "y", "o", "예", "네", "동의", "광고"), True),
    **dict.fromkeys(("0", "false", "no", "n", "x", "아니오", "아니요", "미동의", "정보"), False),
}
"""What rows of a file say → what it means; letters of any case."""


@dataclass(frozen=True, slots=True)
class Advertised:
    """What follows from an item's advertising."""

    kind: Advertising = Advertising.NO
    problems: tuple[Problem, ...] = ()
    added: Mapping[str, str] = field(default_factory=dict)
    """Path → the marks that were put there."""

    def counted(self, problem: Problem) -> Problem:
        """Return a problem of the item; that of a marked text says how much of it the marks are."""
        put = self.added.get(problem.field)
        if not put:
            return problem
        words = f"The marks that plexsend puts to an advertisement are {size_bytes(put)} bytes of it."
        return replace(problem, remedy=f"{problem.remedy} {words}".strip())


PLAIN = Advertised()
"""Of an item that is not an advertisement."""


def advertise(
    item: Mapping[str, Any], terms: Terms, marks: AdMarks | None
) -> tuple[Mapping[str, Any], Advertised]:
    """Return an item without what it says of advertising, with its marks, and what follows from it.

    Args:
        item: The item. It is not changed.
        terms: What holds where it says nothing itself.
        marks: Those of its account; None: no account is asked for, and only what is there is judged.
    """
    given = item
    if ADVERTISEMENT in item or NIGHT_CONSENT in item:
        item = {name: value for name, value in item.items() if name not in ADVERTISING_FIELDS}
    elif not terms.advertisement and not says_advertisement(item):
        return item, PLAIN
    problems: list[Problem] = []
    kind = _kind(given, terms, problems)
    if kind is Advertising.NO or problems:
        return item, Advertised(kind, tuple(problems))
    if marks is None:
        return item, Advertised(kind, judge_marks(item))
    missing = tuple(_missing(marks, terms))
    if missing:
        return item, Advertised(kind, missing)
    marked = put_marks(item, marks)
    return marked.item, Advertised(kind, marked.problems, marked.added or {})


def _kind(item: Mapping[str, Any], terms: Terms, problems: list[Problem]) -> Advertising:
    said = _answer(item.get(ADVERTISEMENT), ADVERTISEMENT, problems)
    agreed = _answer(item.get(NIGHT_CONSENT), NIGHT_CONSENT, problems)
    wanted = terms.advertisement if said is None else said
    if says_advertisement(item):
        if said is False:
            problems.append(_disagrees(f'is false, and header "1" or {MARK} in front says that it is one'))
        wanted = True
    elif wanted and item.get("header") == "0" and not is_unified(item):
        problems.append(_disagrees('is true, and header "0" says that it is not one'))
    if agreed and not wanted:
        problems.append(
            Problem(
                NIGHT_CONSENT,
                "is set for what is not an advertisement, which waits for no morning",
                f"Set {ADVERTISEMENT} too, or leave it out.",
            )
        )
    if not wanted:
        return Advertising.NO
    consented = terms.night_consent if agreed is None else agreed
    return Advertising.CONSENTED if consented else Advertising.QUIET


def _missing(marks: AdMarks, terms: Terms) -> Iterator[Problem]:
    if terms.number_key is None:
        yield Problem(
            ADVERTISEMENT,
            "cannot be sent: this environment has no PLEXSEND_NUMBER_KEY, so nobody could tell who refused",
            f"Set the key that the other processes have, or a new one where none has one. {MAKE_KEY}",
        )
    policies = (
        ("sender_name", marks.sender_name, "한빛상점"),
        ("refusal_number", marks.refusal_number, "080-123-4567"),
    )
    for name, value, example in policies:
        if not value:
            yield Problem(
                ADVERTISEMENT,
                f"cannot be sent: the account has no {name}, which the law asks for in each advertisement",
                f"Set it: `plexsend policy set @{terms.account} {name}={example} --reason R`.",
            )


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
