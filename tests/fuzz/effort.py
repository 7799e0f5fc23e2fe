"""How hard to try: little in the suite, as much as `FUZZ_EFFORT` says in a run of its own."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

EFFORT = max(1, int(os.environ.get("FUZZ_EFFORT", "1")))
"""How many times as many examples are tried as in the suite."""


def examples(count: int) -> settings:
    """Return the settings of a property that the suite tries `count` times."""
    return settings(
        max_examples=count * EFFORT,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )


LONG_S = 0.5
"""Work of this length is not measured again: what disturbs it is small beside it."""


def least_work_s(run: Callable[[], object], *, times: int = 3) -> float:
    """Return the least CPU time that some runs took, which a busy machine changes little."""
    found = []
    for _ in range(times):
        began = time.thread_time()
        run()
        found.append(time.thread_time() - began)
        if found[-1] > LONG_S:
            break
    return min(found)


def shortest_s(run: Callable[[], object], *, times: int = 3) -> float:
    """Return how long the fastest of some runs took: the others were kept waiting by somebody else."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)
