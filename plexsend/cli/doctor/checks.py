"""The checks in their order. One that fails or hangs becomes a row, and the others go on."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from plexsend.cli.doctor.advertising import AdvertisingFacts, advertising_rows
from plexsend.cli.doctor.environment import settings_rows
from plexsend.cli.doctor.outside import broker_rows, gateway_rows, name_rows, upload_rows
from plexsend.cli.doctor.receipts import ReceiptFacts, receipt_rows
from plexsend.cli.doctor.rows import ok, unknown, wrong
from plexsend.cli.doctor.server import (
    distance_rows,
    kept_text_rows,
    rights_rows,
    server_rows,
    slow_log_rows,
)
from plexsend.cli.doctor.serving import agreement_rows, number_key_rows, rewound_rows, serving_rows
from plexsend.errors import MissingExtra, PlexsendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.gateway.http.handshake import Handshake
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

T = TypeVar("T")

LONGEST_S = 10.0
"""How long one check may take; what it waits for has shorter times of its own."""
_CONNECT_S = 3.0


@dataclass(frozen=True, slots=True)
class Situation:
    """What the checks look at."""

    settings: Settings
    store: Store
    whole: bool = False
    """Whether settings that nobody has set are shown too."""


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of check."""

    title: str
    """Above its rows."""
    look: Callable[[Situation], Iterable[CheckRow]]
    needs_redis: bool = False
    """Whether it asks Redis: once one such check found no answer, the others are left out."""


def examine(
    situation: Situation, checks: Iterable[Check] | None = None, *, longest_s: float = LONGEST_S
) -> Iterator[tuple[Check, list[CheckRow]]]:
    """Yield each check with its rows, as soon as they are there."""
    answers = True
    for check in CHECKS if checks is None else checks:
        if check.needs_redis and not answers:
            yield check, [unknown(check.title.lower(), "Redis does not answer", "Mend Redis first.")]
            continue
        failure, rows = _look(check, situation, longest_s)
        if failure is not None:
            rows = [failure]
            answers = answers and not check.needs_redis
        yield check, rows


def _look(check: Check, situation: Situation, longest_s: float) -> tuple[CheckRow | None, list[CheckRow]]:
    what = check.title.lower()
    try:
        return None, within(longest_s, lambda: list(check.look(situation)))
    except FutureTimeoutError:
        return wrong(what, f"no answer within {longest_s:g} s", "", "Look whether it hangs."), []
    except MissingExtra as exc:
        return unknown(what, str(exc), "Install it to look."), []
    except PlexsendError as exc:
        return wrong(what, str(exc), "", ""), []
    except Exception as exc:  # noqa: BLE001  a check that fails must not end the others
        return unknown(what, f"the check itself failed ({type(exc).__name__})", "Report it."), []


