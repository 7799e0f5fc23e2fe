"""A process that reads results and writes each into a ledger before it is done with it.

    python -m tests.chaos.reader --ledger FILE NAME

The ledger has a line `{"at", "heard": [[id, key, state], …]}` for each list of results.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import plexsend

READER = "chaos"
"""The reader of a run of faults."""
LEASE_S = 8.0
_MOST = 50


def main() -> None:
    """Read until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("name")
    asked = parser.parse_args()
    with asked.ledger.open("a", encoding="utf-8") as ledger:
        for results in plexsend.results(asked.name, from_start=True, lease_s=LEASE_S).batches(_MOST):
            heard = [(result.id, result.msg_key, str(result.state)) for result in results]
            ledger.write(json.dumps({"at": time.time(), "heard": heard}) + "\n")
            ledger.flush()


if __name__ == "__main__":
    main()
