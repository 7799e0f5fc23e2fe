"""deploy/kubernetes says of plexsend what plexsend is, and the same as deploy/compose.yaml."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.services import REQUEST_DEADLINE_S, SERVICES
from plexsend.worker.campaign_queue import CAMPAIGNS
from plexsend.worker.drain import LAST_PATIENCE_S
from plexsend.worker.slices import LONG_SLICE_S
from tests.deploy import composed
from tests.deploy.manifests import (
    KUBERNETES,
    SECRETS,
    Workload,
    kustomization,
    matches,
    of_kind,
    ours,
    valkey,
    workers,
)
from tests.deploy.test_compose import parse
from tests.deploy.tools import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOMS = ("base", "valkey", "scaling")
GIVEN_UP_S = 15
"""A Redis that hangs is given up after 7 s; a probe must wait longer than that."""


def named(workload: Workload) -> str:
    """Return the name of a workload, for pytest."""
    return workload.component


each_of_ours = pytest.mark.parametrize("workload", ours(), ids=named)
each_worker = pytest.mark.parametrize("workload", workers(), ids=named)
each_with_a_sign = pytest.mark.parametrize(
    "workload", [each for each in ours() if "exec" in each.probes.get("liveness", {})], ids=named
)


def test_every_file_is_named_by_its_kustomization() -> None:
    for path in KUBERNETES.rglob("*"):
        if path.is_file() and path.name != "kustomization.yaml":
            made_of = kustomization(path.parent)
            generated = (
                [file for each in made_of["configMapGenerator"] for file in each.get("files", [])]
                if ("configMapGenerator" in made_of)
                else []
            )
            assert path.name in [*made_of["resources"], *made_of.get("patchesStrategicMerge", []), *generated]


def test_every_service_of_the_gateway_has_exactly_one_group_of_workers() -> None:
    served = Counter(queue for worker in workers() for queue in worker.queues if queue != CAMPAIGNS)
    assert served == Counter(list(SERVICES))
    assert all(CAMPAIGNS in worker.queues for worker in workers())


def test_what_runs_is_what_runs_in_containers_of_one_machine() -> None:
    runs = {each.component: each.command for each in ours()}
    theirs = {name: each for name, each in composed.services().items() if each.is_ours}
    del theirs["commands"]
    assert runs == {name: list(each.command) for name, each in theirs.items()}


@each_of_ours
def test_its_variables_and_its_login_are_those_of_compose(workload: Workload) -> None:
    service = composed.services()[workload.component]
    of_all = {
        name: value
        for each in kustomization(KUBERNETES / "base")["configMapGenerator"]
        for name, value in (line.split("=", 1) for line in each["literals"])
    }
    in_files = {
        name: value.replace(composed.SECRETS, f"{SECRETS}/") for name, value in service.environment.items()
    }
    assert {**of_all, **workload.environment} == in_files
    # The Secret `plexsend-redis-worker` has the URL of the login that compose gives this process.
    login = service.secrets["redis-url"].removeprefix("redis-url-")
    others = [f"plexsend-{source}" for target, source in service.secrets.items() if target != "redis-url"]
    assert workload.secrets == [f"plexsend-redis-{login}", *others]


@each_of_ours
def test_it_finds_a_secret_where_its_settings_look_for_one(workload: Workload) -> None:
    made = secrets_of_the_page()
    there = {f"{SECRETS}/{key}" for name in workload.secrets for key in made[name]}
    looked_for = {value for name, value in workload.environment.items() if name.endswith("_FILE")}
    assert looked_for == there


def secrets_of_the_page() -> Mapping[str, Mapping[str, str]]:
    """Return the name of each Secret that deploy/README.md makes → its keys → their files."""
    page = DEPLOY.joinpath("README.md").read_text("utf-8")
    line = r"kubectl --namespace plexsend create secret generic (.+)$"
    made: dict[str, dict[str, str]] = {}
    for logins, words in re.findall(rf"^ +(?:for login in ([\w ]+); do\n +)?{line}", page, re.MULTILINE):
        for login in logins.split() or [""]:
            name, *files = words.replace("$login", login).split()
            pairs = [file.removeprefix("--from-file=").split("=") for file in files]
            made[name] = {key: file.removeprefix("deploy/secrets/") for key, file in pairs}
    return made


def test_page_makes_every_secret_of_files_that_are_made() -> None:
    made = secrets_of_the_page()
    mounted = {name for each in ours() for name in each.secrets}
    users = valkey().volumes["/run/secrets/valkey"]["secret"]["secretName"]
    assert made.keys() == {*mounted, users}
    files = {file for keys in made.values() for file in keys.values()}
    here = [each for name, each in composed.services().items() if name == "valkey" or each.is_ours]
    assert files == {composed.secret_files()[source] for each in here for source in each.secrets.values()}
    assert list(made[users]) == ["users.acl"]


def test_groups_of_workers_differ_in_what_they_serve_alone() -> None:
    def common(worker: Workload) -> str:
        text = json.dumps(worker.facts, sort_keys=True)
        return text.replace(worker.component, "worker-x").replace(",".join(worker.queues), "queues")

    first, *others = map(common, workers())
    assert others
    assert all(other == first for other in others)


@each_worker
def test_number_of_workers_is_written_in_no_file(workload: Workload) -> None:
    assert "replicas" not in workload.facts["spec"]


def test_two_beats_and_two_servers_for_receipts_run() -> None:
    found = {each.component: each.facts["spec"].get("replicas") for each in ours()}
    assert (found["beat"], found["receipts"]) == (2, 2)


@each_of_ours
def test_its_end_leaves_time_for_what_is_under_way(workload: Workload) -> None:
    # A slice that did not hear of the end, its last request, and a Redis that is slow to take the verdict.
    assert workload.pod["terminationGracePeriodSeconds"] > LONG_SLICE_S + REQUEST_DEADLINE_S + LAST_PATIENCE_S


@pytest.mark.parametrize("workload", [*ours(), valkey()], ids=named)
def test_pods_may_do_no_more_than_they_need(workload: Workload) -> None:
    pod, container = workload.pod, workload.container
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert {"memory", "cpu"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]


@each_of_ours
def test_folders_that_it_writes_are_those_of_its_settings(workload: Workload) -> None:
    fixed = {"secret", "projected", "configMap"}
    written = {path for path, volume in workload.volumes.items() if not fixed & set(volume)}
    folders = {value for name, value in workload.environment.items() if name.endswith("_DIR")}
    archive = {workload.command[-1]} if workload.component == "archive" else set()
    assert written == {*folders, *archive, "/tmp"}  # noqa: S108  a folder of the container


@pytest.mark.parametrize("workload", [*ours(), valkey()], ids=named)
def test_selector_takes_its_own_pods_and_nobody_elses(workload: Workload) -> None:
    selector = workload.facts["spec"]["selector"]
    assert [each.name for each in (*ours(), valkey()) if matches(selector, each.labels)] == [workload.name]
    for spread in workload.pod.get("topologySpreadConstraints", []):
        assert matches(spread["labelSelector"], workload.labels)
        assert spread["labelSelector"] == selector


def test_what_has_several_pods_is_spread_and_drained_one_by_one() -> None:
    several = {each.name for each in ours() if each.facts["spec"].get("replicas", 2) > 1}
    assert {each.name for each in ours() if "topologySpreadConstraints" in each.pod} == several
    budgets = of_kind("PodDisruptionBudget")
    kept = [
        each.name for budget in budgets for each in ours() if matches(budget["spec"]["selector"], each.labels)
    ]
    assert sorted(kept) == sorted(several)
    # minAvailable would forbid to drain the node of a group that has one worker.
    assert all(budget["spec"]["maxUnavailable"] == 1 for budget in budgets)


@each_with_a_sign
def test_probe_that_restarts_asks_as_one_that_redis_cannot_fail(workload: Workload) -> None:
    for kind in ("startup", "liveness"):
        asked = parse(workload.probes[kind]["exec"]["command"]).params
        assert (asked["what"], asked["live"], asked["anywhere"]) == (workload.command[1], True, False)
    liveness = workload.probes["liveness"]
    # After an outage of Redis the process gives its next sign within seconds; until then it looks dead.
    assert liveness["failureThreshold"] >= 2
    asked = parse(liveness["exec"]["command"]).params
    assert asked["max_age_s"] >= 60


@each_with_a_sign
def test_probe_that_does_not_restart_says_when_redis_is_away(workload: Workload) -> None:
    asked = parse(workload.probes["readiness"]["exec"]["command"]).params
    assert (asked["what"], asked["live"], asked["anywhere"]) == (workload.command[1], False, False)


@each_with_a_sign
def test_probes_wait_longer_than_a_redis_that_hangs(workload: Workload) -> None:
    assert all(probe["timeoutSeconds"] >= GIVEN_UP_S for probe in workload.probes.values())


def test_every_process_but_the_archive_is_probed() -> None:
    assert {each.component: len(each.probes) for each in ours() if len(each.probes) < 3} == {"archive": 0}


@pytest.mark.parametrize("component", ["receipts", "metrics"])
def test_servers_are_asked_over_http_where_they_listen(component: str) -> None:
    (workload,) = [each for each in ours() if each.component == component]
    asked = parse(workload.command).params
    (port,) = workload.container["ports"]
    assert port == {"name": "http", "containerPort": asked["port"]}
    assert asked["host"] == "0.0.0.0"
    paths = {kind: probe["httpGet"] for kind, probe in workload.probes.items()}
    # Live does not ask Redis, ready does (docs/receipts.md).
    assert paths["startup"] == paths["liveness"] == {"path": "/health/live", "port": "http"}
    assert paths["readiness"] == {"path": "/health/ready", "port": "http"}
    (service,) = [each for each in of_kind("Service") if each["metadata"]["name"] == workload.name]
    assert matches({"matchLabels": service["spec"]["selector"]}, workload.labels)
    assert service["spec"]["ports"] == [{"name": "http", "port": asked["port"], "targetPort": "http"}]


def test_claims_of_pods_are_there_and_that_of_campaigns_is_shared() -> None:
    claims = {
        each["metadata"]["name"]: each["spec"]["accessModes"] for each in of_kind("PersistentVolumeClaim")
    }
    used = {
        volume["persistentVolumeClaim"]["claimName"]: path
        for each in ours()
        for path, volume in each.volumes.items()
        if "persistentVolumeClaim" in volume
    }
    assert used.keys() == claims.keys()
    assert claims["plexsend-campaigns"] == ["ReadWriteMany"]
    assert {each.environment["PLEXSEND_CAMPAIGN_DIR"] for each in workers()} == {used["plexsend-campaigns"]}
