"""What the demo's summary says of its campaign, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.demo.campaign import CampaignSeen

_OUTCOMES = {"success": "성공", "failure": "실패", "pending": "대기", "excluded": "제외"}


def campaign_lines(seen: CampaignSeen) -> Iterator[tuple[str, str]]:
    """Yield lines of the summary: what begins each, and its words."""
    sums = " + ".join(f"{_OUTCOMES[name]} {count}" for name, count in seen.counts.outcomes.items())
    yield "", f"The campaign {seen.label}: {sums} = {seen.counts.rows} rows."
    yield (
        "",
        f"Its plan said that it sends for {span(seen.planned_s)}; it was done after {span(seen.took_s)}."
        + ("" if seen.ok else " It is NOT over."),
    )


def campaign_json(seen: CampaignSeen | None, page: Path | None) -> dict[str, object] | None:
    """Return the campaign as it goes to programs; None where none was played."""
    if seen is None:
        return None
    return {
        "name": seen.name,
        "rows": seen.counts.rows,
        **{str(name): count for name, count in seen.counts.outcomes.items()},
        "planned_s": round(seen.planned_s, 1),
        "took_s": round(seen.took_s, 1),
        "report": None if page is None else str(page),
    }
