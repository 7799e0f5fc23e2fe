from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexsend.outbox.processes import WorkerProcess
from plexsend.worker.doorbells import quota_of_all, quotas

SERVICES = ("mms-bulk", "mms-finance", "mms-standard")


def test_quota_is_the_threads_that_serve_a_service_less_what_is_queued() -> None:
    processes = [WorkerProcess("a", 16, SERVICES), WorkerProcess("b", 4, ("mms-finance",))]
    assert quotas(SERVICES, processes, {"mms-bulk": 5, "mms-finance": 1}) == {
        "mms-bulk": 11,
        "mms-finance": 19,
        "mms-standard": 16,
    }


def test_service_that_nobody_serves_gets_no_doorbell() -> None:
    assert quotas(SERVICES, [WorkerProcess("b", 4, ("mms-finance",))], {}) == {
        "mms-bulk": 0,
        "mms-finance": 4,
        "mms-standard": 0,
    }


def test_process_may_serve_what_this_version_does_not_know() -> None:
    assert quotas(SERVICES, [WorkerProcess("b", 4, ("rcs-mms-bulk", "mms-bulk"))], {})["mms-bulk"] == 4


processes = st.builds(
    WorkerProcess,
    st.text("abc012", min_size=1),
    st.integers(1, 64),
    st.lists(st.sampled_from(SERVICES), unique=True).map(tuple),
)


@given(st.lists(processes, max_size=5), st.dictionaries(st.sampled_from(SERVICES), st.integers(0, 500)))
def test_quota_is_never_negative_and_never_above_what_threads_can_answer(
    serving: list[WorkerProcess], queued: dict[str, int]
) -> None:
    found = quotas(SERVICES, serving, queued)
    assert found.keys() == set(SERVICES)
    for service, quota in found.items():
        threads = sum(process.pool_size for process in serving if service in process.services)
        assert 0 <= quota <= threads
        assert quota + queued.get(service, 0) >= threads


def test_services_of_one_process_share_its_threads() -> None:
    processes = [
        WorkerProcess("a", 16, SERVICES),
        WorkerProcess("b", 4, ("mms-finance",)),
        WorkerProcess("c", 8, ()),
    ]
    assert quota_of_all(processes, {"mms-bulk": 5, "mms-finance": 1}) == 14
    assert quota_of_all(processes, {"mms-bulk": 50}) == 0
