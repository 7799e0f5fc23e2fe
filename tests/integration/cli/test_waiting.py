"""send --wait: each state is printed as it comes, until it is known what became of the messages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.cli.following import Follower
from plexsend.outbox.batches import Outcome, Settlement, Verdict
from plexsend.outbox.doors import Door, announce, leave
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.terminal.screen import Screen
from tests.integration.cli.conftest import process_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plexsend.outbox.redis.store import Store

SEND = (
    *("send", "mms-bulk", "--from", "02-3456-7890", "--text", "안녕하세요"),
    *("--image", "https://example.com/a.jpg", "--to", "010-2345-6789"),
)


def open_door(store: Store, *accounts: str) -> Door:
    """Let a server for receipts announce itself."""
    door = Door("d1", "host", 1, "", ("receipts",), accounts=accounts or ("main",))
    announce(store, door)
    return door


class Course:
    """Time that passes as steps are taken: one a look, then nothing more happens."""

    def __init__(self, steps: Iterable[Callable[[], object]]) -> None:
        self.now_s = 0.0
        self._steps = iter(steps)

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now_s += seconds
        step = next(self._steps, None)
        if step is not None:
            step()


class Case:
    """Messages that are followed while things happen to them."""

    def __init__(self, store: Store, yard: Any) -> None:
        self.store = store
        self.yard = yard
        self.batch: Any = None

    def take(self) -> None:
        self.batch = self.yard.take()

    def settle(self, outcome: Outcome, code: str = "", detail: str = "") -> None:
        batch = self.batch
        verdicts = [
            Verdict(message.msg_key, batch.token, outcome, code=code, detail=detail)
            for message in batch.messages
        ]
        self.yard.take(settlement=Settlement(batch.token, batch.take, tuple(verdicts)))

    def accept(self) -> None:
        self.settle(Outcome.ACCEPTED, "C100")

    def receipt(self, key: str, code: str, carrier: str = "") -> Callable[[], object]:
        return lambda: take_receipts(self.store, "main", [Receipt(key, code, carrier)])

    def follow(
        self,
        *keys: str,
        steps: Iterable[Callable[[], object]] = (),
        within_s: float = 20,
        as_json: bool = False,
    ) -> bool:
        self.course = Course(steps)
        follower = Follower(
            Screen(as_json=as_json),
            self.store,
            "main",
            within_s=within_s,
            clock=self.course.clock,
            sleep=self.course.sleep,
        )
        return follower.follow(keys)


@pytest.fixture
def case(store: Store, yard: Any) -> Case:
    return Case(store, yard)


def states(out: str) -> list[str]:
    """Return the states that were printed for people, with what stands behind them."""
    return [line.split("  ", 2)[2] for line in out.splitlines() if " s  " in line]


def test_each_state_is_printed_and_delivered_is_well(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    open_door(case.store)
    case.yard.add("k")
    assert case.follow("k", steps=[case.take, case.accept, case.receipt("k", "0", "LGU")])
    out = capsys.readouterr().out
    assert states(out) == ["k  waiting", "k  sending", "k  accepted", "k  delivered: LGU"]
    assert out.endswith("k is delivered.\n")


def test_accepted_is_well_where_nobody_takes_receipts_and_it_says_so(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    open_door(case.store, "other")
    case.yard.add("k")
    assert case.follow("k", steps=[case.take, case.accept])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(
        "k is accepted: nothing takes receipts for the account main (plexsend serve receipts)"
    )


def test_accepted_is_waited_on_where_receipts_are_taken(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    open_door(case.store)
    case.yard.add("k")
    assert not case.follow("k", steps=[case.take, case.accept])
    assert case.course.now_s == pytest.approx(20)
    last = capsys.readouterr().out.partition("k is accepted: after 20 s it is not decided.\n")[2]
    assert last.startswith("  - no receipt has come for it, though a server takes those of its account")
    assert last.endswith("`plexsend why k` says how it stands later.\n")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("2", "undelivered: code 2, no such number, KT"),
        ("5", "unknown: code 5, the carrier gave no result, KT"),
    ],
)
def test_receipt_that_does_not_say_delivered_is_not_well(
    case: Case, capsys: pytest.CaptureFixture[str], code: str, words: str
) -> None:
    open_door(case.store)
    case.yard.add("k")
    assert not case.follow("k", steps=[case.take, case.accept, case.receipt("k", code, "KT")])
    assert f"k  {words}" in states(capsys.readouterr().out)
    assert case.course.now_s < 1


def test_rejected_ends_the_waiting_at_once(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.yard.add("k")
    steps = [case.take, lambda: case.settle(Outcome.REJECTED, "G141", "the recipient number is invalid")]
    assert not case.follow("k", steps=steps)
    assert capsys.readouterr().out.endswith("k is rejected: G141, the recipient number is invalid.\n")
    assert case.course.now_s < 1


def test_uncertain_message_that_its_receipt_settles_is_well(case: Case) -> None:
    open_door(case.store)
    case.yard.add("k")
    steps = [case.take, lambda: case.settle(Outcome.PARK, "C500_1"), case.receipt("k", "0")]
    assert case.follow("k", steps=steps)


def test_what_still_waits_at_the_end_is_sent_to_why(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.yard.add("k")
    assert not case.follow("k", within_s=3)
    assert case.course.now_s == pytest.approx(3)
    last = capsys.readouterr().out.partition("k is waiting: after 3.0 s it is not decided.\n")[2]
    assert "no worker" in last.splitlines()[0], last


def test_record_that_is_gone_is_not_waited_for(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert not case.follow("never-there")
    assert "its record is gone" in capsys.readouterr().out
    assert case.course.now_s == 0


def test_several_are_well_only_if_each_is(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    open_door(case.store)
    case.yard.add("a", "b")
    steps = [case.take, case.accept, case.receipt("a", "0"), case.receipt("b", "D")]
    assert not case.follow("a", "b", "a", steps=steps, as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    seen = [(line["msg_key"], line["state"]) for line in lines if line["event"] == "state"]
    assert [state for key, state in seen if key == "a"] == ["waiting", "sending", "accepted", "delivered"]
    assert [state for key, state in seen if key == "b"] == ["waiting", "sending", "accepted", "undelivered"]
    ends = {line["msg_key"]: (line["ok"], line["decided"]) for line in lines if line["event"] == "waited"}
    assert ends == {"a": (True, True), "b": (False, True)}
    assert not any("history" in line for line in lines)
    told = [line["receipt"]["class"] for line in lines if line["event"] == "state" and line["receipt"]]
    assert told == ["delivered", "refused"]


def test_server_for_receipts_that_is_being_started_again_is_waited_for(case: Case) -> None:
    case.yard.add("k")
    nothing = [lambda: None] * 20
    steps = [
        case.take,
        case.accept,
        *nothing,
        lambda: open_door(case.store),
        *nothing,
        case.receipt("k", "0"),
    ]
    assert case.follow("k", steps=steps)
    assert case.course.now_s > 2


def test_server_for_receipts_that_went_away_is_waited_for(case: Case) -> None:
    door = open_door(case.store)
    case.yard.add("k")
    steps = [case.take, case.accept, lambda: leave(case.store, door)]
    assert not case.follow("k", steps=steps)
    assert case.course.now_s == pytest.approx(20)


def test_exit_code_says_what_became_of_it(run: Callable[..., Any], yard: Any, case: Case) -> None:
    assert run(*SEND, "--key", "k").code == 0
    waiting = run(*SEND, "--key", "k", "--wait", "1")
    assert (waiting.code, "k is waiting: after 1.0 s" in waiting.out) == (1, True)
    case.take()
    case.accept()
    accepted = run(*SEND, "--key", "k", "--wait", "30")
    assert (accepted.code, "k is accepted: nothing takes receipts" in accepted.out) == (0, True)
    case.receipt("k", "E")()
    undelivered = run(*SEND, "--key", "k", "--wait", "--json")
    assert (undelivered.code, undelivered.lines[-1]["state"]) == (1, "undelivered")
    case.receipt("k", "0")()
    delivered = run(*SEND, "--key", "k", "--wait", "--json")
    assert delivered.code == 0
    assert [line.get("event", line.get("outcome")) for line in delivered.lines] == [
        *("duplicate", "state", "waited"),
    ]
    assert yard.state("k") == "delivered"


def test_refused_message_is_not_waited_for(run: Callable[..., Any]) -> None:
    ended = run(*SEND[:-1], "02-1", "--wait", "60")
    assert (ended.code, ended.out) == (1, "")


@pytest.mark.parametrize("seconds", ["0", "nan", "1e9", "9999999", "soon"])
def test_a_time_that_is_none_is_wrong_usage(run: Callable[..., Any], seconds: str) -> None:
    ended = run(*SEND, f"--wait={seconds}")
    assert (ended.code, ended.out) == (2, "")
    assert "--wait" in ended.err


def test_ctrl_c_ends_the_waiting_and_leaves_the_message(
    command: list[str], environment: dict[str, str], yard: Any
) -> None:
    process = subprocess.Popen(
        [*command, *SEND, "--key", "k", "--wait", "100"],
        env=process_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        while "k  waiting" not in process.stdout.readline():
            assert process.poll() is None
        time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "what was put in goes on: plexsend status k" in err
    assert "Traceback" not in err
    assert yard.state("k") == "waiting"
