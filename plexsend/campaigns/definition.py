"""Definitions: what a person writes of a campaign, with every value judged."""

from __future__ import annotations

from plexsend.campaigns.defined import Definition, Duplicates, IfMissed

__all__ = ["Definition", "Duplicates", "IfMissed"]
