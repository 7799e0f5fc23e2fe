"""Stamps: which rules an item has passed, so that a worker need not judge it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_STAMP = re.compile(r"([a-z-]{1,10}):([a-z0-9]{1,8}):([1-9][0-9]{0,8}):([0-9a-f]{8})", re.ASCII)


class StampRelation(Enum):
    """How the rules of a stored item relate to those of this process."""

    SAME = "same"
    """The same rules: the item is good as it is."""
    NEWER = "newer"
    """A later version of this product's rules: a worker of that version must send the item."""
    OTHER = "other"
    """Older, foreign or unreadable: the item must be judged again."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The rules of one product: which, in which dialect and version, and a digest of them."""

    product: str
    dialect: str
    version: int
    fingerprint: str
    """Eight hexadecimal digits; differs where rules were changed without a new version."""

    def __str__(self) -> str:
        """Return it with all that it says, at most 38 characters: `mms:v2:1:1f3c9a0d`."""
        return f"{self.product}:{self.dialect}:{self.version}:{self.fingerprint}"

    @property
    def stored(self) -> str:
        """What a record holds: of a first version the fingerprint alone, `1f3c9a0d`.

        It covers rules and dialect, and the lane says which product it is. A program that does not know this
        form judges the item again, by the same rules. A later version is written with all that it says: a
        worker that has an earlier one must see that, and give the item back.
        """
        return self.fingerprint if self.version == 1 else str(self)

    @property
    def forms(self) -> frozenset[str]:
        """What records of this stamp may hold; programs of 0.4.0 and before wrote all that it says."""
        return frozenset((self.stored, str(self)))

    @classmethod
    def parse(cls, text: str) -> Stamp | None:
        """Return the stamp that `text` is; None if it is not one."""
        match = _STAMP.fullmatch(text)
        if match is None:
            return None
        product, dialect, version, fingerprint = match.groups()
        return cls(product, dialect, int(version), fingerprint)


def compare(theirs: Stamp | None, own: Stamp) -> StampRelation:
    """Return how the rules behind `theirs` relate to `own`; None is an unreadable stamp."""
    if theirs == own:
        return StampRelation.SAME
    if theirs is not None and theirs.product == own.product and theirs.version > own.version:
        return StampRelation.NEWER
    return StampRelation.OTHER
