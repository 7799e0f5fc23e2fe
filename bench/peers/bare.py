"""The bare loop: ready batches of ten posted by threads, no queue, no records. `bare.py BODIES THREADS MODE`.

MODE `data` posts bytes joined before; `json` has requests encode each batch; `load` has marshmallow load each
batch and posts nothing, to show what validation costs. The last two print their own processor time for each
message, in µs.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import requests
from wire import HEADERS, URL, join, read_bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def post_data(batches: Iterable[list[bytes]]) -> None:
    """Post what is ready."""
    session = requests.Session()
    for ready in [join(batch) for batch in batches]:
        session.post(URL, data=ready, headers=HEADERS).json()


def post_json(batches: Iterable[list[bytes]]) -> None:
    """Post what requests makes of dicts."""
    session = requests.Session()
    for batch in _parsed(batches):
        session.post(URL, json={"msg_data": batch}, headers=HEADERS).json()


def load(batches: Iterable[list[bytes]]) -> None:
    """Load dicts with the schema of the product."""
    from plexsend.gateway.schemas.mms import MmsSchema  # noqa: PLC0415  the other modes run without plexsend

    schema = MmsSchema(many=True)
    for batch in _parsed(batches):
        schema.load(batch)


def _parsed(batches: Iterable[list[bytes]]) -> list[list[dict[str, Any]]]:
    return [[json.loads(body) for body in batch] for batch in batches]


_MODES: dict[str, Callable[[Iterable[list[bytes]]], None]] = {
    "data": post_data,
    "json": post_json,
    "load": load,
}


def main(path: str, threads: int, mode: str) -> None:
    """Send the file's messages with this many threads, each its own part of them."""
    bodies = read_bodies(path)
    batches = [bodies[start : start + 10] for start in range(0, len(bodies), 10)]
    running = [
        threading.Thread(target=_MODES[mode], args=(batches[number::threads],)) for number in range(threads)
    ]
    cpu_s = time.process_time()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(f"{(time.process_time() - cpu_s) / len(bodies) * 1e6:.3f}", flush=True)
    # What is measured from outside must not end before it was measured.
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
