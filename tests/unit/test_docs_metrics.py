"""docs/metrics.md and the rules of deploy/prometheus name the metrics that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plexsend.outbox.metrics import REQUEST_OUTCOMES
from plexsend.outbox.receipts import Reception
from plexsend.outbox.states import FINAL, LIVING
from plexsend.web.metric_table import METRICS, MetricKind, markdown_table
from tests.deploy.alert_rules import rules

ROOT = Path(__file__).parents[2]
PAGE = ROOT.joinpath("docs", "metrics.md").read_text("utf-8")
KOREAN = ROOT.joinpath("docs", "metrics.ko.md").read_text("utf-8")
KINDS = {MetricKind.GAUGE: "게이지", MetricKind.COUNTER: "카운터", MetricKind.HISTOGRAM: "히스토그램"}
SHOWN = {
    f"{metric.name}{suffix}"
    for metric in METRICS
    for suffix in (("_bucket", "_sum", "_count") if metric.kind is MetricKind.HISTOGRAM else ("",))
}


def test_page_has_the_table_of_the_code() -> None:
    _, _, rest = PAGE.partition("<!-- metrics:begin -->\n")
    table, _, _ = rest.partition("<!-- metrics:end -->")
    assert table == markdown_table(), (
        f"paste this between the two marks of docs/metrics.md:\n{markdown_table()}"
    )


def test_korean_page_has_the_same_metrics_types_labels_and_commands() -> None:
    rows = [line.strip("|").split("|") for line in KOREAN.splitlines() if line.startswith("| `plexsend_")]
    found = [
        (name.strip(" `"), kind.strip(), tuple(re.findall(r"`(\w+)`", labels)), bool(warn.strip()))
        for name, kind, labels, _, warn in rows
    ]
    assert found == [(each.name, KINDS[each.kind], each.labels, bool(each.warn)) for each in METRICS]
    blocks = re.findall(r"```.*?```", KOREAN, re.DOTALL)
    assert blocks == re.findall(r"```.*?```", PAGE, re.DOTALL)


@pytest.mark.parametrize("page", [PAGE, KOREAN])
@pytest.mark.parametrize("words", [(*LIVING, *FINAL), tuple(Reception), REQUEST_OUTCOMES])
def test_page_explains_every_value_of_a_label(words: tuple[str, ...], page: str) -> None:
    table_end = page.rindex("| `plexsend_")
    explained = set(re.findall(r"`([^`]+)`", page[table_end:].partition("\n")[2]))
    assert {str(word) for word in words} - explained == set()


def expressions() -> list[str]:
    """What the rules and the page ask Prometheus for."""
    asked = [rule.expr for rule in rules().values()]
    asked += re.findall(r"```promql\n(.*?)```", PAGE, re.DOTALL)
    return asked


def test_rules_and_examples_ask_for_metrics_that_there_are() -> None:
    named = {name for asked in expressions() for name in re.findall(r"plexsend_\w+", asked)}
    assert named - SHOWN == set()


def test_every_metric_that_warns_of_something_has_a_rule() -> None:
    named = " ".join(expressions())
    missing = [
        metric.name
        for metric in METRICS
        if metric.warn and not re.search(rf"{metric.name}\b|{metric.name}_", named)
    ]
    assert missing == []


def test_rules_filter_by_labels_that_their_metrics_have() -> None:
    labels = {metric.name: {*metric.labels, "le"} for metric in METRICS}
    for name, inside in re.findall(r"(plexsend_\w+)\{([^}]*)\}", " ".join(expressions())):
        base = name.removesuffix("_bucket")
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside)) <= labels[base], (name, inside)


def test_rules_name_holds_states_and_outcomes_that_there_are() -> None:
    for label, known in (
        ("state", {*LIVING, *FINAL, "busy", "idle"}),
        ("outcome", {*REQUEST_OUTCOMES, *Reception, "refused", "unreadable"}),
    ):
        for value in re.findall(rf'\b{label}(?:=~|!~|!=|=)"([^"]*)"', " ".join(expressions())):
            assert set(value.split("|")) <= {str(each) for each in known}, value
