"""The address of a chat hook: it carries a token, so it is a secret as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from plexsend.settings import urls
from plexsend.settings.values import refusal


@dataclass(frozen=True, slots=True)
class HookAddress:
    """Where events are posted to. Its repr and its text show the host alone."""

    url: str = field(repr=False)
    shown: str

    def __str__(self) -> str:
        return self.shown


def hook_address(name: str, text: str) -> HookAddress:
    """Read `https://host/path`, or `http://` to this machine itself."""
    url = urls.split(name, text, ("https", "http"))
    if url.has_userinfo:
        raise refusal(name, "holds a user or password", "Hooks carry a token in their path instead.")
    if len(url.hosts) != 1:
        raise refusal(name, "does not name exactly one host", "Give the URL as the chat shows it.")
    host, port = url.hosts[0]
    # What is posted names accounts and hosts, and the path is a password.
    if url.scheme == "http" and not urls.is_loopback(host):
        raise refusal(
            name,
            "would send events and the hook's token unencrypted over the network",
            "Use https; http is for 127.0.0.1, [::1] and localhost only.",
        )
    place = urls.bracketed(host) + (f":{port}" if port else "")
    return HookAddress(text, f"{url.scheme}://{place}/***")
