"""Where Redis went back in time: what this process knows is reported, and what follows is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import OutboxError, OutboxMoved, OutboxUnavailable
from plexsend.logs import get_logger
from plexsend.outbox.fleet import FORGOTTEN_MS
from plexsend.outbox.reading.queries import accounts, here, server_ms
from plexsend.outbox.rewound import Loss, last_sign_ms, report
from plexsend.worker.memory import KnownAccount

if TYPE_CHECKING:
    from plexsend.outbox.rewound import Forgotten
    from plexsend.worker.runtime import Runtime

_log = get_logger("worker.rewind")


class RewindWatch:
    """One for each worker process, used by its housekeeping."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def look(self) -> None:
        """Where Redis is doubted, report all that is known of every account; then it is trusted again."""
        memory, store = self._runtime.memory, self._runtime.store
        if not memory.is_doubted:
            return
        now_ms = server_ms(store)
        for process, (given_ms, heard_ms) in memory.signs.items():
            self._compare_sign(process, given_ms, now_ms - heard_ms)
        known = memory.accounts()
        for account in sorted({*accounts(store), *known}):
            try:
                self._look_at(account, known.get(account, KnownAccount("")))
            except OutboxMoved:
                continue
            except OutboxUnavailable:
                raise
            except OutboxError as exc:
                # Its holds cannot be read, so nothing is sent of it; the others go on.
                _log.error(
                    "redis may have forgotten something of an account", account=account, reason=str(exc)
                )
        memory.trust(now_ms)

    # That of a process that was silent for long was taken out, and shows nothing.
    def _compare_sign(self, process: str, given_ms: int, silent_ms: int) -> None:
        known_ms = last_sign_ms(self._runtime.store, process)
        if known_ms < given_ms and (known_ms or silent_ms < FORGOTTEN_MS):
            self._runtime.memory.doubt(is_lost=True, remembered_ms=known_ms)

    def _look_at(self, account: str, known: KnownAccount) -> None:
        memory, store = self._runtime.memory, self._runtime.store
        where = here(store, account)
        if known.here not in ("", where):
            # It has begun anew since: nothing of what is known is about it.
            memory.forget(account)
            return
        found = report(
            store,
            account,
            known.routes,
            here=where,
            seen_ms=memory.heard_ms,
            is_known=memory.is_lost,
            remembered_ms=memory.remembered_ms,
        )
        log_forgotten(found, account=account)


def log_forgotten(found: Forgotten, **about: str) -> None:
    """Log what Redis forgot, and what follows. Of each message that went once is told."""
    fields = {**about, "takes": found.takes, "messages": found.messages, "span_s": found.span_ms / 1000}
    if found.loss is Loss.HELD:
        _log.error(
            "redis went back in time, the account is held",
            **fields,
            remedy="plexsend rewound settle --as sent|resend",
        )
    elif found.loss is Loss.WARNED:
        _log.warning("redis forgot its last moments, messages may go twice", **fields)
