"""The wire between plexsend and Valkey: resets, silence, lost calls and doorbells; a Valkey that is full."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from redis import Redis

from plexsend.outbox.redis.scripts import Script, source
from tests.chaos.fault import Fault, Need, Proof
from tests.chaos.load import ACCOUNTS, GROUPS
from tests.chaos.world import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.fault import Span
    from tests.chaos.world import World

_LOST_AT_ONCE = 2


def _counted(world: World, name: str, sha: str = "") -> int:
    found = world.proxy.stats()[name]
    return int(found.get(sha, 0) if sha else found)


def _reset(world: World, span: Span) -> Proof:
    hits = 0
    while not span.over:
        span.wait(span.chance.uniform(0.3, 2.0))
        hits += world.proxy.reset()
    return Proof(hits, f"{hits} connections reset")


def _refuse(world: World, span: Span) -> Proof:
    before = _counted(world, "resets")
    while not span.over:
        world.proxy.refuse(span.chance.uniform(0.5, 2.5))
        span.wait(0.05)
        world.proxy.reset()
        span.wait(span.chance.uniform(2.5, 4.0))
    hits = _counted(world, "resets") - before
    return Proof(hits, f"{hits} connections reset, new ones refused for a while")


def _blackhole(world: World, span: Span) -> Proof:
    # Longer than the 5 s of a socket's patience at times, shorter at others.
    quiet_s = span.chance.choice((2.0, span.seconds - 1.0))
    before = _counted(world, "held")
    world.proxy.blackhole(quiet_s)
    span.rest()
    hits = _counted(world, "held") - before
    return Proof(hits, f"{hits} pieces held back, up to {quiet_s:.1f} s")


def _slow(world: World, span: Span) -> Proof:
    before = _counted(world, "replies_delayed")
    ms = span.chance.choice((20, 100, 400))
    world.proxy.delay(ms)
    span.rest()
    world.proxy.delay(0)
    hits = _counted(world, "replies_delayed") - before
    return Proof(hits, f"{hits} replies {ms} ms late")


def _bells(mode: str) -> Callable[[World, Span], Proof]:
    def run(world: World, span: Span) -> Proof:
        before = _counted(world, f"bells_{mode}")
        share = span.chance.choice((0.5, 1.0))
        world.proxy.bells(mode, share, span.chance.randrange(10**6), delay_s=span.chance.uniform(1.0, 7.0))
        span.rest()
        world.proxy.bells("pass")
        if mode == "stale":
            span.wait(2.0)
            world.proxy.replay()
        hits = _counted(world, f"bells_{mode}") - before
        return Proof(hits, f"{hits} doorbells")

    return run


def _cancel_a_group(world: World, span: Span) -> None:
    account, group = span.chance.choice(ACCOUNTS), span.chance.choice(GROUPS)
    world.persons.cancel_group(account, group)
    world.persons.open_group(account, group)


def _set_a_policy(world: World, _span: Span) -> None:
    world.persons.unset_policy(world.persons.set_policy("mms-standard", "rate_per_s", "40"))


def _audit(world: World, _span: Span) -> None:
    world.persons.ask("audit")


def _let_an_hour_pass(world: World, _span: Span) -> None:
    world.valkey.patiently(partial(Redis.hset, name=f"{PREFIX}walk", key="at", value="1"))


_BY_PERSONS = {
    Script.GROUP: ("groups", _cancel_a_group),
    Script.POLICY: ("policies", _set_a_policy),
    Script.AGREE: ("policies", _set_a_policy),
    Script.AUDIT: ("audit", _audit),
    Script.HEAL: ("foreign", _let_an_hour_pass),
}
"""Scripts that nobody calls unless a person acts, or an hour passes: the group of faults that do the same,
and the act."""
_CALLED_BY_NOBODY = (
    Script.ADOPT,
    Script.FORM,
    Script.IMPORTS,
    Script.PRUNE,
    Script.REWOUND,
    Script.PROOF,
    Script.REPLAY,
)
"""A fleet that has gone over to the form in force calls the first two no more. Imports of rows without a key
of their own are in no ledger here (tests/integration/crash loses their calls), what is pruned could not be
judged, `rewound` is called after a restore, at which nothing else strikes, and nobody asks for a replay, or
for a proof before the faults are over."""
_LAPSING = (Script.RESULTS,)
"""Scripts whose lost reply leaves something with a process until its lease lapses."""


def _lose(script: Script, what: str) -> Callable[[World, Span], Proof]:
    counter = {"reply": "replies_lost", "request": "requests_lost"}[what]
    sha = hashlib.sha1(source(script).encode(), usedforsecurity=False).hexdigest()

    def run(world: World, span: Span) -> Proof:
        before = _counted(world, counter, sha)
        order = world.proxy.lose_reply if what == "reply" else world.proxy.lose_request
        while not span.over:
            order(sha, _LOST_AT_ONCE)
            if script in _BY_PERSONS:
                _BY_PERSONS[script][1](world, span)
            span.wait(span.chance.uniform(0.4, 1.2))
        hits = _counted(world, counter, sha) - before
        return Proof(hits, f"{hits} × lost")

    return run


def _fill_memory(world: World, span: Span) -> Proof:
    lives, before = world.valkey.child.lives, world.valkey.refusals("OOM")
    world.valkey.fill_memory()
    span.rest()
    hits = world.valkey.refusals("OOM")
    world.valkey.free_memory()
    hits -= before if world.valkey.child.lives == lives else 0
    return Proof(hits, f"{hits} calls refused as out of memory")


def _full_disk(*, whole: bool) -> Callable[[World, Span], Proof]:
    def run(world: World, span: Span) -> Proof:
        server = world.valkey
        lives, before = server.child.lives, server.refusals("MISCONF")
        (server.fill_disk if whole else server.limit_file)()
        # Under `always` the server ends itself rather than acknowledge what it could not write.
        while not span.over and server.child.lives == lives:
            span.wait(0.1)
        ended = server.child.lives - lives
        if not ended:
            refused = server.refusals("MISCONF") - before
        (server.free_disk if whole else server.free_file)()
        server.wait_ready()
        if not ended:
            server.rewrite()
        span.rest()
        words = f"ended itself {ended} times" if ended else f"{refused} calls refused"
        return Proof(ended or refused, words)

    return run


WIRE_FAULTS = (
    Fault("wire_reset", "all connections to Valkey reset", _reset, "wire", blurs=True),
    Fault("wire_refuse", "connections to Valkey refused", _refuse, "wire", blurs=True),
    Fault("wire_blackhole", "Valkey silent, connections open", _blackhole, "wire", (4.0, 9.0), blurs=True),
    Fault("wire_slow", "replies of Valkey late", _slow, "wire stop", blurs=True),
    Fault("bells_lost", "doorbells lost", _bells("lose"), "bells"),
    Fault("bells_doubled", "doorbells doubled", _bells("double"), "bells"),
    Fault("bells_late", "doorbells late", _bells("delay"), "bells"),
    Fault("bells_stale", "doorbells kept back and rung long after", _bells("stale"), "bells"),
    *(
        Fault(
            f"{what}_lost_{script}",
            f"the {what} of {script} lost",
            _lose(script, what),
            f"lost_{what} {_BY_PERSONS[script][0] if script in _BY_PERSONS else ''}".strip(),
            blurs=script is Script.ADVANCE,
            short=script not in (*_BY_PERSONS, *_LAPSING),
        )
        for what in ("reply", "request")
        for script in Script
        if script not in _CALLED_BY_NOBODY
    ),
    Fault("memory_full", "Valkey above its maxmemory, and freed", _fill_memory, "server"),
    Fault(
        "file_full",
        "the append-only file may not grow, and may again",
        _full_disk(whole=False),
        "server",
        blurs=True,
    ),
    Fault(
        "disk_full",
        "the disk of the append-only file full, and freed",
        _full_disk(whole=True),
        "server",
        need=Need.MOUNT,
        tmpfs=True,
        blurs=True,
        short=False,
    ),
)
