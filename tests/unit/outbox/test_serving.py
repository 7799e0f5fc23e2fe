"""Who can send for an account, whose address counts first, and when the account is held for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plexsend.outbox.fleet import Announcement, FleetProcess, older_process
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.serving import AccountFacts, auth_hold, first_addresses, nobody_serves, servers

OLDER = older_process(WorkerProcess("old", 16, ("mms-bulk",)))
FACTS = AccountFacts("main", frozenset({"bad"}), {"mms": "https://gateway"})


def worker(pid: int = 7, *, silent_ms: int = 0, **changed: Any) -> FleetProcess:
    announced = Announcement(
        "web1",
        pid,
        "0.3.0",
        2,
        pid,
        ("mms-bulk",),
        16,
        secrets={"main": "good"},
        urls={"mms": "https://gateway"},
    )
    return FleetProcess(f"p{pid}", replace(announced, **changed), silent_ms)


def test_older_program_is_trusted_with_what_it_does_not_announce() -> None:
    assert servers([OLDER], "mms-bulk", FACTS) == [OLDER]
    assert auth_hold([OLDER, worker(secrets={})], FACTS) is None


def test_account_is_held_only_when_no_living_process_may_have_a_good_secret() -> None:
    bad, without = worker(1, secrets={"main": "bad"}), worker(2, secrets={"shop": "x"})
    assert auth_hold([bad, without, worker(3)], FACTS) is None
    gone = worker(3, silent_ms=6_000)
    why = auth_hold([bad, without, gone], FACTS)
    assert why is not None
    assert "the gateway refuses the secret of web1 pid 1, and none is set on web1 pid 2" in why
    assert "PLEXSEND_ACCOUNT_MAIN" in why
    # A process that serves another service counts: a person who corrects a secret need not restart it.
    assert auth_hold([bad, worker(3, services=("sms-verify",))], FACTS) is None


def test_nobody_decides_where_no_process_serves_anything() -> None:
    assert auth_hold([], FACTS) is None
    assert auth_hold([worker(secrets={}, services=())], FACTS) is None


def test_account_that_nobody_knows_is_held_with_the_names_that_are_known() -> None:
    why = auth_hold([worker(1), worker(2, secrets={"shop": "x"})], AccountFacts("my-mail"))
    assert why is not None
    assert "PLEXSEND_ACCOUNT_MY_MAIL or PLEXSEND_ACCOUNT_MY_MAIL_FILE" in why
    assert "accounts that workers know: main, shop" in why
    assert "If my-mail is a slip, take its messages back: plexsend cancel" in why
    near = auth_hold([worker(1)], AccountFacts("mian"))
    assert near is not None
    assert "If mian is a slip for main" in near


def test_refused_secret_that_the_gateway_may_have_learnt_is_tried_again_by_a_command() -> None:
    bad = worker(1, secrets={"main": "bad"})
    why = auth_hold([bad], FACTS)
    assert why is not None
    assert "one in a file counts at once, one in the environment after a restart" in why
    assert "If the gateway has learnt it meanwhile: plexsend resume main" in why
    assert "or have it tried again: plexsend resume main" in nobody_serves([bad], "mms-bulk", FACTS)


def test_first_address_is_that_of_the_longest_running_process_with_the_secret() -> None:
    fleet = [
        worker(3, urls={"mms": "https://third"}),
        worker(1, urls={"mms": "https://no-secret"}, secrets={}),
        worker(2, urls={"mms": "https://second", "sms": "https://sms"}),
        worker(0, urls={"mms": "https://gone"}, silent_ms=6_000),
    ]
    # It serves no SMS, so its address of that product is nobody's matter.
    assert first_addresses(fleet, "main") == {"mms": "https://second"}


def test_words_name_who_was_there_last_and_what_to_start() -> None:
    fleet = [worker(1, silent_ms=42_000), worker(2, services=("sms-verify",))]
    words = nobody_serves(fleet, "mms-bulk", FACTS)
    assert "no worker that serves mms-bulk is alive (the last, web1 pid 1, was seen 42 s ago)" in words
    assert "plexsend worker -Q mms-bulk" in words


def test_of_many_processes_a_few_are_named() -> None:
    why = auth_hold([worker(pid, secrets={}) for pid in range(100)], FACTS)
    assert why is not None
    assert "95 more" in why
    assert len(why) < 500
