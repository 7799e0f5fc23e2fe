"""Who hears of alerts: amtool takes the file, each severity has its receiver, what is silenced exists."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.deploy.alert_rules import DEPLOY, PROMETHEUS, rules
from tests.deploy.composed import SECRETS, services
from tests.deploy.promtool import run, tool

FILE = DEPLOY / "alertmanager" / "alertmanager.yml"


def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def test_amtool_takes_it() -> None:
    ended = run(tool("amtool", "prometheus-alertmanager"), "check-config", FILE)
    assert (ended.returncode, "SUCCESS" in ended.stdout) == (0, True), ended


@pytest.mark.parametrize("severity", ["page", "warn"])
def test_each_severity_goes_to_its_receiver(severity: str) -> None:
    amtool = tool("amtool", "prometheus-alertmanager")
    ended = run(amtool, "config", "routes", "test", f"--config.file={FILE}", f"severity={severity}")
    assert ended.stdout.strip() == severity
    assert severity in {rule.severity for rule in rules().values()}


def test_what_silences_and_what_is_silenced_are_alerts() -> None:
    matchers = [
        word
        for rule in document()["inhibit_rules"]
        for kind in ("source", "target")
        for word in rule[f"{kind}_matchers"]
    ]
    named = {name for matcher in matchers for name in re.findall(r"Plexsend\w+", matcher)}
    assert named <= set(rules())
    for rule in document()["inhibit_rules"]:
        # Where both must have the same label, both have it.
        for label in rule.get("equal", []):
            for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
                for name in re.findall(r"Plexsend\w+", matcher):
                    assert re.search(rf"by \([^)]*\b{label}\b", rules()[name].expr), (name, label)


def test_the_url_it_posts_to_is_a_secret_of_its_container() -> None:
    files = {
        config["api_url_file"] for receiver in document()["receivers"] for config in receiver["slack_configs"]
    }
    assert files == {f"{SECRETS}{name}" for name in services()["alertmanager"].secrets}


def test_prometheus_asks_the_services_of_compose_and_sends_to_them() -> None:
    ended = run(tool("promtool"), "check", "config", PROMETHEUS / "prometheus.yml")
    assert ended.returncode == 0, ended
    found: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    (job,), (manager,) = found["scrape_configs"], found["alerting"]["alertmanagers"]
    assert job["job_name"] == "plexsend"
    command = services()["metrics"].command
    assert job["static_configs"][0]["targets"] == [f"metrics:{command[command.index('--port') + 1]}"]
    assert manager["static_configs"][0]["targets"] == ["alertmanager:9093"]
    assert "alertmanager" in services()
    assert found["rule_files"] == ["plexsend-alerts.yml"]
