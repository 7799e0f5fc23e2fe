"""`plexsend policy`: shown, set and taken back, by whom and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.policies.state import read, renew

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

WHY = ("--reason", "new contract", "--by", "anna")


def a_worker_asks(store: Store, name: str, **values: str) -> None:
    asks = {"mms-bulk": values}
    announce(store, name, Announcement(f"host-{name}", 7, "1", 2, 0, ("mms-bulk",), 4, asks))
    alive(store, name)


def test_value_is_set_shown_and_taken_back(run: Callable[..., Any], store: Store) -> None:
    ended = run("policy", "set", "mms-bulk@main", "rate_per_s=20", "on_uncertain=park", *WHY)
    assert (ended.code, ended.out.splitlines()) == (
        0,
        [
            "rate_per_s of mms-bulk@main is 20, whatever workers ask for.",
            "on_uncertain of mms-bulk@main is park, whatever workers ask for.",
        ],
    )
    assert read(store).of("main").service("mms-bulk").rate_per_s == 20

    (rate, _) = sorted(run("policy", "list", "--json").lines, key=lambda line: line["name"], reverse=True)
    assert {name: rate[name] for name in ("where", "name", "value", "origin", "by", "reason")} == {
        "where": "mms-bulk@main",
        "name": "rate_per_s",
        "value": "20",
        "origin": "person",
        "by": "anna",
        "reason": "new contract",
    }
    ended = run("policy", "unset", "mms-bulk@main", "rate_per_s", "--by", "bea")
    assert ended.out == "rate_per_s of mms-bulk@main is taken back; in force is 100 (default).\n"
    changes = run("policy", "list", "--history", "--json").lines
    assert [change["by"] for change in changes] == ["anna", "anna", "bea"]


def test_list_says_who_asks_and_who_for_something_else(run: Callable[..., Any], store: Store) -> None:
    a_worker_asks(store, "a", rate_per_s="10")
    a_worker_asks(store, "b", rate_per_s="50")
    renew(store, lambda: [{"mms-bulk": {"rate_per_s": rate}} for rate in ("10", "50")])
    ended = run("policy", "list")
    assert ended.code == 0
    heading, row = ended.out.splitlines()
    assert "asked otherwise by" in heading
    assert row.split()[:3] == ["mms-bulk", "rate_per_s", "10"]
    assert "asked by host-a pid 7" in row
    assert row.endswith("host-b pid 7")


def test_place_shows_all_that_holds_there_and_from_where(run: Callable[..., Any]) -> None:
    run("policy", "set", "all", "linger_ms=50", "keep_days=30", *WHY)
    found = {line["name"]: line for line in run("policy", "list", "mms-bulk@main", "--json").lines}
    assert (found["linger_ms"]["value"], found["linger_ms"]["set_at"]) == ("50", "all")
    assert (found["keep_days"]["value"], found["rate_per_s"]["origin"]) == ("30", "default")
    assert found["time_zone"]["value"] == "Asia/Seoul"
    assert "keep_days" not in run("policy", "list", "mms-bulk").out


def test_default_of_a_service_is_that_of_its_product(run: Callable[..., Any]) -> None:
    def wait_of(place: str) -> str:
        rows = {row["name"]: row for row in run("policy", "list", place, "--json").lines}
        return str(rows["receipt_wait_h"]["value"])

    assert (wait_of("sms-bulk"), wait_of("mms-bulk")) == ("26", "84")


def test_numbers_are_masked_wherever_they_are_shown(run: Callable[..., Any], store: Store) -> None:
    outs = [
        run("policy", "set", "@main", "only_to=010-3456-7891", "senders=02-212-3456", *WHY),
        run("policy", "list"),
        run("policy", "list", "@main", "--json"),
        run("policy", "list", "--history"),
        run("policy", "set", "@main", "only_to=010-3456-7891,0212345678,x", *WHY),
    ]
    shown = "".join(ended.out + ended.err for ended in outs)
    assert "010****7891" in shown
    whole = ("01034567891", "3456-7891", "022123456", "0212345678")
    assert [number for number in whole if number in shown] == []
    assert read(store).of("main").account_wide("only_to") == ("01034567891",)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("set", "mms-bulk", "rate=5"), 2, "Did you mean rate_per_s?"),
        (("set", "mms-bulk", "rate_per_s=fast"), 2, "Give 0, or a number from 0.01 to 100000."),
        (("set", "mms-bulk", "rate_per_s"), 2, "write NAME=VALUE"),
        (("set", "mms-bulk", "keep_days=3"), 2, "set it for all"),
        (("set", "mms-balk", "rate_per_s=3"), 2, "no service"),
        (("set", "everywhere", "rate_per_s=3"), 2, "no service"),
        (("set", "mms-bulk@", "rate_per_s=3"), 2, "SERVICE, SERVICE@ACCOUNT, @ACCOUNT or all"),
        (("set", "@No Account", "keep_days=3"), 2, "name of an account"),
        (("unset", "mms-bulk", "rate_per_s"), 1, "Nothing was set"),
        (("list", "mms-balk"), 2, "no service"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    run: Callable[..., Any], store: Store, args: tuple[str, ...], code: int, words: str
) -> None:
    ended = run("policy", *args, *(WHY if args[0] == "set" else ()))
    assert ended.code == code
    assert words in ended.err
    assert read(store).epoch == 0


def test_account_written_as_a_service_is_pointed_out(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    assert "write @main" in run("policy", "set", "main", "keep_days=3", *WHY).err


def test_without_any_there_is_nothing_to_list(run: Callable[..., Any]) -> None:
    assert "every policy has its default" in run("policy", "list").err
    assert "No person changed a policy yet" in run("policy", "list", "--history").err


def test_a_policy_without_a_value_reads_none(run: Callable[..., Any]) -> None:
    rows = [line.split() for line in run("policy", "list", "mms-bulk@main").out.splitlines()]
    assert {row[1]: row[2] for row in rows if row[1] in ("only_to", "senders")} == {
        "only_to": "none",
        "senders": "none",
    }
