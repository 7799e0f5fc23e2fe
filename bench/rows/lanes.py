"""Many lanes: a message now and then in each, and a backlog in all of them."""

from __future__ import annotations

import time
from statistics import quantiles
from typing import TYPE_CHECKING

from bench.items import msg_key, raw_item, wire_body
from bench.rounds import Figure
from bench.senders import send_bare
from bench.stage import PREFIX, Stage
from plexsend.gateway.items import get_loader
from plexsend.outbox.lanes import Lane
from plexsend.outbox.submit import NewMessage, Submitter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.row import Plan

ACCOUNTS = tuple(f"a{number:02}" for number in range(20))
SERVICES = (
    "mms-standard", "mms-bulk", "mms-finance",
    "sms-standard", "sms-bulk", "sms-finance", "sms-verify",
    "lms-standard", "lms-bulk", "lms-finance",
)  # fmt: skip
LANES = tuple(Lane(service, None, account) for account in ACCOUNTS for service in SERVICES)
"""200 lanes as an agency has them: twenty accounts with ten services each."""
LINGER_MS = 200
"""As delivered."""
EVERY_S = 5.0
"""How often each lane gets a message."""
SLOW_MS = 100
THREADS = 4


def sparse(plan: Plan) -> list[Figure]:
    """A message every 5 s in each of 200 lanes, one worker process with its own number of threads."""
    for_s = plan.seconds(40)
    waits: list[float] = []
    cpu: list[float] = []
    valkey: list[float] = []
    for number in range(min(plan.rounds, 3)):
        with Stage(plan.folder / f"sparse-{number}", keep_keys=True, accounts=ACCOUNTS) as stage:
            worker = stage.ready_worker()
            _trickle(stage, 0, EVERY_S)
            began_s, cpu_s, valkey_s = time.monotonic(), worker.cpu_s(), stage.valkey.program.cpu_s()
            left = _trickle(stage, len(LANES), for_s)
            took_s = time.monotonic() - began_s
            cpu.append((worker.cpu_s() - cpu_s) / took_s)
            valkey.append((stage.valkey.program.cpu_s() - valkey_s) / took_s)
            stage.wait_sent(len(LANES) + len(left))
            came = dict(stage.gateway.moments())
            worker.end()
        waited_ms = [(came[key] - left_s) * 1000 for key, left_s in left.items()]
        waits.append(quantiles(waited_ms, n=100)[98] - LINGER_MS)
        plan.log(f"  round {number + 1}: p99 linger + {waits[-1]:.0f} ms, {cpu[-1]:.1%} of a core")
    return [
        Figure("p99 beyond linger", waits, at_most=100, unit="ms", best=True),
        Figure("worker's CPU", cpu, at_most=0.20, unit="of a core"),
        Figure("Valkey's CPU", valkey, unit="of a core"),
    ]


def _trickle(stage: Stage, first: int, for_s: float) -> dict[str, float]:
    """Put messages into one lane after the other, evenly; return when each was in (seconds, monotonic)."""
    intake, left = Submitter(stage.store), {}
    gap_s, began_s = EVERY_S / len(LANES), time.monotonic()
    for number in range(round(for_s / gap_s)):
        time.sleep(max(0.0, began_s + number * gap_s - time.monotonic()))
        key = msg_key(first + number)
        _add(intake, LANES[number % len(LANES)], [first + number])
        left[key] = time.monotonic()
    return left


def _add(intake: Submitter, lane: Lane, numbers: Sequence[int]) -> None:
    loader = get_loader(lane.service)
    # An SMS has no room for the text of the bench's MMS, and neither it nor an LMS has images.
    if loader.product.name == "mms":
        drafts = [NewMessage(msg_key(number), wire_body(number)) for number in numbers]
    else:
        drafts = [NewMessage(msg_key(number), _short(lane, number)) for number in numbers]
    intake.add(lane, drafts, stamp=str(loader.stamp))


def _short(lane: Lane, number: int) -> bytes:
    raw = {name: value for name, value in raw_item(number).items() if name != "file_path"}
    return get_loader(lane.service).load({**raw, "msg": "주문하신 상품이 도착합니다."}).body


def crowded(plan: Plan) -> list[Figure]:
    """A backlog in each of 200 lanes, four threads, the gateway takes 100 ms; against four bare threads."""
    each = 100 if plan.quick else 300
    shares: list[float] = []
    bells: list[float] = []
    fills: list[float] = []
    for number in range(plan.rounds):
        with Stage(plan.folder / f"crowded-{number}", delay_ms=SLOW_MS, accounts=ACCOUNTS) as stage:
            bare = send_bare(stage, 4000 if not plan.quick else 1000, THREADS)["per_s"]
            stage.clear()
            _fill(stage, each)
            with stage.worker("--concurrency", str(THREADS)) as worker:
                stage.wait_sent(200)
                began_s, most = time.monotonic(), 0
                until_s = began_s + plan.seconds(20)
                while time.monotonic() < until_s:
                    worker.check()
                    most = max(most, _outstanding(stage))
                    time.sleep(0.25)
                arrivals = [one for one in stage.gateway.arrivals() if began_s <= one.at_s < until_s]
        per_s = sum(one.messages for one in arrivals) / (until_s - began_s)
        shares.append(per_s / bare)
        bells.append(most)
        fills.append(sum(one.messages for one in arrivals) / len(arrivals))
        plan.log(
            f"  round {number + 1}: {per_s:.0f}/s of {bare:.0f}/s, {most} doorbells, fill {fills[-1]:.2f}"
        )
    return [
        Figure("of what 4 bare threads do", shares, at_least=0.95),
        Figure("most doorbells outstanding", bells, at_most=2 * THREADS, unit=""),
        Figure("messages a request", fills, unit=""),
    ]


def _fill(stage: Stage, each: int) -> None:
    intake = Submitter(stage.store)
    for place, lane in enumerate(LANES):
        _add(intake, lane, range(place * each, place * each + each))


def _outstanding(stage: Stage) -> int:
    """Return how many doorbells have been rung and neither answered nor lapsed."""
    pipe = stage.valkey.client.pipeline(transaction=False)
    for lane in LANES:
        pipe.zrange(f"{PREFIX}{{{lane.account}}}:{lane.name}:drains", 0, -1, withscores=True)
    now_ms = time.time() * 1000
    return sum(
        member.startswith(b"bell:") and lapses_ms > now_ms
        for drains in pipe.execute()
        for member, lapses_ms in drains
    )
