"""Checks of the fleet: does a living worker serve all that waits, and do the workers agree?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import ok, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.cli.doctor.rows import CheckRow


def serving_rows(waiting: Mapping[tuple[str, str], int], served: set[tuple[str, str]]) -> Iterator[CheckRow]:
    """Yield what waits for a worker that is not there. Pure.

    Args:
        waiting: Service and account → messages that wait or are scheduled.
        served: Services and accounts that a living worker can serve.
    """
    unserved = {part: count for part, count in waiting.items() if count and part not in served}
    for (service, account), count in unserved.items():
        messages = "1 message waits" if count == 1 else f"{count:,} messages wait"
        yield wrong(
            "worker",
            f"{service} of account {account}: {messages}",
            "no worker that can serve it is alive",
            f"Start one that has the account's secret: `plexsend worker -Q {service}`.",
        )
    if not unserved:
        yield ok("worker", "all that waits has a worker" if any(waiting.values()) else "nothing waits")
