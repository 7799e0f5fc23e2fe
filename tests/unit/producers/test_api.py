from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import pytest

from plexsend.producers.api import LazyProducer

if TYPE_CHECKING:
    from plexsend.producers.producer import Producer


def test_many_threads_get_one_producer() -> None:
    made: list[object] = []
    all_there = threading.Barrier(8)
    got: list[object] = []

    def make() -> Producer:
        made.append(object())
        # The others ask for it meanwhile.
        threading.Event().wait(0.05)
        return cast("Producer", made[-1])

    default = LazyProducer(make)

    def ask() -> None:
        all_there.wait()
        got.append(default.get())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert got == made * 8


def test_what_could_not_be_made_is_tried_again() -> None:
    answers: list[object] = [RuntimeError("not set up"), object()]

    def make() -> Producer:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return cast("Producer", answer)

    default = LazyProducer(make)
    with pytest.raises(RuntimeError):
        default.get()
    assert default.get() is default.get()