def within(longest_s: float, call: Callable[[], T]) -> T:
    """Return what a call returns, raise what it raises; TimeoutError where it takes too long.

    It runs in a thread that does not keep the program from ending: a name server, for one, may take minutes.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as exc:  # noqa: BLE001  raised again where the call was asked for
            future.set_exception(exc)

    threading.Thread(target=run, name="plexsend-check", daemon=True).start()
    return future.result(timeout=longest_s)


def _settings(situation: Situation) -> Iterable[CheckRow]:
    from plexsend.settings.origins import ignored, origins

    settings = situation.settings
    doubts = [*settings.warnings, *ignored()]
    return settings_rows(origins(list(settings.services)), doubts, whole=situation.whole)


def _server(situation: Situation) -> Iterable[CheckRow]:
    from plexsend.outbox.policies.state import read_to_show
    from plexsend.outbox.reading import queries
    from plexsend.outbox.redis.examination import look_at_server, look_at_slow_log, time_round_trips
    from plexsend.outbox.redis.requirements import kept_texts
    from plexsend.outbox.redis.rights import look_at_rights

    settings, store = situation.settings, situation.store
    facts, info = look_at_server(store)
    yield from server_rows(facts, info, durable=settings.durable)
    yield from rights_rows(look_at_rights(store))
    yield from slow_log_rows(look_at_slow_log(store))
    yield from kept_text_rows(kept_texts(store))
    agreed = read_to_show(store)
    # An outbox without accounts has the defaults of the fleet.
    accounts = queries.accounts(store) or ["main"]
    policies = [agreed.of(account).service(name) for account in accounts for name in settings.services]
    yield from distance_rows(
        time_round_trips(store),
        connections=min(policy.connections for policy in policies),
        rate_per_s=max(policy.rate_per_s for policy in policies),
    )


def _broker(situation: Situation) -> Iterable[CheckRow]:
    from plexsend.extras import require

    require("worker")
    from plexsend.worker.broker import look_at_broker

    return broker_rows(look_at_broker(situation.settings), str(situation.settings.broker))


def _gateway(situation: Situation) -> Iterable[CheckRow]:
    if not situation.settings.accounts:
        # Those that send may reach another gateway, and from here nobody has to be let through.
        yield ok("gateway", "not looked at: no account is set up here, so nothing is sent from this machine")
        return
    from plexsend.extras import require

    require("worker")
    from plexsend.gateway.http.handshake import Handshake, shake_hands
    from plexsend.gateway.http.way import Way
    from plexsend.names import Names

    way, names = Way.of(situation.settings), Names()
    settings = situation.settings
    sends_to = set(settings.base_urls.values())
    urls = sorted({*sends_to, settings.upload_url})
    hands = [Future[Handshake]() for _ in urls]

    def shake(url: str, future: Future[Handshake]) -> None:
        future.set_result(shake_hands(url, way, timeout_s=_CONNECT_S, names=names))

    # At once: four addresses that do not answer take no longer than one.
    for url, future in zip(urls, hands, strict=True):
        threading.Thread(target=shake, args=(url, future), name="plexsend-check", daemon=True).start()
    ends_s = time.monotonic() + LONGEST_S - 1
    found = {url: _shaken(future, ends_s) for url, future in zip(urls, hands, strict=True)}
    now_s = time.time()
    messages = {url: hands for url, hands in found.items() if url in sends_to}
    yield from gateway_rows(messages, now_s=now_s)
    yield from upload_rows(settings.upload_url, found[settings.upload_url], settings.base_urls, now_s=now_s)
    yield from name_rows(found)


def _shaken(future: Future[Handshake], ends_s: float) -> Handshake:
    from plexsend.gateway.http.handshake import Handshake

    try:
        return future.result(timeout=max(0.0, ends_s - time.monotonic()))
    except FutureTimeoutError:
        return Handshake("the name servers do not answer")


def _fleet(situation: Situation) -> Iterable[CheckRow]:
    from plexsend.outbox.doors import living
    from plexsend.outbox.fleet import fleet
    from plexsend.outbox.policies.state import read_to_show
    from plexsend.outbox.reading import queries
    from plexsend.outbox.reading.disagreements import disagreements
    from plexsend.outbox.reading.flow_facts import gather
    from plexsend.outbox.reading.number_keys import foreign_keys
    from plexsend.outbox.rewound import rewinds

    store = situation.store
    agreed = read_to_show(store)
    # The pace is of no interest here, so nothing is waited for.
    parts = gather(store, agreed, sleep=lambda _: None)
    yield from serving_rows(parts)
    accounts = queries.accounts(store)
    yield from rewound_rows(rewinds(store, accounts))
    processes = fleet(store, accounts)
    yield from agreement_rows(processes, disagreements(processes, agreed))
    yield from number_key_rows(foreign_keys(store, accounts, processes, living(store)))


def _receipts(situation: Situation) -> Iterable[CheckRow]:
    from plexsend.gateway.receipt_codes import GATEWAY_ADDRESSES
    from plexsend.outbox.doors import last_receipts, living
    from plexsend.outbox.reading import queries
    from plexsend.outbox.strays import read_unread

    store = situation.store
    accounts = queries.accounts(store)
    counts, unread = read_unread(store)
    facts = ReceiptFacts(
        doors=living(store),
        accounts=accounts,
        heard=last_receipts(store, accounts),
        counts=counts,
        unread=unread,
        now_ms=queries.server_ms(store),
        gateway=GATEWAY_ADDRESSES,
    )
    return receipt_rows(situation.settings, facts)


def _advertisements(situation: Situation) -> Iterable[CheckRow]:
    from plexsend.outbox.fleet import fleet
    from plexsend.outbox.policies.state import read_to_show
    from plexsend.outbox.reading import queries
    from plexsend.outbox.reading.number_keys import keys_in_use
    from plexsend.outbox.reading.quiet import read_quiet
    from plexsend.outbox.receivers import hashed_by

    store = situation.store
    agreed, accounts = read_to_show(store), queries.accounts(store)
    keys = keys_in_use(store, accounts, fleet(store, accounts))
    advertising = {lane.account for lane in queries.lanes(store) if lane.is_advertising}
    facts = (
        AdvertisingFacts(
            account,
            agreed.of(account).ad_marks,
            read_quiet(store, account, agreed),
            account in advertising,
            keys.get(account, ()),
        )
        for account in accounts
    )
    here = hashed_by(situation.settings.number_key)
    return advertising_rows(facts, hashes_by=here, now_ms=queries.server_ms(store))


def _campaigns(situation: Situation) -> Iterable[CheckRow]:
    from plexsend.cli.doctor.campaign_facts import look_at_campaigns

    return look_at_campaigns(situation.store, situation.settings.campaign_dir)


CHECKS = (
    Check("Settings", _settings),
    Check("Redis", _server, needs_redis=True),
    Check("Fleet", _fleet, needs_redis=True),
    Check("Receipts", _receipts, needs_redis=True),
    Check("Advertisements", _advertisements, needs_redis=True),
    Check("Campaigns", _campaigns, needs_redis=True),
    Check("Broker", _broker),
    Check("Gateway", _gateway),
)
