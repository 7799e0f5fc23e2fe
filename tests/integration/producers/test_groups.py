"""Groups as applications meet them: what goes into one, what a closed one says, and how one is taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import GroupClosed, UsageError
from plexsend.outbox import groups
from plexsend.outbox.groups import GroupCancelled
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.groups import closings
from plexsend.outbox.submit import MOST_AT_ONCE
from plexsend.producers import ImportInterrupted, SubmitInterrupted, import_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.producers import Producer

SPRING = Lane("mms-bulk", None, "main", "spring")


def close(store: Store) -> None:
    groups.close(store, "main", "spring", by="anna", why="wrong price")


def test_items_wait_in_the_lane_of_their_group(producer: Producer, make_item: Any) -> None:
    producer.submit("mms-bulk", [make_item(msg_key="k")], group="spring")
    record = producer.status("k")
    assert record is not None
    assert record.lane == SPRING


def test_the_same_key_in_another_group_is_a_conflict(producer: Producer, make_item: Any) -> None:
    item = make_item(msg_key="k")
    producer.submit("mms-bulk", [item], group="spring")
    assert len(producer.submit("mms-bulk", [item], group="spring").duplicates) == 1
    for group in ("autumn", None):
        (conflict,) = producer.submit("mms-bulk", [item], group=group).conflicts
        assert "another service or group" in conflict.problems[0].reason


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("Spring", "1 to 32 of a-z, 0-9 and -"),
        ("", "1 to 32 of a-z, 0-9 and -"),
        ("x" * 33, "1 to 32 of a-z, 0-9 and -"),
        ("a/b", "1 to 32 of a-z, 0-9 and -"),
        ("spring\n", "1 to 32 of a-z, 0-9 and -"),
        ("spring~1", "is the run of a campaign"),
        (b"spring", "group is of type bytes"),
        (5, "group is of type int"),
    ],
)
def test_what_is_not_a_group_is_a_usage_error(
    producer: Producer, make_item: Any, group: Any, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        producer.submit("mms-bulk", [make_item()], group=group)
    with pytest.raises(UsageError, match=words):
        producer.cancel_group(group)


@pytest.mark.parametrize("wrong", [{"reason": 3}, {"by": None}])
def test_a_cancel_takes_its_words_as_text(producer: Producer, store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="Give it as text"):
        producer.cancel_group("spring", **wrong)
    assert closings(store, "main") == {}


def test_a_closed_group_adds_nothing_and_says_who_closed_it(
    producer: Producer, store: Store, make_item: Any
) -> None:
    close(store)
    with pytest.raises(GroupClosed, match="anna cancelled it") as caught:
        producer.submit("mms-bulk", [make_item(msg_key="k")], group="spring")
    assert (caught.value.closing.by, caught.value.closing.why) == ("anna", "wrong price")
    assert isinstance(caught.value, SubmitInterrupted)
    assert [each.msg_key for each in caught.value.submission.not_added] == ["k"]
    assert caught.value.submission.in_doubt == []
    assert "Nothing was added" in str(caught.value)
    assert producer.status("k") is None


def test_a_group_that_is_closed_between_two_chunks_tells_what_was_added(
    producer: Producer, store: Store, make_item: Any
) -> None:
    count = 4 * MOST_AT_ONCE

    def items() -> Iterator[Any]:
        for number in range(count):
            if number == 3 * MOST_AT_ONCE:
                close(store)
            yield make_item(number, msg_key=f"k{number:05}")

    with pytest.raises(GroupClosed) as caught:
        producer.submit("mms-bulk", items(), group="spring")
    stopped = caught.value
    assert isinstance(stopped, SubmitInterrupted)
    added, left = len(stopped.submission.added), len(stopped.submission.not_added)
    assert 0 < added < count
    assert (added + left, stopped.submission.in_doubt) == (stopped.taken, [])
    assert queries.look_at(store, SPRING).ready == added
    # The same call goes on once the group is open.
    groups.open_(store, "main", "spring")
    again = producer.submit(
        "mms-bulk", [make_item(n, msg_key=f"k{n:05}") for n in range(count)], group="spring"
    )
    assert (len(again.added), len(again.duplicates)) == (count - added, added)


def test_an_import_into_a_group_that_is_closed_goes_on_when_it_is_open(
    producer: Producer, store: Store, make_item: Any, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    rows = 3 * MOST_AT_ONCE
    lines = (json.dumps(make_item(n), ensure_ascii=False) for n in range(rows))
    file.write_text("\n".join(lines), "utf-8")
    done: list[int] = []

    def progress(report: Any) -> None:
        done.append(report.rows_done)
        if len(done) == 1:
            close(store)

    with pytest.raises(ImportInterrupted) as caught:
        import_file(producer, file, "mms-bulk", group="spring", on_progress=progress)
    assert isinstance(caught.value.cause, GroupClosed)
    assert str(caught.value).endswith("What was cancelled with the group stays cancelled.")
    assert (caught.value.report.added, caught.value.last_line) == (MOST_AT_ONCE, MOST_AT_ONCE)
    groups.open_(store, "main", "spring")
    report = import_file(producer, file, "mms-bulk", group="spring")
    assert (report.added, report.duplicates) == (rows - MOST_AT_ONCE, MOST_AT_ONCE)


def test_an_application_takes_a_group_back(producer: Producer, make_item: Any) -> None:
    producer.submit("mms-bulk", [make_item(n) for n in range(3)], group="spring", account="shop")
    producer.submit("mms-bulk", [make_item(msg_key="other")], account="shop")
    # The one account that knows it.
    assert producer.cancel_group("spring", reason="wrong price") == GroupCancelled("spring", "shop", 3, 0, ())
    with pytest.raises(GroupClosed, match=r"an application cancelled it .*wrong price"):
        producer.submit("mms-bulk", [make_item()], group="spring", account="shop")
    assert producer.cancel_group("spring") == GroupCancelled("spring", "shop", 0, 0, ())
    other = producer.status("other")
    assert other is not None
    assert other.state == "waiting"
    # In another account it is another group.
    assert len(producer.submit("mms-bulk", [make_item()], group="spring").added) == 1
    with pytest.raises(UsageError, match="main, shop"):
        producer.cancel_group("spring")
    assert producer.cancel_group("spring", account="main").cancelled == 1


def test_a_group_that_nobody_knows_is_closed_in_the_account_where_calls_go_that_name_none(
    producer: Producer, make_item: Any
) -> None:
    assert producer.cancel_group("spring").account == "main"
    with pytest.raises(GroupClosed):
        producer.submit("mms-bulk", [make_item()], group="spring")


@pytest.mark.parametrize(
    ("group", "account"), [(None, None), ("spring", "Not A Name"), ("spring", "mms-bulk")]
)
def test_a_group_of_no_name_or_no_account_is_a_usage_error(
    producer: Producer, group: Any, account: str | None
) -> None:
    with pytest.raises(UsageError):
        producer.cancel_group(group, account=account)


def test_cancelling_in_an_account_that_nobody_sent_with_is_a_slip(
    producer: Producer, store: Store, make_item: Any
) -> None:
    producer.submit("mms-bulk", [make_item()], group="spring")
    with pytest.raises(UsageError, match=r"account 'mian'.*Did you mean main\?"):
        producer.cancel_group("spring", account="mian")
    assert closings(store, "mian") == {}
    assert producer.cancel_group("spring", account="main").cancelled == 1
