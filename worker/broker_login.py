"""How Celery's connections to the broker log in where its URL is in a file: with what the file holds then.

kombu makes the provider that a URL names, and passes it nothing; so the address is kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.redis.logins import FileLogin

if TYPE_CHECKING:
    from plexsend.settings import RedisAddress

_NAME = f"{__name__}:BrokerLogin"
_addresses: list[RedisAddress] = []


class BrokerLogin(FileLogin):
    """User and password of the broker."""

    def __init__(self) -> None:
        super().__init__(_addresses[0])


def broker_url(address: RedisAddress) -> str:
    """Return the URL for Celery: as it is, or with the name of the login that looks into the file."""
    if address.file is None:
        return address.celery_url
    _addresses[:] = [address]
    urls = address.celery_url_without_login.split(";")
    return ";".join(f"{url}{'&' if '?' in url else '?'}credential_provider={_NAME}" for url in urls)
