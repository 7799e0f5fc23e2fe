from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexsend.worker.backoff import full_jitter_ms

waits = st.floats(0.001, 604_800)


def test_bound_doubles_with_each_try_and_then_stays() -> None:
    bounds = [full_jitter_ms(tries, first_s=2, longest_s=900, chance=1.0) for tries in range(12)]
    assert bounds[:5] == [2_000, 4_000, 8_000, 16_000, 32_000]
    assert bounds[9:] == [900_000] * 3


@given(st.integers(0, 10**9), waits, waits, st.floats(0, 1, exclude_max=True))
def test_delay_is_at_least_a_millisecond_and_at_most_the_bound(
    tries: int, first_s: float, longest_s: float, chance: float
) -> None:
    delay_ms = full_jitter_ms(tries, first_s=first_s, longest_s=longest_s, chance=chance)
    assert 1 <= delay_ms <= max(1, longest_s * 1000)
    if tries < 64:
        assert delay_ms <= max(1, first_s * 2**tries * 1000)


@given(st.integers(0, 70), waits, waits, st.floats(0, 0.5), st.floats(0.5, 1))
def test_greater_chance_never_waits_less(
    tries: int, first_s: float, longest_s: float, low: float, high: float
) -> None:
    assert full_jitter_ms(tries, first_s=first_s, longest_s=longest_s, chance=low) <= full_jitter_ms(
        tries, first_s=first_s, longest_s=longest_s, chance=high
    )
