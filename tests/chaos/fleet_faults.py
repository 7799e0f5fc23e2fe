"""Workers that differ from the others, and a service whose only worker vanishes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from redis import Redis

from tests.chaos.asks import asks_of
from tests.chaos.evidence import Absence
from tests.chaos.fault import Fault, Proof
from tests.chaos.fleet_oracle import GOES_ON_S
from tests.chaos.in_force import COUNTS_ON_S
from tests.chaos.load import ACCOUNTS
from tests.chaos.world import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tests.chaos.child import Wanted
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_ANNOUNCED_WITHIN_S = 60.0
_LOOK_S = 0.1
_LOOSE = {
    "PLEXSEND_RATE": "0",
    "PLEXSEND_RATE_MMS_STANDARD": "0",
    "PLEXSEND_ON_UNCERTAIN": "resend",
    "PLEXSEND_ON_UNCERTAIN_MMS_FINANCE": "resend",
    "PLEXSEND_ON_UNCERTAIN_RCS_MMS_FINANCE": "resend",
    "PLEXSEND_LINGER_MS": "0",
    "PLEXSEND_KEEP_DAYS": "0.0001",
}
# Above what the load brings: an ask counts for ten minutes, and a backlog would outlive any judgement.
_STRICT = {
    "PLEXSEND_RATE_MMS_STANDARD": "35",
    "PLEXSEND_ON_UNCERTAIN_RCS_MMS_BULK": "park",
    "PLEXSEND_LINGER_MS": "300",
}
# Whatever else stands in a worker's environment is a policy, or asks for one.
_NO_POLICY = re.compile(r"PLEXSEND_(ACCOUNT_.*|KEY_PREFIX|.*_URL)|(?!PLEXSEND_).*")
_UNCERTAIN_SHARE = 0.2
_CHANCE_THAT_IT_ASKS = 0.5
_CHANCE_THAT_A_PERSON_DECIDES = 0.5
_CONTROL_S = 30.0


@contextmanager
def odd_worker(
    world: World, span: Span, more: Mapping[str, str], *options: str, without: Collection[str] = ()
) -> Iterator[Wanted]:
    """Put a worker that differs in the place of another, for as long as it is wanted."""
    old = span.chance.choice(world.workers)
    odd = world.add_worker(*options, without=without, **more)
    world.drop_worker(old)
    try:
        _wait_announced(world, odd)
        yield odd
    finally:
        world.add_worker()
        world.drop_worker(odd)


def _wait_announced(world: World, child: Wanted) -> None:
    until = time.monotonic() + _ANNOUNCED_WITHIN_S
    while True:
        told = world.valkey.patiently(partial(Redis.hvals, name=f"{PREFIX}fleet"))
        if any(json.loads(each).get("pid") == child.pid for each in told):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{child.name} has not announced itself")
        time.sleep(_LOOK_S)


def sent_batches(child: Wanted) -> int:
    """Return how often a worker has logged what it sent."""
    return child.log.read_text("utf-8", "replace").count("batches sent")


def _careless(world: World, span: Span) -> Proof:
    if span.chance.random() < _CHANCE_THAT_IT_ASKS:
        worker, what = odd_worker(world, span, _LOOSE), "asks for less care"
    else:
        service = span.chance.choice(("mms-finance", "mms-standard"))
        policies = [variable for variable in world.environ() if not _NO_POLICY.fullmatch(variable)]
        worker = odd_worker(world, span, {}, "-Q", service, without=policies)
        what = f"asks for nothing, and only serves {service}"
    with worker as odd:
        # What may have been sent twice, were it for this one.
        world.gateway.set("reset_after", share=_UNCERTAIN_SHARE, seconds=span.seconds)
        span.wait(span.seconds)
        sent = sent_batches(odd)
    return Proof(sent, f"{odd.name} {what}; it logged {sent} times what it sent")


def _strict(world: World, span: Span) -> Proof:
    environ = {**world.environ(), **_STRICT}
    with odd_worker(world, span, _STRICT) as odd:
        since, known = time.time(), len(world.asks)
        world.asks += asks_of(environ, odd.name, since)
        world.gateway.set("reset_after", share=_UNCERTAIN_SHARE, seconds=span.seconds)
        span.wait(span.seconds)
        sent = sent_batches(odd)
        world.asks[known:] = asks_of(environ, odd.name, since, time.time() + COUNTS_ON_S)
    decides = span.chance.random() < _CHANCE_THAT_A_PERSON_DECIDES
    if decides:
        world.persons.set_policy("rcs-mms-bulk", "on_uncertain", "resend")
    words = f"{odd.name} asked for more care; it logged {sent} times what it sent"
    return Proof(sent, f"{words}; a person decided otherwise" if decides else words)


def _no_secret(world: World, span: Span) -> Proof:
    account = span.chance.choice(ACCOUNTS)
    with odd_worker(world, span, {}, without=(_secret_of(account),)) as odd:
        since = time.time()
        span.wait(span.seconds)
        world.good_secrets.append((account, since, time.time()))
        sent = sent_batches(odd)
    return Proof(1, f"{odd.name} without a secret for {account}; it logged {sent} times what it sent")


def _wrong_secret(world: World, span: Span) -> Proof:
    account = span.chance.choice(ACCOUNTS)
    before, since = world.gateway.stats()["wrong_secrets"], time.time()
    wrong = {_secret_of(account): f"{world.users[account]};{world.wrong_secret}"}
    with odd_worker(world, span, wrong) as odd:
        span.wait(span.seconds)
        world.good_secrets.append((account, since, time.time()))
    hits = world.gateway.stats()["wrong_secrets"] - before
    return Proof(hits, f"{odd.name} tried a wrong secret for {account} {hits} times")


def _secret_of(account: str) -> str:
    return f"PLEXSEND_ACCOUNT_{account.upper()}"


def _elsewhere(world: World, span: Span) -> Proof:
    url = world.liars.begin_elsewhere()
    with odd_worker(world, span, {"PLEXSEND_MMS_URL": url, "PLEXSEND_RCS_URL": url}) as odd:
        span.wait(span.seconds)
    return Proof(1, f"{odd.name} had the address of another gateway")


_SERVICES_OF_ONE_WORKER = ("mms-finance", "rcs-mms-finance")


def _vanish(world: World, span: Span) -> Proof:
    service = span.chance.choice(_SERVICES_OF_ONE_WORKER)
    how = span.chance.choice(tuple(_WAYS))
    alone = world.add_worker("-Q", service)
    world.wait_loading(alone, " ready.")
    others = [child for child in world.workers if child is not alone]
    stopped = _control(world, "cancel_consumer", service, others)
    span.wait(2.0)
    _WAYS[how](world, alone, service)
    since = time.time()
    span.wait(span.seconds)
    began = _control(world, "add_consumer", service, others)
    until = time.time()
    span.wait(GOES_ON_S + 1.0)
    world.absences.append(Absence(service, since, until, time.time()))
    alone.send(signal.SIGCONT)
    if alone in world.workers:
        world.drop_worker(alone)
    words = f"the only worker of {service} vanished by {how} for {until - since:.0f} s"
    answered = min(stopped, began)
    return Proof(answered, f"{words}; {answered} of {len(others)} others answered")


def _kill(world: World, child: Wanted, _service: str) -> None:
    child.wanted = False
    child.kill()
    world.workers.remove(child)


def _term(world: World, child: Wanted, _service: str) -> None:
    world.drop_worker(child)


def _stop(_world: World, child: Wanted, _service: str) -> None:
    child.send(signal.SIGSTOP)


def _cancel_consumer(world: World, child: Wanted, service: str) -> None:
    _control(world, "cancel_consumer", service, [child])


_WAYS: dict[str, Callable[[World, Wanted, str], None]] = {
    "SIGKILL": _kill,
    "SIGTERM": _term,
    "SIGSTOP": _stop,
    "cancel_consumer": _cancel_consumer,
}


def _control(world: World, command: str, queue: str, children: list[Wanted]) -> int:
    """Send a remote control to these workers; returns how many have answered that it is done."""
    names = ",".join(f"{child.name}@chaos" for child in children)
    done = subprocess.run(
        world.celery("control", "--destination", names, "--timeout", "5", command, queue),
        cwd=world.folder,
        env=world.environ(direct=True),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_CONTROL_S,
        check=False,
    )
    return done.stdout.count(b": OK")


_ODD = "stop workers"
_LONG = (8.0, 12.0)


def _row(name: str, what: str, run: Callable[[World, Span], Proof], also: str = "") -> Fault:
    return Fault(name, what, run, f"{_ODD} {also}".strip(), _LONG, short=False)


FLEET_FAULTS = (
    _row("worker_careless", "a worker that asks for less care, or for nothing", _careless, "reset_after"),
    _row("worker_strict", "a worker that asks for more care", _strict, "reset_after policies"),
    _row("worker_no_secret", "a worker without an account's secret", _no_secret, "unauthorized"),
    _row("worker_wrong_secret", "a worker with a wrong secret", _wrong_secret, "unauthorized"),
    _row("worker_elsewhere", "a worker with the address of another gateway", _elsewhere),
    Fault(
        "service_vanishes",
        "the only worker of a service killed, ended, stopped or without its queue",
        _vanish,
        _ODD,
        (12.0, 16.0),
        short=False,
        alone=True,
    ),
)
