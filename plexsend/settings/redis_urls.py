"""Redis addresses: one URL as a person writes it, in the forms that redis-py and kombu each understand.

The two libraries disagree about the same URL, so neither gets the text of the setting:

- kombu takes `rediss://` without options as "do not verify the certificate"; redis-py verifies it.
- kombu fails on options that redis-py knows (`socket_timeout`), and spells a socket `redis+socket://`.
- redis-py ignores a database that is not a number, and knows no URL for Sentinel; kombu wants one URL for
  each Sentinel, joined by semicolons, and the name of the group outside the URL.

In a setting Sentinel is `sentinel://[user:password@]host1:26379,host2:26379/0?master=NAME`. User and
password are those of the data servers; `sentinel_user` and `sentinel_password` after the `?` are those of the
Sentinels. Connections to the Sentinels themselves have no TLS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from plexsend.settings import urls
from plexsend.settings.accounts import read_secret_file
from plexsend.settings.values import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REDIS_PORT = 6379
SENTINEL_PORT = 26379

# Redis takes any 32-bit number of databases; the limit only catches a port or a date in the wrong place.
_MOST_DATABASES = 10_000

_SENTINEL_FORM = "Give sentinel://host1:26379,host2:26379/0?master=NAME."

# A Sentinel that does not answer is skipped after this. Short, since a Sentinel has nothing to do but answer,
# and since kombu asks again for each of the eight or so connections of a worker: a Sentinel that hangs with
# the master costs this much each time.
_SENTINEL_TIMEOUT_S = 1

_TLS_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "ssl_cert_reqs": ("required", "optional", "none"),
    "ssl_check_hostname": ("true", "false"),
    "ssl_ca_certs": (),
    "ssl_certfile": (),
    "ssl_keyfile": (),
}
"""The options of a TLS connection that both libraries understand, each with its words (none: a path)."""

_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "redis": (),
    "rediss": tuple(_TLS_OPTIONS),
    "unix": ("db",),
    "sentinel": ("master", "sentinel_user", "sentinel_password"),
}
"""Scheme to the options that may follow its `?`."""


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """Where to ask for the master of a group, and how to log in. The repr shows neither user nor password."""

    hosts: tuple[tuple[str, int], ...]
    """(host, port) of each Sentinel, in the order written."""
    master: str
    """The name of the group that the Sentinels watch."""
    db: int
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    sentinel_options: Mapping[str, str | int | None] = field(repr=False)
    """Keyword arguments for the connections to the Sentinels themselves."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """One Redis, as each library needs it written. Its repr and its text hide user and password."""

    url: str = field(repr=False)
    """For redis-py's `from_url`, password included. A Sentinel's is for `sentinel` instead."""
    celery_url: str = field(repr=False)
    """For Celery's `broker_url`, password included."""
    celery_options: Mapping[str, object] = field(repr=False)
    """What Celery's `broker_transport_options` need besides; empty but for Sentinel."""
    sentinel: SentinelAddress | None
    """The parsed address when the URL is a Sentinel's; None otherwise."""
    shown: str
    """The URL for people and logs: without user, password and options."""
    verified: bool
    """False when TLS is asked for but the server's certificate is not checked in full."""
    login: tuple[str | None, str | None] = field(default=(None, None), repr=False)
    """User and password."""
    file: Path | None = field(default=None, repr=False)
    """The file that the URL is in, where it is in one."""
    variable: str = ""
    """The setting that names the file."""

    @property
    def url_without_login(self) -> str:
        """The URL for redis-py without user and password."""
        return _without_login(self.url)

    @property
    def celery_url_without_login(self) -> str:
        """The URL for Celery without user and password."""
        return _without_login(self.celery_url)

    def in_file(self, variable: str, file: Path) -> RedisAddress:
        """Return the same address, read from a file that this setting names."""
        return replace(self, variable=variable, file=file)

    def read_login(self) -> tuple[str | None, str | None]:
        """Return user and password as the file holds them now; the rest of its URL counts at the next start.

        Raises SettingsError where it cannot be read, or holds no such URL.
        """
        if self.file is None:
            return self.login
        return redis_address(self.variable, read_secret_file(self.variable, self.file)).login

    def __str__(self) -> str:
        return self.shown


def redis_address(name: str, text: str) -> RedisAddress:
    """Read a Redis URL: `redis://`, `rediss://`, `unix://` or `sentinel://` (see the module's head)."""
    url = urls.split(name, text, tuple(_OPTIONS))
    for option in url.query:
        if option not in _OPTIONS[url.scheme]:
            known = ", ".join(_OPTIONS[url.scheme]) or "none"
            raise refusal(
                name,
                "has an option after ? that a URL of this scheme does not take",
                f"Options of {url.scheme}:// are: {known}.",
            )
    if url.username and not url.password:
        raise refusal(name, "gives a user without a password", "For a password alone write :password@host.")
    if url.scheme == "unix":
        read = _read_socket
    elif url.scheme == "sentinel":
        read = _read_sentinel
    else:
        read = _read_server
    return replace(read(name, url), login=(url.username or None, url.password or None))


