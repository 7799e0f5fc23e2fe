"""Lists of addresses and networks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from plexsend.settings.values import refusal

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    Address: TypeAlias = IPv4Address | IPv6Address

_MOST = 100
_REMEDY = "Give addresses or networks with commas between them: 192.0.2.7, 10.0.0.0/8, 2001:db8::/32."


@dataclass(frozen=True, slots=True)
class Networks:
    """Some of all addresses. `address in networks` asks whether one is among them."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self.networks)

    def __str__(self) -> str:
        return ", ".join(map(_short, self.networks))


@lru_cache(maxsize=1024)
def read_address(text: str) -> Address | None:
    """Return an address as a program wrote it; None where it is not one.

    One of IPv4 that is written as one of IPv6 (::ffff:192.0.2.7), as a socket for both does, is the same one.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def networks(name: str, text: str) -> Networks:
    """Read addresses and networks with commas between them."""
    words = [word.strip() for word in text.split(",")]
    if len(words) > _MOST:
        raise refusal(name, f"has more than {_MOST} entries", "Give networks that hold several of them.")
    try:
        return Networks(tuple(map(ip_network, words)))
    except ValueError:
        pass
    # What was written is not repeated: it may be a secret that was set by the wrong name.
    for place, word in enumerate(words, 1):
        try:
            ip_network(word)
        except ValueError:
            reason = "is not an address or a network"
            if _is_network_by_its_host(word):
                reason = "is a network with bits of a host in it (10.0.0.0/8 is one, 10.1.2.3/8 is not)"
            raise refusal(name, f"entry {place} {reason}", _REMEDY) from None
    raise AssertionError(name)


def _is_network_by_its_host(word: str) -> bool:
    try:
        ip_network(word, strict=False)
    except ValueError:
        return False
    return True


def _short(network: IPv4Network | IPv6Network) -> str:
    return str(network.network_address) if network.num_addresses == 1 else str(network)
