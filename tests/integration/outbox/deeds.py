"""What workers may do and what the gateway may answer, drawn by chance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from hypothesis import strategies as st

from plexsend.outbox.batches import EffectKind, Outcome
from plexsend.outbox.form import FORM, OLD_FORM

STEP_MS = 4_000

picks = st.integers(0, 99)
outcomes = st.lists(
    st.sampled_from([*[Outcome.ACCEPTED] * 2, *[Outcome.RETRY] * 2, *Outcome]), min_size=1, max_size=4
)
reclaims = st.lists(
    st.sampled_from([Outcome.RETRY, Outcome.RETRY, Outcome.PARK, Outcome.FAILED]), min_size=1, max_size=3
)
delays = st.sampled_from([0, 0, STEP_MS, 5 * STEP_MS])
troubles = st.sampled_from(
    [
        *[(EffectKind.ANSWERED,)] * 10, (), (EffectKind.SHUT,), (EffectKind.SHUT_ALONE,),
        (EffectKind.CREDIT,), (EffectKind.ANSWERED, EffectKind.CREDIT), (EffectKind.AUTH,),
        (EffectKind.FAULT,), (EffectKind.ANSWERED, EffectKind.SMALLER),
    ]
)  # fmt: skip
send_times = st.sampled_from([None] * 5 + [2 * STEP_MS])
end_times = st.sampled_from([None] * 7 + [3 * STEP_MS])


forms = st.sampled_from([OLD_FORM, FORM, FORM])


class What(Enum):
    """What a drain does."""

    STARTS = auto()
    """By a stale or doubled doorbell, of which nobody knows."""
    IS_RUNG_FOR = auto()
    GOES_ON = auto()
    """It settles its batch and takes the next."""
    STOPS = auto()
    DIES = auto()
    """Or it cannot reach Redis for a while."""
    LATE = auto()
    """One that died comes back with its verdict."""


class Mishap(Enum):
    """What goes wrong without a request being lost."""

    BELL_LOST = auto()
    PROCESS_REPLACED = auto()
    EVERYBODY_AWAY = auto()


@dataclass(frozen=True)
class Answer:
    """What the gateway, and the way to it, makes of one batch."""

    plan: list[Outcome]
    delay_ms: int
    kinds: tuple[EffectKind, ...]
    alone: bool


GOOD = Answer([Outcome.ACCEPTED], 0, (EffectKind.ANSWERED,), alone=False)
answers = st.builds(Answer, outcomes, delays, troubles, st.booleans())


@dataclass(frozen=True)
class Deed:
    """One call of one drain. `lost`: its reply is lost, so it calls again."""

    what: What
    pick: int
    answer: Answer
    lost: bool


deeds = st.builds(
    Deed,
    st.sampled_from([*What, What.IS_RUNG_FOR, What.STARTS, What.GOES_ON, What.GOES_ON]),
    picks,
    answers,
    st.sampled_from([False, False, True]),
)
