"""How the script of runs is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.outbox.arguments_runs import RUN, RUN_ANSWER
from plexsend.outbox.redis.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.orders import Argument
    from plexsend.outbox.redis.store import Store

_UNNAMED: dict[str, Argument] = {
    "text": "",
    "hold": "",
    "closing": "",
    "at_ms": 0,
    "lease": 0,
    "since": 0,
    "fed": 0,
    "skipped": 0,
}


def call_run(
    store: Store,
    account: str,
    act: str,
    group: str,
    *,
    rest: Sequence[Argument] = (),
    **values: Argument,
) -> dict[str, Any]:
    """Run the script of runs, and return what it answers by name."""
    written = RUN.write(**_UNNAMED | {"act": act, "group": group} | values)
    return RUN_ANSWER.read(store.run(Script.RUN, account, [*written, *rest]))


def flat(fields: Mapping[str, object]) -> list[Argument]:
    """Return fields and their values in turn, as the script takes them."""
    return [str(value) for field in fields.items() for value in field]
