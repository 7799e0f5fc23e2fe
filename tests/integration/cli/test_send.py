"""send: one message on its way in."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SEND = ("send", "mms-bulk", "--to", "010-2345-6789", "--from", "02-3456-7890", "--text", "안녕하세요")
IMAGE = ("--image", "https://example.com/a.jpg")
UNREACHABLE = {"PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0"}


def test_a_sent_message_waits_under_its_key(run: Callable[..., Any]) -> None:
    ended = run(*SEND, *IMAGE, "--key", "order-1", "--json")

    assert (ended.code, ended.err) == (0, "")
    (told,) = ended.lines
    assert (told["msg_key"], told["outcome"], told["service"], told["account"]) == (
        "order-1", "added", "mms-bulk", "main",
    )  # fmt: skip
    assert run("status", "order-1", "--json").lines[0]["state"] == "waiting"


def test_a_message_without_a_key_gets_a_uuid(run: Callable[..., Any]) -> None:
    (told,) = run(*SEND, *IMAGE, "--json").lines
    assert str(uuid.UUID(told["msg_key"])) == told["msg_key"]
    ended = run(*SEND, *IMAGE)
    assert f"{ended.out.split()[0]} is in." in ended.out


def test_a_text_can_come_from_standard_input(run: Callable[..., Any], store: Any) -> None:
    for key, typed in (("k1", "두 줄\n입니다"), ("k2", "두 줄\n입니다\n"), ("k3", "\ufeff두 줄\n입니다\r\n")):
        assert run(*SEND[:-1], "-", *IMAGE, "--key", key, typed=typed).code == 0
        assert json.loads(store.client.get(store.keys.body("main", key)))["msg"] == "두 줄\n입니다"


def test_several_images_may_be_given_at_once(run: Callable[..., Any], store: Any) -> None:
    both = "https://example.com/a.jpg, https://example.com/b.jpg"
    assert run(*SEND, "--image", both, "--key", "k1").code == 0
    body = json.loads(store.client.get(store.keys.body("main", "k1")))
    assert body["file_path"] == both.split(", ")


def test_each_receiver_gets_a_message(run: Callable[..., Any], store: Any) -> None:
    ended = run(*SEND, *IMAGE, "--to", "010-2345-6780", "--to", "010-2345-6781", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert [(told["index"], told["outcome"]) for told in ended.lines] == [(n, "added") for n in range(3)]
    bodies = [json.loads(store.client.get(store.keys.body("main", told["msg_key"]))) for told in ended.lines]
    assert [body["receiver_number"][-1] for body in bodies] == ["9", "0", "1"]


def test_a_wrong_receiver_does_not_keep_the_others_from_theirs(run: Callable[..., Any]) -> None:
    programs = run(*SEND, *IMAGE, "--to", "02-345-6789", "--to", "010-2345-6781", "--json")
    assert programs.code == 1
    assert sorted((told["index"], told["outcome"]) for told in programs.lines) == [
        (0, "added"),
        (1, "invalid"),
        (2, "added"),
    ]
    people = run(*SEND, *IMAGE, "--to", "02-345-6789", "--to", "010-2345-6781")
    assert "1 of 3 messages are refused; the others are in." in people.err
    assert "message 2, --to (receiver_number): is not a mobile number" in people.err
    assert people.out.count(" is in.") == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--to", "01023456789"), "--to number 2 was given before"),
        (("--to", "010-2345-6780", "--key", "k1"), "--key names one message, and --to 2 receivers"),
    ],
)
def test_receivers_that_cannot_each_get_a_message_of_their_own_are_wrong_usage(
    run: Callable[..., Any], more: tuple[str, ...], words: str
) -> None:
    ended = run(*SEND, *IMAGE, *more)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert run("lanes", "--json").lines == []


def test_a_time_without_a_zone_is_one_of_the_policy_and_repeated(run: Callable[..., Any]) -> None:
    times = ("--send-at", "2100-01-01 9:00", "--expires-at", "2100-01-02T09:00")
    (told,) = run(*SEND, *IMAGE, *times, "--key", "k1", "--json").lines
    assert (told["send_at"], told["expires_at"]) == (
        "2100-01-01T00:00:00.000+00:00",
        "2100-01-02T00:00:00.000+00:00",
    )
    people = run(*SEND, *IMAGE, *times, "--key", "k2")
    assert "k2 is in and goes at 2100-01-01 09:00:00 KST, not after 2100-01-02 09:00:00 KST." in people.out
    assert run("policy", "set", "@main", "time_zone=America/New_York", "--reason", "a test").code == 0
    (told,) = run(*SEND, *IMAGE, *times, "--key", "k3", "--json").lines
    assert told["send_at"] == "2100-01-01T14:00:00.000+00:00"
    people = run("reschedule", "k3", "2100-01-01 12:00")
    assert "- given another time\n" in run("why", "k3").out
    assert "k3 goes at 2100-01-01 12:00:00 EST" in people.out


def test_a_time_that_has_passed_is_refused_with_what_to_do(run: Callable[..., Any]) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=6)
    for command, remedy in (
        ((*SEND, *IMAGE, "--send-at", long_ago.isoformat()), "Leave it out to send at once"),
        (("import", "x.csv", "--service", "mms-bulk", "--send-at", "2020-01-01 09:00"), "Leave it out"),
    ):
        ended = run(*command)
        assert (ended.code, ended.out) == (2, "")
        assert "has passed" in ended.err
        assert remedy in ended.err
    just_now = datetime.now(UTC) - timedelta(minutes=4)
    ended = run(*SEND, *IMAGE, "--send-at", just_now.isoformat(), "--key", "k1")
    assert (ended.code, ended.err) == (0, "")
    assert "k1 is in. " in ended.out
    ended = run("reschedule", "k1", long_ago.isoformat())
    assert (ended.code, "Write now to send at once" in ended.err) == (2, True)


def test_title_images_times_and_account_arrive(run: Callable[..., Any], store: Any) -> None:
    ended = run(
        *SEND, *IMAGE, "--image", "https://example.com/b.jpg", "--title", "제목", "--key", "k1",
        "--account", "shop", "--send-at", "2100-01-01T09:00:00+09:00", "--expires-at", "2100-01-02T00:00:00Z",
    )  # fmt: skip
    assert ended.code == 0
    body = json.loads(store.client.get(store.keys.body("shop", "k1")))
    assert (body["title"], body["file_path"]) == (
        "제목",
        ["https://example.com/a.jpg", "https://example.com/b.jpg"],
    )
    (status,) = run("status", "k1", "--json").lines
    assert (status["state"], status["send_at"]) == ("scheduled", "2100-01-01T00:00:00.000+00:00")
    assert status["expires_at"] == "2100-01-02T00:00:00.000+00:00"


def test_every_error_of_a_refused_message_is_told_without_its_number(run: Callable[..., Any]) -> None:
    args = ("send", "mms-bulk", "--to", "0212345678", "--from", "1", "--text", "hello", "--title", "t" * 51)

    people = run(*args)
    assert (people.code, people.out) == (1, "")
    for where in (
        "--to (receiver_number)",
        "--from (sender_number)",
        "--title (title)",
        "--image (file_path)",
    ):
        assert f"  {where}: " in people.err
    assert "0212345678" not in people.err

    programs = run(*args, "--json")
    assert programs.code == 1
    assert programs.lines[0]["outcome"] == "invalid"
    assert {problem["field"] for problem in programs.error["problems"]} >= {"receiver_number", "title"}
    assert programs.lines[0]["errors"] == programs.error["problems"]
    assert run("lanes", "--json").lines == []


def test_a_duplicate_with_another_time_says_which_counts_and_how_it_changes(
    run: Callable[..., Any],
) -> None:
    args = (*SEND, *IMAGE, "--key", "k1", "--send-at")
    run(*args, "2100-01-01T00:00:00Z")
    same = run(*args, "2100-01-01T09:00:00+09:00")
    assert (same.code, same.err) == (0, "")
    again = run(*args, "2100-01-02T00:00:00Z", "--json")
    assert (again.code, again.lines[0]["outcome"]) == (0, "duplicate")
    (remark,) = again.lines[0]["warnings"]
    assert remark["field"] == "send_at"
    assert "2100-01-01" in remark["reason"] or "2099-12-31" in remark["reason"]
    assert "`plexsend reschedule k1 TIME`" in remark["remedy"]
    people = run(*args, "2100-01-02T00:00:00Z")
    assert people.code == 0
    assert "warning: send_at: is not changed: the message was submitted before, and it goes at" in people.err
    assert run("reschedule", "k1", "2100-01-02T00:00:00Z").code == 0
    assert run(*args, "2100-01-02T00:00:00Z").err == ""


def test_a_duplicate_is_no_failure_and_a_conflict_is(run: Callable[..., Any]) -> None:
    assert run(*SEND, *IMAGE, "--key", "k1").code == 0

    again = run(*SEND, *IMAGE, "--key", "k1", "--json")
    assert (again.code, again.lines[0]["outcome"], again.err) == (0, "duplicate", "")

    other = run(*SEND, *IMAGE, "--key", "k1", "--title", "another", "--json")
    assert (other.code, other.lines[0]["outcome"]) == (1, "conflict")
    assert other.error["kind"] == "conflict"


def test_characters_are_replaced_only_when_asked_for(run: Callable[..., Any]) -> None:
    args = [*SEND[:-1], "9–18", *IMAGE]
    refused = run(*args)
    assert refused.code == 1
    assert "U+2013" in refused.err

    replaced = run(*args, "--replace", "--json")
    assert replaced.code == 0
    assert "U+2013" in json.dumps(replaced.lines[0]["replacements"])


def test_an_account_that_is_likely_a_slip_is_warned_of(run: Callable[..., Any]) -> None:
    known = {"PLEXSEND_ACCOUNT_MAIN": "user;secret"}
    assert "warning: mian: is not an account" in run(*SEND, *IMAGE, "--account", "mian", **known).err
    assert run(*SEND, *IMAGE, **known).err == ""
    # Without accounts in the settings those count that somebody sent with.
    assert "warning: mein: was never sent with before" in run(*SEND, *IMAGE, "--account", "mein").err
    assert run(*SEND, *IMAGE).err == ""


def test_the_first_account_of_all_is_not_taken_for_a_slip(run: Callable[..., Any]) -> None:
    assert run(*SEND, *IMAGE, "--account", "anything").err == ""


@pytest.mark.parametrize(
    "args",
    [
        ("--expires-at", "2000-01-01T00:00:00Z"),
        ("--send-at", "2100-01-02T00:00:00Z", "--expires-at", "2100-01-01T00:00:00Z"),
        ("--send-at", "2100-01-02"),
        ("--send-at", "2100-01-02T00:00:00Z", "--send-at", "2100-01-03T00:00:00Z"),
        ("--account", "mms-bulk"),
        ("--account", "A B"),
    ],
)
def test_times_and_accounts_that_mean_nothing_are_wrong_usage(
    args: tuple[str, ...], run: Callable[..., Any]
) -> None:
    ended = run(*SEND, *IMAGE, *args, "--json")
    assert (ended.code, ended.out, ended.error["kind"]) == (2, "", "usage")


def test_without_redis_nothing_is_put_in(run: Callable[..., Any]) -> None:
    ended = run(*SEND, *IMAGE, **UNREACHABLE)
    assert (ended.code, ended.out) == (1, "")
    assert "Redis does not answer" in ended.err
