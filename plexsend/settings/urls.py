"""URLs in settings, taken apart strictly: what a client library would silently ignore is an error here."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from plexsend.settings.values import refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PRINTABLE = re.compile(r"[!-~]+")
_DNS_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
# An IPv6 address in brackets or a name, then perhaps a colon and the text of a port.
_HOST_AND_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?:(:)(.*))?")
_DIGITS_AND_DOTS = re.compile(r"[0-9.]+")

ESCAPES = "Write special characters of user and password percent-encoded (@ %40, : %3A, / %2F, ? %3F, # %23)."
"""What to do about a URL that is split at the wrong place."""


@dataclass(frozen=True, slots=True)
class Url:
    """A URL in parts, percent-decoded. User, password and query are kept out of the repr."""

    scheme: str
    """In lower case."""
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    hosts: tuple[tuple[str, int | None], ...]
    """(host in lower case, port or None). Empty for a URL without a host, more than one after commas."""
    path: str
    query: Mapping[str, str] = field(repr=False)

    @property
    def has_userinfo(self) -> bool:
        """True when the URL names a user or a password, even an empty one."""
        return self.username is not None or self.password is not None


def split(name: str, text: str, schemes: Collection[str]) -> Url:
    """Split a URL; raises `SettingsError` for anything that is not plainly a URL of one of these schemes."""
    if not _PRINTABLE.fullmatch(text):
        raise refusal(
            name, "holds spaces or characters that are not printable ASCII", "Remove or percent-encode them."
        )
    if "\\" in text:
        raise refusal(
            name, "holds a backslash", "Write it percent-encoded (%5C), or a slash if that was meant."
        )
    wanted = ", ".join(f"{scheme}://" for scheme in schemes)
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in schemes:
        raise refusal(name, "is not a URL of a known scheme", f"Start it with one of: {wanted}.")
    if "#" in rest:
        raise refusal(name, "holds a #, which would cut it short", ESCAPES)
    # Not urlsplit: what it makes of several hosts differs between versions of Python.
    place, slash, rest = _cut(rest, "/?")
    path, mark, options = _cut(slash + rest, "?")
    query = [_read_option(name, option) for option in options.split("&")] if mark else []
    if len(dict(query)) != len(query):
        raise refusal(name, "gives an option after ? twice", "Keep one of them.")
    userinfo, at, hosts = place.rpartition("@")
    username, colon, password = userinfo.partition(":")
    return Url(
        scheme=scheme,
        username=_decode(name, username) if at else None,
        password=_decode(name, password) if colon else None,
        hosts=tuple(_read_host(name, host) for host in hosts.split(",")) if hosts else (),
        path=_decode(name, path),
        query=dict(query),
    )


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine itself, without asking any name server."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bracketed(host: str) -> str:
    """Return the host as it is written in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _cut(text: str, marks: str) -> tuple[str, str, str]:
    """Return the text before the first of these characters, that character, and the text after it."""
    match = re.search(f"[{marks}]", text)
    return (text[: match.start()], match.group(), text[match.end() :]) if match else (text, "", "")


def _read_option(name: str, text: str) -> tuple[str, str]:
    # Not parse_qsl: it would read a plus sign in a password as a space.
    option, equals, value = text.partition("=")
    if not option or not equals:
        raise refusal(name, "has something after ? that is not option=value", f"Correct it. {ESCAPES}")
    return _decode(name, option), _decode(name, value)


def _decode(name: str, text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        decoded = "\0"
    if not decoded.isprintable():
        raise refusal(
            name, "holds a percent-encoded character that is not printable UTF-8", "Encode it again."
        )
    return decoded


def _read_host(name: str, text: str) -> tuple[str, int | None]:
    parts = _HOST_AND_PORT.fullmatch(text)
    address, host, colon, port = parts.groups(default="") if parts else ("", "", "", "")
    if not (_is_ipv6(address) if address else _is_host(host)):
        raise refusal(name, "does not name a host", f"Give host or host:port. {ESCAPES}")
    if not colon:
        return (address or host).lower(), None
    # A port of 0 means "any" to a server and nothing to a client.
    if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 2**16:
        raise refusal(name, "has a port that is not a number from 1 to 65535", f"Correct the port. {ESCAPES}")
    return (address or host).lower(), int(port)


def _is_ipv6(address: str) -> bool:
    try:
        # A zone ("fe80::1%eth0") is valid on one machine alone, and a host's name has no percent sign.
        return "%" not in address and bool(ipaddress.IPv6Address(address))
    except ValueError:
        return False


def _is_host(host: str) -> bool:
    # "127.1" and "0177.0.0.1" are read as addresses by some resolvers and as names by others.
    if _DIGITS_AND_DOTS.fullmatch(host):
        try:
            return bool(ipaddress.IPv4Address(host))
        except ValueError:
            return False
    return bool(_DNS_NAME.fullmatch(host)) and ".." not in host
