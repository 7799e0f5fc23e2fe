"""The dashboard: it is what its script builds, its queries are right, and it draws what warns."""

from __future__ import annotations

import re
import runpy
from typing import TYPE_CHECKING, Any

import yaml

from plexsend.web.metric_table import METRICS, MetricKind
from tests.deploy.alert_rules import DEPLOY, rules
from tests.deploy.panels import DASHBOARD, expressions, panels
from tests.deploy.promtool import run, tool

if TYPE_CHECKING:
    from pathlib import Path

BUILD = DEPLOY / "grafana" / "build.py"
SHOWN = {metric.name: {*metric.labels} for metric in METRICS} | {
    f"{metric.name}_bucket": {*metric.labels, "le"}
    for metric in METRICS
    if metric.kind is MetricKind.HISTOGRAM
}
UNITS = {"short", "s", "bytes", "percentunit", "mps", "reqps", "cps"}
"""Names of Grafana: of a time, of a share, of messages, requests and counts a second."""


def build() -> dict[str, Any]:
    """What the script defines; nothing is kept of it beside it."""
    return runpy.run_path(str(BUILD))


def test_dashboard_is_what_the_script_builds() -> None:
    assert DASHBOARD.read_text("utf-8") == build()["written"](), "run: python deploy/grafana/build.py"


def test_queries_of_panels_and_of_the_page_are_such_that_prometheus_takes(tmp_path: Path) -> None:
    page = DEPLOY.parent.joinpath("docs", "metrics.md").read_text("utf-8")
    examples = [
        line for block in re.findall(r"```promql\n(.*?)```", page, re.DOTALL) for line in block.splitlines()
    ]
    assert len(examples) > 3
    asked = [*(query.expr for query in expressions()), *examples]
    recorded = [{"record": f"panel:query:{at}", "expr": expr} for at, expr in enumerate(asked)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}), "utf-8")
    ended = run(tool("promtool"), "check", "rules", file)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_query_asks_for_metrics_and_labels_that_there_are() -> None:
    for query in expressions():
        named = set(re.findall(r"plexsend_\w+", query.expr))
        assert named <= SHOWN.keys(), query
        labels = set().union(*(SHOWN[name] for name in named))
        asked = re.findall(r"(\w+)(?:=~|!~|!=|=)\"", query.expr)
        asked += [label for by in re.findall(r"by \(([^)]*)\)", query.expr) for label in by.split(", ")]
        assert set(asked) <= labels, query


def test_every_metric_that_an_alert_reads_is_drawn() -> None:
    drawn = " ".join(query.expr for query in expressions())
    for rule in rules().values():
        for name in re.findall(r"plexsend_\w+", rule.expr):
            assert re.search(rf"{name.removesuffix('_count')}\b|{name.removesuffix('_count')}_", drawn), name


def test_every_panel_can_be_read() -> None:
    found = panels()
    assert len({panel["title"] for panel in found}) == len(found)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in found]
    assert len(set(places)) == len(places)
    for panel in found:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        for target in panel["targets"]:
            # What tells the lines of a panel apart is in the legend.
            grouped = re.search(r"by \(([^)]*)\)", target["expr"])
            labels = set() if grouped is None else {*grouped[1].split(", ")} - {"le"}
            legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert (legend, bool(target["legendFormat"])) == (labels, True), panel["title"]


def test_lines_are_the_thresholds_of_the_rules() -> None:
    threshold = build()["threshold"]
    assert threshold("PlexsendMessagesWaitTooLong") == (600.0, "orange", False)
    assert threshold("PlexsendReaderBehind") == (100.0, "orange", False)
    assert threshold("PlexsendRequestsFail") == (0.2, "red", False)
    assert threshold("PlexsendCertificateEnds") == (1_209_600.0, "orange", True)
    steps = {panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"] for panel in panels()}
    assert [(step["value"], step["color"]) for step in steps["Memory"]] == [
        (None, "green"),
        (0.7, "orange"),
        (0.8, "red"),
    ]
    # Time that is left: what is below is bad.
    assert [step["color"] for step in steps["Until the certificate ends"]] == ["orange", "green"]


def test_grafana_is_told_where_the_dashboard_and_prometheus_are() -> None:
    provisioning = DEPLOY / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "plexsend.yml").read_text("utf-8"))[
        "datasources"
    ][0]
    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}
    folder = yaml.safe_load((provisioning / "dashboards" / "plexsend.yml").read_text("utf-8"))
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in compose
    mounted = [volume.split(":")[1] for volume in compose["grafana"]["volumes"]]
    path = folder["providers"][0]["options"]["path"]
    assert any(volume.startswith(f"{path}/") for volume in mounted)
