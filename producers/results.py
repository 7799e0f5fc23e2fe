"""Results: what an application hears of a message, each time that its state changed to one that counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.gateway.codes import OWN_CODES, Meaning, code_words, find_code
from plexsend.gateway.receipt_codes import ReceiptClass, family_of, receipt_code
from plexsend.outbox.fallbacks import first_of
from plexsend.outbox.states import FINAL, OUTCOME_OF, RANK_OF, ResultOutcome, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.results.entries import Entry


class CodeFrom(StrEnum):
    """What brought a code."""

    SEND = "send"
    """The answer to the request that sent the message; also plexsend itself, and persons."""
    RECEIPT = "receipt"
    """The delivery result that the gateway posted later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A message has a new state. Of two results of one message the one of the higher `rank` counts."""

    id: str
    """The same whenever this result is given again: drop what you have done already by it."""
    msg_key: str
    state: State
    rank: int
    """How far the message is, 1 to 6. A result may come after one of a higher rank: drop it then."""
    outcome: ResultOutcome
    final: bool
    """Whether the state is one that stays, but for what a receipt says later; *accepted* is not."""
    reason: str
    """Why it is not a success, in a word such as `no_such_number`; empty where there is nothing to say."""
    permanent: bool | None
    """Of a failure: whether the same message to the same number would fail again; None: not known."""
    code: str
    """The gateway's code, or plexsend's own word; empty where there is none."""
    code_from: CodeFrom
    desc: str
    """What the code means, for people."""
    at: datetime
    """When the state changed, on Redis's clock, in UTC."""
    account: str
    service: str
    group: str | None
    carrier: str
    """The carrier that a receipt names; empty where none does."""
    done_at: datetime | None
    """When the receipt says that it was done, in UTC; None where it does not say."""

    @property
    def fallback_of(self) -> str | None:
        """The key of the message in whose place this one was sent; None: it is not a fallback."""
        return first_of(self.msg_key)

    def to_json(self) -> dict[str, object]:
        """Return it for a program in another language: times are ISO 8601, what is not there is null."""
        return {
            "id": self.id,
            "msg_key": self.msg_key,
            "state": str(self.state),
            "rank": self.rank,
            "outcome": str(self.outcome),
            "final": self.final,
            "reason": self.reason or None,
            "permanent": self.permanent,
            "code": self.code or None,
            "code_from": str(self.code_from),
            "desc": self.desc or None,
            "at": self.at.isoformat(timespec="milliseconds"),
            "account": self.account,
            "service": self.service,
            "group": self.group,
            "carrier": self.carrier or None,
            "done_at": None if self.done_at is None else self.done_at.isoformat(timespec="milliseconds"),
            "fallback_of": self.fallback_of,
        }


@dataclass(frozen=True, slots=True)
class ResultCause:
    """Why a message is in its state, as far as its code says."""

    reason: str
    permanent: bool | None
    desc: str


def results_of(entry: Entry) -> Iterator[Result]:
    """Yield a result for each message of an entry, in its order."""
    at = _moment(entry.at_ms)
    code_from = CodeFrom.RECEIPT if entry.receipts else CodeFrom.SEND
    cause = find_cause(entry.state, entry.code, code_from, entry.lane.service)
    receipts = entry.receipts or (("", None),) * len(entry.msg_keys)
    for place, (msg_key, (carrier, done_ms)) in enumerate(zip(entry.msg_keys, receipts, strict=True)):
        yield Result(
            # Entries of two accounts may have the same id.
            id=f"{entry.account}:{entry.id}:{place}",
            msg_key=msg_key,
            state=entry.state,
            rank=RANK_OF[entry.state],
            outcome=OUTCOME_OF[entry.state],
            final=entry.state in FINAL and entry.state is not State.ACCEPTED,
            reason=cause.reason,
            permanent=cause.permanent,
            code=entry.code,
            code_from=code_from,
            desc=cause.desc,
            at=at,
            account=entry.account,
            service=entry.lane.service,
            group=entry.lane.own_group,
            carrier=carrier,
            done_at=_done_at(done_ms),
        )


def find_cause(state: State, code: str, code_from: CodeFrom, service: str) -> ResultCause:
    """Return why a message is in its state.

    Args:
        state: The state.
        code: The code that came with it; empty: none.
        code_from: What brought the code: the two have tables of their own.
        service: Whose message it is: products have tables of their own too.
    """
    if code_from is CodeFrom.RECEIPT:
        found = receipt_code(family_of(service), code)
        is_told = found.kind not in (ReceiptClass.DELIVERED, ReceiptClass.DUPLICATE)
        return ResultCause(str(found.kind) if is_told else "", _LASTS.get(found.kind), found.words)
    known = find_code(code)
    words = code_words(code)
    if state is State.REJECTED and known is not None and known.as_item is Meaning.DUPLICATE:
        return ResultCause("duplicate", permanent=True, desc=words)
    own = OWN_CODES.get(code)
    if own is not None and own.reason and state in (State.REJECTED, State.CANCELLED):
        return ResultCause(own.reason, own.lasts, words)
    return ResultCause(*_WITHOUT_RECEIPT.get(state, ("", None)), words)


_LASTS = {
    ReceiptClass.TEMPORARY: False,
    ReceiptClass.CREDIT: False,
    ReceiptClass.PERMANENT: True,
    ReceiptClass.NO_SUCH_NUMBER: True,
    ReceiptClass.REFUSED: True,
}
"""Class of a failure → whether it lasts."""

_WITHOUT_RECEIPT = {
    State.REJECTED: ("rejected", True),
    State.UNCERTAIN: ("may_have_been_sent", None),
    State.FAILED: ("not_sent", None),
    State.EXPIRED: ("expired", False),
    State.CANCELLED: ("cancelled", None),
    State.UNKNOWN: ("no_receipt", None),
}
"""State that no receipt brought → reason, and whether it lasts."""


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


# It is the carrier's word. What is not a time must not keep a reader from all that comes after it.
def _done_at(done_ms: int | None) -> datetime | None:
    try:
        return None if done_ms is None else _moment(done_ms)
    except (OverflowError, ValueError, OSError):
        return None
