"""promtool: what it is given, and what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.deploy.alert_cases import CASES
from tests.deploy.alert_rules import PROMETHEUS, RULES, rules
from tests.deploy.calm import CALM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.deploy.alert_cases import AlertCase

_HEAD = """\
# Unit tests of plexsend-alerts.yml: `promtool test rules plexsend-*.test.yml`. Each alert fires on its cause,
# not just below it, and ends; nothing fires on a fresh or idle installation, nor in the night. Alerts that
# read other metrics share a test, which takes less time. A threshold that you change wants other values here.
"""
_FIRING = 'ALERTS{alertstate="firing"}'
"""The series that Prometheus keeps of alerts that fire."""


def tool(name: str, package: str = "prometheus") -> str:
    """Return the path of a tool; skips the test where it is missing, and fails it in CI."""
    found = shutil.which(name)
    if found is None:
        missing = f"{name} is missing (Debian: {package})"
        if os.environ.get("CI"):
            pytest.fail(f"{missing}: .ci/run installs it")
        pytest.skip(missing)
    return found


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool and return what it said."""
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, cwd=cwd)


def written_tests() -> dict[Path, str]:
    """Return what the files of tests in deploy/prometheus hold: one goes by minutes, one takes days."""
    quick = [case for case in CASES if case.every_m == 1]
    slow = [case for case in CASES if case.every_m > 1]
    return {
        PROMETHEUS / "plexsend-alerts.test.yml": _file(
            1, [*map(_of_cases, _packed(quick)), *map(_of_calm, CALM)]
        ),
        PROMETHEUS / "plexsend-days.test.yml": _file(slow[0].every_m, [*map(_of_cases, _packed(slow))]),
    }


def write_tests() -> None:
    """Write them."""
    for path, text in written_tests().items():
        path.write_text(text, "utf-8")


class _Indented(yaml.SafeDumper):
    """Writes the entries of a list further in than its name, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  as the library calls it
        super().increase_indent(flow, False)  # noqa: FBT003  as the library takes it


def _file(every_m: int, tests: Sequence[Mapping[str, Any]]) -> str:
    document = {"rule_files": [RULES.name], "evaluation_interval": f"{every_m}m", "tests": tests}
    return _HEAD + yaml.dump(document, Dumper=_Indented, sort_keys=False, width=120, allow_unicode=True)


def _packed(cases: Iterable[AlertCase]) -> Iterator[list[AlertCase]]:
    """Put cases together that read nothing of each other, the longest first."""
    packs: list[tuple[set[str], list[AlertCase]]] = []
    for case in sorted(cases, key=lambda case: -max(case.fires[0], *case.rests)):
        reads = {_read_apart(series) for series in case.series}
        for taken, pack in packs:
            if taken.isdisjoint(reads):
                taken.update(reads)
                pack.append(case)
                break
        else:
            packs.append((reads, [case]))
    return iter([pack for _, pack in packs])


# Rules on holds and on what ended name the reason or the state.
def _read_apart(series: str) -> str:
    name = series.partition("{")[0]
    apart = re.search(r'(?:reason|state)="\w+"', series)
    return (
        f"{name} {apart[0]}"
        if apart and name in ("plexsend_holds", "plexsend_messages_ended_total")
        else name
    )


def _of_cases(cases: Sequence[AlertCase]) -> dict[str, Any]:
    looks = [look for case in cases for look in _looks(case)]
    return {
        "name": ", ".join(dict.fromkeys(case.alert.removeprefix("Plexsend") for case in cases)),
        "interval": f"{cases[0].every_m}m",
        "input_series": _series({name: values for case in cases for name, values in case.series.items()}),
        "alert_rule_test": [look for _, look in sorted(looks, key=lambda one: one[0])],
    }


def _looks(case: AlertCase) -> Iterator[tuple[int, dict[str, Any]]]:
    rule = rules()[case.alert]
    minute, labels, summary = case.fires
    said = {
        "summary": summary,
        "remedy": rule.remedy.replace("{{ $labels.account }}", labels.get("account", "")),
        "runbook": rule.runbook,
    }
    fired = [{"exp_labels": {"severity": rule.severity, **labels}, "exp_annotations": said}]
    for at in (minute, *case.rests):
        expected = fired if at == minute else []
        yield at, {"eval_time": f"{at}m", "alertname": case.alert, "exp_alerts": expected}


def _of_calm(name: str) -> dict[str, Any]:
    series, minutes = CALM[name]
    return {
        "name": name,
        "interval": "1m",
        "input_series": _series(series),
        "promql_expr_test": [{"expr": _FIRING, "eval_time": f"{at}m", "exp_samples": []} for at in minutes],
    }


def _series(found: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in found.items()]


if __name__ == "__main__":
    write_tests()
