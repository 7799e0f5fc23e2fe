"""Base URLs of the gateway: scheme and host, because the path belongs to the product."""

from __future__ import annotations

from plexsend.settings import urls
from plexsend.settings.values import refusal

_USUAL_PORTS = {"https": 443, "http": 80}


def base_url(name: str, text: str) -> str:
    """Read `https://host[:port]`, or `http://` to this machine itself.

    Two ways to write one address come out alike: workers compare it, and one with another sends nothing.
    """
    url = urls.split(name, text, ("https", "http"))
    if url.has_userinfo:
        raise refusal(
            name,
            "holds a user or password",
            "Remove them: the gateway takes the account's secret from PLEXSEND_ACCOUNT_<NAME>.",
        )
    if url.path not in ("", "/") or "?" in text:
        raise refusal(
            name, "goes on after the host", "Give scheme and host alone; the product adds its path."
        )
    if len(url.hosts) != 1:
        raise refusal(name, "does not name exactly one host", "Give a URL such as https://host.example.")
    host, port = url.hosts[0]
    # Every request carries the account's secret and people's numbers, so none leaves this machine in clear.
    if url.scheme == "http" and not urls.is_loopback(host):
        raise refusal(
            name,
            "would send secrets unencrypted over the network",
            "Use https; http is for 127.0.0.1, [::1] and localhost only.",
        )
    is_usual = port in (None, _USUAL_PORTS[url.scheme])
    return f"{url.scheme}://{urls.bracketed(host)}" + ("" if is_usual else f":{port}")
