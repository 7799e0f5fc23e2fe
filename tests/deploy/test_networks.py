"""Who may talk to whom in deploy/kubernetes: what is needed, and nothing else."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.deploy.manifests import matches, of_kind, ours, valkey, workers

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def policies() -> Mapping[str, Mapping[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in of_kind("NetworkPolicy", "base", "valkey")}


def test_nothing_may_talk_but_what_is_named() -> None:
    assert policies()["plexsend-nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_workers_reach_other_networks() -> None:
    outside = [
        each.component
        for each in (*ours(), valkey())
        for policy in policies().values()
        if matches(policy["podSelector"], each.labels)
        and any("ipBlock" in to for rule in policy.get("egress", []) for to in rule["to"])
    ]
    assert outside == [each.component for each in workers()]


def test_every_process_reaches_valkey_and_valkey_lets_it_in() -> None:
    port = [{"protocol": "TCP", "port": valkey().container["ports"][0]["containerPort"]}]
    (out,) = policies()["plexsend-to-valkey"]["egress"]
    assert out["ports"] == port
    assert matches(out["to"][0]["podSelector"], valkey().labels)
    (within,) = policies()["valkey"]["ingress"]
    assert within["ports"] == port
    assert matches(policies()["valkey"]["podSelector"], valkey().labels)
    for each in ours():
        assert matches(policies()["plexsend-to-valkey"]["podSelector"], each.labels)
        assert matches(policies()["plexsend-names"]["podSelector"], each.labels)
        assert matches(within["from"][0]["podSelector"], each.labels)
    assert policies()["valkey"].get("egress") is None, "it asks nobody"


@pytest.mark.parametrize("component", ["receipts", "metrics"])
def test_servers_are_reached_at_their_port_alone(component: str) -> None:
    (workload,) = [each for each in ours() if each.component == component]
    (policy,) = [
        each
        for each in policies().values()
        if "Ingress" in each["policyTypes"]
        and each["podSelector"]
        and matches(each["podSelector"], workload.labels)
    ]
    (rule,) = policy["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": workload.container["ports"][0]["containerPort"]}]
    assert list(rule["from"][0]) == ["namespaceSelector"]
