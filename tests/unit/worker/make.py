"""Batches, messages and answers for the tests of the worker's pure parts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from plexsend.gateway.answers import ItemAnswer, ItemAnswers, WholeAnswer, read_answer
from plexsend.gateway.codes import Meaning
from plexsend.outbox.batches import Batch, Message
from plexsend.outbox.lanes import Lane

if TYPE_CHECKING:
    from plexsend.gateway.answers import Answer

NOW_MS = 1_800_000_000_000
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
LANE = Lane("mms-bulk", None, "main")

FRESH = Message(
    msg_key="k0",
    body=b"{}",
    stamp="",
    attempts=0,
    tries=0,
    first_ms=None,
    failed_at_take=None,
    silent_takes=0,
    may_have_been_sent=False,
    alone=False,
)
TRIED = replace(
    FRESH, tries=1, first_ms=NOW_MS - 5_000, failed_at_take=40, may_have_been_sent=True, alone=True
)
"""It was in one request that was not answered, and goes alone."""


def make_batch(*messages: Message, take: int = 50, ok_take: int = 30, probe: bool = False) -> Batch:
    """Return a batch of these messages."""
    return Batch(LANE, "p.1.7", NOW_MS, take, ok_take, probe, messages)


def make_full(count: int = 10, **changes: Any) -> Batch:
    """Return a batch of so many fresh messages, `k0` the first."""
    return make_batch(*(replace(FRESH, msg_key=f"k{i}", **changes) for i in range(count)))


def answer_items(batch: Batch, **codes: str) -> Answer:
    """Return what the gateway's answer per item means: C100 unless a code is given, `missing` for none."""
    wanted = [(message.msg_key, codes.get(message.msg_key, "C100")) for message in batch.messages]
    results = [
        {"msg_key": key, "code": code, "desc": f"about {code}"} for key, code in wanted if code != "missing"
    ]
    return read_answer(200, None, json.dumps({"results": results}).encode(), [key for key, _ in wanted], NOW)


def answer_whole(
    batch: Batch, status: int, code: str | None = None, *, retry_after: str | None = None
) -> Answer:
    """Return what an envelope, or an HTTP status alone, means for a batch."""
    body = (
        b"" if code is None else json.dumps({"code": code, "name": "n", "description": "its words"}).encode()
    )
    return read_answer(status, retry_after, body, [message.msg_key for message in batch.messages], NOW)


NOTHING_SENT = WholeAnswer(Meaning.UNAVAILABLE, "REFUSED", "nothing was sent", None, explicit=False)
NO_ANSWER = WholeAnswer(Meaning.UNCERTAIN, "TIMEOUT", "no usable answer came", None, explicit=False)


@st.composite
def messages(draw: st.DrawFn, key: str) -> Message:
    """Draw a message that could come out of Redis."""
    tries = draw(st.just(0) | st.integers(1, 40))
    return Message(
        msg_key=key,
        body=b"{}",
        stamp="",
        attempts=draw(st.integers(0, 9)),
        tries=tries,
        first_ms=draw(st.none() | st.integers(NOW_MS - 10_000_000, NOW_MS)),
        failed_at_take=draw(st.none() | st.integers(0, 60)),
        silent_takes=draw(st.integers(0, 6)),
        may_have_been_sent=tries > 0 or draw(st.booleans()),
        alone=draw(st.booleans()),
    )


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Draw a batch of one to ten messages."""
    size = draw(st.integers(1, 10))
    drawn = [draw(messages(f"k{i}")) for i in range(size)]
    take = draw(st.integers(1, 60))
    return make_batch(*drawn, take=take, ok_take=draw(st.integers(0, take - 1)), probe=draw(st.booleans()))


CODES = st.sampled_from(
    [
        "C100",
        "C341",
        "C400_1",
        "C401_3",
        "C404_1",
        "C500_1",
        "G110",
        "G140",
        "G150",
        "G160",
        "71003",
        "MISSING",
    ]
)


@st.composite
def answers(draw: st.DrawFn, batch: Batch) -> Answer:
    """Draw an answer to a batch: per item in any mixture, or one for the whole."""
    meanings = st.sampled_from(Meaning)
    words = st.sampled_from(["", "its words"])
    if draw(st.booleans()):
        by_key = {
            message.msg_key: ItemAnswer(draw(meanings), draw(CODES), draw(words))
            for message in batch.messages
        }
        return ItemAnswers(by_key, draw(st.integers(0, 2)))
    rest_s = draw(st.none() | st.floats(0.001, 900))
    return WholeAnswer(draw(meanings), draw(CODES), draw(words), rest_s, draw(st.booleans()))


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Batch, Answer]:
    """Draw a batch and an answer to it."""
    batch = draw(batches())
    return batch, draw(answers(batch))
