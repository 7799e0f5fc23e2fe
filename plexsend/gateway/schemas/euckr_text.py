"""The field for text that must fit EUC-KR, and the words in which it names each character that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.gateway import euckr
from plexsend.gateway.characters import shows_something
from plexsend.gateway.refusals import Refusal, name_character
from plexsend.gateway.schemas.fields import Text, refuse
from plexsend.gateway.schemas.text_doubts import warn_of_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plexsend.gateway.schemas.draft import Draft

MOST_NAMED = 20
"""Different characters of one text that are named one by one."""

MOST_POSITIONS = 10
"""Positions of one character that are named one by one."""


class EucKrText(Text):
    """Text that must fit EUC-KR, within a number of its bytes.

    Args:
        hint: What to give, as a sentence.
        most_bytes: The most that the gateway takes.
        warn_above_bytes: Above this handsets show only a part; None: they show all.
        blank: Whether text without a visible character passes.
        required: Whether an item without the field is refused.
    """

    def __init__(
        self,
        *,
        hint: str,
        most_bytes: int,
        warn_above_bytes: int | None = None,
        blank: bool = True,
        required: bool = False,
    ) -> None:
        super().__init__(hint=hint, required=required)
        self.most_bytes = most_bytes
        self.warn_above_bytes = warn_above_bytes
        self.blank = blank

    def limits(self) -> Mapping[str, Any]:
        """Return the limits and, since they decide what is sent, the usual replacements."""
        return {
            "most_bytes": self.most_bytes,
            "warn_above_bytes": self.warn_above_bytes,
            "blank": self.blank,
            "replacements": dict(euckr.REPLACEMENTS),
        }

    def judge(self, text: str, field: str, draft: Draft) -> str:
        """Return `text` normalised."""
        # The longest text that can pass, of decomposed Hangul and \r\n, has two characters a byte. Far above
        # that nothing is judged character by character: the work for one item must stay bounded.
        if len(text) > 10 * self.most_bytes:
            raise refuse(
                Refusal(f"has {len(text)} characters; at most {self.most_bytes} bytes fit", self.hint)
            )
        normalised = euckr.normalise(text, replace=draft.replace)
        size_bytes = euckr.size_bytes(normalised.text)
        refusals = list(_refuse_characters(normalised.unrepresentable))
        if size_bytes > self.most_bytes:
            refusals.append(
                Refusal(
                    f"takes {size_bytes} bytes in EUC-KR, of which at most {self.most_bytes} can be sent",
                    f"Shorten it by {size_bytes - self.most_bytes} bytes; a Korean character takes two.",
                )
            )
        if not self.blank and not shows_something(normalised.text):
            refusals.append(Refusal("is blank", self.hint))
        if refusals:
            raise refuse(*refusals)
        for replaced in _describe_replacements(normalised.replacements):
            draft.note_replaced(field, replaced)
        if self.warn_above_bytes is not None and size_bytes > self.warn_above_bytes:
            warning = Refusal(
                f"takes {size_bytes} bytes in EUC-KR: carriers cut it at {self.warn_above_bytes}",
                f"Shorten it by {size_bytes - self.warn_above_bytes} bytes to have all of it shown.",
            )
            draft.warn(field, warning)
        warn_of_text(normalised.text, field, draft)
        return normalised.text


def _refuse_characters(findings: Sequence[euckr.Finding]) -> Iterator[Refusal]:
    """Yield one refusal for each different character, up to a number of them."""
    grouped = _group(findings)
    for character, places in list(grouped.items())[:MOST_NAMED]:
        reason = f"{name_character(character)} at {places} is not in EUC-KR"
        replacement = euckr.REPLACEMENTS.get(character)
        if replacement is None:
            yield Refusal(reason, "Leave it out or write something else.")
        elif replacement:
            yield Refusal(
                reason, f"Usually {replacement!r} is written instead; --replace (replace=True) does so."
            )
        else:
            yield Refusal(reason, "Leave it out: it is invisible; --replace (replace=True) does so.")
    if len(grouped) > MOST_NAMED:
        yield Refusal(
            f"{len(grouped) - MOST_NAMED} more different characters are not in EUC-KR",
            "Leave them out or write something else.",
        )


def _describe_replacements(findings: Sequence[euckr.Finding]) -> Iterator[Refusal]:
    for character, places in _group(findings).items():
        written = euckr.REPLACEMENTS[character]
        became = f"was written as {written!r}" if written else "was left out"
        yield Refusal(f"{name_character(character)} at {places} {became}", "")


def _group(findings: Sequence[euckr.Finding]) -> dict[str, str]:
    """Return each different character with its positions in words, in the order of the text."""
    positions: dict[str, list[int]] = {}
    for finding in findings:
        positions.setdefault(finding.character, []).append(finding.position)
    return {character: _name_positions(places) for character, places in positions.items()}


def _name_positions(positions: list[int]) -> str:
    named = ", ".join(map(str, positions[:MOST_POSITIONS]))
    more = len(positions) - MOST_POSITIONS
    noun = "position" if len(positions) == 1 else "positions"
    return f"{noun} {named} and {more} more" if more > 0 else f"{noun} {named}"
