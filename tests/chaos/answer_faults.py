"""What the gateway does wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.chaos.fault import Fault, Proof

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.fault import Span
    from tests.chaos.world import World


def _lie(kind: str, share: float = 0.5, **options: Any) -> Callable[[World, Span], Proof]:
    def run(world: World, span: Span) -> Proof:
        before = world.gateway.stats()["faults"][kind]
        world.gateway.set(
            kind, share=share, seconds=span.seconds, seed=span.chance.randrange(10**6), **options
        )
        span.rest()
        hits = world.gateway.stats()["faults"][kind] - before
        return Proof(hits, f"{hits} requests")

    return run


def _refuse(world: World, span: Span) -> Proof:
    quiet_s = span.chance.uniform(1.0, span.seconds - 1.0)
    world.gateway.set("refuse", seconds=quiet_s)
    span.rest()
    return Proof(1, f"not listening for {quiet_s:.1f} s")


def _know_keys(world: World, span: Span) -> Proof:
    world.gateway.know_keys(on=True)
    world.gateway.set("reset_after", share=0.3, seconds=span.seconds / 2)
    before = world.gateway.stats()["faults"]["reset_after"]
    span.rest()
    world.gateway.know_keys(on=False)
    hits = world.gateway.stats()["faults"]["reset_after"] - before
    return Proof(hits, f"{hits} requests reset after they were accepted")


def _row(
    name: str, what: str, kind: str, share: float = 0.5, *, blurs: bool = False, **options: Any
) -> Fault:
    # Each stands beside the others; only two orders for the same kind would undo each other.
    return Fault(f"gw_{name}", what, _lie(kind, share, **options), kind, blurs=blurs)


ANSWER_FAULTS = (
    _row("reset_before", "connections reset at accept", "reset_before"),
    _row("reset_headers", "reset after the headers", "reset_headers"),
    _row("reset_during", "reset in the middle of the body", "reset_during"),
    _row("reset_after", "accepted, then reset without an answer", "reset_after", 0.3),
    _row("cut_answer", "accepted, the answer cut short", "cut_answer", 0.3),
    _row("read_timeout", "accepted, never answered", "read_timeout", 0.15, hold_s=25.0),
    _row("slow_start", "answers after 3 s", "slow_start", delay_s=3.0),
    _row("slow_drip", "answers byte by byte, 20 s for each", "slow_drip", 0.2, drip_s=0.05),
    _row("http_500", "500, nothing taken", "http_500"),
    _row("http_500_taken", "500, and yet accepted", "http_500", 0.3, accepted=True),
    _row("http_503", "503, nothing taken", "http_503", 0.7),
    _row("http_503_taken", "503, and yet accepted", "http_503", 0.3, accepted=True, retry_after=1),
    _row("http_504", "504, nothing taken", "http_504"),
    _row("http_504_taken", "504, and yet accepted", "http_504", 0.3, accepted=True),
    _row("http_429", "429 with Retry-After", "http_429", 0.7, retry_after=2),
    _row("garbage", "nonsense, and yet accepted", "garbage", 0.3),
    _row("garbage_not_taken", "nonsense, nothing taken", "garbage", 0.3, accepted=False),
    _row("half_answer", "accepts all, answers for some", "half_answer", 0.3),
    _row("foreign_keys", "answers keys that were never sent", "foreign_keys", 0.3),
    _row("doubled_keys", "one key answered twice", "doubled_keys"),
    _row("contradiction", "one key answered twice, differently", "doubled_keys", 0.3, second="G140"),
    _row("no_credit", "credit gone and back", "no_credit", 1.0),
    _row("credit_part", "credit gone in the middle of a batch", "credit_part", 0.5, k=4),
    _row("unauthorized", "credentials refused; a person resumes", "unauthorized", 0.2),
    _row("c400", "the whole request refused", "c400", 0.2),
    _row("unknown_code", "a code nobody knows", "unknown_code", 0.1),
    _row("bad_item", "one item refused, the others accepted", "bad_item", 0.4),
    _row("huge", "answers of more than a megabyte", "huge", 0.2),
    _row("close_idle", "connections closed after each answer", "close_idle", 0.7),
    Fault("gw_refuse", "the gateway refuses connections", _refuse, "refuse"),
    Fault(
        "gw_knows_keys",
        "accepted, reset, and the key known when it comes again",
        _know_keys,
        "reset_after",
    ),
)
