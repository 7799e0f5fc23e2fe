from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexsend.outbox.sweeping import Process
from worker.quotas import quotas

SERVICES = ("mms-bulk", "mms-finance", "mms-standard")


def test_quota_is_twice_the_threads_that_serve_a_service_less_what_is_queued() -> None:
    processes = [Process("a", 16, SERVICES), Process("b", 4, ("mms-finance",))]
    assert quotas(SERVICES, processes, {"mms-bulk": 5, "mms-finance": 1}) == {
        "mms-bulk": 27,
        "mms-finance": 39,
        "mms-standard": 32,
    }


def test_service_that_nobody_serves_gets_no_doorbell() -> None:
    assert quotas(SERVICES, [Process("b", 4, ("mms-finance",))], {}) == {
        "mms-bulk": 0,
        "mms-finance": 8,
        "mms-standard": 0,
    }


def test_process_may_serve_what_this_version_does_not_know() -> None:
    assert quotas(SERVICES, [Process("b", 4, ("rcs-mms-bulk", "mms-bulk"))], {})["mms-bulk"] == 8


processes = st.builds(
    Process,
    st.text("abc012", min_size=1),
    st.integers(1, 64),
    st.lists(st.sampled_from(SERVICES), unique=True).map(tuple),
)


@given(st.lists(processes, max_size=5), st.dictionaries(st.sampled_from(SERVICES), st.integers(0, 500)))
def test_quota_is_never_negative_and_never_above_what_threads_can_answer(
    serving: list[Process], queued: dict[str, int]
) -> None:
    found = quotas(SERVICES, serving, queued)
    assert found.keys() == set(SERVICES)
    for service, quota in found.items():
        threads = sum(process.pool_size for process in serving if service in process.services)
        assert 0 <= quota <= 2 * threads
        assert quota + queued.get(service, 0) >= 2 * threads
