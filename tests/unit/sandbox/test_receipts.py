"""Which receipts are planned for which messages, and what they say."""

from __future__ import annotations

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.receipt_codes import RCS_CODES, SMS_CODES
from plexsend.sandbox.behaviour import Behaviour
from plexsend.sandbox.callbacks import LOOK_S, Callbacks, read_url
from plexsend.sandbox.courses import AFTERWARDS_MS, COURSES, LATE_MS, course_of
from plexsend.sandbox.deliveries import Deliveries
from plexsend.sandbox.judging import Entry
from plexsend.sandbox.poster import MOST_WAITING
from plexsend.sandbox.receipt_words import CARRIERS
from plexsend.sandbox.receipts import Receipt, write_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.sandbox.receipts import Posting

URL = "http://127.0.0.1:8081/receipts/main/a-secret-of-22-letters"
EPOCH_S = 1_793_000_000.25

# What docs/sandbox.md promises of each receiver, written a second time: seconds after acceptance, code.
PROMISED: dict[str, list[tuple[float, str]]] = {
    "01099989000": [],
    "01099989001": [(0, "0")],
    "01099989002": [(0, "0"), (0, "0")],
    "01099989003": [(3, "0")],
    "01099989004": [(0, "0"), (0.5, "E")],
    "01099989005": [(0, "E"), (0.5, "0")],
    "01099989006": [(0, "Z9")],
    "01099980410": [(0, "G410")],
    "01099980430": [(0, "G430")],
    **{
        f"01099980{ord(code):03}": [(0, code)] for code in "01258 9ABCDEFGHIJKLMSUVabcdeopqt".replace(" ", "")
    },
}


class Stage:
    """Deliveries that nobody posts: what is planned can be looked at."""

    def __init__(self, clock: Callable[[], float], **switches: Any) -> None:
        self.clock = clock
        self.behaviour = Behaviour().change(switches)
        self.deliveries = Deliveries(
            Callbacks(url=URL, file=None, clock=clock),
            behaviour=lambda: self.behaviour,
            chances=random.Random(7),
            clock=clock,
            now=lambda: EPOCH_S,
        )

    def follow(self, *receivers: str, service: str = "mms-bulk") -> list[Posting]:
        """Accept a message to each receiver; return what is planned, in order of time."""
        entries = [Entry(f"k{n}", receiver=receiver, echo="echo") for n, receiver in enumerate(receivers)]
        self.waits_for = self.deliveries.follow(service, "main", entries)
        return self.planned()

    def planned(self) -> list[Posting]:
        return [posting for _, _, posting in sorted(self.deliveries.poster._waiting, key=itemgetter(0, 1))]


@pytest.fixture
def stage(clock: Any) -> Stage:
    return Stage(clock)


def test_every_number_of_the_page_is_promised_here() -> None:
    assert COURSES.keys() == PROMISED.keys()
    assert (LATE_MS, AFTERWARDS_MS) == (3000, 500)


def test_every_code_that_the_client_knows_can_be_asked_for() -> None:
    """The two tables are written from the contract apart; this is where they meet."""
    codes = {post.code for course in COURSES.values() for post in course.posts}
    assert {row.code for row in SMS_CODES} <= codes
    assert codes - {row.code for row in SMS_CODES} == {"", "Z9"}
    for row in RCS_CODES:
        course = course_of(f"010999{row.code}")
        delivered = row.code == "00000"
        assert (None if course is None else course.posts[0].code) == (None if delivered else row.code)


@pytest.mark.parametrize("receiver", PROMISED)
def test_number_gets_the_receipts_that_its_row_says(stage: Stage, receiver: str) -> None:
    planned = stage.follow(receiver)
    assert [(p.due_s - stage.clock(), p.receipt.code) for p in planned] == PROMISED[receiver]
    assert {p.receipt.msg_key for p in planned} <= {"k0"}
    early = receiver == "01099989001"
    assert [p.tried is not None for p in planned[:1]] == ([early] if planned else [])
    assert stage.waits_for == ([planned[0].tried] if early else [])


@pytest.mark.parametrize(("receiver", "code"), [("01099971003", "71003"), ("01099974002", "74002")])
def test_rcs_code_has_a_number_of_its_own(stage: Stage, receiver: str, code: str) -> None:
    assert [p.receipt.code for p in stage.follow(receiver, service="rcs-mms-bulk")] == [code]
    assert course_of(receiver[:-1]) is None


