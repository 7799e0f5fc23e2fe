"""The states of a run and the one table of what leads from each to which; the scripts get it as data."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """The states of a run."""

    DRAFT = "draft"
    """It is being prepared, or too many of its rows are invalid."""
    CHECKED = "checked"
    """Every row was checked, and it may start."""
    SCHEDULED = "scheduled"
    """It starts, or goes on, at its time."""
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    """Everything was fed, and nothing of it lives."""
    CANCELLED = "cancelled"


class RunStep(StrEnum):
    """What leads from one state of a run to another."""

    DRAFT = "draft"
    CHECK = "check"
    SCHEDULE = "schedule"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"


_S = RunState
OVER = (_S.DONE, _S.CANCELLED)
"""Nothing of such a run is fed any more, for good."""

RUN_TRANSITIONS: tuple[tuple[RunStep, tuple[RunState, ...], RunState], ...] = (
    (RunStep.DRAFT, (_S.DRAFT, _S.CHECKED), _S.DRAFT),
    (RunStep.CHECK, (_S.DRAFT, _S.CHECKED), _S.CHECKED),
    # One that runs is given another time: what was not fed waits until then.
    (RunStep.SCHEDULE, (_S.CHECKED, _S.SCHEDULED, _S.RUNNING, _S.PAUSED), _S.SCHEDULED),
    (RunStep.START, (_S.CHECKED, _S.SCHEDULED, _S.RUNNING), _S.RUNNING),
    (RunStep.PAUSE, (_S.SCHEDULED, _S.RUNNING, _S.PAUSED), _S.PAUSED),
    # One that was paused before its time waits for that again.
    (RunStep.RESUME, (_S.PAUSED, _S.RUNNING), _S.RUNNING),
    (
        RunStep.CANCEL,
        (_S.DRAFT, _S.CHECKED, _S.SCHEDULED, _S.RUNNING, _S.PAUSED, _S.CANCELLED),
        _S.CANCELLED,
    ),
    (RunStep.FINISH, (_S.RUNNING, _S.PAUSED, _S.DONE), _S.DONE),
    # Nothing of it waits any more: only then is its group let go.
    (RunStep.FINISH, (_S.CANCELLED,), _S.CANCELLED),
)
"""Step, the states in which it can be asked for, the state it leads to."""

MISSED = "its planned start was missed"
"""Why a run that was scheduled is only checked again."""

RUN_WORDS = {
    _S.DRAFT: ("draft", "초안"),
    _S.CHECKED: ("checked", "확인됨"),
    _S.SCHEDULED: ("scheduled", "예약"),
    _S.RUNNING: ("running", "발송 중"),
    _S.PAUSED: ("paused", "일시정지"),
    _S.DONE: ("done", "완료"),
    _S.CANCELLED: ("cancelled", "취소"),
}
"""State → what people read, in English and in Korean."""


def run_word(state: RunState, language: str = "en") -> str:
    """Return the word for a state; `language`: `en` or `ko`."""
    return RUN_WORDS[state][language == "ko"]


def is_possible(step: RunStep, state: RunState) -> bool:
    """Return whether a step can be asked for in a state."""
    return any(step is its and state in froms for its, froms, _ in RUN_TRANSITIONS)
