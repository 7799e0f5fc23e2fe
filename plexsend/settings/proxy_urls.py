"""The address of a proxy: it may carry a login, so it is a secret as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from plexsend.settings import urls
from plexsend.settings.values import refusal


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """The proxy through which the gateway is reached. Its repr and its text hide user and password."""

    url: str = field(repr=False)
    """As requests takes it, user and password included."""
    shown: str

    def __str__(self) -> str:
        return self.shown


def proxy_address(name: str, text: str) -> ProxyAddress:
    """Read `http://[user:password@]host[:port]`, or `https://` to a proxy that takes TLS itself."""
    url = urls.split(name, text, ("http", "https"))
    if url.path not in ("", "/") or "?" in text:
        raise refusal(name, "goes on after the host", "Give scheme, login, host and port alone.")
    if len(url.hosts) != 1:
        raise refusal(name, "does not name exactly one host", "Give a URL such as http://proxy.example:3128.")
    # requests would leave the whole login out, without a word.
    if url.has_userinfo and not (url.username and url.password):
        raise refusal(name, "gives a user or a password without the other", "Write user:password@host.")
    login = f"{url.username}:{url.password}" if url.has_userinfo else ""
    if not login.isascii():
        raise refusal(
            name,
            "holds a user or password that is not ASCII",
            "Choose others: what a proxy makes of them differs.",
        )
    host, port = url.hosts[0]
    place = urls.bracketed(host) + (f":{port}" if port else "")
    userinfo = f"{quote(url.username or '', safe='')}:{quote(url.password or '', safe='')}@" if login else ""
    return ProxyAddress(f"{url.scheme}://{userinfo}{place}", f"{url.scheme}://{place}")
