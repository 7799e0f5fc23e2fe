"""What became of a row, as a report says it: its fate, and which of the four outcomes that is."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from plexsend.gateway.codes import OWN_CODES
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.states import RunState
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.campaigns.report.languages import Language


class RowEnd(StrEnum):
    """The four outcomes; they add up to the rows."""

    SUCCESS = "success"
    FAILURE = "failure"
    PENDING = "pending"
    EXCLUDED = "excluded"


class RowFate(StrEnum):
    """What became of a row so far. A message and its fallback are one row."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    """The gateway took it, and no receipt is waited for."""
    AWAITED = "awaited"
    """The gateway took it, and its receipt is still to come."""
    SCHEDULED = "scheduled"
    WAITING = "waiting"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    LOST = "lost"
    """It was fed, and Redis went back behind that: it may have been sent."""
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    DUPLICATE = "duplicate"
    """Another row has its number."""
    INVALID = "invalid"


_END_OF: Mapping[RowFate, RowEnd] = MappingProxyType(
    {
        **dict.fromkeys((RowFate.DELIVERED, RowFate.ACCEPTED), RowEnd.SUCCESS),
        **dict.fromkeys(
            (RowFate.AWAITED, RowFate.SCHEDULED, RowFate.WAITING, RowFate.SENDING, RowFate.UNCERTAIN),
            RowEnd.PENDING,
        ),
        **dict.fromkeys(
            (
                RowFate.UNDELIVERED,
                RowFate.UNKNOWN,
                RowFate.REJECTED,
                RowFate.FAILED,
                RowFate.EXPIRED,
                RowFate.LOST,
            ),
            RowEnd.FAILURE,
        ),
        **dict.fromkeys(
            (RowFate.CANCELLED, RowFate.SUPPRESSED, RowFate.DUPLICATE, RowFate.INVALID), RowEnd.EXCLUDED
        ),
    }
)
"""Fate → outcome."""

_END_WORDS: Mapping[RowEnd, tuple[str, str]] = MappingProxyType(
    {
        RowEnd.SUCCESS: ("success", "성공"),
        RowEnd.FAILURE: ("failure", "실패"),
        RowEnd.PENDING: ("pending", "대기"),
        RowEnd.EXCLUDED: ("excluded", "제외"),
    }
)
_FATE_WORDS: Mapping[RowFate, tuple[str, str]] = MappingProxyType(
    {
        RowFate.DELIVERED: ("delivered", "수신 성공"),
        RowFate.ACCEPTED: ("accepted", "접수 완료"),
        RowFate.AWAITED: ("accepted, receipt awaited", "접수(결과 대기)"),
        RowFate.SCHEDULED: ("scheduled", "예약"),
        RowFate.WAITING: ("waiting", "발송 대기"),
        RowFate.SENDING: ("sending", "발송 중"),
        RowFate.UNCERTAIN: ("uncertain, a person decides", "확인 필요"),
        RowFate.UNDELIVERED: ("undelivered", "수신 실패"),
        RowFate.UNKNOWN: ("result unknown", "결과 알 수 없음"),
        RowFate.REJECTED: ("rejected", "발송 실패(거부)"),
        RowFate.FAILED: ("failed", "발송 실패(코드 미상)"),
        RowFate.EXPIRED: ("expired", "기간 만료"),
        RowFate.LOST: ("lost from sight, perhaps sent", "발송 여부 불명"),
        RowFate.CANCELLED: ("cancelled", "취소"),
        RowFate.SUPPRESSED: ("suppressed", "수신거부"),
        RowFate.DUPLICATE: ("duplicate number", "중복 번호"),
        RowFate.INVALID: ("invalid row", "오류 행"),
    }
)
"""Fate → its words in English and in Korean."""

OF_STATE: Mapping[State, RowFate] = MappingProxyType(
    {
        **{state: RowFate(str(state)) for state in State if state is not State.ACCEPTED},
        State.ACCEPTED: RowFate.AWAITED,
    }
)
"""State of a record → fate, where receipts come."""

OF_FATE: Mapping[Fate, RowFate] = MappingProxyType(
    {
        Fate.DELIVERED: RowFate.DELIVERED,
        # Its record is gone, so nothing waits for its receipt.
        Fate.ACCEPTED: RowFate.ACCEPTED,
        Fate.UNKNOWN: RowFate.UNKNOWN,
        Fate.UNDELIVERED: RowFate.UNDELIVERED,
        Fate.REJECTED: RowFate.REJECTED,
        Fate.FAILED: RowFate.FAILED,
        Fate.EXPIRED: RowFate.EXPIRED,
        Fate.CANCELLED: RowFate.CANCELLED,
        Fate.SUPPRESSED: RowFate.SUPPRESSED,
        Fate.INVALID: RowFate.INVALID,
        Fate.LOST: RowFate.LOST,
    }
)
"""What is kept of a row whose record is gone → fate."""

OF_MARK: Mapping[str, RowFate] = MappingProxyType({"d": RowFate.DUPLICATE, "i": RowFate.INVALID})
"""Mark → fate."""

SUPPRESSING = frozenset(code for code, own in OWN_CODES.items() if own.reason)
"""Codes of cancelled messages whose number must not be written to, or not so soon."""


def end_of(fate: RowFate) -> RowEnd:
    """Return the outcome that a fate is."""
    return _END_OF[fate]


def end_words(end: RowEnd, language: Language) -> str:
    """Return an outcome in words."""
    return language.choose(*_END_WORDS[end])


def fate_words(fate: RowFate, language: Language) -> str:
    """Return a fate in words."""
    return language.choose(*_FATE_WORDS[fate])


def of_rest(state: RunState) -> RowFate:
    """Return the fate of rows of which there is no message yet, and no mark, in a run of this state."""
    match state:
        case RunState.CANCELLED:
            return RowFate.CANCELLED
        case RunState.DONE:
            return RowFate.EXPIRED
        case RunState.RUNNING | RunState.PAUSED:
            return RowFate.WAITING
        case _:
            return RowFate.SCHEDULED
