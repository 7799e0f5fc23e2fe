"""What KEDA asks Prometheus: one number, whatever the fleet does, and none where nobody knows."""

from __future__ import annotations

import math
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plexsend.web.metric_table import BY_NAME
from plexsend.worker.campaign_queue import CAMPAIGNS
from tests.deploy.manifests import of_kind, workers
from tests.deploy.promtool import tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SCALED = {each["spec"]["scaleTargetRef"]["name"]: each["spec"] for each in of_kind("ScaledObject", "scaling")}
TRIGGERS = ("waiting", "busy")
BUILD = {"plexsend_build_info{instance='m1'}": 1}
FLEET = {
    **BUILD,
    "plexsend_waiting_messages{instance='m1',service='mms-bulk',account='main',kept_by='nothing'}": 12_000,
    "plexsend_waiting_messages{instance='m1',service='mms-bulk',account='shop',kept_by='nothing'}": 500,
    "plexsend_waiting_messages{instance='m1',service='mms-bulk',account='main',kept_by='hold'}": 90_000,
    "plexsend_waiting_messages{instance='m1',service='rcs-mms-bulk',account='main',kept_by='nothing'}": 7_000,
    "plexsend_worker_threads{instance='m1',services='mms-bulk,mms-finance,mms-standard',state='busy'}": 20,
    "plexsend_worker_threads{instance='m1',services='mms-bulk,mms-finance,mms-standard',state='idle'}": 28,
    "plexsend_worker_threads{instance='m1',services='rcs-mms-bulk,rcs-mms-finance',state='busy'}": 16,
}


def trigger(group: str, name: str) -> Mapping[str, Any]:
    """Return one trigger of the group of workers."""
    found: Mapping[str, Any]
    (found,) = [each for each in SCALED[f"plexsend-worker-{group}"]["triggers"] if each["name"] == name]
    return found


def query(group: str, name: str) -> str:
    """Return what Prometheus is asked."""
    return str(trigger(group, name)["metadata"]["query"])


@pytest.fixture
def promtool() -> str:
    """Return Prometheus's own tool."""
    return tool("promtool")


def asked(promtool: str, folder: Path, cases: Sequence[tuple[Mapping[str, float], str, float | None]]) -> str:
    """Have promtool answer queries; return what differs from what is expected. None: no element.

    Each case: the series there are, the query, its one number.
    """
    tests = [
        {
            "interval": "15s",
            "input_series": [
                {"series": name.replace("'", '"'), "values": f"{value}x4"} for name, value in series.items()
            ],
            "promql_expr_test": [
                {
                    "expr": expr,
                    "eval_time": "1m",
                    "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
                }
            ],
        }
        for series, expr, value in cases
    ]
    file = folder / "asked.yml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "15s", "tests": tests}), "utf-8")
    ended = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def test_each_group_is_scaled_by_what_waits_and_by_what_is_busy() -> None:
    assert SCALED.keys() == {each.name for each in workers()}
    for spec in SCALED.values():
        assert [each["name"] for each in spec["triggers"]] == list(TRIGGERS)
        assert {each["metricType"] for each in spec["triggers"]} == {"AverageValue"}


def test_groups_differ_in_their_services_alone() -> None:
    def common(name: str) -> str:
        (worker,) = [each for each in workers() if each.name == name]
        services = "|".join(queue for queue in worker.queues if queue != CAMPAIGNS)
        text = yaml.safe_dump(SCALED[name], width=10_000)
        assert text.count(f'"{services}"') == 1
        assert text.count(f"({services})(,.*)?") == 1
        return text.replace(services, "services").replace(name, "worker-x")

    first, *others = map(common, SCALED)
    assert others
    assert all(other == first for other in others)


