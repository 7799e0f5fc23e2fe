"""The gateway's addresses of an account, and the secrets that the gateway refused, as they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.services import PRODUCTS
from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def address_policy(product: str) -> str:
    """Return the policy by which a person sets the gateway's address of a product."""
    return f"gateway_url.{product}"


def agreed_addresses(store: Store, account: str) -> dict[str, str]:
    """Return the address of each product that is in force: a person's, else that of the first worker."""
    products = list(PRODUCTS)
    pipe = store.client.pipeline(transaction=False)
    pipe.hmget(store.keys.policy_of(account), [address_policy(product) for product in products])
    pipe.hmget(store.keys.urls(account), products)
    set_by_people, first = execute(store, pipe)
    found = zip(products, set_by_people, first, strict=True)
    return {product: text(person or worker) for product, person, worker in found if person or worker}


def agreed_address(store: Store, account: str, product: str) -> str:
    """Return the address in force of one product; empty where none is."""
    return agreed_addresses(store, account).get(product, "")


def refused_secrets(store: Store, account: str) -> frozenset[str]:
    """Return the fingerprints of the secrets that the gateway refused."""
    found = ask(store, lambda pipe: pipe.hkeys(store.keys.refused(account)))
    return frozenset(text(name) for name in found)
