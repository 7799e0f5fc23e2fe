"""Messages within a second."""

from __future__ import annotations

from plexsend.sandbox.limiter import Limiter
from plexsend.sandbox.window import Window


def test_window_ends_after_exactly_a_second() -> None:
    window = Window()
    window.add(10.0, 4)
    assert window.count(10.999) == 4
    assert window.count(11.0) == 0


def test_worst_is_the_fullest_second_and_stays() -> None:
    window = Window()
    for now_s, amount in ((0.0, 1), (0.5, 2), (1.2, 3), (5.0, 1)):
        window.add(now_s, amount)
    assert window.worst == 5
    assert window.count(5.0) == 1


def test_refused_items_do_not_count_against_the_limit() -> None:
    limiter = Limiter(clock=lambda: 1.0)
    assert limiter.admit("s", "a", 2, limit=3)
    assert not limiter.admit("s", "a", 2, limit=3)
    assert limiter.admit("s", "a", 1, limit=3)
    limiter.clear()
    assert limiter.admit("s", "a", 3, limit=3)