def test_fleet_is_never_scaled_to_none_nor_down_at_once() -> None:
    for spec in SCALED.values():
        assert 1 == spec["minReplicaCount"] < spec["fallback"]["replicas"] < spec["maxReplicaCount"]
        # A Prometheus that is away neither ends workers nor is believed to have seen none waiting.
        assert spec["fallback"]["behavior"] == "currentReplicasIfHigher"
        assert all(each["metadata"]["ignoreNullValues"] == "false" for each in spec["triggers"])
        scales = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert scales["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_threads_of_a_worker_are_those_that_it_is_started_with() -> None:
    for worker in workers():
        threads = worker.command[worker.command.index("--concurrency") + 1]
        found = re.findall(r"\)\) / (\d+) or", query(worker.component.removeprefix("worker-"), "busy"))
        assert found == [threads]


@pytest.mark.parametrize("name", TRIGGERS)
def test_metrics_and_labels_are_those_that_are_served(name: str) -> None:
    text = query("mms", name)
    found = set(re.findall(r"plexsend_\w+", text))
    assert found <= BY_NAME.keys()
    (metric,) = found - {"plexsend_build_info"}
    labels = set(re.findall(r"(\w+)=~?\"", text)) | {*re.findall(r"by \(([^)]+)\)", text)[0].split(", ")}
    assert labels <= {*BY_NAME[metric].labels}


def test_query_is_one_number_whatever_there_is(promtool: str, tmp_path: Path) -> None:
    second = {name.replace("'m1'", "'m2'"): value for name, value in FLEET.items()}
    everything = {
        **BUILD,
        "plexsend_worker_threads{instance='m1',services='mms-bulk,sms-bulk',state='busy'}": 8,
    }
    assert not asked(
        promtool,
        tmp_path,
        [
            (FLEET, query("mms", "waiting"), 12_500),
            (FLEET, query("rcs", "waiting"), 7_000),
            (FLEET, query("text", "waiting"), 0),
            (FLEET, query("mms", "busy"), 1.25),
            (FLEET, query("rcs", "busy"), 1),
            (FLEET, query("text", "busy"), 0),
            # A worker that serves two groups is counted in both.
            (everything, query("mms", "busy"), 0.5),
            (everything, query("text", "busy"), 0.5),
            # Two servers of metrics, as during a rollout of theirs, show the same fleet.
            ({**FLEET, **second}, query("mms", "waiting"), 12_500),
            ({**FLEET, **second}, query("mms", "busy"), 1.25),
            # Nothing was ever sent.
            (BUILD, query("mms", "waiting"), 0),
            (BUILD, query("mms", "busy"), 0),
            # Nobody serves metrics: no element, which KEDA takes for a failure.
            ({}, query("mms", "waiting"), None),
            ({}, query("mms", "busy"), None),
        ],
    )


def test_another_number_would_be_found(promtool: str, tmp_path: Path) -> None:
    assert "FAILED" in asked(promtool, tmp_path, [(FLEET, query("mms", "busy"), 1.5)])


def test_queries_are_ones_that_prometheus_could_record(promtool: str, tmp_path: Path) -> None:
    rules = [
        {"record": f"plexsend:{each['name']}:{place}", "expr": each["metadata"]["query"]}
        for place, spec in enumerate(SCALED.values())
        for each in spec["triggers"]
    ]
    file = tmp_path / "recorded.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "scaling", "rules": rules}]}), "utf-8")
    ended = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(rules)} rules found" in ended.stdout


@pytest.mark.parametrize(
    ("waiting", "busy", "wanted"),
    [(0, 0, 1), (4_999, 16, 1), (5_001, 3, 2), (0, 20, 2), (12_500, 40, 3), (900_000, 16, 6)],
)
def test_number_of_workers_follows_the_larger_of_the_two(waiting: float, busy: float, wanted: int) -> None:
    spec = SCALED["plexsend-worker-mms"]
    # As KEDA and the autoscaler reckon: each number divided by its threshold, rounded up, the larger of them.
    numbers = {"waiting": waiting, "busy": busy / 16}
    most = max(
        math.ceil(numbers[each["name"]] / float(each["metadata"]["threshold"])) for each in spec["triggers"]
    )
    assert min(max(most, spec["minReplicaCount"]), spec["maxReplicaCount"]) == wanted
