"""The results: JSON for programs, a table for people, a plot of both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.plot import draw

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MET = {True: "yes", False: "**no**", None: ""}


def table(result: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    machine = result["machine"]
    lines = [
        f"# Bench of {result['date']}",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; "
        f"load average {machine['load'][0]:.2f} at the start, {result['load_after'][0]:.2f} at the end; "
        f"{result['rounds']} rounds" + ("; cut short: no figure to go by" if result["quick"] else "") + ".",
        "",
        *(f"{name}: {_list_versions(machine[name])}." for name in ("versions", *_PEERS) if name in machine),
        "",
        "| row | figure | median | least to most | target | met |",
        "|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        if "error" in row:
            error = _cell(row["error"])
            lines.append(f"| {row['name']} | {row['what']} | failed | {error} | {row['target']} | **no** |")
        lines += [_line(row, figure) for figure in row.get("figures", ())]
    return "\n".join(lines) + "\n"


_PEERS = ("gateway", "celery_ten", "dramatiq_each")


def _cell(text: str) -> str:
    """Return a text fit for a cell of the table: one line, without its border."""
    return " ".join(text.split()).replace("|", "\\|")


def _list_versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _line(row: Mapping[str, Any], figure: Mapping[str, Any]) -> str:
    unit = figure["unit"]
    spread = f"{number(figure['min'])} to {number(figure['max'])}"
    target = ""
    if figure["at_least"] is not None:
        target = f"≥ {number(figure['at_least'])} {unit}"
    elif figure["at_most"] is not None:
        target = f"≤ {number(figure['at_most'])} {unit}"
    cells = (
        row["name"],
        figure["name"],
        f"{number(figure['value'])} {unit}",
        spread,
        target,
        _MET[figure["met"]],
    )
    return f"| {' | '.join(cell.strip() for cell in cells)} |"


def number(value: float) -> str:
    """Return a number with three significant digits."""
    if abs(value) >= 100:  # noqa: PLR2004  three digits are enough
        return f"{value:,.0f}"
    return f"{value:.3g}"


def write(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write JSON, table and plot, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{result['date'][:10]}-{result['label']}"
    texts = {
        ".json": json.dumps(result, indent=1, ensure_ascii=False) + "\n",
        ".md": table(result),
        ".svg": draw(result),
    }
    files = []
    for ending, text in texts.items():
        file = folder / (name + ending)
        file.write_text(text, encoding="utf-8")
        files.append(file)
    return files
