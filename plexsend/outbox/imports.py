"""Imports: what the outbox remembers of the files that were imported under a name.

A row's key says whether the row itself was added before. What is remembered beside the keys says whether
another row was added in its place: to the same receiver, by an earlier run. It is kept as long as records
are.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

from plexsend.errors import ImportRefused, OutboxUnavailable, RecordBroken
from plexsend.outbox.arguments_lists import IMPORT, IMPORT_ROW
from plexsend.outbox.constants import IMPORT_RESTS_MS
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.records import read_record
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.orders import Argument
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.states import State
    from plexsend.settings import NumberKey
    from plexsend.terminal.moments import WallClock

_HOUR_MS = 3_600_000

_REMEDIES = (
    "Is it the same list? Import it with --resume: only rows that are new in it are sent. Is it another one? "
    "Give it a name of its own with --name: all of it is sent. (In Python: resume=True, name=...)"
)
_ANOTHER = "If it is another list, give it a name of its own with --name (name=)."


class Met(StrEnum):
    """Whether an import met a row before."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """What an import says of itself when it begins."""

    name: str
    file: str
    """Names the content of the file and all that decides what its rows become: the same again goes on."""
    key_column: str = ""
    """The column that tells rows apart; empty: their receivers do."""
    resume: bool = False


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One run of an import. A run that was interrupted goes on under its number."""

    terms: ImportTerms
    since_ms: int
    """When the name was used first."""
    number: int
    salt: bytes

    @property
    def token(self) -> str:
        """The run as a file of rejects names it."""
        return f"{self.since_ms}-{self.number}"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row that is about to be added: its key, and what tells it apart from others beside its content."""

    msg_key: str
    known_by: str
    """The digits of its receiver, or the cell of the key column."""


class Imports:
    """What is remembered of the imports of one account.

    Args:
        store: Where it is.
        account: The account.
        number_key: Under which receivers are hashed; None: under a salt that is kept beside them.
    """

    def __init__(self, store: Store, account: str, number_key: NumberKey | None = None) -> None:
        self._store = store
        self._account = account
        self._number_key = number_key
        # A run under another key could not know the receivers again.
        self._hashed_by = "" if number_key is None else number_key.hash_of("import").hex()

    def begin(self, terms: ImportTerms, token: str = "") -> ImportRun:
        """Return the run of an import that begins, or goes on.

        Args:
            terms: What it says of itself.
            token: The run that its rows belong to, where it rejected them; empty: none, or not known.

        Raises ImportRefused, OutboxUnavailable, or OutboxFull (nothing was noted).
        """
        since, _, run = token.partition("-")
        reply = self._run(
            terms,
            "begin",
            by=f"{terms.key_column}|{self._hashed_by}",
            salt=secrets.token_bytes(16),
            resume=int(terms.resume),
            since=number(since),
            run=number(run),
        )
        status, value, *rest = reply
        if text(status) != "run":
            raise _refusal(
                terms,
                text(status),
                text(value),
                self._hashed_by,
                clock_of(self._store, self._account),
            )
        first, salt = rest
        return ImportRun(terms, number(first), number(value), salt)

    def look(
        self,
        run: ImportRun,
        rows: Sequence[ImportRow],
        *,
        sends_changed: bool,
        send_at_ms: int = 0,
        sample: str = "",
    ) -> list[Met]:
        """Return for each row (at most 500) whether the import met it before; note those that are new.

        Called before they are added: a process that dies in between leaves rows noted that were not added,
        which the same run adds all the same. The other way round they could be sent twice.

        Args:
            run: The run.
            rows: The rows.
            sends_changed: Whether changed rows are to be added too; then none is answered as changed.
            send_at_ms: When they go, if later: what is noted is kept for longer then.
            sample: The key of a row that the run added before, as for `end`.
        """
        named = {"sends_changed": int(sends_changed), "send_at_ms": send_at_ms}
        reply = self._of_rows(run, "look", rows, sample=sample, **named)
        return [Met(text(each)) for each in reply]

    def forget(self, run: ImportRun, rows: Sequence[ImportRow]) -> None:
        """Take back what a look noted of rows that were certainly not added."""
        self._of_rows(run, "forget", rows)

    def end(self, run: ImportRun, *, added: int, sample: str, is_complete: bool) -> None:
        """Note how a run ended.

        Args:
            run: The run.
            added: How many rows it added.
            sample: The key of one; empty: none. While its record is there, none is taken for archived.
            is_complete: Whether it came to the end of its file.
        """
        self._run(
            run.terms,
            "end",
            since=run.since_ms,
            run=run.number,
            is_complete=int(is_complete),
            added=added,
            sample=sample,
        )

    def state_in(self, lane: Lane, msg_key: str) -> State | None:
        """Return the state of a message of this lane; None where the key is another lane's, or nobody's."""
        record = read_record(self._store, self._account, msg_key)
        return record.state if record is not None and record.lane == lane else None

    def knows_any(self, keys: Sequence[str]) -> bool:
        """Whether any of these keys has a record."""
        names = [self._store.keys.record(self._account, key) for key in keys]
        with mapped():
            return bool(names and self._store.client.exists(*names))

    def _of_rows(self, run: ImportRun, act: str, rows: Sequence[ImportRow], **named: Argument) -> list[bytes]:
        if not rows:
            return []
        entries: list[Argument] = []
        for row in rows:
            entries += IMPORT_ROW.write(msg_key=row.msg_key, digest=self._hash(run, row.known_by))
        reply = self._run(run.terms, act, entries, since=run.since_ms, run=run.number, **named)
        if text(reply[0]) == "gone":
            # Redis lost its last second, or a person deleted it: the same import begins it anew.
            raise OutboxUnavailable(f"Redis does not know the import {run.terms.name} any more.")
        return reply

    def _hash(self, run: ImportRun, known_by: str) -> bytes:
        if self._number_key is not None:
            return self._number_key.hash_of(known_by)
        return blake2b(known_by.encode("utf-8", "surrogatepass"), key=run.salt, digest_size=8).digest()

    def _run(
        self, terms: ImportTerms, act: str, rows: Sequence[Argument] = (), **named: Argument
    ) -> list[bytes]:
        unnamed: dict[str, Argument] = dict.fromkeys(IMPORT.names, 0)
        unnamed |= {"by": "", "salt": "", "sample": ""}
        name = blake2b(terms.name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        args = IMPORT.write(**unnamed | {"act": act, "name": name, "file": terms.file} | named)
        reply = self._store.run(Script.IMPORTS, self._account, [*args, *rows])
        if text(reply[0]) == "spoilt":
            key = f"{self._store.keys.account(self._account)}import:{name}"
            raise RecordBroken(
                f"What Redis remembers of the import {terms.name} is spoilt: another program wrote to {key}. "
                "Delete that key, or give the import another name with --name (name=)."
            )
        return reply


def _refusal(terms: ImportTerms, status: str, value: str, hashed_by: str, clock: WallClock) -> ImportRefused:
    name, at = terms.name, clock.words(number(value))
    if status == "old":
        why = (
            f"A list named {name} was imported before, last at {at}. That is more than "
            f"{IMPORT_RESTS_MS // _HOUR_MS} hours ago, so a person has to say which list this is. {_REMEDIES}"
        )
    elif status == "archived":
        why = (
            f"A list named {name} was imported before, first at {at}, and what became of "
            f"some of its rows is forgotten by now: they could be sent twice. {_REMEDIES}"
        )
    elif value.rpartition("|")[2] != hashed_by:
        why = (
            f"A list named {name} was imported before under another PLEXSEND_NUMBER_KEY, so its receivers "
            f"are not known here. Import it where that key is set. {_ANOTHER}"
        )
    else:
        column = value.rpartition("|")[0]
        how = f"with --key-column {column}" if column else "without --key-column"
        why = (
            f"A list named {name} was imported before {how}: otherwise its rows are not known again. "
            f"Import it in the same way. {_ANOTHER}"
        )
    return ImportRefused(f"{why} Nothing was added, except rows that have a msg_key.")
