from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.outbox.batches import Settlement
from plexsend.worker.batch_log import GATHERED_S, MOST_KEYS, BatchLog
from tests.unit.worker.make import answer_items, answer_whole, make_full
from tests.unit.worker.test_verdicts import judge

if TYPE_CHECKING:
    from plexsend.gateway.answers import Answer
    from plexsend.outbox.batches import Batch

BATCH = make_full()
SENT = "batches sent"
TROUBLE = "batch not sent whole"
HELD = "held until a person acts"


class Lines:
    """Stands for a log: keeps what it is told."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.kept.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.kept.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.kept.append(("error", event, fields))

    @property
    def events(self) -> list[str]:
        return [event for _, event, _ in self.kept]


class Bench:
    """A BatchLog with a clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.now_s = 0.0
        self.batch_log = BatchLog(self.lines, lambda: self.now_s)

    def note(self, take: int, answer: Answer | None = None, *, size: int = 10) -> None:
        batch = replace(make_full(size), take=take)
        self.batch_log.note(batch, judge(batch, answer or answer_items(batch)))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def sent(**fields: Any) -> tuple[str, str, dict[str, Any]]:
    return ("info", SENT, fields)


@pytest.mark.parametrize(
    ("answer", "level", "event", "words"),
    [
        (answer_items(BATCH), "info", SENT, "accepted=10"),
        (answer_items(BATCH, k1="G141"), "info", SENT, "codes=C100,G141"),
        (answer_items(BATCH, k1="missing"), "warning", TROUBLE, "codes=C100,MISSING"),
        (answer_whole(BATCH, 503), "warning", TROUBLE, "reason=shut: HTTP_503"),
        (answer_items(BATCH, k1="G150"), "warning", TROUBLE, "reason=credit: G150"),
        (answer_whole(BATCH, 401, "C401_3"), "error", HELD, "hold=auth"),
        (answer_whole(BATCH, 404, "C404_1"), "error", HELD, "hold=fault"),
    ],
)
def test_level_says_whether_somebody_must_look(
    bench: Bench, answer: Answer, level: str, event: str, words: str
) -> None:
    bench.note(7, answer)
    [(its_level, its_event, fields)] = bench.lines.kept
    assert (its_level, its_event, fields["messages"]) == (level, event, 10)
    assert words in " ".join(f"{name}={value}" for name, value in fields.items())


def test_first_batch_is_told_at_once(bench: Bench) -> None:
    bench.note(7)
    assert bench.lines.kept == [sent(batches=1, accepted=10, takes="7", messages=10, codes="C100")]


def test_batches_that_follow_soon_are_told_in_one_line_that_adds_them_up(bench: Bench) -> None:
    bench.note(1)
    bench.now_s = GATHERED_S / 4
    bench.note(2, answer_items(BATCH, k1="G141"))
    bench.now_s = GATHERED_S / 2
    bench.note(4, size=3)
    assert bench.lines.events == [SENT]
    bench.now_s = GATHERED_S
    bench.note(5, answer_items(BATCH, k1="G141", k2="G140"))
    assert bench.lines.kept[1:] == [
        sent(
            batches=3,
            accepted=20,
            rejected=3,
            takes="2-5",
            messages=23,
            codes="C100,G140,G141",
            msg_keys=["k1", "k1", "k2"],
        )
    ]


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        (answer_items(BATCH, k1="missing", k7="G150"), ["k1", "k7"]),
        (answer_items(BATCH, k1="missing", k2="G141"), ["k1", "k2"]),
        (answer_whole(BATCH, 503), [f"k{i}" for i in range(10)]),
        (answer_whole(BATCH, 401, "C401_3"), [f"k{i}" for i in range(10)]),
    ],
)
def test_line_of_a_troubled_batch_names_every_message_that_was_not_accepted(
    bench: Bench, answer: Answer, keys: list[str]
) -> None:
    bench.note(7, answer)
    [(_, _, fields)] = bench.lines.kept
    assert fields["msg_keys"] == keys


