"""Policies: what the whole fleet must agree on for a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.reasons import STEPS

if TYPE_CHECKING:
    from plexsend.gateway.services import Product
    from plexsend.settings import ServiceSettings, Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """How a lane is served, in the units of the scripts."""

    rate_per_s: float = 100
    linger_ms: int = 200
    most_items: int = MOST_ITEMS
    """The largest batch."""
    connections: int = 8
    reclaim_ms: int = 60_000
    shut_first_ms: int = 1_000
    shut_longest_ms: int = 60_000
    credit_first_ms: int = 30_000
    credit_longest_ms: int = 1_800_000

    @classmethod
    def of(cls, settings: Settings, service: ServiceSettings, product: Product) -> Policy:
        """Return the policy that these settings ask for, for services of this product."""
        return cls(
            rate_per_s=service.rate_per_s,
            linger_ms=service.linger_ms,
            most_items=product.most_items,
            connections=service.connections,
            reclaim_ms=round(settings.reclaim_s * 1000),
            shut_first_ms=round(service.shut_first_s * 1000),
            shut_longest_ms=round(service.shut_longest_s * 1000),
            credit_first_ms=round(service.credit_hold_s * 1000),
            credit_longest_ms=round(service.credit_hold_longest_s * 1000),
        )

    def steps(self) -> dict[str, int]:
        """Return the steps of the holds that end by a probe."""
        return {name: getattr(self, name) for name in STEPS}
