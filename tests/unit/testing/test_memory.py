"""The outbox in memory: it judges as production does, and its messages move as those in Redis do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import plexsend
from plexsend import testing
from plexsend.errors import OutboxUnavailable, SettingsError, UsageError
from plexsend.outbox.states import TRANSITIONS, Event, State
from plexsend.testing import MemoryOutbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS: dict[str, Any] = {"to": "010-2345-6789", "from_": "02-2123-4567", "text": "안녕하세요"}
CARD: dict[str, Any] = {
    **WORDS,
    "title": "가을 세일",
    "images": ["maapfile://example-image"],
    "msg_type": "RMM",
    "msg_base_id": "SMwThM00",
    "br_id": "BR.example",
    "brand_key": "BK.example",
    "header": "0",
}


def mms_item(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "sender_number": "02-2234-5678",
        "receiver_number": f"010-2345-{number:04d}",
        "msg": f"안녕하세요 {number}",
        "file_path": ["https://example.test/1.jpg"],
        **changes,
    }


@pytest.fixture
def outbox() -> Iterator[MemoryOutbox]:
    with MemoryOutbox() as outbox:
        yield outbox


def send(key: str = "k", **more: Any) -> str:
    return plexsend.send("sms-standard", msg_key=key, **{**WORDS, **more})


def heard(reader: str = "billing") -> list[tuple[str, State]]:
    return [(result.msg_key, result.state) for result in plexsend.results(reader=reader)]


def test_a_message_is_there_as_it_goes_on_the_wire(outbox: MemoryOutbox) -> None:
    assert send(group="spring", account="shop") == "k"
    (message,) = outbox.submitted
    assert (message.msg_key, message.state) == ("k", State.WAITING)
    assert (message.service, message.account, message.group) == ("sms-standard", "shop", "spring")
    assert (message.to, message.from_, message.text) == ("01023456789", "0221234567", "안녕하세요")
    assert message.item["receiver_number"] == "01023456789"
    assert "01023456789" not in repr(message)
    record = plexsend.status("k")
    assert record is not None
    assert (record.state, record.lane.name, record.receiver_last) == (
        State.WAITING,
        "sms-standard/spring@shop",
        "6789",
    )


def test_a_card_is_read_by_the_words_of_its_sender(outbox: MemoryOutbox) -> None:
    plexsend.send("rcs-mms-bulk", msg_key="card", **CARD)
    message = outbox.message("card")
    assert (message.title, message.text, message.images) == (CARD["title"], WORDS["text"], CARD["images"])
    assert message.msg_type == "RMM"


def test_what_production_refuses_is_refused(outbox: MemoryOutbox) -> None:
    with pytest.raises(plexsend.Refused) as refused:
        send(to="010-1234")
    assert [problem.written for problem in refused.value.problems] == ["to"]
    with pytest.raises(UsageError, match="no service"):
        outbox.producer.send("sms-standrad", **WORDS)
    with pytest.raises(UsageError, match="no time zone"):
        send(send_at=datetime(2099, 1, 1))  # noqa: DTZ001  the point
    with pytest.raises(UsageError, match="expires_at has passed"):
        send(expires_at=datetime.now(UTC) - timedelta(hours=1))
    assert outbox.submitted == []


def test_keys_are_known_as_in_redis(outbox: MemoryOutbox) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    first = mms_item(1, msg_key="a")
    plexsend.submit("mms-bulk", [first])
    outbox.accept("a")
    again = plexsend.submit("mms-bulk", [first, {**first, "msg": "other"}, mms_item(2, msg_key="b")])
    assert [(each.msg_key, each.state) for each in again.duplicates] == [("a", State.ACCEPTED)]
    assert [(each.msg_key, each.state) for each in again.conflicts] == [("a", State.ACCEPTED)]
    assert [each.msg_key for each in again.added] == ["b"]
    gone = datetime.now(UTC) - timedelta(hours=1)
    plexsend.submit("mms-bulk", [mms_item(3, msg_key="c")], send_at=gone)
    assert outbox.message("c").state is State.WAITING
    kept = plexsend.submit("mms-bulk", [mms_item(2, msg_key="b")], send_at=later).duplicates[0].kept
    assert kept is not None
    assert (kept.send_at_ms, kept.expires_at_ms) == (0, None)
    assert plexsend.submit("mms-bulk", [mms_item(2, msg_key="b")], group="g").conflicts[0].msg_key == "b"


def test_policies_of_a_test_hold(outbox: MemoryOutbox) -> None:
    del outbox
    with MemoryOutbox(policies={"senders": "02-2123-4567"}) as other:
        send(from_="")
        assert other.submitted[0].from_ == "0221234567"
        with pytest.raises(plexsend.Refused):
            send("other", from_="02-999-9999")
    with pytest.raises(UsageError, match="Did you mean senders"):
        MemoryOutbox(policies={"sender": "02"})
    with pytest.raises(SettingsError):
        MemoryOutbox(policies={"linger_ms": "soon"})


def test_results_play_through(outbox: MemoryOutbox) -> None:
    for key in "abcdefg":
        send(key)
    plexsend.cancel("a")
    outbox.accept("b")
    outbox.reject("c", "G141")
    outbox.fail("d")
    outbox.park("e")
    outbox.deliver("f", carrier="KT")
    outbox.undeliver("g", "2")
    assert heard() == [
        ("a", State.CANCELLED),
        ("b", State.ACCEPTED),
        ("c", State.REJECTED),
        ("d", State.FAILED),
        ("e", State.UNCERTAIN),
        ("f", State.ACCEPTED),
        ("f", State.DELIVERED),
        ("g", State.ACCEPTED),
        ("g", State.UNDELIVERED),
    ]
    assert heard() == []
    (last,) = [each for each in plexsend.results(reader="other") if each.msg_key == "g" and each.final]
    assert (last.code, last.reason, last.permanent, last.carrier) == ("2", "no_such_number", True, "SKT")
    assert outbox.message("g").code == "C100"


def test_results_of_asyncio_and_batches(outbox: MemoryOutbox) -> None:
    for key in "abc":
        outbox.deliver(send(key))

    async def run() -> list[str]:
        return [each.msg_key async for each in plexsend.aresults(reader="x", state=State.DELIVERED)]

    assert asyncio.run(run()) == ["a", "b", "c"]
    assert [len(batch) for batch in plexsend.results(reader="y").batches(4)] == [4, 2]


def test_asubmit_submits(outbox: MemoryOutbox) -> None:
    submission = asyncio.run(plexsend.asubmit("mms-bulk", [mms_item(1, msg_key="a")], group="g"))
    assert [each.msg_key for each in submission.added] == ["a"]
    assert outbox.message("a").group == "g"


def test_receipts_raise_and_never_lower(outbox: MemoryOutbox) -> None:
    send()
    outbox.undeliver("k", "5")
    assert outbox.message("k").state is State.UNKNOWN
    outbox.undeliver("k", "2")
    outbox.deliver("k")
    outbox.deliver("k")
    outbox.undeliver("k", "2")
    assert [state for _, state in heard()] == ["accepted", "unknown", "undelivered", "delivered"]


def test_a_duplicate_key_settles_a_parked_message_and_nothing_else(outbox: MemoryOutbox) -> None:
    send("a")
    send("b")
    outbox.park("a")
    assert outbox.undeliver("a", "q").state is State.ACCEPTED
    outbox.accept("b")
    assert outbox.undeliver("b", "q").state is State.ACCEPTED
    assert [key for key, _ in heard()] == ["a", "a", "b"]


def test_a_refused_message_hears_no_receipt_but_of_a_key_that_the_gateway_knew(outbox: MemoryOutbox) -> None:
    outbox.reject(send("a"))
    assert outbox.undeliver("a", "2").state is State.REJECTED
    outbox.reject(send("b"), "71003")
    assert outbox.undeliver("b", "2").state is State.UNDELIVERED
    record = plexsend.status("b")
    assert record is not None
    assert record.receipt is not None
    assert (record.code, record.receipt.code, record.receipt.carrier) == ("71003", "2", "SKT")


def test_a_cancelled_message_that_was_delivered_after_all(outbox: MemoryOutbox) -> None:
    send()
    plexsend.cancel("k")
    assert outbox.undeliver("k", "2").state is State.CANCELLED
    assert outbox.deliver("k").state is State.DELIVERED


@pytest.mark.parametrize(
    ("brought", "verb", "words"),
    [
        ("reject", "accept", "is rejected, so it cannot be sent: only what is scheduled or waiting can"),
        ("deliver", "accept", "is delivered, so it cannot be sent"),
        ("accept", "reject", "is accepted, so it cannot be sent"),
        ("park", "no_receipt", "is uncertain, so it cannot wait in vain for its receipt: only what is acc"),
        ("accept", "give_back", "is accepted, so it cannot come back unsent: only what is sending can"),
    ],
)
def test_a_move_that_is_not_in_the_table_is_refused(
    outbox: MemoryOutbox, brought: str, verb: str, words: str
) -> None:
    getattr(outbox, brought)(send())
    before = heard()
    with pytest.raises(UsageError, match=words):
        getattr(outbox, verb)("k")
    assert before
    assert heard() == []


@pytest.mark.parametrize(
    ("verb", "code", "words"),
    [
        ("undeliver", 2, "Give it as text: '2'"),
        ("undeliver", "z", r"'z' is not a code of receipts of sms-standard.* 2, .*\(not delivered\); G430"),
        ("undeliver", "g410", "is not a code of receipts"),
        ("undeliver", "74002", "is not a code of receipts of sms-standard"),
        ("undeliver", "0", "was delivered: use `deliver`"),
        ("reject", 141, "Give it as text: '141'"),
        ("fail", 999, "Give it as text: '999'"),
        ("park", 5, "Give it as text: '5'"),
    ],
)
def test_a_code_that_production_would_not_get_is_refused(
    outbox: MemoryOutbox, verb: str, code: Any, words: str
) -> None:
    send()
    with pytest.raises(UsageError, match=words):
        getattr(outbox, verb)("k", code)
    assert outbox.message("k").state is State.WAITING


@pytest.mark.parametrize("code", ["74002", "71004", "79999"])
def test_codes_of_rcs_are_those_of_its_family(outbox: MemoryOutbox, code: str) -> None:
    plexsend.send("rcs-mms-standard", msg_key="k", **CARD)
    with pytest.raises(UsageError, match="any other number from 70000 to 79999"):
        outbox.undeliver("k", "2")
    assert outbox.undeliver("k", code).state is State.UNDELIVERED


@pytest.mark.parametrize(
    "wrong",
    [{"carrier": 5}, {"done_at": "2026-11-29"}, {"done_at": datetime.fromisoformat("2026-11-29T09:00")}],
)
def test_what_a_receipt_cannot_say_is_refused(outbox: MemoryOutbox, wrong: dict[str, Any]) -> None:
    send()
    with pytest.raises(UsageError, match=r"text|aware"):
        outbox.deliver("k", **wrong)
    assert outbox.message("k").state is State.WAITING


def test_a_message_moves_along_the_table_and_no_other_way(outbox: MemoryOutbox) -> None:
    message = outbox.message(send())
    ways = {(event, state): to for event, froms, to in TRANSITIONS for state in froms if to is not None}
    for event in Event:
        for state in State:
            message.state = state
            if (event, state) in ways:
                message.move(event, 1_000)
                assert message.state is ways[event, state]
            else:
                with pytest.raises(UsageError, match=f"is {state}, so it cannot "):
                    message.move(event, 1_000)
                assert message.state is state


@pytest.mark.parametrize(
    ("verb", "given", "words"),
    [
        ("reject", ("k", "X1"), "not a code with which the gateway refuses"),
        ("reject", ("k", "C100"), "not a code with which the gateway refuses"),
        ("fail", ("k", "G141"), "a code that is known"),
        ("undeliver", ("k", "0"), "was delivered: use `deliver`"),
        ("accept", ("other",), "No message has the key 'other'. Submitted so far: k."),
        ("expire", ("k",), "has no expires_at"),
    ],
)
def test_a_slip_of_a_test_is_told(
    outbox: MemoryOutbox, verb: str, given: tuple[str, ...], words: str
) -> None:
    send()
    with pytest.raises(UsageError, match=words):
        getattr(outbox, verb)(*given)
    assert outbox.message("k").state is State.WAITING


def test_a_key_of_two_accounts_is_not_guessed(outbox: MemoryOutbox) -> None:
    send()
    send(account="shop")
    with pytest.raises(UsageError, match="several accounts: main, shop"):
        outbox.accept("k")
    outbox.accept("k", account="shop")
    assert [message.state for message in outbox.submitted] == [State.WAITING, State.ACCEPTED]
    with pytest.raises(UsageError, match="several accounts"):
        plexsend.cancel("k")


def test_cancel_answers_as_in_redis(outbox: MemoryOutbox) -> None:
    send("a")
    send("b")
    outbox.take("b")
    assert plexsend.cancel("a") == plexsend.Decision("cancelled", "cancelled")
    assert plexsend.cancel("a") == plexsend.Decision("refused", "cancelled")
    assert plexsend.cancel("b") == plexsend.Decision("wanted", "sending")
    assert plexsend.cancel("nothing") == plexsend.Decision("unknown", "")
    assert outbox.give_back("b").state is State.CANCELLED


def test_a_group_is_cancelled_and_closed(outbox: MemoryOutbox) -> None:
    for key in "abc":
        send(key, group="spring")
    send("d")
    outbox.take("b")
    outbox.accept("c")
    cancelled = plexsend.cancel_group("spring", reason="wrong price")
    assert (cancelled.cancelled, cancelled.wanted, cancelled.parked) == (1, 1, ())
    with pytest.raises(plexsend.GroupClosed, match="wrong price"):
        send("e", group="spring")
    assert outbox.message("d").state is State.WAITING


def test_times_are_those_of_the_clock_that_a_test_gives() -> None:
    now = [1_795_000_000.0]
    with MemoryOutbox(now=lambda: now[0]) as outbox:
        noon = datetime.fromtimestamp(now[0], UTC) + timedelta(hours=1)
        send(send_at=noon, expires_at=noon + timedelta(hours=1))
        assert outbox.message("k").state is State.SCHEDULED
        assert outbox.message("k").send_at == noon
        now[0] += 7_300
        assert outbox.expire("k").state is State.EXPIRED
        (result,) = plexsend.results(reader="x")
        assert result.at == datetime.fromtimestamp(now[0], UTC)


def test_redis_is_away_when_a_test_says_so(outbox: MemoryOutbox) -> None:
    send("a")
    outbox.accept("a")
    with outbox.away():
        with pytest.raises(OutboxUnavailable):
            send("b")
        with pytest.raises(OutboxUnavailable):
            plexsend.status("a")
        assert heard() == []
    assert [message.msg_key for message in outbox.submitted] == ["a"]
    assert heard() == [("a", State.ACCEPTED)]


def test_the_producer_before_is_back_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLEXSEND_REDIS_URL", "redis://127.0.0.1:1/0")
    with MemoryOutbox() as outer:
        with MemoryOutbox() as inner:
            send("inner")
        send("outer")
    assert [message.msg_key for message in inner.submitted] == ["inner"]
    assert [message.msg_key for message in outer.submitted] == ["outer"]
    with pytest.raises(OutboxUnavailable):
        send("nowhere")


def test_a_producer_can_be_given_to_code_that_takes_one() -> None:
    outbox = MemoryOutbox()
    outbox.producer.send("sms-standard", msg_key="k", **WORDS)
    assert [message.msg_key for message in outbox.submitted] == ["k"]
    outbox.accept("k")
    assert [each.msg_key for each in outbox.producer.results("billing")] == ["k"]


def test_a_file_is_not_imported_into_memory(outbox: MemoryOutbox, tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text("{}\n", "utf-8")
    with pytest.raises(UsageError, match="check_file"):
        plexsend.import_file(outbox.producer, tmp_path / "list.jsonl", "mms-bulk")


def test_nothing_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLEXSEND_REDIS_URL", "nonsense")
    with MemoryOutbox():
        assert send() == "k"


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        testing.nonsense  # noqa: B018  the point


RCS = {
    "msg_type": "RMM",
    "msg_key": "a",
    "sender_number": "15881234",
    "receiver_number": "01023456789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.1",
    "brand_key": "BK.1",
    "header": "0",
    "msg": {"body": {"description": "RCS"}},
    "fallback": {"service": "lms-bulk", "msg": "LMS"},
}


@pytest.mark.parametrize(
    ("happens", "fate", "texts"),
    [
        (lambda outbox: outbox.accept("a"), "kept", ["RCS"]),
        (lambda outbox: outbox.reject("a"), "sent", ["RCS", "LMS"]),
        (lambda outbox: outbox.reject("a", "71003"), "kept", ["RCS"]),
        (lambda outbox: outbox.fail("a"), "kept", ["RCS"]),
        (lambda outbox: outbox.undeliver("a", "74002"), "sent", ["RCS", "LMS"]),
        (lambda outbox: outbox.deliver("a"), None, ["RCS"]),
        (lambda _: plexsend.cancel("a"), None, ["RCS"]),
    ],
)
def test_a_fallback_is_made_by_the_rules_of_production(
    happens: Any, fate: str | None, texts: list[str]
) -> None:
    with MemoryOutbox() as outbox:
        plexsend.submit("rcs-mms-bulk", [RCS])
        happens(outbox)
        record = plexsend.status("a")
        assert record is not None
        assert record.fallback == fate
        assert [message.text for message in outbox.submitted] == texts


def test_a_fallback_that_waits_is_called_back_where_its_message_was_delivered_after_all() -> None:
    with MemoryOutbox() as outbox:
        plexsend.submit("rcs-mms-bulk", [RCS])
        outbox.undeliver("a", "74002")
        outbox.deliver("a")
        assert outbox.message("a~f").state is State.CANCELLED
        assert outbox.message("a").fallback is None


def test_the_cancel_of_a_message_that_is_over_cancels_its_fallback() -> None:
    with MemoryOutbox() as outbox:
        plexsend.submit("rcs-mms-bulk", [RCS, {**RCS, "msg_key": "b"}])
        outbox.accept("a")
        outbox.reject("b")
        assert plexsend.cancel("a") == plexsend.Decision("no_fallback", State.ACCEPTED)
        assert plexsend.cancel("a") == plexsend.Decision("refused", State.ACCEPTED)
        assert plexsend.cancel("b") == plexsend.Decision("no_fallback", State.REJECTED)
        assert outbox.message("b~f").state is State.CANCELLED
        assert plexsend.cancel("b") == plexsend.Decision("refused", State.REJECTED)


def test_a_cancel_says_so_where_the_fallback_is_being_sent() -> None:
    with MemoryOutbox() as outbox:
        plexsend.submit("rcs-mms-bulk", [RCS])
        outbox.reject("a")
        outbox.take("a~f")
        assert plexsend.cancel("a") == plexsend.Decision("fallback_wanted", State.REJECTED)
        assert outbox.give_back("a~f").state is State.CANCELLED


@pytest.mark.parametrize(
    ("policies", "own"), [({}, 60), ({"fallback_after_s": "60"}, None), ({"fallback_after_s": "900"}, 60)]
)
def test_a_test_lets_the_time_pass_after_which_a_fallback_goes(
    policies: dict[str, str], own: int | None
) -> None:
    with MemoryOutbox(policies=policies, now=lambda: 1_800_000_000.0) as outbox:
        plexsend.submit("rcs-mms-bulk", [RCS if own is None else {**RCS, "fallback_after_s": own}])
        with pytest.raises(plexsend.UsageError, match=r"a \(waiting\) has no fallback that goes by time"):
            outbox.fall_back("a")
        outbox.accept("a")
        record = plexsend.status("a")
        assert record is not None
        assert record.fallback_due_ms == 1_800_000_060_000
        outbox.fall_back("a")
        assert [message.text for message in outbox.submitted] == ["RCS", "LMS"]
        with pytest.raises(plexsend.UsageError):
            outbox.fall_back("a")
        # The receipt was only late: both are there.
        outbox.deliver("a~f")
        assert outbox.deliver("a").fallback == "sent"


@pytest.mark.parametrize("is_timed", [True, False])
def test_no_time_sends_a_fallback_that_has_none_or_whose_receipt_came(*, is_timed: bool) -> None:
    with MemoryOutbox() as outbox:
        plexsend.submit("rcs-mms-bulk", [{**RCS, "fallback_after_s": 60} if is_timed else RCS])
        outbox.accept("a")
        if is_timed:
            outbox.undeliver("a", "71005")
        with pytest.raises(plexsend.UsageError):
            outbox.fall_back("a")


def test_a_policy_says_which_receipts_send_a_fallback() -> None:
    with MemoryOutbox(policies={"fallback_codes": "71004"}) as outbox:
        plexsend.submit("rcs-mms-bulk", [RCS])
        outbox.undeliver("a", "74002")
        assert [message.text for message in outbox.submitted] == ["RCS"]


def test_an_advertisement_is_there_with_its_marks(outbox: MemoryOutbox) -> None:
    text = "봄 할인 시작"
    sold = plexsend.send("lms-standard", **{**WORDS, "text": text}, advertisement=True)
    night = plexsend.send(
        "lms-standard", **{**WORDS, "text": text}, group="spring", advertisement=True, night_consent=True
    )
    order = send()
    first = outbox.message(sold)
    assert first.text == f"(광고) 테스트상점\n{text}\n무료수신거부 080-123-4567"
    assert (first.advertisement, first.night_consent, first.group) == (True, False, None)
    second = outbox.message(night)
    assert (second.advertisement, second.night_consent, second.group) == (True, True, "spring")
    assert not outbox.message(order).advertisement
    # Nothing waits for the morning here: a test says what becomes of each.
    outbox.deliver(sold)
    assert heard() == [(sold, State.ACCEPTED), (sold, State.DELIVERED)]
    (result, *_) = plexsend.results(reader="other")
    assert result.group is None


def test_a_group_holds_advertisements_alone_or_none(outbox: MemoryOutbox) -> None:
    send("order", group="orders")
    with pytest.raises(plexsend.Refused, match="the group orders holds"):
        send("ad", group="orders", advertisement=True)
    send("ad", group="spring", advertisement=True)
    send("more", group="spring", advertisement=True, night_consent=True)
    with pytest.raises(plexsend.Refused, match="the group spring holds"):
        send("other", group="spring")
    assert [each.msg_key for each in outbox.submitted] == ["order", "ad", "more"]


def test_a_test_may_set_what_advertisements_carry_or_leave_them_without() -> None:
    with MemoryOutbox(policies={"sender_name": "한빛상점", "refusal_number": ""}) as outbox:
        with pytest.raises(plexsend.Refused, match="refusal_number"):
            plexsend.send("lms-standard", **WORDS, advertisement=True)
        assert outbox.submitted == []
