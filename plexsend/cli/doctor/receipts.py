"""Checks of receipts: is somebody there to take them, for every account, and from whom?"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import doubtful, ok
from plexsend.outbox.refusals import UNREAD_REFUSAL, RefusedBecause, apart
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.outbox.doors import Door
    from plexsend.outbox.strays import UnreadPost
    from plexsend.settings import Settings

_RECENT_MS = 86_400_000
_START = "Start one: `plexsend serve receipts`; docs/receipts.md says how."
_COUNTED = (str(RefusedBecause.PATH), str(RefusedBecause.ADDRESS))
"""Why a post is refused where the URL or the list of addresses is wrong."""


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What is known of receipts."""

    doors: Sequence[Door]
    """Those that live."""
    accounts: Sequence[str]
    """Those with messages."""
    heard: Mapping[str, int]
    """Account → when a receipt came last (ms); without those that never had one."""
    counts: Mapping[str, int]
    """Why posts were refused or could not be read → how many."""
    unread: Sequence[UnreadPost]
    now_ms: int
    gateway: Sequence[str] = field(default=())
    """The addresses from which the gateway posts."""


def receipt_rows(settings: Settings, facts: ReceiptFacts) -> Iterator[CheckRow]:
    """Yield whether receipts can come, and whether they do. Pure."""
    takers = [door for door in facts.doors if "receipts" in door.parts]
    is_wanted = bool(settings.receipt_secrets or facts.heard)
    yield from _taker_rows(takers, facts, is_wanted=is_wanted)
    if settings.receipt_secrets:
        yield from _address_rows(settings, facts.gateway)
    if takers or is_wanted:
        yield from _heard_rows(facts)


def _taker_rows(takers: Sequence[Door], facts: ReceiptFacts, *, is_wanted: bool) -> Iterator[CheckRow]:
    for door in takers:
        since = span(max(0, facts.now_ms - door.since_ms) / 1000)
        where = f" port {door.port}" if door.port else ""
        yield ok("server", f"{door.label}{where}, for {', '.join(door.accounts)}, since {since}")
    if not takers:
        what = "what becomes of messages after their acceptance is not heard"
        if is_wanted:
            yield doubtful("server", "none is alive", what, _START)
        else:
            yield ok("server", f"none: {what} (docs/receipts.md says how to hear it)")
        return
    hashing = any(door.hashes_by for door in takers)
    refusals = "taken at /suppressions/ACCOUNT/SECRET" if hashing else "not taken: no PLEXSEND_NUMBER_KEY"
    yield ok("refusals", f"pushes are {refusals} (docs/refusals.md)")
    served = {account for door in takers for account in door.accounts}
    for account in facts.accounts:
        if account not in served:
            yield doubtful(
                "secret",
                f"no server has one for account {account}",
                "its receipts are refused",
                f"Set PLEXSEND_RECEIPT_SECRET_{account.upper().replace('-', '_')} where a server runs.",
            )


def _address_rows(settings: Settings, gateway: Sequence[str]) -> Iterator[CheckRow]:
    allow = settings.receipt_allow
    if allow is None:
        yield doubtful(
            "addresses",
            "receipts are taken from every one",
            "the path is the only protection: who learns it can say of any message that it was delivered",
            f"Set PLEXSEND_RECEIPT_ALLOW={','.join(gateway)}: from these two the gateway posts.",
        )
        return
    missing = [address for address in gateway if ip_address(address) not in allow]
    if missing:
        yield doubtful(
            "addresses",
            f"receipts are taken from {allow}",
            f"the gateway posts from {' and '.join(missing)} too",
            "Add what is missing to PLEXSEND_RECEIPT_ALLOW, unless a proxy in front hides it.",
        )
    else:
        yield ok("addresses", f"receipts are taken from {allow}")


def _heard_rows(facts: ReceiptFacts) -> Iterator[CheckRow]:
    for account, last_ms in sorted(facts.heard.items()):
        yield ok("receipts", f"account {account}: the last one came {_ago(facts, last_ms)}")
    all_refused, _ = apart(facts.counts)
    refused = {why: all_refused[why] for why in _COUNTED if all_refused.get(why)}
    if refused and not facts.heard:
        yield doubtful(
            "refused",
            f"{_counted(refused)}, and no receipt came so far",
            "the gateway may post to another URL, or from other addresses",
            "Compare the URL in the gateway's console, and PLEXSEND_RECEIPT_ALLOW.",
        )
    elif all_refused:
        yield ok("refused", _counted(all_refused))
    if facts.unread and facts.now_ms - facts.unread[-1].at_ms < _RECENT_MS:
        last = facts.unread[-1]
        of_refusal = last.why == UNREAD_REFUSAL
        yield doubtful(
            "unread",
            f"a post of {_ago(facts, last.at_ms)}: {last.why}: {last.words}",
            "somebody may have refused and is not suppressed" if of_refusal else "what it said is not known",
            "Ask who pushed it for its numbers; docs/refusals.md says what is read."
            if of_refusal
            else "If the gateway sent it, report it: its form is new.",
        )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{why} {count:,}" for why, count in sorted(counts.items()))


def _ago(facts: ReceiptFacts, at_ms: int) -> str:
    return f"{span(max(0, facts.now_ms - at_ms) / 1000)} ago"
