"""A check of a campaign in a process of its own: `python -m bench.checked LIST REDIS_URL PROCESSES`.

Prints as JSON what it took. With 0 processes the loader alone goes over the same rendered items.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from itertools import islice

from plexsend.campaigns.checks.checking import check
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.definitions.defined import Definition
from plexsend.campaigns.recipients import open_recipients
from plexsend.gateway.environment import read_settings
from plexsend.gateway.items import get_loader
from plexsend.outbox.redis.store import Store

DEFINITION = Definition(
    name="bench",
    service="mms-bulk",
    sender="02-2345-6789",
    title="봄맞이 안내",
    text="#{이름}님, 봄옷이 왔습니다. #{등급} 고객께 오늘부터 열흘 동안 30% 할인합니다.",
    images=("https://example.com/spring.jpg",),
)
_BLOCK = 5_000
_KEY = "0a1b2c3d4e5f-123456"
_KB = 1024


def main(path: str, url: str, processes: int) -> dict[str, float]:
    """Go over a list, and return what it took."""
    began_s, cpu_s = time.perf_counter(), _cpu_s()
    if processes:
        rows = _check(path, url, processes)
        took_s, cpu_s = time.perf_counter() - began_s, _cpu_s() - cpu_s
    else:
        rows, cpu_s = _load(path)
        took_s = cpu_s
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + processes * (
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    )
    return {"per_s": rows / took_s, "per_cpu_s": rows / cpu_s, "peak_mb": peak / _KB}


def _cpu_s() -> float:
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in _WHO)


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _check(path: str, url: str, processes: int) -> int:
    store = Store.connect(url, "bench:")
    try:
        with open_recipients(path) as recipients:
            report = check(DEFINITION, recipients, store, read_settings({}), processes=processes)
    finally:
        store.close()
    if report.invalid or report.duplicates:
        raise RuntimeError(f"{report.invalid} invalid, {report.duplicates} duplicates")
    return report.rows


def _load(path: str) -> tuple[int, float]:
    """Load rendered items, and return how many and what CPU that took without their rendering."""
    loader = get_loader(DEFINITION.service)
    rows, taken_s = 0, 0.0
    with open_recipients(path) as recipients:
        person = Personaliser(DEFINITION, recipients.header)
        remaining = recipients.rows()
        while items := [person.item(row.cells).item for row in islice(remaining, _BLOCK)]:
            began_s = time.process_time()
            for item in items:
                loader.load(item, default_key=_KEY)
            taken_s += time.process_time() - began_s
            rows += len(items)
    return rows, taken_s


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
