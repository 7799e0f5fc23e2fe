"""The streams of results in Redis, as loops over results see them."""

from __future__ import annotations