@pytest.mark.parametrize(
    ("service", "message_type", "delivered", "undelivered"),
    [
        ("mms-standard", "MMS", "0", "E"),
        ("lms-bulk", "LMS", "0", "E"),
        ("sms-verify", "SMS", "0", "E"),
        ("rcs-mms-finance", "RCS", "00000", "74002"),
    ],
)
def test_receipt_speaks_as_its_product_does(
    stage: Stage, service: str, message_type: str, delivered: str, undelivered: str
) -> None:
    first, second = stage.follow("01099989004", service=service)
    assert (first.receipt.code, second.receipt.code) == (delivered, undelivered)
    assert first.receipt.message_type == message_type


def test_body_is_that_of_the_guide(stage: Stage) -> None:
    [posting] = stage.follow("01023456789")
    [result] = json.loads(posting.receipt.render())["results"]
    assert list(result) == [
        *("code", "desc", "dest", "request_date", "done_date", "msg_key", "echo_to_webhook", "message_type"),
    ]
    assert (result["code"], result["desc"], result["msg_key"]) == ("0", "성공", "k0")
    assert result["dest"] in CARRIERS
    assert result["echo_to_webhook"] == "echo"
    assert result["request_date"] == result["done_date"] == write_date(EPOCH_S)


def test_date_is_of_korea_without_saying_so() -> None:
    at = datetime.fromisoformat("2022-10-22T13:52:44.390+09:00").timestamp()
    assert write_date(at) == "2022-10-22 13:52:44.390"


def test_carrier_is_left_out_where_the_message_got_to_none(stage: Stage) -> None:
    [posting] = stage.follow("01099980410")
    assert "dest" not in json.loads(posting.receipt.render())["results"][0]


def test_half_a_surrogate_pair_can_be_posted() -> None:
    receipt = Receipt("k", "0", None, 0, 0, "MMS", echo="\ud83d")
    assert json.loads(receipt.render())["results"][0]["echo_to_webhook"] == "?"


def test_delay_and_spread_move_receipts(clock: Any) -> None:
    stage = Stage(clock, receipt_delay_ms=100, receipt_spread_ms=50)
    waits_s = [posting.due_s - clock() for posting in stage.follow(*["01023456789"] * 100)]
    assert 0.1 <= min(waits_s) < 0.11
    assert 0.14 < max(waits_s) <= 0.15
    [posting] = stage.follow("01099989003")[-1:]
    assert 3.1 <= posting.due_s - clock() <= 3.15
    assert posting.receipt.done_s - posting.receipt.requested_s == pytest.approx(posting.due_s - clock())


def test_spread_brings_receipts_out_of_order(clock: Any) -> None:
    stage = Stage(clock, receipt_spread_ms=50)
    keys = [int(posting.receipt.msg_key[1:]) for posting in stage.follow(*["01023456789"] * 100)]
    assert keys != sorted(keys) == list(range(100))


def test_shares_are_kept(clock: Any) -> None:
    stage = Stage(
        clock,
        receipt_missing=0.1,
        receipt_doubled=0.2,
        receipt_early=0.3,
        receipt_codes={"E": 0.25, "2": 0.5},
    )
    planned = stage.follow(*["01023456789"] * 4000)
    keys = {posting.receipt.msg_key for posting in planned}
    assert len(keys) == pytest.approx(3600, abs=100)
    assert len(planned) - len(keys) == pytest.approx(720, abs=100)
    assert len(stage.waits_for) == pytest.approx(1080, abs=120)
    codes = [posting.receipt.code for posting in planned]
    assert codes.count("E") / len(codes) == pytest.approx(0.25, abs=0.03)
    assert codes.count("2") / len(codes) == pytest.approx(0.5, abs=0.03)


def test_switches_leave_a_number_with_a_course_alone(clock: Any) -> None:
    stage = Stage(clock, receipt_missing=1, receipt_doubled=1, receipt_codes={"2": 1})
    assert [posting.receipt.code for posting in stage.follow("01099980068")] == ["D"]


def test_nothing_is_planned_without_a_url(stage: Stage) -> None:
    stage.deliveries.callbacks.set(None, None)
    assert stage.follow("01099989001") == []
    assert stage.waits_for == []


