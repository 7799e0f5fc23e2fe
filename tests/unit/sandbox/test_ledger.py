"""Credit, as far as requests do not show it."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.sandbox.ledger import Ledger


@pytest.fixture
def ledger(clock: Any) -> Ledger:
    return Ledger(credit=10, clock=clock)


def test_credit_for_everybody_replaces_what_each_had(ledger: Ledger) -> None:
    ledger.set_credit("a", 3)
    ledger.set_credit(None, 7)
    assert ledger.get_credit("a") == ledger.get_credit("b") == 7


def test_credit_is_added_to_what_everybody_started_with(ledger: Ledger) -> None:
    ledger.add_credit("a", 5)
    assert (ledger.get_credit("a"), ledger.get_credit("b")) == (15, 10)


def test_endless_credit_stays_endless(ledger: Ledger) -> None:
    ledger.set_credit("a", None)
    ledger.add_credit("a", 5)
    assert ledger.get_credit("a") is None


@pytest.mark.parametrize("messages", [-1, "5", 1.5, True])
def test_credit_is_a_whole_number(ledger: Ledger, messages: Any) -> None:
    with pytest.raises(ValueError):
        ledger.set_credit("a", messages)
    with pytest.raises(ValueError):
        ledger.add_credit("a", messages)
