"""Every file of YAML in deploy/, as yamllint reads it."""

from __future__ import annotations

from tests.deploy.tools import DEPLOY, ROOT, judged

LINT = ("--strict", "--config-file", ROOT / ".yamllint.yaml")


def test_yamllint_finds_nothing() -> None:
    assert {"compose.yaml", "prometheus.yml"} <= {path.name for path in DEPLOY.rglob("*.y*ml")}
    assert judged("yamllint", *LINT, DEPLOY) == ""


def test_a_name_that_is_there_twice_is_found() -> None:
    """Parsers take the last of two, and nobody hears of it."""
    assert "duplication of key" in judged("yamllint", *LINT, "-", given="name: one\nname: two\n")
