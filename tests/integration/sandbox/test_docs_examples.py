"""Every example of docs/sandbox.md, run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plexsend.sandbox import Sandbox

TEXT = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def list_examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_python_example_runs() -> None:
    [example] = list_examples("python")
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - our own page
    assert names["sandbox"].list_accounts() == ["main"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_examples_work(sandbox: Sandbox) -> None:
    *sends, administer = (example for example in list_examples("sh") if "curl" in example)
    for key, example in zip(("a-1", "r-1"), sends, strict=True):
        results = json.loads(run(example, sandbox))["results"]
        assert results == [{"code": "C100", "desc": "success", "msg_key": key}]
    assert sandbox.accepted == {"a-1": 1, "r-1": 1}
    number, stats, cleared = (
        json.loads(part)["value"]
        for part in re.findall(r"\{\"value\".*?\}(?=\{|$)", run(administer, sandbox))
    )
    assert (number, stats["accepted"], cleared) == (1, 2, None)
    assert sandbox.list_faults() == []


def run(example: str, sandbox: Sandbox) -> str:
    """Run an example against the sandbox of the test."""
    script = example.replace("http://127.0.0.1:8080", sandbox.url)
    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, timeout=20, check=True)  # noqa: S607 - the system's shell
    return done.stdout
