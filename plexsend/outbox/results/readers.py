"""Readers of results: who hears what became of messages, by name.

A reader is one hash: how far it is, and at most 64 spans of entries that were given out. Several processes
share it: each gets spans of its own, ends them, and gets those again that another did not end in time. So
every entry is given at least once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.clock import elapsed_s
from plexsend.errors import UsageError
from plexsend.outbox.arguments_results import RESULTS, RESULTS_ANSWER
from plexsend.outbox.constants import MOST_OF_A_SPAN
from plexsend.outbox.lanes import NAME
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text
from plexsend.outbox.results.entries import REBUILT, Entry, parse_entries, place_of
from plexsend.outbox.results.offers import behind, behind_known, cut, edge_of
from plexsend.outbox.results.spans import Missed, Span, both_missed, missed_in
from plexsend.outbox.results.unreadable import Unreadable, explain_unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.orders import Argument
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.entries import RawEntry

    _Parsed = tuple[tuple[Entry, ...], tuple[str, ...]]
    """Entries, and the ids of those that cannot be read."""

LEASE_MS = 60_000
"""How long a span is its process's before it is given again."""
_NO_ENTRIES: _Parsed = ((), ())
_TRIES = 16
"""How often another process may be faster before a read answers that there is nothing."""
UNNAMED: Mapping[str, Argument] = {
    **dict.fromkeys(RESULTS.names, ""),
    **dict.fromkeys(
        ("lease_ms", "from_start", "since_ms", "known_rank", "most", "follows", "entry_count"), 0
    ),
}
"""Arguments of which each act needs some."""


