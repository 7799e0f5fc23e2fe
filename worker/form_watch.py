"""Going over to a newer form: looking for programs that do not know it, and shutting them out after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxUnsuitable
from plexsend.logs import get_logger
from plexsend.outbox.fleet import fleet
from plexsend.outbox.form import FORM, watch_form
from plexsend.outbox.redis.put import put
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plexsend.worker.runtime import Runtime

LOOK_S = 5.0
"""Between two looks. A process of an older program shows itself once a second."""

BARRIER = "programs that know form 1 alone, such as 0.2.0, must not serve this account"
"""What `procs` holds once a newer form is in force. An older program begins each round of housekeeping with
its entry there: it fails, logs that, and neither sweeps nor rings."""


class FormWatch:
    """One for each worker process, used by its housekeeping."""

    def __init__(self, runtime: Runtime, *, clock: Callable[[], float] = elapsed_s) -> None:
        self._runtime = runtime
        self._clock = clock
        self._looked_at = float("-inf")
        self._shut: set[str] = set()

    def look(self, accounts: Iterable[str]) -> None:
        """Look for older programs if it is time; `accounts`: where they show themselves.

        Raises OutboxUnsuitable where the form in force is not known here.
        """
        names = list(accounts)
        if self._clock() - self._looked_at >= LOOK_S:
            older = [
                process
                for process in (fleet(self._runtime.store, names) if self._runtime.form < FORM else ())
                if process.announced.form < FORM and process.lives
            ]
            before = self._runtime.form
            try:
                self._runtime.form = watch_form(self._runtime.store, saw_older=bool(older))
            except OutboxUnsuitable:
                self._runtime.form = FORM + 1
                raise
            self._looked_at = self._clock()
            if self._runtime.form > before:
                get_logger("worker.form_watch").info(
                    "form in force", form=self._runtime.form, process=self._runtime.name
                )
        if self._runtime.form == FORM:
            self._shut_out(names)

    def _shut_out(self, accounts: Iterable[str]) -> None:
        fresh = [account for account in accounts if account not in self._shut]
        if fresh:
            store = self._runtime.store
            names = [store.keys.procs(account) for account in fresh]
            with mapped():
                # Read first: most have had it for long.
                there = store.client.mget(names)
            for name, value in zip(names, there, strict=True):
                if text(value) != BARRIER:
                    put(store, "SET", name, BARRIER)
            self._shut.update(fresh)
