"""status, why, cancel: one message at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.steer import pause

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from plexsend.outbox.redis.store import Store

SHOP = Lane("mms-bulk", None, "shop")
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
LATER_MS = 4_102_444_800_000  # 2100-01-01


def test_status_has_the_promised_fields_in_their_order(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.REJECTED, "k1", code="G141", detail="recipient number")

    ended = run("status", "k1", "--json")

    assert (ended.code, ended.err) == (0, "")
    (status,) = ended.lines
    promised = "msg_key state lane service account attempts code desc submitted_at history"
    assert " ".join(status).startswith(promised)
    assert status["msg_key"] == "k1"
    assert status["state"] == "rejected"
    assert (status["lane"], status["service"], status["account"]) == ("mms-bulk@main", "mms-bulk", "main")
    assert (status["code"], status["desc"]) == ("G141", "recipient number")
    assert UTC_TIME.fullmatch(status["submitted_at"])
    assert UTC_TIME.fullmatch(status["ended_at"])
    assert status["history"][-1]["event"] == "reject"
    assert UTC_TIME.fullmatch(status["history"][-1]["at"])


def test_status_shows_people_the_same_but_never_the_text(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.REJECTED, "k1", code="G141", detail="recipient number")

    ended = run("status", "k1")

    assert ended.code == 0
    assert "k1  rejected" in ended.out
    assert "recipient number" in ended.out
    assert "secret words" not in ended.out


def test_a_key_known_in_several_accounts_has_a_line_for_each(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    yard.add("k1", lane=SHOP)

    assert [line["account"] for line in run("status", "k1", "--json").lines] == ["main", "shop"]
    assert [line["account"] for line in run("status", "k1", "--account", "shop", "--json").lines] == ["shop"]
    assert [line["lane"] for line in run("why", "k1", "--json").lines] == ["mms-bulk@main", "mms-bulk@shop"]


@pytest.mark.parametrize(
    "args", [("status", "k1"), ("why", "k1"), ("cancel", "k1"), ("uncertain", "settle", "k1", "failed")]
)
def test_an_unknown_key_is_told_with_what_to_check(args: tuple[str, ...], run: Callable[..., Any]) -> None:
    ended = run(*args)
    assert (ended.code, ended.out) == (1, "")
    assert "No message 'k1' is known in any account. Check the key" in ended.err

    ended = run(*args, "--account", "shop", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.error["kind"] == "refused"
    assert "in account shop" in ended.error["message"]


def test_why_names_every_cause_with_its_time(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1", send_at_ms=LATER_MS)
    run("pause", "mms-bulk@main", "--reason", "wrong price", "--by", "kim")

    (answer,) = run("why", "k1", "--json").lines
    kinds = {cause["kind"]: cause for cause in answer["causes"]}
    assert answer["msg_key"] == "k1"
    assert answer["state"] == "scheduled"
    assert answer["estimate_s"] is None
    assert kinds["scheduled"]["until"] == "2100-01-01T00:00:00.000+00:00"
    assert "wrong price" in kinds["hold"]["text"]
    assert "kim" in kinds["hold"]["text"]
    assert "no_worker" in kinds

    people = run("why", "k1")
    assert people.code == 0
    assert "k1  scheduled in mms-bulk@main" in people.out
    assert "wrong price" in people.out


def test_cancel_takes_back_what_waits_and_says_so(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1", "k2")

    assert run("cancel", "k1").out == "k1 is cancelled: it will not be sent (state cancelled).\n"
    (told,) = run("cancel", "k2", "--json").lines
    assert told["outcome"] == told["state"] == "cancelled"
    assert told["lane"] == "mms-bulk@main"
    assert run("status", "k1", "--json").lines[0]["state"] == "cancelled"


def test_cancel_of_what_is_being_sent_is_wanted(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    yard.take()

    ended = run("cancel", "k1", "--json")
    assert (ended.code, ended.lines[0]["outcome"], ended.lines[0]["state"]) == (0, "wanted", "sending")


def test_cancel_comes_too_late_for_what_has_ended(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "k1")

    ended = run("cancel", "k1")
    assert (ended.code, ended.out) == (1, "")
    assert "'k1' is accepted. Only what is scheduled, waiting or being sent can be cancelled." in ended.err


def test_cancel_guesses_no_account(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    yard.add("k1", lane=SHOP)

    ended = run("cancel", "k1")
    assert (ended.code, ended.out) == (2, "")
    assert "known in several accounts: main, shop. Name one with --account." in ended.err
    assert run("cancel", "k1", "--account", "shop").code == 0
    assert [line["state"] for line in run("status", "k1", "--json").lines] == ["waiting", "cancelled"]


@pytest.mark.parametrize(
    "command",
    [
        "uncertain list",
        "dead list",
        "dead requeue --all",
        "dead drop --all --yes",
        "holds",
        "receipts",
        "why",
        "results list",
    ],
)
def test_an_account_that_nobody_knows_is_named(run: Callable[..., Any], store: Store, command: str) -> None:
    ended = run(*command.split(), "--account", "nobody")
    assert (ended.code, ended.out) == (1, "")
    assert "No account nobody is known here." in ended.err
    assert run(*command.split(), "--account", "main").code == 0
    # Known since a person held it, before its first message.
    pause(store, Scope.ACCOUNT, "nobody", account=None, by="a test", why="")
    assert run(*command.split(), "--account", "nobody").code == 0
