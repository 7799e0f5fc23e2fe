"""The dashboard's queries, found and filled in."""

from __future__ import annotations

from tests.rehearsal.panels import fill_in, queries


def test_queries_of_panels_in_rows_are_found() -> None:
    inner = {"title": "pace", "targets": [{"expr": "a"}, {"expr": ""}]}
    assert [*queries([{"title": "row", "panels": [inner]}, {"title": "b", "targets": [{"expr": "b"}]}])] == [
        ("pace", "a"),
        ("b", "b"),
    ]


def test_variables_are_all_of_each() -> None:
    dashboard = {"templating": {"list": [{"name": "account"}, {"name": "service"}]}}
    expr = 'rate(x{account=~"$account",service=~"${service:regex}"}[$__rate_interval]) + y[${__range}]'
    assert fill_in(expr, dashboard) == 'rate(x{account=~".*",service=~".*"}[30s]) + y[30s]'