def _read_server(name: str, url: urls.Url) -> RedisAddress:
    if len(url.hosts) != 1:
        raise refusal(
            name, "does not name exactly one host", f"Give {url.scheme}://host:port/db. {urls.ESCAPES}"
        )
    host, port = url.hosts[0]
    place = f"{urls.bracketed(host)}:{port or REDIS_PORT}/{_read_database(name, url.path.removeprefix('/'))}"
    options = {option: _read_tls_option(name, option, value) for option, value in url.query.items()}
    if url.scheme == "rediss":
        # Without it kombu would not verify the server, and would only warn in its log.
        options.setdefault("ssl_cert_reqs", "required")
    whole = f"{url.scheme}://{_userinfo(url)}{place}" + (
        f"?{urlencode(options, quote_via=quote)}" if options else ""
    )
    return RedisAddress(
        url=whole,
        celery_url=whole,
        celery_options=MappingProxyType({}),
        sentinel=None,
        shown=f"{url.scheme}://{place}",
        verified=options.get("ssl_cert_reqs", "required") == "required"
        and options.get("ssl_check_hostname", "true") == "true",
    )


def _read_socket(name: str, url: urls.Url) -> RedisAddress:
    if url.hosts or len(url.path) < len("/x"):
        raise refusal(name, "does not give the path of a socket", "Give unix:///path/to/socket?db=0.")
    db = _read_database(name, url.query.get("db", ""))
    path = quote(url.path)
    return RedisAddress(
        url=f"unix://{_userinfo(url)}{path}?db={db}",
        celery_url=f"redis+socket://{_userinfo(url)}{path}?virtual_host={db}",
        celery_options=MappingProxyType({}),
        sentinel=None,
        shown=f"unix://{path}?db={db}",
        verified=True,
    )


def _read_sentinel(name: str, url: urls.Url) -> RedisAddress:
    if not url.hosts:
        raise refusal(name, "names no Sentinel", _SENTINEL_FORM)
    if not url.query.get("master"):
        raise refusal(name, "does not say which master the Sentinels watch", _SENTINEL_FORM)
    entrance = {
        "username": url.query.get("sentinel_user"),
        "password": url.query.get("sentinel_password"),
    }
    address = SentinelAddress(
        hosts=tuple((host, port or SENTINEL_PORT) for host, port in url.hosts),
        master=url.query["master"],
        db=_read_database(name, url.path.removeprefix("/")),
        username=url.username,
        password=url.password,
        sentinel_options=MappingProxyType(
            {
                "socket_timeout": _SENTINEL_TIMEOUT_S,
                "socket_connect_timeout": _SENTINEL_TIMEOUT_S,
                # The next Sentinel is the second try. redis-py's own three, each later than the one before,
                # kept workers from sending for 38 s after a master was lost together with one Sentinel.
                "retry": None,
                **{key: value for key, value in entrance.items() if value},
            }
        ),
    )
    places = [f"{urls.bracketed(host)}:{port}" for host, port in address.hosts]
    shown = f"sentinel://{','.join(places)}/{address.db}?master={quote(address.master, safe='')}"
    entrances = {key: value for key, value in url.query.items() if key != "master"}
    return RedisAddress(
        url=shown.replace("sentinel://", f"sentinel://{_userinfo(url)}", 1)
        + (f"&{urlencode(entrances, quote_via=quote)}" if entrances else ""),
        celery_url=";".join(f"sentinel://{_userinfo(url)}{place}/{address.db}" for place in places),
        celery_options=MappingProxyType(
            {"master_name": address.master, "sentinel_kwargs": dict(address.sentinel_options)}
        ),
        sentinel=address,
        shown=shown,
        verified=True,
    )


def _read_database(name: str, text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < len(str(_MOST_DATABASES))):
        raise refusal(
            name,
            "has a database that is not a number from 0 to 9999",
            f"Correct the database. {urls.ESCAPES}",
        )
    return int(text)


def _read_tls_option(name: str, option: str, value: str) -> str:
    words = _TLS_OPTIONS[option]
    if not value or (words and value not in words):
        remedy = f"Give one of: {', '.join(words)}." if words else "Give the path of a file."
        raise refusal(name, f"has a value of {option} that means nothing", remedy)
    return value


# User and password are encoded, so neither holds an @ or a slash.
def _without_login(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)


def _userinfo(url: urls.Url) -> str:
    """Return `user:password@` encoded so that no character of it can end its part of the URL."""
    if not url.username and not url.password:
        return ""
    user, password = quote(url.username or "", safe=""), quote(url.password or "", safe="")
    return f"{user}:{password}@" if password else f"{user}@"
