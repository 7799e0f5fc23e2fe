"""Checks of what is outside plexsend: the broker and the gateway."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plexsend.cli.doctor.rows import doubtful, ok, wrong
from plexsend.settings.urls import is_loopback
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.gateway.http.handshake import Handshake
    from plexsend.worker.broker import BrokerState

_WITH_PICTURES = ("mms", "rcs-mms")
"""Products whose messages show pictures."""
_SOON_S = 14 * 86_400
_SLOW_NAME_S = 1.0
"""A name server on the same continent answers in a tenth of it."""


def broker_rows(state: BrokerState, shown: str) -> Iterator[CheckRow]:
    """Yield whether the broker at this address answers, and what waits in its queues. Pure."""
    if state.failure:
        yield wrong("broker", f"{shown}: workers hear of no work: {state.failure}", "", "")
        return
    waiting = ", ".join(f"{service} {count:,}" for service, count in state.lengths.items() if count)
    yield ok("broker", f"{shown} answers; doorbells that wait: {waiting or 'none'}")


def gateway_rows(found: Mapping[str, Handshake], *, now_s: float) -> Iterator[CheckRow]:
    """Yield how connecting to each address went. Pure.

    Args:
        found: Address → what came of it.
        now_s: Seconds since 1970.
    """
    for url, hands in found.items():
        if hands.failure:
            yield wrong(
                "gateway",
                f"{url}: {hands.failure}",
                "nothing can be sent from here",
                "Check the address, the name server, the firewall, and PLEXSEND_PROXY_URL.",
            )
        elif hands.ends_s is None:
            yield ok("gateway", f"{url} answers, without TLS on this machine itself")
        elif hands.ends_s - now_s < _SOON_S:
            yield doubtful(
                "gateway",
                f"{url}: {hands.protocol}, its certificate ends in {span(max(0.0, hands.ends_s - now_s))}",
                "then nothing can be sent",
                "Ask the gateway's operator.",
            )
        else:
            left = span(hands.ends_s - now_s)
            yield ok("gateway", f"{url}: {hands.protocol}, its certificate ends in {left}")


def upload_rows(
    url: str, hands: Handshake, base_urls: Mapping[str, str], *, now_s: float
) -> Iterator[CheckRow]:
    """Yield whether pictures get to the gateway that shows them. Pure.

    Args:
        url: Where they are uploaded.
        hands: What came of connecting to it.
        base_urls: Product → where its messages go.
        now_s: Seconds since 1970.
    """
    if hands.failure:
        # Programs that upload and workers are often on different machines.
        yield doubtful(
            "upload",
            f"{url}: {hands.failure}",
            "no picture can be uploaded from here",
            "Check PLEXSEND_UPLOAD_URL, the firewall and PLEXSEND_PROXY_URL, or upload on another machine.",
        )
    elif url not in base_urls.values():
        for row in gateway_rows({url: hands}, now_s=now_s):
            yield replace(row, what="upload", why="then no picture can be uploaded" if row.why else "")
    else:
        yield ok("upload", f"pictures go to {url}")
    elsewhere = [base_urls[name] for name in _WITH_PICTURES if _is_here(base_urls[name]) != _is_here(url)]
    if elsewhere:
        yield doubtful(
            "upload",
            f"pictures go to {url}, and messages that show them to {elsewhere[0]}",
            "one of the two is a stand-in: no gateway shows a picture that was uploaded to another",
            "Set PLEXSEND_UPLOAD_URL and the gateway's addresses for the same one.",
        )


def _is_here(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def name_rows(found: Mapping[str, Handshake]) -> Iterator[CheckRow]:
    """Yield what was slow on the way to each host, whether it answered or not. Pure.

    Args:
        found: Address → what came of connecting to it.
    """
    for hands in {each.host: each for each in found.values()}.values():
        if hands.name_s >= _SLOW_NAME_S:
            yield doubtful(
                "name",
                f"{hands.host}: looked up in {hands.name_s:.1f} s",
                "a worker's first requests wait for it, and where it takes 5 s they go back unsent",
                "Look at /etc/resolv.conf: a name server there does not answer.",
            )
        if hands.silent:
            yield doubtful(
                "addresses",
                f"{hands.host}: {len(hands.silent)} of {hands.addresses} do not answer "
                f"({', '.join(hands.silent)})",
                "a new connection may take seconds longer",
                "Ask who runs the firewall, or the host; often this machine has no way out by IPv6.",
            )
