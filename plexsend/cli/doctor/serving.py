"""Checks of the fleet: can a living worker serve all that waits, and do the workers agree?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import doubtful, ok, wrong
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.reading.disagreements import Disagreement
    from plexsend.outbox.reading.flow import PartFacts
    from plexsend.outbox.reading.number_keys import ForeignKey
    from plexsend.outbox.rewound import Rewind


def serving_rows(parts: Sequence[PartFacts]) -> Iterator[CheckRow]:
    """Yield what waits for a worker that is not there. Pure."""
    unserved = [part for part in parts if _due(part) and not part.processes]
    for part in unserved:
        count = _due(part)
        messages = counted(count, "message waits", "messages wait")
        because = part.unserved_because or f"start one: `plexsend worker -Q {part.service}`"
        yield wrong("worker", f"{part.name}: {messages}", because, "")
    if not unserved:
        waits = any(map(_due, parts))
        yield ok("worker", "all that waits has a worker" if waits else "nothing waits")


def _due(part: PartFacts) -> int:
    return part.waiting + part.quiet + part.outside + part.scheduled


def rewound_rows(rewinds: Iterable[Rewind]) -> Iterator[CheckRow]:
    """Yield the accounts that wait for a decision because Redis went back in time. Pure."""
    for each in rewinds:
        went = (
            "messages that went in it wait again"
            if each.messages is None
            else counted(
                each.messages, "message that went in it waits again", "messages that went in it wait again"
            )
        )
        yield wrong(
            "rewound",
            f"account {each.account} is held: Redis forgot {span((each.to_ms - each.from_ms) / 1000)}",
            went,
            "Compare with the gateway's own list, then: plexsend rewound settle --as sent|resend",
        )


def agreement_rows(processes: Sequence[FleetProcess], differ: Sequence[Disagreement]) -> Iterator[CheckRow]:
    """Yield what the workers disagree about. Pure."""
    for one in differ:
        yield doubtful(
            "agreement",
            one.text,
            "one of them is not what somebody meant",
            "Give all workers the same settings"
            + (", or set the policy for the fleet: `plexsend policy set`." if one.is_policy else "."),
        )
    living = sum(process.lives for process in processes)
    if living and not differ:
        are = counted(living, "worker process is", "worker processes are")
        yield ok("agreement", f"{are} alive, without disagreement")


def number_key_rows(foreign: Iterable[ForeignKey]) -> Iterator[CheckRow]:
    """Yield the processes that know numbers by another key than an account does. Pure."""
    for one in foreign:
        yield wrong(
            "number key",
            one.text,
            "it knows none of the account's numbers: who refuses by it is not suppressed",
            "Give it the PLEXSEND_NUMBER_KEY that the others have; docs/refusals.md says more.",
        )