def test_no_line_names_more_keys_than_a_batch_has_and_none_is_left_out(bench: Bench) -> None:
    for take in range(1, 8):
        bench.note(take, answer_items(BATCH, k1="G141", k2="G141", k3="G140", k4="G141"))
    bench.batch_log.end()
    named = [fields["msg_keys"] for *_, fields in bench.lines.kept]
    assert max(map(len, named)) <= MOST_KEYS
    assert sum(named, []) == ["k1", "k2", "k3", "k4"] * 7  # noqa: RUF017  a few short lists
    assert len(bench.lines.kept) == 4


def test_batch_is_told_once(bench: Bench) -> None:
    for take in range(1, 5):
        bench.now_s += GATHERED_S
        bench.note(take)
    bench.batch_log.end()
    assert [fields["takes"] for *_, fields in bench.lines.kept] == ["1", "2", "3", "4"]


def test_time_counts_from_the_last_line(bench: Bench) -> None:
    bench.note(1)
    bench.now_s = GATHERED_S
    bench.note(2)
    bench.now_s = 2 * GATHERED_S - 0.01
    bench.note(3)
    assert [fields["takes"] for *_, fields in bench.lines.kept] == ["1", "2"]


def test_end_tells_the_rest(bench: Bench) -> None:
    for take in (1, 2, 3):
        bench.note(take)
    bench.batch_log.end()
    assert bench.lines.kept[1:] == [sent(batches=2, accepted=20, takes="2-3", messages=20, codes="C100")]


def test_end_is_silent_when_everything_has_been_told(bench: Bench) -> None:
    bench.batch_log.end()
    bench.note(1)
    bench.note(2, answer_whole(BATCH, 503))
    bench.batch_log.end()
    bench.batch_log.end()
    assert bench.lines.events == [SENT, TROUBLE]


def test_trouble_is_told_at_once_and_behind_what_went_before_it(bench: Bench) -> None:
    for take in (1, 2, 3):
        bench.note(take)
    bench.note(4, answer_whole(BATCH, 401, "C401_3"))
    assert [(level, fields.get("takes", fields.get("take"))) for level, _, fields in bench.lines.kept] == [
        ("info", "1"),
        ("info", "2-3"),
        ("error", 4),
    ]


def test_troubled_batch_is_not_added_to_those_that_went(bench: Bench) -> None:
    bench.note(1)
    bench.note(2, answer_whole(BATCH, 503))
    bench.note(3)
    bench.batch_log.end()
    assert bench.lines.kept[2] == sent(batches=1, accepted=10, takes="3", messages=10, codes="C100")


def test_every_troubled_batch_has_its_line(bench: Bench) -> None:
    for take in (1, 2, 3):
        bench.note(take, answer_whole(BATCH, 503))
    assert bench.lines.events == [TROUBLE] * 3


def test_batch_of_which_nothing_could_be_sent_is_told_by_its_entries(bench: Bench) -> None:
    """Its messages may all be refused before the request: the settlement then has no effects."""
    batch: Batch = make_full(2)
    settled = judge(batch, answer_items(batch, k0="G141", k1="G141"))
    bench.batch_log.note(batch, Settlement(batch.token, batch.take, settled.verdicts))
    assert bench.lines.kept == [
        sent(batches=1, rejected=2, takes="50", messages=2, codes="G141", msg_keys=["k0", "k1"])
    ]


def test_batch_that_came_back_without_a_hold_says_why(bench: Bench) -> None:
    late = WholeAnswer(Meaning.CONNECTED, "LATE", "it took 6 s; nothing was sent", None, explicit=False)
    bench.note(1, late)
    [(level, event, fields)] = bench.lines.kept
    assert (level, event, fields["codes"]) == ("warning", TROUBLE, "LATE")
    assert fields["reason"] == "it took 6 s; nothing was sent"
