"""After connections to Redis broke, nothing is taken until all processes have reported."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plexsend.worker.caution import OTHERS_S, Caution


@pytest.fixture
def store() -> Any:
    return SimpleNamespace(breaks=0)


def test_nothing_is_taken_from_a_break_until_after_the_next_sign(store: Any) -> None:
    now = 100.0
    caution = Caution(store, lambda: now)
    assert caution.may_take()
    store.breaks += 1
    assert not caution.may_take()
    assert caution.waits_for_sign()
    now += 1_000
    assert not caution.may_take()
    caution.note_sign(store.breaks)
    assert not caution.waits_for_sign()
    now += OTHERS_S - 0.1
    assert not caution.may_take()
    now += 0.1
    assert caution.may_take()


def test_break_while_the_sign_was_given_counts_for_the_next(store: Any) -> None:
    caution = Caution(store, lambda: 100.0)
    store.breaks = 2
    caution.note_sign(1)
    assert caution.waits_for_sign()


def test_sign_without_a_break_makes_nobody_wait(store: Any) -> None:
    caution = Caution(store, lambda: 100.0)
    caution.note_sign(0)
    assert caution.may_take()
