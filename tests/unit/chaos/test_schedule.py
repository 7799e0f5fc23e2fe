"""The plan of a run: the same seed gives the same one."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.catalogue import BY_NAME, FAULTS
from tests.chaos.schedule import AT_ONCE, rounds

SEEDS = st.text(max_size=8)


def test_names_of_faults_are_unique() -> None:
    assert len(BY_NAME) == len(FAULTS)


@given(SEEDS)
def test_same_seed_gives_the_same_rounds(seed: str) -> None:
    assert list(islice(rounds(seed, FAULTS), 60)) == list(islice(rounds(seed, FAULTS), 60))


def test_another_seed_gives_other_rounds() -> None:
    assert list(islice(rounds("1", FAULTS), 5)) != list(islice(rounds("2", FAULTS), 5))


@given(SEEDS)
def test_every_fault_comes_once_before_any_comes_again(seed: str) -> None:
    seen = [part.fault for each in islice(rounds(seed, FAULTS), len(FAULTS)) for part in each.parts]
    assert sorted(seen[: len(FAULTS)]) == sorted(BY_NAME)


@given(SEEDS)
def test_a_round_holds_faults_that_do_not_undo_each_other(seed: str) -> None:
    for each in islice(rounds(seed, FAULTS), 40):
        assert 1 <= len(each.parts) <= AT_ONCE[1]
        alone = [part.fault for part in each.parts if BY_NAME[part.fault].alone]
        assert not alone or len(each.parts) == 1
        groups = [group for part in each.parts for group in BY_NAME[part.fault].group.split()]
        assert len(groups) == len(set(groups))


@given(SEEDS)
def test_a_fault_lasts_as_long_as_it_says(seed: str) -> None:
    for each in islice(rounds(seed, FAULTS), 40):
        for part in each.parts:
            least, most = BY_NAME[part.fault].seconds
            assert least <= part.seconds <= most


def test_a_fault_that_cannot_be_played_moves_no_other() -> None:
    # One that suits no other makes a round of its own.
    first = next(each for each in rounds("1", FAULTS, at_once=(3, 3)) if len(each.parts) == AT_ONCE[1])
    left = first.without({first.parts[1].fault})
    assert left.parts == (first.parts[0], first.parts[2])
