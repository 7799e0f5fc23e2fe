"""Posts that somebody made up change nothing, are counted, and take no memory."""

from __future__ import annotations

import pytest

from tests.integration.web.forged import FORGERIES, Outcome, forge


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return forge(1_100)


def test_no_forged_post_changes_a_message_or_learns_anything(outcome: Outcome) -> None:
    assert outcome.wrong == []
    assert set(outcome.posted) == {forgery.name for forgery in FORGERIES}


def test_every_forged_post_is_counted_by_what_is_wrong_with_it(outcome: Outcome) -> None:
    assert outcome.counted == dict(outcome.expected)


def test_what_is_kept_of_them_and_memory_are_bounded(outcome: Outcome) -> None:
    strays, unread = outcome.kept
    assert strays == outcome.expected["stranger"]
    assert unread == 100
    # `make forged` shows the same after a hundred thousand.
    assert outcome.grew_kb < 10_000
