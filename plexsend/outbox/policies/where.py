"""Where a person's value holds: a service, an account, a service of an account, or everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from plexsend.outbox.policies.rows import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Where:
    """What a value is for; None: every service, every account."""

    service: str | None = None
    account: str | None = None

    @classmethod
    def parse(cls, text: str) -> Where:
        """Return what `mms-bulk`, `mms-bulk@main`, `@main` or `all` names; whether it exists is not asked."""
        if text == EVERYWHERE:
            return cls()
        service, _, account = text.partition("@")
        return cls(service or None, account or None)

    def __str__(self) -> str:
        """Return it as a person writes it."""
        if self.account is None:
            return self.service or EVERYWHERE
        return f"{self.service or ''}@{self.account}"


def nearest_first(service: str | None, account: str) -> tuple[Where, ...]:
    """Return where a value for this account may be set, the one that wins first; None: it has no service."""
    if service is None:
        return Where(None, account), Where()
    return Where(service, account), Where(None, account), Where(service), Where()
