"""`plexsend rewound`: a person decides where Redis went back in time; other commands name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.rewound import report
from tests.integration.cli.conftest import BULK

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

SPRING = Lane("mms-bulk", None, "main", "spring")


@pytest.fixture
def rewind(store: Store, yard: Any) -> Callable[..., None]:
    """Let Redis forget that so many of the messages that wait went."""

    def rewind(messages: int, account: str = "main") -> None:
        now = queries.server_ms(store)
        store.client.set(store.keys.here(account), now - 7_200_000)
        report(
            store,
            account,
            {f"mms-bulk@{account}": (messages // 10 + 1, messages)},
            here=queries.here(store, account),
            seen_ms=now,
            is_known=True,
        )

    del yard
    return rewind


def test_as_sent_settles_what_went_and_the_rest_goes(
    run: Callable[..., Any], yard: Any, rewind: Callable[..., None]
) -> None:
    yard.add(*(f"k{i}" for i in range(8)))
    rewind(5)
    assert yard.take() is None
    done = run("rewound", "settle", "--as", "sent", "--json")
    assert done.code == 0
    assert done.lines == [
        {"lane": "mms-bulk@main", "account": "main", "as": "sent", "settled": 5},
        {"settled": 5, "left": {}, "held": []},
    ]
    assert [yard.state(f"k{i}") for i in range(8)] == ["accepted"] * 5 + ["waiting"] * 3
    batch = yard.take()
    assert [message.msg_key for message in batch.messages] == ["k5", "k6", "k7"]


def test_as_resend_in_words(run: Callable[..., Any], yard: Any, rewind: Callable[..., None]) -> None:
    yard.add("k1", "k2")
    rewind(1)
    done = run("rewound", "settle", "--as", "resend")
    assert done.code == 0
    assert "Settled as to be sent again: 1 message." in done.out
    assert "Nothing of account main is left to decide" in done.out
    batch = yard.take()
    assert [message.may_have_been_sent for message in batch.messages] == [True, False]
    assert "settled: send again" in run("status", "k1").out


def test_as_sent_warns_where_lanes_share_what_went(
    run: Callable[..., Any], yard: Any, rewind: Callable[..., None]
) -> None:
    yard.add("k1", "k2")
    yard.add("g1", "g2", lane=SPRING)
    rewind(2)
    done = run("rewound", "settle", "--as", "sent", "--json")
    assert "4 messages of account main are to be settled, of which about 2 went" in done.err


@pytest.mark.parametrize("what", ["mms-bulk@main", "group:spring", "mms-bulk/spring@main"])
def test_one_lane_is_settled_and_the_hold_stays(
    run: Callable[..., Any], yard: Any, rewind: Callable[..., None], what: str
) -> None:
    yard.add("k1")
    yard.add("g1", lane=SPRING)
    yard.add("other", lane=Lane("mms-standard", None, "main"))
    rewind(10)
    done = run("rewound", "settle", "--as", "sent", "--lane", what, "--json")
    is_route = what == "mms-bulk@main"
    assert (done.code, yard.state("g1")) == (0 if is_route else 1, "accepted")
    assert yard.state("k1") == ("accepted" if is_route else "waiting")
    assert done.lines[-1]["left"] == ({} if is_route else {"mms-bulk@main": 1})
    if not is_route:
        assert (
            "mms-bulk@main: 1 message may have gone"
            in run("rewound", "settle", "--as", "sent", "--lane", what).out
        )
        assert run("rewound", "settle", "--as", "resend").code == 0
    assert run("holds", "--json").lines == []


def test_nothing_to_settle_is_refused_with_what_to_do(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    done = run("rewound", "settle", "--as", "sent", "--json")
    assert done.code == 1
    assert "plexsend rewound mark --since T" in str(done.error)


@pytest.mark.parametrize("what", ["mms-bulk@nobody", "group:nobody"])
def test_lane_or_group_that_is_not_held_so_is_refused(
    run: Callable[..., Any], yard: Any, rewind: Callable[..., None], what: str
) -> None:
    yard.add("k1")
    rewind(1)
    assert run("rewound", "settle", "--as", "sent", "--lane", what).code == 1
    assert yard.state("k1") == "waiting"


def test_mark_holds_all_accounts_for_a_person(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    yard.add("s1", lane=Lane("mms-bulk", None, "shop"))
    since = "2026-01-01T03:00:00+09:00"
    done = run("rewound", "mark", "--since", since, "--reason", "disk lost", "--by", "kim", "--json")
    assert done.code == 0
    assert [(line["account"], line["marked"]) for line in done.lines] == [("main", True), ("shop", True)]
    assert done.lines[0]["from"] == "2025-12-31T18:00:00.000+00:00"
    assert yard.take() is None
    assert {(hold["account"], hold["by"], hold["why"]) for hold in run("holds", "--json").lines} == {
        ("main", "kim", "disk lost"),
        ("shop", "kim", "disk lost"),
    }
    again = run("rewound", "mark", "--since", since)
    assert (again.code, again.out.count("was held so already")) == (1, 2)
    assert run("rewound", "settle", "--as", "resend", "--account", "shop", "--json").code == 0
    assert [hold["account"] for hold in run("holds", "--json").lines] == ["main"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--since", "2999-01-01T00:00:00Z"), "ahead"),
        (("--since", "2026-01-01T00:00:00Z", "--account", "nobody"), "nobody"),
    ],
)
def test_mark_that_cannot_be_meant_is_refused(
    run: Callable[..., Any], yard: Any, args: tuple[str, ...], words: str
) -> None:
    yard.add("k1")
    done = run("rewound", "mark", *args)
    assert done.code == 1
    assert words in done.err
    assert run("holds", "--json").lines == []


def test_every_command_that_is_asked_names_it(
    run: Callable[..., Any], yard: Any, rewind: Callable[..., None], nearby: dict[str, str]
) -> None:
    yard.add("k1", "k2")
    rewind(2)
    decide = "plexsend rewound settle --as sent|resend"
    assert decide in " ".join(run("why").out.split())
    assert "Redis forgot 7200 s, in which 2 messages were taken" in " ".join(run("why", "k1").out.split())
    assert decide in " ".join(run("fleet").err.split())
    doctor = " ".join(run("doctor", **nearby).out.split())
    assert "wrong rewound: account main is held: Redis forgot 2 h" in doctor
    assert decide in doctor
    resume = run("resume", "main")
    assert (resume.code, decide in " ".join(resume.err.split())) == (1, True)
    assert run("pause", "main", "--reason", "r").code == 0
    resume = run("resume", "main")
    assert (resume.code, decide in " ".join(resume.out.split())) == (0, True)
    assert yard.take(BULK) is None