def test_each_account_may_have_a_url_of_its_own(stage: Stage) -> None:
    stage.deliveries.callbacks.set("other", "http://localhost:9/r")
    stage.deliveries.follow("mms-bulk", "other", [Entry("theirs", receiver="01023456789")])
    stage.follow("01023456789")
    assert {p.receipt.msg_key: p.target.port for p in stage.planned()} == {"theirs": 9, "k0": 8081}
    stage.deliveries.callbacks.set("other", None)
    assert stage.deliveries.callbacks.get("other") is None


def test_only_accepted_messages_get_receipts(bench: Any, make_item: Callable[..., dict[str, Any]]) -> None:
    bench.plex.deliveries.callbacks.set(None, URL)
    bench.send(make_item("a"), make_item("refused", receiver_number="01099990141"), make_item("b"))
    bench.send(make_item("a"))
    waiting = bench.plex.deliveries.poster._waiting
    assert sorted(posting.receipt.msg_key for _, _, posting in waiting) == ["a", "b"]
    assert bench.plex.get_stats().receipts == {"waiting": 2}
    bench.plex.clear()
    assert bench.plex.get_stats().receipts == {}


def test_what_too_many_wait_for_is_dropped_and_counted(stage: Stage) -> None:
    [posting] = stage.follow("01023456789")
    poster = stage.deliveries.poster
    # As good as full: the bound is a matter of memory.
    poster._waiting = [(0.0, 0, posting)] * MOST_WAITING
    assert not poster.put(posting)
    assert stage.follow("01099989001")[0] is posting
    assert stage.waits_for == []
    assert poster.get_counts() == {"waiting": MOST_WAITING, "dropped": 2}


@pytest.mark.parametrize("receiver", ["01099990997", "01099990998", "01099990999"])
def test_message_that_was_accepted_and_not_answered_so_gets_its_receipt(
    bench: Any, make_item: Callable[..., dict[str, Any]], receiver: str
) -> None:
    bench.plex.deliveries.callbacks.set(None, URL)
    bench.send_raw(json.dumps({"msg_data": [make_item("a", receiver_number=receiver)]}).encode())
    [(_, _, posting)] = bench.plex.deliveries.poster._waiting
    assert (posting.receipt.msg_key, posting.receipt.code) == ("a", "0")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8081/receipts/main/secret",
        "http://example.com/receipts/main/secret",
        "http://10.0.0.1/receipts/main/secret",
        "http://user@127.0.0.1/secret",
        "http:///secret",
        "http://127.0.0.1:port/secret",
        "http://127.0.0.1/a secret",
        "http://127.0.0.1/secret\r\nX: y",
        "secret",
        "",
        None,
        5,
    ],
)
def test_url_that_leads_elsewhere_is_refused_and_not_shown(url: Any) -> None:
    with pytest.raises(ValueError) as caught:
        read_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", [URL, "http://localhost/r/s", "http://[::1]:1/r/s", "http://127.9.9.9:5/r/s"])
def test_url_of_this_machine_is_taken_and_its_secret_hidden(url: str) -> None:
    target = read_url(url)
    assert "secret" not in f"{target!r}{target.shown}"
    assert target.shown.endswith("/***")


class SlowFile:
    """A file whose first reader has to wait."""

    def __init__(self) -> None:
        self.is_read = threading.Event()
        self.may_end = threading.Event()

    def read_text(self, encoding: str) -> str:
        assert encoding == "utf-8"
        self.is_read.set()
        assert self.may_end.wait(5)
        return URL


def test_nobody_is_told_that_there_is_no_url_while_another_thread_reads_it(clock: Any) -> None:
    file: Any = SlowFile()
    callbacks = Callbacks(url=None, file=file, clock=clock)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(callbacks.get, "main")
        assert file.is_read.wait(5)
        second = pool.submit(callbacks.get, "main")
        with pytest.raises(TimeoutError):
            second.result(0.05)
        file.may_end.set()
        assert first.result(5) == second.result(5) == read_url(URL)


def test_file_with_the_url_may_be_written_later_and_anew(clock: Any, tmp_path: Path) -> None:
    file = tmp_path / "receipts.url"
    callbacks = Callbacks(url=None, file=file, clock=clock)
    assert callbacks.get("main") is None
    for port in (1, 2):
        file.write_text(f"http://127.0.0.1:{port}/r/s\n")
        clock.now_s += LOOK_S
        target = callbacks.get("main")
        assert target is not None
        assert target.port == port
    file.write_text("nonsense")
    clock.now_s += LOOK_S
    assert callbacks.get("main") is None
    callbacks.set(None, URL)
    assert callbacks.get("main") == read_url(URL)
