"""`producers` and `worker` are other names of the same modules, and of nothing else."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest


@pytest.mark.parametrize(
    "name", ["producers", "producers.submissions", "producers.files.rows", "worker.verdicts"]
)
def test_both_names_are_one_module(name: str) -> None:
    assert import_module(name) is import_module(f"plexsend.{name}")


def test_what_was_pickled_by_the_short_name_is_read() -> None:
    added = import_module("producers.submissions").Added(0, "k")
    old = pickle.dumps(added, protocol=0).replace(b"plexsend.producers", b"producers")
    assert pickle.loads(old) == added  # noqa: S301  made here


def test_a_module_that_does_not_exist_is_missing_by_the_name_that_was_asked_for() -> None:
    import_module("producers")
    assert find_spec("producers.nothing") is None
    with pytest.raises(ModuleNotFoundError) as caught:
        import_module("producers.nothing")
    assert caught.value.name == "producers.nothing"


def test_python_runs_a_module_by_the_short_name() -> None:
    program = "import runpy, worker; print('full_jitter_ms' in runpy.run_module('worker.backoff'))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "True\n"


def test_a_package_that_cannot_be_run_says_so_by_the_short_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "producers"], capture_output=True, text=True, check=False, timeout=60
    )
    assert "No module named producers.__main__" in done.stderr
