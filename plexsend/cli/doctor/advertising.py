"""Checks of advertisements: what keeps an account from sending any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import doubtful, ok, wrong
from plexsend.outbox.reading.quiet import NOT_RENEWED, RENEW
from plexsend.settings.number_keys import MAKE_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.gateway.ad_marks import AdMarks
    from plexsend.outbox.reading.quiet import Quiet

_WHAT = "advertisements"


@dataclass(frozen=True, slots=True)
class AdvertisingFacts:
    """What is known of the advertisements of one account."""

    account: str
    marks: AdMarks
    quiet: Quiet
    waits: bool
    """Whether it has lanes of advertisements."""
    keys: Collection[str] = ()
    """What tells the key of its numbers from others, or those of its workers where it has none yet."""

    @property
    def sends(self) -> bool:
        """Whether somebody meant it to send advertisements."""
        return self.waits or bool(self.marks.sender_name or self.marks.refusal_number)


def advertising_rows(facts: Iterable[AdvertisingFacts], *, hashes_by: str, now_ms: int) -> Iterator[CheckRow]:
    """Yield what keeps advertisements from going, or that nothing does. Pure.

    Args:
        facts: The accounts.
        hashes_by: What tells PLEXSEND_NUMBER_KEY of this machine from others; empty where it is not set.
        now_ms: Redis's time.
    """
    senders = [each for each in facts if each.sends]
    if not senders:
        yield ok(_WHAT, "no account sends them")
        return
    if not hashes_by:
        yield doubtful(
            _WHAT,
            "PLEXSEND_NUMBER_KEY is not set here",
            "nobody could tell who refused, so none is taken in on this machine",
            f"Set the key that the other processes have. {MAKE_KEY}",
        )
    for each in senders:
        if hashes_by and each.keys and hashes_by not in each.keys:
            yield wrong(
                _WHAT,
                f"PLEXSEND_NUMBER_KEY here is not the one of account {each.account}",
                "nobody could tell who refused, so none is taken in on this machine",
                "Set the key that the other processes have.",
            )
        yield _row(each, now_ms)


def _row(facts: AdvertisingFacts, now_ms: int) -> CheckRow:
    named = {"sender_name": facts.marks.sender_name, "refusal_number": facts.marks.refusal_number}
    missing = [name for name, value in named.items() if not value]
    if missing:
        values = " ".join(f"{name}=…" for name in missing)
        return wrong(
            _WHAT,
            f"account {facts.account} has no {' and no '.join(missing)}",
            "the law asks for it in each advertisement, so none is taken in",
            f"`plexsend policy set @{facts.account} {values} --reason R`",
        )
    if facts.quiet.opens_ms(now_ms) is None:
        return wrong(_WHAT, f"account {facts.account} sends none", NOT_RENEWED, f"{RENEW}.")
    if facts.quiet.holds(now_ms):
        return ok(_WHAT, f"those of account {facts.account} go {facts.quiet.morning(now_ms)}")
    return ok(_WHAT, f"those of account {facts.account} may go now (quiet_hours {facts.quiet.hours})")
