"""The results as people see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from bench.__main__ import main, measure
from bench.report import number, table, write
from bench.rounds import Figure
from bench.row import Plan, Row
from bench.table import ROWS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def result() -> dict[str, Any]:
    figures = [
        Figure("ratio <&>", [1.0, 1.2, 1.1], at_least=1.05),
        Figure("wait", [30.0, 40.0, 50.0], at_most=20, unit="ms"),
        Figure("pace", [12_345.6], unit="/s"),
    ]
    return {
        "date": "2026-11-22T10:00:00+00:00",
        "label": "some-cpu-2-cores",
        "rounds": 3,
        "quick": False,
        "machine": {
            "processor": "Some CPU",
            "cores": 2,
            "system": "Linux",
            "load": (0.1, 0.2, 0.3),
            "versions": {"python": "3.11"},
        },
        "load_after": (1.5, 0.2, 0.3),
        "rows": [
            {"name": "bare", "what": "w", "target": "t", "figures": [one.data() for one in figures]},
            {"name": "slow", "what": "w", "target": "t", "error": "TooLate: nothing came"},
        ],
    }


def test_table_shows_each_figure_with_its_target(result: dict[str, Any]) -> None:
    lines = table(result).splitlines()
    assert "| bare | ratio <&> | 1.1 × | 1 to 1.2 | ≥ 1.05 × | yes |" in lines
    assert "| bare | wait | 40 ms | 30 to 50 | ≤ 20 ms | **no** |" in lines
    assert "| bare | pace | 12,346 /s | 12,346 to 12,346 |  |  |" in lines


def test_table_tells_a_row_that_failed(result: dict[str, Any]) -> None:
    assert "| slow | w | failed | TooLate: nothing came | t | **no** |" in table(result).splitlines()


def test_table_tells_the_machine_and_its_load(result: dict[str, Any]) -> None:
    told = "Some CPU, 2 cores, Linux; load average 0.10 at the start, 1.50 at the end; 3 rounds."
    assert told in table(result)


def test_quick_results_are_marked_as_no_figures(result: dict[str, Any]) -> None:
    assert "no figure to go by" in table({**result, "quick": True})


def test_results_are_written_as_json_table_and_plot(result: dict[str, Any], tmp_path: Path) -> None:
    files = write(result, tmp_path / "results")
    assert {file.name for file in files} == {
        f"2026-11-22-some-cpu-2-cores.{end}" for end in ("json", "md", "svg")
    }
    assert json.loads(files[0].read_text("utf-8"))["rows"][0]["figures"][0]["value"] == 1.1
    drawn = ET.parse(files[2]).getroot()  # noqa: S314  written a line above
    said = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "bare: ratio <&>" in said
    # Only what has a target stands in the plot.
    assert "bare: pace" not in said


def test_numbers_keep_three_digits_that_tell_something() -> None:
    assert [number(value) for value in (0.98765, 1.0, 43.21, 1234.5)] == ["0.988", "1", "43.2", "1,234"]


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_unknown_row_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"no row nonsense\. Rows: bare, "):
        main(["--only", "nonsense"])


def test_rows_are_listed_without_measuring(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [row.name for row in ROWS]


def test_row_that_fails_does_not_stop_the_others() -> None:
    def fail(plan: Plan) -> list[Figure]:
        raise ValueError(f"nothing in {plan.rounds} rounds")

    rows = (
        Row("broken", "w", "t", fail),
        Row("sound", "w", "t", lambda plan: [Figure("size", [plan.size(50_000)], unit="")]),
    )
    broken, sound = measure(rows, {"cores": 2}, rounds=5, quick=True)["rows"]
    assert broken["error"] == "ValueError: nothing in 5 rounds"
    assert sound["figures"][0]["value"] == 5_000


def test_error_of_a_row_holds_no_line_break_of_the_table(result: dict[str, Any]) -> None:
    result["rows"][1]["error"] = "Ended: it ended\nwith | words"
    assert "| slow | w | failed | Ended: it ended with \\| words | t | **no** |" in table(result).splitlines()
