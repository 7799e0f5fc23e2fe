"""What all peers share: where to send, ready bodies from a file, and one `requests.Session` a thread."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import requests

URL = os.environ["BENCH_URL"]
REDIS = os.environ["BENCH_REDIS"]
HEADERS = {"Authorization": os.environ["BENCH_ACCOUNT"], "Content-Type": "application/json;charset=utf-8"}

_local = threading.local()


def read_bodies(path: str) -> list[bytes]:
    """Return the messages of a file, one a line, as they go on the wire."""
    return Path(path).read_bytes().splitlines()


def join(bodies: list[bytes]) -> bytes:
    """Return the body of a request."""
    return b'{"msg_data":[' + b",".join(bodies) + b"]}"


def post(bodies: list[bytes]) -> None:
    """Send messages in one request and read its answer."""
    session = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
    answer = session.post(URL, data=join(bodies), headers=HEADERS).json()
    if any(result["code"] != "C100" for result in answer["results"]):
        raise ValueError(answer)
