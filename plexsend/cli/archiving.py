"""Writing the archive: once, until nothing is left, or as a process that goes on."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from calendar import monthrange
from contextlib import closing
from datetime import UTC, date, datetime
from math import inf
from typing import TYPE_CHECKING
from uuid import uuid4

from plexsend.archive.archiver import LEASE_MS, AccountArchiver
from plexsend.cli.archive_total import ArchiveTotal
from plexsend.cli.archive_troubles import ArchiveTroubles
from plexsend.cli.targets import require_account
from plexsend.clock import elapsed_s
from plexsend.errors import ArchiveFailed, OutboxError, OutboxUnavailable, PlexsendError, Problem
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading import queries
from plexsend.outbox.results.news import wait
from plexsend.outbox.results.overview import list_readers
from plexsend.signals import hearing
from plexsend.terminal.faults import EXIT_ENDED_BY_SIGNAL, EXIT_REFUSED
from plexsend.terminal.meter import meter
from plexsend.terminal.moments import WallClock, utc
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plexsend.archive.folder import Folder
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.spans import Missed
    from plexsend.terminal.screen import Screen

_STOPS = (signal.SIGINT, signal.SIGTERM)
_POLL_S = 0.2
"""Between two looks at whether another process has ended its spans."""
_GATHER_S = 2.0
"""What ends within this time of the first is written together: one write to the disk, and better packed."""
_WAIT_S = 5.0
_CLEAN_EVERY_S = 3_600.0
_MONTHS = 12
_BACK = "back"


class Archiving:
    """One process's part in writing the archive.

    Args:
        screen: Where its words go.
        store: Where the results are.
        folder: Where the files are.
        reader: The reader's name.
        account: Whose messages; None: of all accounts.
        keep_months: How long a day's file stays.
        again_s: After how long `follow` tries again what failed: a full disk is not asked more often.
        clock: This machine's, in seconds since 1970.
    """

    def __init__(
        self,
        screen: Screen,
        store: Store,
        folder: Folder,
        reader: str,
        *,
        account: str | None,
        keep_months: int,
        again_s: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._screen = screen
        self._store = store
        self._folder = folder
        self._reader = reader
        self._account = account
        self._keep_months = keep_months
        self._again_s = again_s
        self._clock = clock
        self._process = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._archivers: dict[str, AccountArchiver] = {}
        self._troubles = ArchiveTroubles(screen, reader, again_s)
        self._total = ArchiveTotal()
        self._stop = threading.Event()
        self._stopped_by = 0
        self._wall = WallClock()

    def write_all(self) -> int:
        """Write what there is now, remove what is too old, say so, and return the exit code."""
        with hearing(self._stop_by, *_STOPS), meter(self._screen, "archive", "messages") as report:
            began_ms = queries.server_ms(self._store)
            self._remove_old()
            total = sum(state.behind for state in list_readers(self._store) if state.name == self._reader)

            def show() -> None:
                done, lines = self._total.entries, self._total.lines
                report(min(done, total), total, count=lines) if total else None

            waiting = list(self._accounts())
            failed: dict[str, PlexsendError] = {}
            until_s = inf
            while waiting and not self._stop.is_set() and elapsed_s() < until_s:
                failed |= self._write_each(waiting, until_ms=began_ms, show=show)
                waiting = [name for name in waiting if name not in failed]
                # By then another process has ended what it has now, or its lease has lapsed.
                until_s = min(until_s, elapsed_s() + LEASE_MS / 1000 + _WAIT_S)
                # What another process has may come back: the last of us to end leaves nothing.
                waiting = [name for name in waiting if self._archivers[name].reader.lapses_s is not None]
                if waiting:
                    self._stop.wait(_POLL_S)
        self._report()
        if self._stopped_by:
            self._screen.note("Stopped. What was written is kept, and the next run goes on.")
            return EXIT_ENDED_BY_SIGNAL + self._stopped_by
        for failure in failed.values():
            raise failure
        return EXIT_REFUSED if self._total.missed else 0

    def follow(self) -> int:
        """Write whatever ends until somebody asks to stop; return the exit code."""
        clean_at = 0.0
        with hearing(self._stop_by, *_STOPS):
            while not self._stop.is_set():
                try:
                    if elapsed_s() >= clean_at:
                        self._remove_old()
                        clean_at = elapsed_s() + _CLEAN_EVERY_S
                    well = [name for name in self._accounts() if not self._troubles.rests(name)]
                    self._troubles.note(well, self._write_each(well))
                    self._report(only_news=True)
                    self._wait()
                except (OutboxError, ArchiveFailed) as exc:
                    self._troubles.note_all(exc)
                    self._stop.wait(self._again_s)
        self._report(only_news=True)
        return 0

    # One account in trouble must not keep the others waiting: they are written, and it is tried again later.
    def _write_each(
        self,
        accounts: Sequence[str],
        *,
        until_ms: int | None = None,
        show: Callable[[], None] | None = None,
    ) -> dict[str, PlexsendError]:
        failed: dict[str, PlexsendError] = {}
        for account in accounts:
            try:
                self._write(account, until_ms=until_ms, show=show)
            except OutboxUnavailable:
                # The next one would wait for the same answer.
                raise
            except (OutboxError, ArchiveFailed) as exc:
                failed[account] = exc
        return failed

    def _accounts(self) -> Iterator[str]:
        known = queries.accounts(self._store)
        if self._account is not None:
            require_account(self._account, known)
            known = [self._account]
        # Redis may be away when a time is shown.
        self._wall = clock_of(self._store, *known)
        for name in known:
            if name not in self._archivers:
                self._archivers[name] = AccountArchiver(
                    self._store, name, self._folder, reader=self._reader, process=self._process
                )
                self._warn_of_silence(name)
            yield name

    def _write(
        self, account: str, *, until_ms: int | None = None, show: Callable[[], None] | None = None
    ) -> None:
        with closing(self._archivers[account].spans()) as spans:
            for written in spans:
                self._total.add(written)
                if written.missed is not None:
                    self._warn_of_missed(account, written.missed)
                if show is not None:
                    show()
                if self._stop.is_set() or (until_ms is not None and written.last_ms > until_ms):
                    break
        while self._folder.notices:
            self._screen.warn(self._folder.notices.pop(0))

    def _wait(self) -> None:
        wait_s = min(_WAIT_S, self._troubles.until_next_s)
        archivers = self._archivers.items()
        readers = [archiver.reader for name, archiver in archivers if not self._troubles.rests(name)]
        if not readers:
            self._stop.wait(wait_s)
            return
        wait(self._store, readers, wait_s, stop=self._stop)
        if any(reader.has_ahead for reader in readers):
            self._stop.wait(_GATHER_S)

    def _remove_old(self) -> None:
        # A clock that runs ahead must not remove anything: the earlier of the two counts.
        now_ms = min(queries.server_ms(self._store), round(self._clock() * 1000))
        today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
        self._total.removed += self._folder.remove_before(months_before(today, self._keep_months))

    def _warn_of_silence(self, account: str) -> None:
        if not read_to_show(self._store).of(account).account_wide("results_keep_days"):
            self._screen.warn(
                Problem(
                    f"account {account}",
                    "no results are published there, so that nothing is archived",
                    "Set the policy: plexsend policy set all results_keep_days=7",
                )
            )

    def _warn_of_missed(self, account: str, missed: Missed) -> None:
        if missed.why == _BACK:
            return
        since, until = utc(missed.from_ms), utc(missed.to_ms)
        self._total.missed.append(
            {"account": account, "from": since, "to": until, "entries": missed.entries, "why": missed.why}
        )
        wall = clock_of(self._store, account)
        count = counted(missed.entries, "entry", "entries") if missed.entries else "entries"
        self._screen.warn(
            Problem(
                f"account {account}",
                f"{count} of results gone before anybody read them, between "
                f"{wall.cell(missed.from_ms)} and {wall.words(missed.to_ms)} ({missed.why})",
                f"Rebuild them from the records, and run this again: plexsend results replay {self._reader} "
                f"--since {wall.iso(missed.from_ms)}",
            )
        )

    def _report(self, *, only_news: bool = False) -> None:
        total, self._total = self._total, ArchiveTotal()
        if only_news:
            if not (total.lines or total.removed or total.missed or total.unreadable):
                return
        else:
            self._total = total
        self._screen.facts({"reader": self._reader, **total.facts()})
        lead = f"{self._wall.words(round(time.time() * 1000))} " if only_news else ""
        where = f" into {', '.join(sorted(total.files))}" if total.files else ""
        self._screen.say(f"{lead}Written: {counted(total.lines, 'line')}{where}.")
        if total.removed:
            self._screen.say(
                f"{lead}Removed, older than {counted(self._keep_months, 'month')}: "
                f"{', '.join(total.removed)}."
            )
        if total.unreadable:
            count = counted(total.unreadable, "entry", "entries")
            remedy = "Look what else writes into this Redis, and which workers have a newer plexsend."
            self._screen.warn(Problem(self._reader, f"{count} of results cannot be read, left out", remedy))
        sys.stdout.flush()

    # Ctrl-C and SIGTERM end it between two writes.
    def _stop_by(self, number: int, frame: object) -> None:
        del frame
        self._stopped_by = number
        self._stop.set()


def months_before(day: date, months: int) -> date:
    """Return the same day so many months before, or the last one of a month that is shorter."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 - months, _MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
