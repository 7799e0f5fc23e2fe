"""A counter does not fall for a moment, and does fall where Redis went back for good."""

from __future__ import annotations

from plexsend.web.floors import LASTS_S, Floors


class Counter:
    def __init__(self) -> None:
        self.now_s = 0.0
        self._floors = Floors(lambda: self.now_s)

    def show(self, value: float, *, after_s: float = 15.0, name: str = "a") -> float:
        self.now_s += after_s
        return self._floors.raised(name, value)


def test_counter_that_rises_is_shown_as_it_is() -> None:
    counter = Counter()
    assert [counter.show(value) for value in (0, 5, 5, 9)] == [0, 5, 5, 9]


def test_fall_for_a_moment_is_not_shown() -> None:
    counter = Counter()
    assert [counter.show(value) for value in (100, 93, 101, 99, 102)] == [100, 100, 101, 101, 102]


def test_fall_that_lasts_is_shown_and_counting_goes_on_from_there() -> None:
    counter = Counter()
    counter.show(100)
    assert counter.show(10) == 100
    assert counter.show(11, after_s=LASTS_S - 1) == 100
    assert counter.show(12, after_s=1) == 12
    assert [counter.show(value) for value in (13, 12, 14)] == [13, 13, 14]


def test_time_of_an_earlier_fall_does_not_count_for_a_later_one() -> None:
    counter = Counter()
    counter.show(100)
    counter.show(90)
    counter.show(101)
    assert counter.show(95, after_s=LASTS_S) == 101


def test_counters_fall_each_by_itself() -> None:
    counter = Counter()
    counter.show(100)
    counter.show(50)
    assert counter.show(7, name="b") == 7
    assert counter.show(6, name="b", after_s=LASTS_S) == 7