class Reader:
    """One process's part in a reader of one account. For one thread.

    Args:
        store: Where the results are.
        account: Whose results.
        name: The reader's name, as an account may be called.
        process: A name of this process that no other has.
        from_start: Where the reader begins: before all that the stream still has, or behind it.
        since_ms: Without `from_start`, where it begins instead: before what was published since.
        lease_ms: How long a span is this process's.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        name: str,
        process: str,
        *,
        from_start: bool = False,
        since_ms: int = 0,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self.account = account
        self.name = checked_name(name)
        self.cursor = ""
        """The id up to which the reader's entries were given out, as far as this process knows."""
        self.lapses_s: float | None = None
        """When the next span of another process lapses (elapsed_s); None: none is out."""
        self.is_full = False
        """Whether so many spans are out that none is given before one of them ends or lapses."""
        self._store = store
        self._stream = store.keys.results(account)
        self._own: dict[str, Argument] = {
            **UNNAMED,
            "name": name,
            "process": process,
            "from_start": int(from_start),
            "since_ms": since_ms,
            "lease_ms": lease_ms,
        }
        self._rank = 0
        # Spans that this process was given and has not ended: the first id, and the last.
        self._lasts: dict[str, str] = {}
        # Read, and not offered yet: what comes behind the cursor.
        self._ahead: list[RawEntry] = []
        # Whether the entry at the cursor was seen right before them: then nothing between was trimmed.
        self._follows = False

    def read(self, most: int = 100, done: str = "") -> Span | None:
        """Return the next span, None where there is none now.

        Where there is none, and the reader missed something, a span without a name and entries says so.

        Args:
            most: Entries at most, each of one message or many; it has fewer where they have very many.
            done: The span that is ended in the same call, by its `first`.
        """
        most = max(1, min(most, MOST_OF_A_SPAN))
        missed: Missed | None = None
        for _ in range(_TRIES):
            offered, was_at = cut(self._ahead, most), self.cursor
            answer, entries, (fetched, follow) = self._ask(offered, most, done)
            # Not before: where Redis was away the caller names it again.
            self._lasts.pop(done, None)
            done = ""
            missed = missed or missed_in(answer)
            status = text(answer["status"])
            if status == "given":
                self._ahead, self._follows = self._ahead[len(offered) :], True
                self._add(fetched, follow=follow)
                return self._span(answer, entries, missed, offered)
            self._add(fetched, follow=follow)
            self._ahead = self._after_cursor(was_at, self._ahead)
            self._follows = self._follows and self.cursor == was_at
            if status == "again":
                mark = REBUILT if answer["first"].startswith(REBUILT.encode()) else ""
                raw = answer["entries"]
                return self._span(answer, parse_entries(self.account, raw, mark), missed, raw)
            # Where another process was faster, what comes behind it was not read yet.
            if status == "full" or (not self._ahead and was_at in ("", self.cursor)):
                break
        return None if missed is None else Span("", "", (), missed)

    def done(self, first: str) -> None:
        """End the span that begins there: all of it was heard."""
        self._act("done", first)

    def give_back(self, first: str, next_id: str) -> None:
        """End what of a span comes before an id; the rest is given again at once, to any process."""
        self._act("back", first, next_id)

    def keep(self, first: str, next_id: str) -> bool:
        """End what of a span comes before an id, and keep the rest for a lease, named by that id then.

        Returns whether it is still this process's: it may have lapsed, and another process have it.
        """
        return self._act("keep", first, next_id) == "done"

    def take_ahead(self, entries: Sequence[RawEntry]) -> None:
        """Note entries that were read behind the cursor meanwhile."""
        if not self._ahead:
            self._ahead, self._follows = behind(self.cursor, entries), False

    @property
    def has_ahead(self) -> bool:
        """Whether a read may return something without waiting."""
        return not self.cursor or bool(self._ahead)

    # Where the stream began anew the cursor goes back, and what was read does not come next.
    def _after_cursor(self, was_at: str, entries: list[RawEntry]) -> list[RawEntry]:
        went_back = was_at and place_of(self.cursor) < place_of(was_at)
        return [] if went_back else behind(self.cursor, entries)

    def _act(self, act: str, first: str, next_id: str = "") -> str:
        last = self._lasts.get(first, "")
        named = {"act": act, "done_first": first, "done_last": last, "next_id": next_id}
        args = RESULTS.write(**self._own | named)
        status = text(self._store.run(Script.RESULTS, self.account, args)[0])
        self._lasts.pop(first, None)
        if act == "keep" and status == "done":
            self._lasts[next_id] = last
        return status

    def _span(
        self, answer: dict[str, Any], parsed: _Parsed, missed: Missed | None, raw: Sequence[RawEntry]
    ) -> Span:
        entries, ids = parsed
        first, last = text(answer["first"]), text(answer["last"])
        self._lasts[first] = last
        if not ids:
            return Span(first, last, entries, missed)
        fields = {each[0].decode(): each[1] for each in raw}
        unreadable = tuple(explain_unreadable(each, fields[each.removeprefix(REBUILT)]) for each in ids)
        found = self._note_unreadable(unreadable)
        return Span(first, last, entries, both_missed(missed, found), unreadable)

    # What a replay rebuilt is not in the stream: it has no place there that could be noted.
    def _note_unreadable(self, unreadable: Sequence[Unreadable]) -> Missed | None:
        found = [each for each in unreadable if not each.id.startswith(REBUILT)]
        ours = [each.id for each in found if each.is_about_messages]
        others = [each.id for each in found if not each.is_about_messages]
        if not found:
            return None
        named = {"act": "unread", "entry_count": len(others), "last": others[-1] if others else ""}
        args = RESULTS.write(**self._own | named)
        reply = self._store.run(Script.RESULTS, self.account, (*args, *ours))
        return missed_in(RESULTS_ANSWER.read(reply))

    def _ask(
        self, offered: Sequence[RawEntry], most: int, done: str
    ) -> tuple[dict[str, Any], _Parsed, tuple[list[RawEntry], bool]]:
        """Return what the script answers, the entries offered, and what was read behind those known.

        With the latter, whether the last one known was seen right before them.
        """
        args = self._arguments(offered, most, done)
        entries, fetched, known = _NO_ENTRIES, None, ""
        was_begun = not self.cursor
        if self.cursor and len(self._ahead) - len(offered) < most:
            known = text(self._ahead[-1][0]) if self._ahead else self.cursor
            # Read with that one, which is there still unless something behind it may have been trimmed.
            command = ("XRANGE", self._stream, known, "+", "COUNT", most + 1)

            # The server works meanwhile.
            def parse() -> None:
                nonlocal entries
                entries = parse_entries(self.account, offered)

            reply, fetched = self._store.run_and_read(Script.RESULTS, self.account, args, command, parse)
        else:
            reply = self._store.run(Script.RESULTS, self.account, args)
            entries = parse_entries(self.account, offered)
        answer = RESULTS_ANSWER.read(reply)
        self.cursor, self._rank = text(answer["cursor"]), number(answer["rank"])
        wait_ms = number(answer["wait_ms"])
        self.lapses_s = elapsed_s() + wait_ms / 1000 if wait_ms else None
        self.is_full = answer["status"] == b"full"
        if was_begun and answer["status"] == b"nothing":
            fetched = self._store.read("XRANGE", self._stream, f"({self.cursor}", "+", "COUNT", most)
        return answer, entries, behind_known(known, fetched or ())

    def _add(self, entries: list[RawEntry], *, follow: bool) -> None:
        """Put entries behind those that were read ahead; `follow`: nothing is missing before them."""
        if not self._ahead:
            self._ahead, self._follows = entries, follow
        elif entries:
            self._ahead, self._follows = self._ahead + entries, self._follows and follow

    def _arguments(self, offered: Sequence[RawEntry], most: int, done: str) -> tuple[Argument, ...]:
        named: dict[str, Argument] = {
            "act": "read",
            "done_first": done,
            "done_last": self._lasts.get(done, ""),
            "known": self.cursor,
            "known_rank": self._rank,
            "most": most,
        }
        if offered:
            named |= {
                "after": self.cursor,
                "follows": int(self._follows),
                "first": offered[0][0],
                "last": offered[-1][0],
                "entry_count": len(offered),
                "edge": edge_of(offered),
            }
        return RESULTS.write(**self._own | named)


def checked_name(name: str) -> str:
    """Return a reader's name; raises UsageError where no reader can be called so."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a reader: 1 to 32 of the letters a-z, digits and hyphens, such as "
            "billing."
        )
    return name
