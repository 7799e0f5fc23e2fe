"""The table of docs/reliability.md, from the data of runs: `python -m tests.chaos.page RESULT.json …`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.chaos.receipt_codes import ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def lines(*results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page's lines: how to play it again, what each half saw, each fault with each promise.

    `results`: of one run, or of its halves where each was played by itself.
    """
    result = _sum(results)
    verdict = "every promise was kept" if result["kept"] else "**a promise was broken**"
    seconds = sum(act["seconds"] for act in result["acts"])
    yield f"`{result['command']}`: {seconds / 60:.0f} minutes of faults, {verdict}."
    yield ""
    yield from _acts(result["acts"])
    yield ""
    promises = list(result["promises"])
    yield f"| fault | rounds | times | {' | '.join(promises)} |"
    yield f"|---|---|---|{'---|' * len(promises)}"
    for fault in result["faults"]:
        broken = " | ".join(str(fault["broken"][promise] or "·") for promise in promises)
        yield f"| {fault['what']} | {fault['rounds']} | {fault['happened']:,} | {broken} |"
    for fault, need in result["not_run"].items():
        yield f"| {fault} | not run: {need} | | {'| ' * len(promises)}"


def _sum(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    faults: dict[str, dict[str, Any]] = {}
    for row in (row for result in results for row in result["faults"]):
        known = faults.setdefault(row["what"], {**row, "rounds": 0, "happened": 0, "broken": Counter()})
        known["rounds"] += row["rounds"]
        known["happened"] += row["happened"]
        known["broken"].update(row["broken"])
    return {
        "kept": all(result["kept"] for result in results),
        "command": "` and `".join(dict.fromkeys(result["command"] for result in results)),
        "promises": results[0]["promises"],
        "not_run": {fault: need for result in results for fault, need in result["not_run"].items()},
        "faults": list(faults.values()),
        "acts": [act for result in results for act in result["acts"]],
    }


_HEADS = (
    "`appendfsync`",
    "messages",
    "accepted",
    "of them delivered",
    "undelivered, unknown",
    "parked",
    "rejected, failed",
    "cancelled",
    "never added, as told",
    "accepted again after an uncertain try",
    "forgotten by Redis",
    "Valkey restarted",
)


def _acts(acts: list[dict[str, Any]]) -> Iterator[str]:
    yield f"| {' | '.join(_HEADS)} |"
    yield f"|{'---|' * len(_HEADS)}"
    for act in acts:
        last = act["judgements"][-1]
        states = last["states"]
        dead = states.get("rejected", 0) + states.get("failed", 0)
        cells = (
            last["messages"],
            sum(states.get(state, 0) for state in ORDER),
            states.get("delivered", 0),
            states.get("undelivered", 0) + states.get("unknown", 0),
            states.get("uncertain", 0),
            dead,
            states.get("cancelled", 0),
            states.get("none", 0),
            last["resent"],
            len(last["forgotten"]),
            act["restarts"],
        )
        yield f"| {act['fsync']} | {' | '.join(f'{cell:,}' for cell in cells)} |"


if __name__ == "__main__":
    found = [json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:]]
    print("\n".join(lines(*found)))  # noqa: T201  it prints a page
