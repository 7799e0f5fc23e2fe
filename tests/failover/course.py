"""One fail-over under load: the group is whole, its master goes, the old master comes back, the reckoning."""

from __future__ import annotations

import signal
import time
import uuid
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from plexsend.outbox.lanes import Lane
from plexsend.producers import Producer
from plexsend.sandbox import Sandbox
from tests.acceptance.process import wait_until
from tests.failover.cases import Loss, Outcome
from tests.failover.reckoning import reckon
from tests.failover.servers import Group
from tests.failover.stand import RUNG, WatchedStand
from tests.failover.writer import Writer, pace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.failover.cases import Case

FLOWING = "mms-bulk"
"""The service whose messages are sent as they come."""
WAITING = "mms-standard"
"""The service whose messages wait for their rate: both sides of a cut hold the same ones."""
KEPT = "mms-finance"
"""The service that no worker serves: what was told "added" must still be there."""
WAITING_PER_S = 50
UNDECIDED = {"scheduled", "waiting", "sending"}
ANSWER_MS = 20


class Course:
    """A group with workers, beat, producers and a sandbox, from `with` to its end."""

    def __init__(self, case: Case, folder: Path) -> None:
        self._case = case
        self._folder = folder
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        case = self._case
        with ExitStack() as ends:
            self.group = ends.enter_context(
                Group(
                    self._folder / "group",
                    replicas=case.replicas,
                    settings=case.settings,
                    down_after_ms=case.down_after_ms,
                )
            )
            user = f"user;secret-{uuid.uuid4().hex}"
            sandbox = ends.enter_context(
                Sandbox(credentials=dict([user.split(";")]), keep_bodies=True, keep_requests=10_000)
            )
            sandbox.add_fault("delay", ms=ANSWER_MS)
            (self._folder / "stand").mkdir()
            self.stand = WatchedStand(
                self.group.url,
                f"t{uuid.uuid4().hex[:10]}:",
                sandbox,
                self._folder / "stand",
                {"main": user},
                settings={"PLEXSEND_RATE_MMS_STANDARD": str(WAITING_PER_S)},
            )
            ends.callback(self.stand.end)
            self.stand.start_workers(2, "-Q", f"{FLOWING},{WAITING}")
            if case.loss is Loss.CUT_OFF:
                self.stand.start_workers(1, "-Q", f"{FLOWING},{WAITING}", **self._at_old_master())
            self.beat = self.stand.start_beat()
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def run(self) -> Outcome:
        """Lose the master under load, get it back, and count."""
        case, group, sandbox = self._case, self.group, self.stand.sandbox
        group.relay.lag_s = case.lag_s
        with Producer(self.stand.read_settings()) as producer, ExitStack() as ends:
            bystander = self._make_bystander(ends)
            backlog = Writer(producer, WAITING, "backlog", pause_s=0)
            while len(backlog.added) < case.backlog:
                backlog.submit_once()
            kept = Writer(producer, KEPT, "kept", pause_s=pace(case.rate_per_s))
            flow = Writer(producer, FLOWING, "flow", pause_s=pace(case.rate_per_s))
            with kept, flow:
                wait_until(lambda: "flow-0" in sandbox.accepted, what="messages flow")
                time.sleep(case.load_s)  # the load itself: nothing is waited for
                lost_at = time.time()
                self._lose_master()
                if bystander is not None and case.loss is Loss.CUT_OFF:
                    ends.enter_context(bystander)
                group.wait_for_new_master()
                promoted_at = time.time()
                rung_before = self._rung()
                wait_until(lambda: self._rung() > rung_before, what="beat rings again", within_s=90)
                rung_at = time.time()
                if case.away_s is not None:
                    time.sleep(max(0.0, lost_at + case.away_s - time.time()))
                    self._return_master()
                    if bystander is not None and case.loss is Loss.FROZEN:
                        ends.enter_context(bystander)
                    group.wait_until_joined()
                if bystander is not None:
                    bystander.end()
                time.sleep(case.more_s)
                wait_until(lambda: not flow.untold | kept.untold, what="the producers know of all")
        self._wait_until_decided()
        arrivals = [each.at_s for each in sandbox.list_arrivals() if each.service == FLOWING]
        added_at = flow.first_added_after(promoted_at)
        assert added_at is not None
        return Outcome(
            promoted_s=promoted_at - lost_at,
            sent_s=min(at for at in arrivals if at >= promoted_at) - promoted_at,
            added_s=added_at - promoted_at,
            rung_s=rung_at - promoted_at,
            silence_s=max(later - one for one, later in pairwise(arrivals)),
            flow=reckon(self.stand, flow),
            kept=reckon(self.stand, kept),
            backlog=reckon(self.stand, backlog),
            bystander=reckon(self.stand, bystander) if bystander else None,
            breaks=tuple(str(found) for found in self.stand.audit().discrepancies),
        )

    def _make_bystander(self, ends: ExitStack) -> Writer | None:
        case = self._case
        if case.loss is Loss.KILLED:
            return None
        address = self._at_old_master() if case.loss is Loss.CUT_OFF else {}
        producer = ends.enter_context(Producer(self.stand.read_settings(**address)))
        writer = Writer(producer, FLOWING, "bystander", pause_s=pace(case.rate_per_s))
        # Its connection stays open while it rests.
        writer.submit_once()
        return writer

    # The address itself: with most Sentinels on the other side nobody would find the old master anew, but who
    # is there already stays.
    def _at_old_master(self) -> dict[str, str]:
        master = f"redis://127.0.0.1:{self.group.master.port}/0"
        return {"PLEXSEND_REDIS_URL": master, "PLEXSEND_BROKER_URL": master}

    def _lose_master(self) -> None:
        group, frozen = self.group, self._case.loss is Loss.FROZEN
        if self._case.sentinel_too:
            group.sentinels[0].send(signal.SIGSTOP if frozen else signal.SIGKILL)
        match self._case.loss:
            case Loss.KILLED:
                group.master.kill()
            case Loss.FROZEN:
                group.master.send(signal.SIGSTOP)
            case Loss.CUT_OFF:
                group.relay.cut()

    def _return_master(self) -> None:
        group = self.group
        match self._case.loss:
            case Loss.KILLED:
                group.start_master()
            case Loss.FROZEN:
                group.master.send(signal.SIGCONT)
                group.sentinels[0].send(signal.SIGCONT)
            case Loss.CUT_OFF:
                group.relay.mend()

    def _rung(self) -> int:
        return self.beat.words.count(RUNG)

    def _wait_until_decided(self) -> None:
        lanes = (Lane(FLOWING, None, "main"), Lane(WAITING, None, "main"))
        wait_until(
            lambda: not UNDECIDED & self.stand.states(*lanes).keys(),
            what="every message is decided",
            within_s=120,
        )
