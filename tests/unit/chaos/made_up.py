"""Made-up evidence: what producers were told, what reached the gateway, what the records hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.chaos.evidence import Event, Evidence, Record, Request, Told
from tests.chaos.load import LANE_OF_CODE
from tests.chaos.oracle import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.chaos.promises import Promise

USERS = {"main": "user-main", "second": "user-second"}
T = 1_800_000_000.0


def told(key: str, at: float = T, **more: Any) -> Told:
    """Return what a producer knows of a message that was added."""
    return Told(key, at, **{"added_at": at + 0.1, "added_from": at, **more})


def request(*keys: str, at: float = T + 1, codes: tuple[str, ...] | None = None, **more: Any) -> Request:
    """Return a request that reached the gateway, which accepted all of it unless `codes` says otherwise."""
    lane = LANE_OF_CODE[keys[0].partition(".")[0]]
    given = {"path": lane.path, "user": USERS[lane.account], **more}
    return Request(at=at, keys=keys, codes=codes or ("C100",) * len(keys), **given)


def record(key: str, state: str = "accepted", code: str = "C100", *history: Event) -> Record:
    """Return the record of a message that the gateway accepted."""
    return Record(state, LANE_OF_CODE[key.partition(".")[0]].name, code, history)


def evidence(
    keys: Iterable[Told], requests: Iterable[Request], records: dict[str, Record], **more: Any
) -> Evidence:
    """Return evidence of a run in which mms-finance parks."""
    return Evidence(
        **{
            "told": {each.key: each for each in keys},
            "requests": tuple(requests),
            "records": records,
            "parked": frozenset(),
            "audit": {"messages": len(records), "breaks": []},
            "users": USERS,
            "parking": frozenset({LANE_OF_CODE["p2"].name}),
            **more,
        }
    )


def one(key: str = "b1.a.1", **more: Any) -> Evidence:
    """Return the evidence of one message that went as it should."""
    return evidence([told(key)], [request(key)], {key: record(key)}, **more)


def broken(found: Evidence) -> set[Promise]:
    """Return what the oracle finds broken."""
    return {each.promise for each in judge(found).breaks}
