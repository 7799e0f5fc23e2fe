"""The worker process as its drains see it: the runtime, who waits for a thread, how a doorbell is sent."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.worker import state
from kombu.exceptions import OperationalError

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, PlexsendError, UsageError
from plexsend.logs import get_logger
from plexsend.outbox.form import FORM, OLD_FORM
from plexsend.outbox.lanes import Lane
from plexsend.worker.campaign_queue import CAMPAIGNS, MOST_WAITING, TICK_TASK
from plexsend.worker.drain import Drain, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from celery import Celery

    from plexsend.worker.runtime import Runtime

_log = get_logger("worker.process")


DRAIN_TASK = "plexsend.drain"
"""Answer a doorbell."""
REPORTED_AGAIN_S = 60.0
"""How long a broker may refuse doorbells for the same reason before that is logged again."""
_IN_FORM_2 = "2 "
"""What the lane's name in a doorbell begins with in form 2. A worker of 0.2.0, which would keep no policy,
logs that this is not a lane and takes nothing."""


class Process:
    """One for each worker process, made when its pool starts."""

    def __init__(
        self, app: Celery, runtime: Runtime, serves: Callable[[str], bool], *, threads: int = 1
    ) -> None:
        self.runtime = runtime
        self.threads = threads
        """How many tasks it can run at once."""
        self.surroundings = Surroundings(
            bell_waits=bell_waits, ungrouped_waits=_ungrouped_waits, ring=self.ring
        )
        self._app = app
        self._serves = serves
        self._spare = threading.Lock()
        self._reason, self._reported_s = "", 0.0

    def ring(self, lane: Lane, bell: str) -> None:
        """Send a doorbell. One that cannot be sent is answered here, or lapses and is rung again.

        A Redis whose memory is full takes no doorbell, and without one nothing would be sent to free it.
        """
        try:
            named = lane.name if self.runtime.form == OLD_FORM else f"{_IN_FORM_2}{lane.name}"
            self._app.send_task(DRAIN_TASK, args=(named, bell), queue=lane.service, retry=False)
        except (OperationalError, OSError) as exc:
            self._report_refusal(lane.name, str(exc) or type(exc).__name__)
            if self._serves(lane.service) and self._spare.acquire(blocking=False):
                threading.Thread(
                    target=self._answer_here, args=(lane.name, bell), name="plexsend-spare"
                ).start()

    def tick(self) -> None:
        """Ring for campaigns, in the place of a beat that is away."""
        self.ask_for(TICK_TASK)

    def ask_for(self, task: str, *args: str) -> bool:
        """Send a task of campaigns; return whether the broker took it. What is lost is asked for again."""
        try:
            with self._app.connection_for_write() as sends:
                connection: Any = sends
                connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
                queue = connection.default_channel.queue_declare(CAMPAIGNS)
                if queue.message_count >= MOST_WAITING:
                    return False
            self._app.send_task(task, args=args, queue=CAMPAIGNS, retry=False)
        except (OperationalError, OSError) as exc:
            self._report_refusal(CAMPAIGNS, str(exc) or type(exc).__name__)
            return False
        return True

    # A lane that is due is rung for again and again, and so is every other.
    def _report_refusal(self, lane: str, reason: str) -> None:
        now_s = elapsed_s()
        if reason != self._reason or now_s - self._reported_s >= REPORTED_AGAIN_S:
            self._reason, self._reported_s = reason, now_s
            _log.warning("broker refuses a doorbell", lane=lane, reason=reason)

    def answer(self, lane: str, bell: str) -> None:
        """Run the drain that a doorbell asks for.

        Nothing is raised: a doorbell that is not answered lapses, and what was taken is reclaimed.
        """
        drain: Drain | None = None
        if self.runtime.form > FORM:
            # Housekeeping has said so.
            return
        try:
            drain = Drain(self.runtime, _lane_of(lane), self.surroundings)
            drain.run(bell)
        except PlexsendError as exc:
            _log.error("drain failed", lane=lane, **_in_hand(drain), reason=str(exc))
        except Exception:  # noqa: BLE001  the edge of the task: the next doorbell must find a thread
            _log.exception("drain failed unexpectedly", lane=lane, **_in_hand(drain))
        self._flush_at_the_end()

    # One at a time: it is in addition to the pool, whose size is what people allowed.
    def _answer_here(self, lane: str, bell: str) -> None:
        try:
            self.answer(lane, bell)
        finally:
            self._spare.release()

    # Housekeeping ends before the requests under way do, and nobody else would write down what they counted.
    def _flush_at_the_end(self) -> None:
        if self.runtime.stop.is_set():
            with suppress(OutboxError):
                self.runtime.instruments.flush(self.runtime.store)


def _lane_of(name: str) -> Lane:
    return Lane.parse(name.removeprefix(_IN_FORM_2))


def _in_hand(drain: Drain | None) -> dict[str, list[str]]:
    return {"msg_keys": drain.keys_in_hand} if drain is not None and drain.keys_in_hand else {}


# Tasks received and not yet begun: with a free thread for each they would have begun.
def bell_waits() -> bool:
    """Return whether a task waits for a thread of this process."""
    return len(state.reserved_requests) > len(state.active_requests)


def _ungrouped_waits() -> bool:
    if not bell_waits():
        return False
    try:
        waiting = set(state.reserved_requests) - set(state.active_requests)
    except RuntimeError:
        # One came meanwhile. The next batch asks again.
        return False
    # A task of campaigns waits as what is in a group does.
    return any(_is_ungrouped(request.args) for request in waiting if request.name == DRAIN_TASK)


def busy() -> int:
    """Return how many threads of this process send."""
    try:
        return sum(request.name == DRAIN_TASK for request in tuple(state.active_requests))
    except RuntimeError:
        # One began or ended meanwhile.
        return len(state.active_requests)


# What another program sent may hold anything; it is answered, and logged, like what has no group.
def _is_ungrouped(args: object) -> bool:
    try:
        return _lane_of(args[0]).is_route  # type: ignore[index]  # see above
    except (UsageError, AttributeError, TypeError, LookupError):
        return True


_current: list[Process] = []


def enter(process: Process) -> None:
    """Make this the process that `current` returns."""
    _current[:] = [process]


def current() -> Process:
    """Return this worker's process; PlexsendError when none runs here (a task called by hand)."""
    if not _current:
        raise PlexsendError("No plexsend worker runs in this process: start one with `plexsend worker`.")
    return _current[0]
