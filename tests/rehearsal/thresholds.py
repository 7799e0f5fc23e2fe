"""What the scaled rules compare with, where a time or a count over a range would take too long to reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

THRESHOLDS: Mapping[str, Sequence[tuple[str, str]]] = {}
"""Alert → what is replaced in its scaled query, and by what."""
