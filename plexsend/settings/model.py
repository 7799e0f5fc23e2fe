"""The settings as values: what the rest of the project receives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from plexsend.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.errors import Problem
    from plexsend.settings.accounts import Account
    from plexsend.settings.redis_urls import RedisAddress


class OnUncertain(Enum):
    """What becomes of a message that may or may not have been sent."""

    RESEND = "resend"
    """It is sent again under the same key, within the time that the gateway is trusted to know it."""
    PARK = "park"
    """It waits for a receipt or a person: nothing is ever sent twice."""


class RcsDialect(Enum):
    """The versions of the gateway's interface for RCS, as their paths name them."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What may differ from one service to another."""

    rate_per_s: float
    """Messages a second over the whole fleet; 0: no limit."""
    linger_ms: int
    connections: int
    """The most requests at once per lane, over the whole fleet."""
    on_uncertain: OnUncertain
    retry_first_s: float
    retry_longest_s: float
    retry_attempts: int
    shut_first_s: float
    shut_longest_s: float
    credit_hold_s: float
    credit_hold_longest_s: float


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment says, checked. Its repr shows no password and no secret."""

    redis: RedisAddress
    broker: RedisAddress
    key_prefix: str
    accounts: Mapping[str, Account]
    """Name to account; empty where nothing is sent from, such as a producer's machine."""
    base_urls: Mapping[str, str]
    """Product to scheme and host, without a slash at the end."""
    rcs_dialect: RcsDialect
    durable: bool
    resend_within_s: int
    reclaim_s: int
    keep_days: float
    services: Mapping[str, ServiceSettings]
    """Service id to its settings; `service` is the way to ask for one."""
    warnings: tuple[Problem, ...]
    """What is doubtful but stops nothing, such as a variable that nobody reads."""

    @property
    def redis_url(self) -> str:
        """The URL for redis-py, password included; for a `sentinel://` one see `redis.sentinel`."""
        return self.redis.url

    @property
    def broker_url(self) -> str:
        """The broker's URL, written as `redis_url` is; what Celery takes is `broker.celery_url`."""
        return self.broker.url

    def service(self, service_id: str) -> ServiceSettings:
        """Return the settings of a service; raises `UsageError` with the known ones for any other."""
        try:
            return self.services[service_id]
        except KeyError:
            known = ", ".join(self.services)
            raise UsageError(f"there is no service {service_id!r}; known: {known}") from None
