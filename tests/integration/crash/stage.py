"""A worker, a producer and a person on one outbox: in a process that is stopped, and in one that goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.services import SERVICES
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.producers import Producer
from plexsend.worker.housekeeping import Housekeeping
from tests.integration.outbox.passing_time import let_pass
from tests.integration.worker.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

# The shortest that settings allow: what is abandoned is found after fewer rounds.
RECLAIM_S = 20
UNDECIDED = (State.SCHEDULED, State.WAITING, State.SENDING)

# Shorter than the 5 s after which a sweep takes it that everybody was away.
STEP_S = 4
_URLS = ("mms", "rcs-mms")


class Worker(Room):
    """A worker process that serves every service and whose delays are not left to chance."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.runtime.chance = lambda: 0.5
        self.me = WorkerProcess(self.runtime.name, 16, tuple(SERVICES))
        self.housekeeping = Housekeeping(
            self.runtime, self.me, ring=self.ring, queue_lengths=self.tell_queues, clock=self.clock
        )


@dataclass
class Stage:
    """What a scenario acts on. The calls of `worker` and `producer` are the ones that may be watched."""

    plain: Store
    """A store whose calls nobody watches: that of the others, and of the time that passes."""
    client: GatewayClient
    worker: Worker
    producer: Producer
    folder: Path
    """For files that both processes see."""
    told: set[str] = field(default_factory=set)
    """Keys of which a producer was told that they are in the outbox."""

    @property
    def store(self) -> Store:
        """The store whose calls may be watched."""
        return self.worker.store

    def work(self) -> None:
        """Let housekeeping go round once and answer its doorbells."""
        self.worker.work()

    def let_pass(self, seconds: float) -> None:
        """Let time pass in steps in which nobody works."""
        self.worker.now_s += seconds
        self.worker.passed_s += seconds
        for account in queries.accounts(self.plain):
            let_pass(self.plain, account, round(seconds * 1000))

    def go_on(self, done: Callable[[], bool], *, within_s: float, tend: Callable[[Stage], object]) -> bool:
        """Work until all is done, as a worker that lives does; tells whether it was in time."""
        passed_s = 0.0
        while not done():
            if passed_s > within_s:
                return False
            self.work()
            tend(self)
            self.let_pass(STEP_S)
            passed_s += STEP_S
        return True

    def is_undecided(self) -> bool:
        """Tell whether a message has neither ended nor been parked."""
        states = self.worker.states(*queries.lanes(self.plain))
        return any(states.get(state) for state in UNDECIDED)

    def tell(self, keys: list[str]) -> None:
        """Tell the producer that these are in the outbox; a process that dies now has told it."""
        self.told.update(keys)
        with self._told_path.open("a") as file:
            file.writelines(f"{key}\n" for key in keys)

    def told_by_the_dead(self) -> list[str]:
        """Return of which keys the process that is gone had told."""
        return self._told_path.read_text().split() if self._told_path.exists() else []

    @property
    def _told_path(self) -> Path:
        return self.folder / "told"

    def submit(self, lane: Lane, keys: list[str], **options: Any) -> None:
        """Put messages in beforehand."""
        other_worker(self).submit(lane, keys, **options)
        self.told.update(keys)

    def close(self) -> None:
        """Close the connections to the gateway."""
        self.client.close()


def make_stage(plain: Store, store: Store, url: str, folder: Path, settings: Mapping[str, str]) -> Stage:
    """Return a stage; `store` is `plain` itself, or the same watched."""
    client = GatewayClient(dict.fromkeys(_URLS, url))
    worker = Worker(store, client, {"PLEXSEND_RECLAIM_S": str(RECLAIM_S), **settings})
    return Stage(plain, client, worker, Producer(worker.runtime.settings, store), folder)


def other_worker(stage: Stage) -> Worker:
    """Return another worker process on the same outbox, which nobody watches."""
    return Worker(stage.plain, stage.worker.client, stage.worker.settings)
