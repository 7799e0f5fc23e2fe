"""The pipeline of a run goes into its group, which no application may name, by the guards of its account."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.checks.judging import run_pipeline
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.definitions.defined import Definition
from plexsend.gateway.environment import read_settings
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage, SubmitOutcome, Submitted
from plexsend.producers.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

HEADER = ("receiver_number", "이름")


def key_of(row: int, _: object) -> str:
    return f"0a1b2c3d4e5f-{row}"


class Recorder:
    """Takes messages, and remembers them."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, int | None]] = []

    def add(
        self, lane: Lane, messages: Sequence[NewMessage], *, expires_at_ms: int | None, **_: Any
    ) -> list[Submitted]:
        self.taken += [(lane.name, each.msg_key, expires_at_ms) for each in messages]
        return [Submitted(SubmitOutcome.ADDED, State.WAITING)] * len(messages)


def test_rows_go_into_the_lane_of_their_run_by_the_guards_of_its_account(
    store: Store, tmp_path: Path
) -> None:
    put(store, Where(None, "main"), {"senders": "02-2345-6789"}, by="a test", reason="of guards")
    definition = Definition(
        name="spring", service="lms-bulk", title="안내", text="#{이름}님, 봄옷이 왔습니다."
    )
    taker = Recorder()
    pipeline = run_pipeline(
        definition,
        "main",
        "spring~1",
        store=store,
        settings=read_settings({}),
        taker=taker,
        folder=tmp_path,
        expires_at_ms=4_000_000_000_000,
    )
    person = Personaliser(definition, HEADER)
    cells = [("010-2345-6789", "김철수"), ("02-345-6789", "이영희")]
    rows = [
        Incoming(row, person.item(each).item, key_of=partial(key_of, row)) for row, each in enumerate(cells)
    ]
    (part,) = pipeline.run(rows)
    assert taker.taken == [("lms-bulk/spring~1@main", "0a1b2c3d4e5f-0", 4_000_000_000_000)]
    assert [(each.index, each.problems[0].field) for each in part.invalid] == [(1, "receiver_number")]
