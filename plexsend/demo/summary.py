"""The demo's summary: what became of every row, compared with what the gateway says it received."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.fallbacks import FALLBACK_MARK, FallbackFate
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.records import read_record
from plexsend.outbox.states import FINAL, SENT, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from plexsend.demo.campaign import CampaignSeen
    from plexsend.demo.night import NightSeen
    from plexsend.demo.sample_file import SampleFile
    from plexsend.demo.standin import StandIn
    from plexsend.errors import Problem
    from plexsend.outbox.reading.audit import Audit
    from plexsend.outbox.reading.snapshot import SeenHold, Sight
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from plexsend.sandbox import Arrival

TOLERATED = 20
"""Messages above the rate that a second may hold: two batches."""

_WELL = (State.ACCEPTED, State.DELIVERED)
_SECOND = 1.0
_SHOWN = 5
"""Keys that a disagreement names; more would not help more."""


@dataclass(frozen=True, slots=True)
class WrongRows:
    """Rows that were not taken in for the same reason."""

    file: str
    problem: Problem
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What the import of all files came to."""

    added: int = 0
    invalid: int = 0
    wrong: tuple[WrongRows, ...] = ()

    @property
    def rows(self) -> int:
        """All rows."""
        return self.added + self.invalid

    def plus(self, other: Imported) -> Imported:
        """Return what both imports came to."""
        return Imported(self.added + other.added, self.invalid + other.invalid, self.wrong + other.wrong)


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """Messages that ended in the same state with the same answer."""

    state: State
    code: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How a service's rate was kept."""

    service: str
    limit_per_s: float
    busiest: int
    """The most messages that reached the gateway within any one second."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that the demo can prove at its end."""

    took_s: float
    imported: Imported
    delivered: int
    accepted: int
    """Of which no receipt has come."""
    taken: int
    """All that the gateway accepted, whatever became of it."""
    refusals: tuple[RefusalCount, ...]
    unfinished: Mapping[str, int]
    """State → messages that have not ended; accepted ones too, where receipts are taken."""
    tried_again: int
    """Messages of which nobody knew whether they had been sent."""
    alone: int
    """Messages that went by themselves after their whole request was refused."""
    unpaid: int
    """Messages that came back for lack of credit."""
    holds: tuple[SeenHold, ...]
    ended_ms: int
    batches: int
    sent: int
    """Messages in them."""
    paces: tuple[Pace, ...]
    twice: int
    """Messages that the gateway accepted more than once."""
    known: int
    """Messages that went again and were refused as sent already."""
    audit: Audit
    disagreements: tuple[str, ...]
    """Where the records and the gateway's own list differ."""
    night: NightSeen | None
    """How advertisements waited; None: no morning came."""
    fallbacks: int
    """Messages sent in place of others that reached nobody."""
    campaign: CampaignSeen | None = None
    """How the campaign went; None: what it needs is not installed."""

    @property
    def ok(self) -> bool:
        """Whether all is proved: the audit holds, every message has ended, and the gateway agrees."""
        return (
            self.audit.ok
            and not self.unfinished
            and not self.disagreements
            and self.audit.messages == self.messages
            and self.night is not None
            and not self.night.early
            and (self.campaign is None or self.campaign.ok)
        )

    @property
    def messages(self) -> int:
        """All that there are: those added, what was sent in place of some, and those of the campaign."""
        of_campaign = 0 if self.campaign is None else self.campaign.counts.added
        return self.imported.added + self.fallbacks + of_campaign

    @property
    def average_fill(self) -> float:
        """How many messages a batch had on average."""
        return self.sent / self.batches if self.batches else 0.0


