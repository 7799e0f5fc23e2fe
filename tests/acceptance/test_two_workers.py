"""Two worker processes serve many accounts at once, each test in accounts of its own."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.submit import NewMessage
from tests.acceptance.process import wait_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand
    from tests.acceptance.stand import Stand


ACCOUNTS = (
    "main",
    "second",
    "poor",
    "rich",
    "picky",
    "plain",
    "careful",
    "again",
    "foreign",
    "late",
    "quiet",
)


@pytest.fixture(scope="module")
def stand(valkey_url: str, make_shared_stand: MakeStand) -> Stand:
    stand = make_shared_stand(
        valkey_url,
        *ACCOUNTS,
        in_files=("login", "rotating"),
        PLEXSEND_ON_UNCERTAIN_MMS_FINANCE="park",
    )
    stand.start_workers(2)
    return stand


def names(count: int, word: str) -> list[str]:
    return [f"{word}-{i}" for i in range(count)]


def test_ten_thousand_messages_go_in_full_batches_of_one_lane(stand: Stand) -> None:
    keys = names(10_000, "many")
    shares = {
        ("mms-bulk", "main"): keys[:4000],
        ("mms-standard", "main"): keys[4000:6000],
        ("mms-bulk", "second"): keys[6000:9000],
        ("mms-standard", "second"): keys[9000:],
    }
    lanes = [stand.submit(service, share, account=account) for (service, account), share in shares.items()]
    stand.wait_states({"accepted": 10_000}, *lanes, within_s=60)

    wanted = {key: (service, stand.user(account)) for (service, account), s in shares.items() for key in s}
    requests = [
        (service, user, batch)
        for service, user, batch in stand.requests()
        if user in {stand.user("main"), stand.user("second")}
    ]
    for service, user, batch in requests:
        assert {wanted[key] for key in batch} == {(service, user)}, "a batch of more than one lane"
        assert 1 <= len(batch) <= 10
    assert Counter(key for _, _, batch in requests for key in batch) == dict.fromkeys(keys, 1)
    # While a lane is filled its backlog may be used up for a moment, and its end need not be a full ten.
    full = sum(1 for _, _, batch in requests if len(batch) == 10)
    assert full >= 0.99 * len(requests), f"{full} of {len(requests)} batches were full"
    assert stand.audit().ok


def test_without_credit_the_account_waits_and_loses_nothing(stand: Stand) -> None:
    user, other = stand.user("poor"), stand.user("rich")
    stand.sandbox.set_credit(150, account=user)
    bulk = stand.submit("mms-bulk", names(200, "poor-bulk"), account="poor")
    standard = stand.submit("mms-standard", names(150, "poor-standard"), account="poor")
    rich = stand.submit("mms-bulk", names(300, "rich"), account="rich")
    stand.wait_states({"accepted": 300}, rich)
    assert not stand.hold_names("rich")
    wait_until(lambda: stand.hold_names("poor") == {"account credit poor"}, what="the account is held")
    wait_until(lambda: stand.sandbox.get_credit(user) == 0, what="the credit is used up")
    held = {"accepted": 150, "waiting": 200}
    # What was under way when the hold began is back by then.
    stand.wait_states(held, bulk, standard)
    held_from_s = time.time()

    def probes() -> list[tuple[float, int]]:
        return [
            (a.at_s, a.items)
            for a in stand.sandbox.list_arrivals()
            if a.account == user and a.at_s > held_from_s
        ]

    wait_until(lambda: len(probes()) >= 3, what="three probes")
    assert {items for _, items in probes()} == {1}, "a probe is one message"
    assert all(later - first > 0.35 for (first, _), (later, _) in pairwise(probes())), "one probe at a time"
    # The last probe may be under way; two are never.
    assert stand.states(bulk, standard) in (held, {**held, "waiting": 199, "sending": 1})
    stand.wait_states(held, bulk, standard)
    steer.pause(stand.store, Scope.LANE, standard.name, account="poor", by="a test", why="wanted so")
    stand.sandbox.set_credit(None, account=user)
    stand.wait_states({"accepted": 200}, bulk)
    # The credit hold is over, and the pause has outlived it.
    assert stand.hold_names("poor") == {f"lane pause {standard.name}"}
    left = stand.states(standard)["waiting"]
    time.sleep(1)
    assert stand.states(standard)["waiting"] == left > 0
    steer.resume(stand.store, Scope.LANE, standard.name, account="poor")
    stand.wait_states({"accepted": 150}, standard)
    keys = names(200, "poor-bulk") + names(150, "poor-standard")
    assert {(r.attempts, r.tries) for r in stand.records("poor", keys)} == {(0, 0)}
    assert stand.sandbox.list_accepted(user) == dict.fromkeys(keys, 1)
    assert stand.sandbox.list_accepted(other) == dict.fromkeys(names(300, "rich"), 1)


def test_resuming_an_account_after_a_top_up_releases_it_at_once(stand: Stand) -> None:
    """Long before the next probe would go."""
    stand.sandbox.set_credit(0, account=stand.user("late"))
    lane = stand.submit("mms-bulk", names(50, "late"), account="late")
    wait_until(lambda: stand.hold_names("late") == {"account credit late"}, what="the account is held")
    field, holds = "account credit late", stand.store.keys.holds("late")

    def put_off() -> bool:
        # The next probe, half an hour away; a probe under way would write the hold anew.
        client: Any = stand.store.client
        text = client.hget(holds, field).decode()
        until = int(float(text.split('"until":')[1].split(",")[0].rstrip("}")))
        stand.store.client.hset(holds, field, text.replace(f"{until}", f"{until + 1_800_000}"))
        return True

    wait_until(put_off, what="the hold is put off")
    stand.sandbox.set_credit(None, account=stand.user("late"))
    assert steer.resume(stand.store, Scope.ACCOUNT, "late", account=None) == [field]
    stand.wait_states({"accepted": 50}, lane, within_s=5)


def test_refused_login_holds_the_account_until_secret_and_person_agree(stand: Stand) -> None:
    user = stand.user("login")
    first = stand.submit("mms-bulk", names(100, "login-before"), account="login")
    stand.wait_states({"accepted": 100}, first)
    stand.secrets.add("new-secret-of-login")
    stand.sandbox.set_credentials(user, "new-secret-of-login")
    keys = names(300, "login-bulk") + names(100, "login-standard")
    bulk = stand.submit("mms-bulk", keys[:300], account="login")
    standard = stand.submit("mms-standard", keys[300:], account="login")
    wait_until(lambda: stand.hold_names("login") == {"account auth login"}, what="the account is held")
    stand.wait_states({"accepted": 100, "waiting": 400}, bulk, standard)
    asked = len(stand.requests(user))
    time.sleep(1)
    assert len(stand.requests(user)) == asked, "nothing probes where only a person can help"
    stand.secret_file("login").write_text(f"{user};new-secret-of-login\n")
    assert steer.resume(stand.store, Scope.ACCOUNT, "login", account=None) == ["account auth login"]
    stand.wait_states({"accepted": 500}, bulk, standard)
    assert {(r.attempts, r.tries) for r in stand.records("login", keys)} == {(0, 0)}
    assert set(stand.sandbox.list_accepted(user).values()) == {1}


def test_secret_corrected_in_its_file_is_read_again_without_a_hold(stand: Stand) -> None:
    user = stand.user("rotating")
    lane = stand.submit("mms-bulk", names(100, "before"), account="rotating")
    stand.wait_states({"accepted": 100}, lane)
    stand.secrets.add("new-secret-of-rotating")
    stand.secret_file("rotating").write_text(f"{user};new-secret-of-rotating")
    stand.sandbox.set_credentials(user, "new-secret-of-rotating")
    stand.submit("mms-bulk", names(200, "after"), account="rotating")
    stand.wait_states({"accepted": 300}, lane)
    assert stand.sandbox.get_stats().envelopes["C401_3"] >= 1
    log = "".join(worker.words for worker in stand.workers)
    assert "account auth rotating" not in log
    assert {r.attempts for r in stand.records("rotating", names(200, "after"))} == {0}


def test_item_that_fails_its_whole_request_is_rejected_alone(stand: Stand) -> None:
    keys = names(10, "picky")
    lane = stand.submit(
        "mms-bulk", keys, account="picky", special={keys[4]: {"receiver_number": "01099990400"}}
    )
    stand.wait_states({"accepted": 9, "rejected": 1}, lane)
    [record] = stand.records("picky", [keys[4]])
    assert (record.state, record.code, record.attempts) == ("rejected", "C400_2", 0)
    assert record.desc == "a value is not allowed"
    sizes = [len(batch) for _, _, batch in stand.requests(stand.user("picky"))]
    assert sorted(sizes) == [1] * 10 + [10]


def test_what_may_have_been_sent_is_parked_where_that_is_the_rule(stand: Stand) -> None:
    user = stand.user("careful")
    stand.sandbox.add_fault("reset_after_accepting", account=user, service="mms-finance", times=1)
    lane = stand.submit("mms-finance", names(10, "doubtful"), account="careful")
    stand.wait_states({"uncertain": 10}, lane)
    # The lane shut, and opens again by a probe.
    stand.submit("mms-finance", names(40, "sure"), account="careful")
    stand.wait_states({"uncertain": 10, "accepted": 40}, lane)
    time.sleep(0.5)
    assert stand.states(lane) == {"uncertain": 10, "accepted": 40}
    assert stand.sandbox.list_accepted(user) == dict.fromkeys(names(10, "doubtful") + names(40, "sure"), 1)
    assert not stand.sandbox.list_duplicates(user), "nothing was sent twice"
    decision = steer.ask(stand.store, "careful", "doubtful-3", steer.Act.ACCEPTED)
    assert (decision.outcome, decision.state) == ("settled", "accepted")


def test_duplicate_key_on_the_second_try_means_that_the_first_was_accepted(stand: Stand) -> None:
    user = stand.user("again")
    stand.sandbox.add_fault("reset_after_accepting", account=user, times=1)
    keys = names(10, "again")
    lane = stand.submit("mms-bulk", keys, account="again")
    stand.wait_states({"accepted": 10}, lane)
    assert stand.sandbox.list_accepted(user) == dict.fromkeys(keys, 1)
    assert stand.sandbox.list_duplicates(user) == dict.fromkeys(keys, 1)
    for record in stand.records("again", keys):
        assert (record.code, record.tries, record.attempts) == ("71003", 1, 0)
        assert record.desc == "the gateway knew the key: the earlier request had sent it"


def test_duplicate_key_on_the_first_try_is_a_refusal(stand: Stand) -> None:
    lane = stand.submit(
        "mms-standard", ["used"], account="again", special={"used": {"receiver_number": "01099997103"}}
    )
    stand.wait_states({"rejected": 1}, lane)
    [record] = stand.records("again", ["used"])
    assert record.code == "71003"


def test_what_another_writer_stored_is_judged_again(stand: Stand) -> None:
    lane = Lane("mms-bulk", None, "foreign")
    drafts = [
        NewMessage(key, stand.body(lane.service, key, 900 + i)) for i, key in enumerate(names(9, "foreign"))
    ]
    spoilt = NewMessage("spoilt", stand.body(lane.service, "spoilt", 999).replace(b"0102", b"0202"))
    stand.receivers.add("02020000999")
    stand.add(lane, [*drafts[:5], spoilt, *drafts[5:]], stamp="somebody else's")
    stand.wait_states({"accepted": 9, "rejected": 1}, lane)
    [record] = stand.records("foreign", ["spoilt"])
    assert (record.state, record.code) == ("rejected", "INVALID")
    assert record.desc.startswith("receiver_number: ")
    assert [sorted(batch) for _, _, batch in stand.requests(stand.user("foreign"))] == [names(9, "foreign")]


def test_message_of_a_newer_version_waits_for_a_worker_of_that_version(stand: Stand) -> None:
    lane = stand.submit("mms-standard", ["tomorrow"], account="foreign", stamp="mms:v2:999:0123abcd")
    stand.submit("mms-standard", names(9, "today"), account="foreign")
    stand.wait_states({"accepted": 9, "scheduled": 1}, lane)
    [record] = stand.records("foreign", ["tomorrow"])
    assert (record.code, record.attempts, record.tries) == ("NEWER_STAMP", 0, 0)
    assert not record.may_have_been_sent
    assert all("tomorrow" not in batch for _, _, batch in stand.requests())


def test_logs_tell_no_text_number_or_secret_whatever_happens(stand: Stand) -> None:
    user = stand.user("quiet")
    for kind in ("server_error", "garbage", "too_many", "reset_after_accepting"):
        stand.sandbox.add_fault(kind, account=user, times=1)
    keys = names(100, "quiet")
    magic = ("01099990141", "01099990400", "01099990341", "01099997103")
    special = {key: {"receiver_number": number} for key, number in zip(keys[7::11], magic, strict=False)}
    lane = stand.submit("mms-bulk", keys, account="quiet", special=special)
    spoilt = NewMessage("spoilt", stand.body(lane.service, "spoilt", 77_777).replace(b"0102", b"0202"))
    stand.receivers.add("02020077777")
    stand.add(lane, [spoilt], stamp="somebody else's")
    wait_until(
        lambda: not {"waiting", "scheduled", "sending"} & stand.states(lane).keys(), what="all has ended"
    )
    assert stand.states(lane).keys() >= {"accepted", "rejected"}
    # The code nobody knows comes to one that failed, or that is parked since a fault hit it before.
    assert stand.states(lane).keys() & {"failed", "uncertain"}
    for worker in stand.workers:
        assert "DEBUG" in worker.words
    assert "lane=mms-bulk@quiet" in "".join(worker.words for worker in stand.workers)
    stand.check_logs()
    assert stand.audit().ok
