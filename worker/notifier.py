"""Posts notices to a chat hook, from a thread of its own: nothing else in the process waits for it.

Of the processes that have a hook, the one with the lease looks and posts. What waits is in Redis, so another
goes on where it ends; a post that was not written down before its process died is made again.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError
from plexsend.logs import get_logger, mask_text, reason_of
from plexsend.outbox.notices import NoticeBoard
from plexsend.outbox.reading.conditions import look
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs.conditions import look_at_runs
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plexsend.outbox.notices import Condition, Notice
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import HookAddress
    from plexsend.worker.runtime import Runtime

LOOK_S = 2.0
"""Between two looks of the process with the lease."""
BESIDE_S = 10.0
"""Between two tries to take the lease, for the others."""
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0
"""Until a post that failed is tried again; it doubles."""
LONGEST_TEXT = 600
"""Characters of one post: a gateway's answer or a person's reason may be longer than anybody reads."""


def look_at_all(store: Store) -> list[Condition]:
    """Return the conditions that there are now."""
    return [*look(store), *look_at_runs(store)]


class Notifier:
    """One for each worker process that has a hook.

    Args:
        runtime: What the process has.
        hook: Where notices are posted to.
        post: (URL, content) → why it failed, empty where it did not; raises nothing.
        look: Returns the conditions as they are.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        runtime: Runtime,
        hook: HookAddress,
        *,
        post: Callable[[str, dict[str, Any]], str],
        look: Callable[[Store], Iterable[Condition]] = look_at_all,
        clock: Callable[[], float] = elapsed_s,
    ) -> None:
        self._runtime = runtime
        self._hook = hook
        self._post = post
        self._look = look
        self._clock = clock
        self._log = get_logger("worker.notifier").bind(process=runtime.name)
        self._board = NoticeBoard(runtime.store, runtime.name)
        self._host = socket.gethostname()
        self._failures = 0
        self._not_before = 0.0
        self._failing = False
        self._failed_subject = ""

    def run(self) -> None:
        """Run rounds until the process stops. No fault ends it."""
        wait_s = 0.0
        while not self._runtime.stop.wait(wait_s):
            wait_s = self.round()
        with suppress(OutboxError):
            self._board.resign()

    def round(self) -> float:
        """Look and post what is due, if this process has the lease; return the seconds until the next."""
        try:
            if not self._board.lead():
                return BESIDE_S
            now_ms = server_ms(self._runtime.store)
            self._board.note(self._look(self._runtime.store), now_ms)
            self._post_next(now_ms)
        except Exception as exc:  # noqa: BLE001  the thread's edge: it must be there when Redis is back
            if not self._failing:
                self._log.warning(
                    "notifier failed, trying again",
                    reason=reason_of(exc),
                    kind=type(exc).__name__,
                    exc_info=not isinstance(exc, OutboxError),
                )
            self._failing = True
            return BESIDE_S
        self._failing = False
        return LOOK_S

    def _post_next(self, now_ms: int) -> None:
        if self._clock() < self._not_before:
            return
        posting = self._board.next(now_ms, last=self._failed_subject)
        if posting is None:
            return
        if posting.is_news:
            failure = self._post(self._hook.url, self._content(posting.notice))
            if failure:
                self._put_off(failure, posting.notice)
                return
            self._log.info("notice posted", kind=str(posting.notice.kind), subject=posting.notice.subject)
        self._failures, self._failed_subject = 0, ""
        self._board.done(posting, now_ms)

    def _put_off(self, failure: str, notice: Notice) -> None:
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**self._failures)
        self._failures += 1
        # If only this one is refused, the others must not wait for it.
        self._failed_subject = notice.subject
        self._not_before = self._clock() + wait_s
        self._log.warning(
            "notice could not be posted, trying again",
            kind=str(notice.kind),
            subject=notice.subject,
            reason=failure,
            wait_s=wait_s,
        )

    def _content(self, notice: Notice) -> dict[str, Any]:
        words = mask_text(notice.text)
        if len(words) > LONGEST_TEXT:
            words = words[: LONGEST_TEXT - 1] + "…"
        return {
            "text": f"plexsend on {self._host}: {words}",
            "event": {
                "kind": str(notice.kind),
                "subject": mask_text(notice.subject),
                "state": notice.state or "over",
                "at": utc(notice.at_ms),
            },
        }