def gather(
    store: Store,
    gateway: StandIn,
    files: Sequence[SampleFile],
    *,
    account: str,
    sight: Sight,
    imported: Imported,
    receipts: bool,
    holds: Sequence[SeenHold],
    limit_per_s: Callable[[str], float],
    took_s: float,
    night: NightSeen | None,
    campaign: CampaignSeen | None,
) -> Summary:
    """Read all records, run the audit, and ask the gateway what it accepted.

    With `receipts` a message has not ended before its receipt.
    """
    keys = [key for file in files for key in file.keys]
    records = list(_records(store, account, (*keys, *(campaign.keys if campaign else ()))))
    ended = {state for state in FINAL if not (receipts and state is State.ACCEPTED)}
    accepted_there = gateway.list_accepted()
    return Summary(
        took_s=took_s,
        imported=imported,
        delivered=sum(1 for record in records if record.state is State.DELIVERED),
        accepted=sum(1 for record in records if record.state is State.ACCEPTED),
        taken=sum(1 for record in records if record.state in SENT),
        refusals=tuple(_refusals(records)),
        unfinished=Counter(str(record.state) for record in records if record.state not in ended),
        tried_again=sum(1 for record in records if record.tries),
        alone=sum(1 for record in records if record.alone and not record.tries),
        unpaid=sum(1 for record in records if any(line.code == "G150" for line in record.history)),
        holds=tuple(holds),
        ended_ms=sight.now_ms,
        batches=sum(view.counts.get("batches", 0) for view in sight.lanes),
        sent=sight.sent,
        paces=tuple(_paces(files, gateway.list_arrivals(), limit_per_s)),
        twice=sum(1 for count in accepted_there.values() if count > 1),
        known=len(gateway.list_known()),
        audit=audit(store),
        disagreements=tuple(compare(records, accepted_there)),
        night=night,
        fallbacks=sight.fallbacks,
        campaign=campaign,
    )


def compare(records: Iterable[Record], accepted_there: Mapping[str, int]) -> Iterator[str]:
    """Yield where the records that say accepted differ from the keys that the gateway accepted."""
    here = {record.msg_key for record in records if record.state in SENT}
    there = set(accepted_there)
    for keys, words in (
        (here - there, "recorded as accepted, but the gateway has not accepted them"),
        (there - here, "accepted by the gateway, but not recorded so"),
    ):
        if keys:
            more = ", …" if len(keys) > _SHOWN else ""
            yield f"{len(keys)} {words}: {', '.join(sorted(keys)[:_SHOWN])}{more}"


def busiest_second(arrivals: Iterable[Arrival]) -> int:
    """Return the most messages that arrived within any one second."""
    window: list[tuple[float, int]] = []
    busiest = held = start = 0
    for arrival in sorted(arrivals):
        window.append((arrival.at_s, arrival.items))
        held += arrival.items
        while window[start][0] <= arrival.at_s - _SECOND:
            held -= window[start][1]
            start += 1
        busiest = max(busiest, held)
    return busiest


def _records(store: Store, account: str, keys: Iterable[str]) -> Iterator[Record]:
    for key in keys:
        record = read_record(store, account, key)
        # Rows that were not taken in have none.
        if record is None:
            continue
        yield record
        if record.fallback is FallbackFate.SENT:
            other = read_record(store, account, f"{key}{FALLBACK_MARK}")
            if other is not None:
                yield other


def _refusals(records: Iterable[Record]) -> Iterator[RefusalCount]:
    found = Counter(
        (record.state, *_why(record))
        for record in records
        if record.state in FINAL and record.state not in _WELL
    )
    for (state, code, words), count in sorted(found.items(), key=lambda entry: (-entry[1], entry[0])):
        yield RefusalCount(state, code, words, count)


def _why(record: Record) -> tuple[str, str]:
    """Return the code that decided about a message, and its words."""
    if record.state in SENT and record.receipt is not None:
        return record.receipt.code, record.receipt.meaning.words
    return record.code, record.desc


def _paces(
    files: Iterable[SampleFile], arrivals: Sequence[Arrival], limit_per_s: Callable[[str], float]
) -> Iterator[Pace]:
    for service in dict.fromkeys(file.service for file in files):
        mine = [arrival for arrival in arrivals if arrival.service == service]
        yield Pace(service, limit_per_s(service), busiest_second(mine))
