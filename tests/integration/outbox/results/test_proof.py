"""The proof of a reader, with messages that go the whole way: it holds, and names what was not given."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.replies import text
from plexsend.outbox.results.overview import list_readers
from plexsend.outbox.results.proof import Proof, prove
from plexsend.outbox.results.readers import Reader
from plexsend.outbox.results.replay import replay
from plexsend.outbox.steer import Act, ask
from tests.integration.outbox.bench import Bench, everything, verdicts
from tests.integration.outbox.results.publishing import hear_all, heard

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


class Hearing:
    """A bench whose account has one reader, begun before its first message."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.store = bench.store
        self.client: Any = bench.store.client
        self.stream = self.store.keys.results("main")
        self.reader = Reader(self.store, "main", "billing", "p1")
        assert self.reader.read() is None

    def send(self, *keys: str, outcome: Outcome = Outcome.ACCEPTED) -> None:
        """Send these messages, each in a request and at a ms of its own: so each is an entry of its own."""
        for key in keys:
            self.bench.submit([key])
            batch = self.bench.take()
            self.bench.stop(settlement=verdicts(batch, outcome, code="C100"))
            ended_ms = server_ms(self.store)
            # Of two that share a ms a proof cannot say which of them was taken out.
            while server_ms(self.store) == ended_ms:
                time.sleep(0)

    def prove(self, since_ms: int | None = None) -> Proof:
        """Return the proof of the reader."""
        proof = prove(self.store, "main", "billing", since_ms)
        assert proof is not None
        return proof

    def missing(self, since_ms: int | None = None) -> dict[str, str]:
        """Return the keys that were not given, each with the reason."""
        return {each.msg_key: each.why for each in self.prove(since_ms).missing}

    def ids(self) -> list[str]:
        """Return the ids of all entries of the stream."""
        return [text(each[0]) for each in self.client.xrange(self.stream)]

    def trim_to(self, entry_id: str) -> None:
        """Take away all entries before this one."""
        self.client.xtrim(self.stream, minid=entry_id, approximate=False)


@pytest.fixture
def hearing(bench: Bench) -> Hearing:
    """A reader before its first message."""
    return Hearing(bench)


def test_proof_holds_before_during_and_after_the_hearing(hearing: Hearing) -> None:
    hearing.send("a", "b")
    hearing.send("p", outcome=Outcome.PARK)
    hearing.send("r", outcome=Outcome.REJECTED)
    proof = hearing.prove()
    assert (proof.ok, proof.given, proof.ahead) == (True, 0, 4)
    span = hearing.reader.read(2)
    assert (hearing.prove().given, hearing.prove().ahead) == (0, 4)
    assert span
    hearing.reader.done(span.first)
    assert (hearing.prove().given, hearing.prove().ahead) == (2, 2)
    hear_all(hearing.reader)
    proof = hearing.prove()
    assert (proof.ok, proof.given, proof.ahead, proof.counted) == (True, 4, 0, 4)


def test_what_is_known_last_of_a_message_counts(hearing: Hearing) -> None:
    hearing.send("a", "b")
    hear_all(hearing.reader)
    take_receipts(hearing.store, "main", [Receipt("a", "0", "SKT", 1_764_000_000_000)])
    assert hearing.prove().ahead == 1
    span = hearing.reader.read()
    assert span
    (entry,) = span.entries
    assert (entry.state, entry.code, entry.receipts) == ("delivered", "0", (("SKT", 1_764_000_000_000),))
    hearing.reader.done(span.first)
    assert hearing.prove().given == 2


def test_many_messages_over_many_pages_are_each_counted_once(hearing: Hearing) -> None:
    hearing.bench.submit(730)
    hearing.bench.drain_all()
    hear_all(hearing.reader)
    assert (hearing.prove().given, hearing.prove().counted) == (730, 730)


def test_what_ends_during_the_proof_makes_it_count_nothing_twice(hearing: Hearing) -> None:
    hearing.bench.submit(250)
    hearing.bench.drain_all()
    more = iter([[f"m{i}" for i in range(30)]])

    def end_more(_: int) -> None:
        for keys in more:
            hearing.bench.submit(keys)
            hearing.bench.drain_all()

    proof = prove(hearing.store, "main", "billing", progress=end_more)
    assert proof
    assert (proof.ok, proof.counted) == (True, 250)


def test_what_ends_in_masses_during_the_proof_makes_it_count_nothing_twice(hearing: Hearing) -> None:
    hearing.bench.submit(250)
    hearing.bench.drain_all()
    its_list = f"{hearing.store.keys.account('main')}ended"
    more = iter([230, 1_500])

    def end_more(_: int) -> None:
        # As by one call that cancels a group: they take places in the list.
        if n := next(more, 0):
            hearing.client.rpush(its_list, *(f"{10**13}:m{n}-{number}" for number in range(n)))

    proof = prove(hearing.store, "main", "billing", progress=end_more)
    assert proof
    assert (proof.ok, proof.counted) == (True, 250)
    assert next(more, None) is None


def test_parked_message_that_ends_during_the_proof_is_not_counted_twice(hearing: Hearing) -> None:
    hearing.bench.submit(150)
    hearing.bench.drain_all()
    hearing.send("p", "q", outcome=Outcome.PARK)
    receipts = iter([Receipt("p", "0")])

    def settle(_: int) -> None:
        take_receipts(hearing.store, "main", list(receipts))

    proof = prove(hearing.store, "main", "billing", progress=settle)
    assert proof
    # What ends meanwhile is not looked at.
    assert (proof.ok, proof.counted) == (True, 151)


@pytest.mark.parametrize("is_heard", [False, True])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_reader_that_was_robbed_of_an_entry_is_caught(
    hearing: Hearing, place: int, *, is_heard: bool
) -> None:
    hearing.send("a", "b", "c", "d", "e")
    hearing.client.xdel(hearing.stream, hearing.ids()[place])
    if is_heard:
        hear_all(hearing.reader)
    assert hearing.missing() == {"abcde"[place]: "deleted" if place else "trimmed"}


def test_robbed_reader_is_caught_though_all_was_trimmed_since(hearing: Hearing) -> None:
    hearing.send("a", "b", "c")
    hearing.client.xdel(hearing.stream, hearing.ids()[1])
    hear_all(hearing.reader)
    hearing.send("d")
    hear_all(hearing.reader)
    hearing.trim_to(hearing.ids()[-1])
    proof = hearing.prove()
    # Which of them it was nobody can say any more, unless it shared its ms with the first.
    assert proof.unknown or [each.msg_key for each in proof.missing] == ["b"]
    assert "deleted" in [each.why for each in proof.trimmed]
    assert proof.counted == 4


def test_what_was_trimmed_before_it_was_given_is_named_and_the_rest_is_proved(hearing: Hearing) -> None:
    hearing.send("a")
    hear_all(hearing.reader)
    hearing.send("b", "c", "d", "e")
    hearing.trim_to(hearing.ids()[3])
    # As it is before the reader notices, and after.
    assert hearing.missing() == {"b": "trimmed", "c": "trimmed"}
    assert hear_all(hearing.reader) == ["d", "e"]
    assert hearing.missing() == {"b": "trimmed", "c": "trimmed"}
    assert [each.entries for each in hearing.prove().trimmed] == [2]
    hearing.send("f")
    hear_all(hearing.reader)
    hearing.trim_to(hearing.ids()[-1])
    assert hearing.missing() == {"b": "trimmed", "c": "trimmed"}


def test_trimmed_span_that_no_process_ended_is_not_given(hearing: Hearing) -> None:
    hearing.send("a", "b", "c")
    assert heard(hearing.reader.read(2)) == ["a", "b"]
    hear_all(hearing.reader)
    hearing.trim_to(hearing.ids()[-1])
    assert hearing.missing() == {"a": "trimmed", "b": "trimmed"}


def test_burst_whose_keys_are_more_than_are_remembered_was_given_though_it_was_trimmed(
    hearing: Hearing,
) -> None:
    hearing.send("a", "b")
    record = hearing.store.keys.record("main", "a")
    ms = int(hearing.ids()[1].partition("-")[0])
    hearing.client.delete(hearing.stream)
    # The results of `a` and `b` share their ms with so many that their keys are not remembered.
    for keys in ("a", *(f"{n}{'x' * 1_000}" for n in range(5)), "b"):
        fields = {"s": "accepted", "l": "mms-bulk@main", "c": "C100", "k": keys, "m": ""}
        hearing.client.xadd(hearing.stream, fields, id=f"{ms}-*")
    hearing.client.hset(record, "e", ms)
    assert len(hear_all(hearing.reader, most=6)) == 7
    assert hearing.client.hget(hearing.store.keys.reader("main", "billing"), "edge") == b"*"
    hearing.client.xtrim(hearing.stream, maxlen=0)
    assert hearing.prove().ok


def test_reader_that_somebody_put_ahead_is_caught(hearing: Hearing) -> None:
    hearing.send("a", "b", "c")
    reader_key = hearing.store.keys.reader("main", "billing")
    cursor, _, sure = text(hearing.client.hget(reader_key, "at")).split()
    hearing.client.hset(reader_key, "at", f"{hearing.ids()[1]} 0 {sure}")
    assert cursor == sure
    hear_all(Reader(hearing.store, "main", "billing", "p2"))
    assert hearing.missing().items() >= {"a": "skipped", "b": "skipped"}.items()


def test_proof_begins_where_the_reader_began_unless_asked_for_more(hearing: Hearing) -> None:
    hearing.send("a")
    late = Reader(hearing.store, "main", "late", "p1")
    late.read()
    hearing.send("b")
    hear_all(late)
    proof = prove(hearing.store, "main", "late")
    assert proof
    assert (proof.ok, proof.counted) == (True, 1)
    proof = prove(hearing.store, "main", "late", 0)
    assert proof
    assert [(each.msg_key, each.why) for each in proof.missing] == [("a", "early")]


def test_proof_of_a_reader_that_is_not_there_is_none(hearing: Hearing) -> None:
    assert prove(hearing.store, "main", "nobody") is None


def test_message_that_was_asked_for_again_is_not_looked_at_until_it_ends(hearing: Hearing) -> None:
    hearing.send("r", outcome=Outcome.REJECTED)
    hear_all(hearing.reader)
    assert ask(hearing.store, "main", "r", Act.REQUEUE).done
    assert hearing.prove().counted == 0
    batch = hearing.bench.take()
    hearing.bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, code="C100"))
    assert (hearing.prove().ahead, hearing.prove().counted) == (1, 1)


class TestReplay:
    """A replay rebuilds from the records what the stream lost."""

    def test_lost_entries_are_given_again_and_the_proof_holds(self, hearing: Hearing) -> None:
        hearing.send("a", "b", "c", "d")
        take_receipts(hearing.store, "main", [Receipt("b", "2", "KT", None)])
        hearing.trim_to(hearing.ids()[-1])
        assert hear_all(hearing.reader) == ["b"]
        assert sorted(hearing.missing()) == ["a", "c", "d"]
        assert replay(hearing.store, "main", "billing", 0) == 4
        assert hearing.missing() == {}
        other = Reader(hearing.store, "main", "billing", "p2")
        span = other.read()
        assert sorted(heard(span)) == ["a", "b", "c", "d"]
        assert span
        assert span.first.startswith("r")
        assert hearing.prove().ok
        other.read(done=span.first)
        proof = hearing.prove()
        assert (proof.ok, proof.given, proof.trimmed) == (True, 4, ())
        assert hearing.client.xlen(hearing.store.keys.replay("main", "billing")) == 0
        assert list_readers(hearing.store, "main")[0].missed == ()

    def test_replay_has_the_receipts_of_the_records(self, hearing: Hearing) -> None:
        hearing.send("a", "b")
        take_receipts(hearing.store, "main", [Receipt("a", "0", "SKT", 17), Receipt("b", "2")])
        hear_all(hearing.reader)
        replay(hearing.store, "main", "billing", 0)
        span = hearing.reader.read()
        assert span
        found = {entry.msg_keys: (entry.state, entry.code, entry.receipts) for entry in span.entries}
        assert found == {
            ("a",): ("delivered", "0", (("SKT", 17),)),
            ("b",): ("undelivered", "2", (("", None),)),
        }

    def test_replay_begins_at_the_time_that_is_named(self, hearing: Hearing) -> None:
        hearing.send("a", "b", "c")
        hear_all(hearing.reader)
        since_ms = int(hearing.ids()[1].partition("-")[0])
        replay(hearing.store, "main", "billing", since_ms)
        assert set(hear_all(hearing.reader)) <= {"a", "b", "c"}
        assert "a" not in hear_all(hearing.reader)

    @pytest.mark.parametrize("is_heard", [False, True])
    def test_entry_that_was_deleted_is_mended_for_good(self, hearing: Hearing, *, is_heard: bool) -> None:
        hearing.send("a", "b", "c")
        hearing.client.xdel(hearing.stream, hearing.ids()[1])
        if is_heard:
            hear_all(hearing.reader)
        assert list(hearing.missing()) == ["b"]
        replay(hearing.store, "main", "billing", 0)
        assert hearing.missing() == {}
        assert "b" in hear_all(Reader(hearing.store, "main", "billing", "p2"))
        assert hearing.prove().ok
        hearing.send("d")
        hear_all(Reader(hearing.store, "main", "billing", "p3"))
        assert hearing.prove().ok
        hearing.trim_to(hearing.ids()[-1])
        assert hearing.missing() == {}

    def test_replay_covers_what_ended_before_the_reader_began(self, hearing: Hearing) -> None:
        hearing.send("a")
        late = Reader(hearing.store, "main", "late", "p1")
        late.read()
        replay(hearing.store, "main", "late", 0)
        assert hear_all(late) == ["a"]
        proof = prove(hearing.store, "main", "late", 0)
        assert proof
        assert (proof.ok, proof.given) == (True, 1)

    def test_second_replay_leaves_what_the_first_one_rebuilt_ahead(self, hearing: Hearing) -> None:
        hearing.send("a", "b", "c")
        hearing.client.delete(hearing.stream)
        hearing.reader.read()
        assert len(hearing.missing()) == 3
        replay(hearing.store, "main", "billing", 0)
        late_ms = _ended_ms(hearing, "c") + 1
        heard_between: list[str] = []

        def listen(_: int) -> None:
            heard_between.extend(hear_all(hearing.reader))

        assert replay(hearing.store, "main", "billing", late_ms, progress=listen) == 0
        assert sorted(heard_between) == ["a", "b", "c"]
        hear_all(hearing.reader)
        proof = hearing.prove()
        assert (proof.ok, proof.given) == (True, 3)

    def test_second_replay_is_heard_whole_though_the_first_was_heard_meanwhile(
        self, hearing: Hearing
    ) -> None:
        hearing.bench.submit(150)
        while hearing.bench.drain_all():
            pass
        hearing.client.delete(hearing.stream)
        hearing.reader.read()
        now_ms = int(hearing.client.time()[0]) * 1000
        assert replay(hearing.store, "main", "billing", now_ms + 60_000) == 0
        keys: list[str] = []

        def listen(_: int) -> None:
            keys.extend(hear_all(hearing.reader))

        assert replay(hearing.store, "main", "billing", 0, progress=listen) == 150
        listen(0)
        assert len(set(keys)) == 150

    def test_replay_whose_place_was_spoilt_is_given_again(self, hearing: Hearing) -> None:
        hearing.send("a", "b")
        hearing.client.delete(hearing.stream)
        hearing.reader.read()
        replay(hearing.store, "main", "billing", 0)
        hearing.client.hset(hearing.store.keys.reader("main", "billing"), "side", "junk")
        assert sorted(hear_all(hearing.reader)) == ["a", "b"]
        assert hearing.prove().given == 2

    def test_replay_to_a_reader_that_is_not_there_is_none(self, hearing: Hearing) -> None:
        assert replay(hearing.store, "main", "nobody", 0) is None

    def test_interrupted_replay_proves_nothing_and_another_ends_it(self, hearing: Hearing) -> None:
        hearing.bench.submit(250)
        hearing.bench.drain_all()
        hearing.client.delete(hearing.stream)
        hearing.reader.read()

        class Interrupted(Exception):
            pass

        def interrupt(n: int) -> None:
            if n >= 100:
                raise Interrupted

        with pytest.raises(Interrupted):
            replay(hearing.store, "main", "billing", 0, progress=interrupt)
        hear_all(hearing.reader)
        assert not hearing.prove().ok
        assert replay(hearing.store, "main", "billing", 0) == 250
        assert len(hear_all(hearing.reader)) == 250
        assert hearing.prove().ok


def _ended_ms(hearing: Hearing, key: str) -> int:
    return int(hearing.client.hget(hearing.store.keys.record("main", key), "e"))


def test_result_that_this_version_cannot_read_is_missing_until_a_replay(hearing: Hearing) -> None:
    hearing.send("a", "b", "c")
    (_, one), _, _ = entries = hearing.client.xrange(hearing.stream)
    hearing.client.delete(hearing.stream)
    for entry_id, fields in entries:
        is_newer = fields[b"k"] == b"b"
        hearing.client.xadd(hearing.stream, fields | ({b"s": b"read"} if is_newer else {}), id=entry_id)
    assert one
    assert sorted(hear_all(hearing.reader)) == ["a", "c"]
    assert hearing.missing() == {"b": "unreadable"}
    replay(hearing.store, "main", "billing", 0)
    assert sorted(hear_all(hearing.reader)) == ["a", "b", "c"]
    assert hearing.missing() == {}


def test_keys_that_were_too_many_to_keep_are_unknown_and_not_given(hearing: Hearing) -> None:
    hearing.send("a", "b")
    hear_all(hearing.reader)
    reader_key = hearing.store.keys.reader("main", "billing")
    hearing.client.hset(reader_key, "edge", "*")
    last_ms = hearing.ids()[-1].partition("-")[0]
    hearing.trim_to(f"{int(last_ms) + 1}-0")
    # The reader has heard as many as there ever were.
    assert hearing.prove().given == 2
    place = text(hearing.client.hget(reader_key, "at")).split()
    hearing.client.hset(reader_key, "at", f"{place[0]} 1 {place[2]}")
    assert (hearing.prove().given, hearing.prove().unknown) == (1, 1)
    hearing.reader.read()
    assert (hearing.prove().given, hearing.prove().unknown) == (1, 1)


def test_message_that_an_older_program_settled_was_never_published_and_is_named(hearing: Hearing) -> None:
    hearing.send("a")
    _age(hearing, "a", 3_000)
    hearing.send("b")
    _age(hearing, "b", 1_000)
    hear_all(hearing.reader)
    first = f"{int(hearing.ids()[0].partition('-')[0]) - 2_000}-0"
    hearing.client.hset(hearing.store.keys.reader("main", "billing"), "began", "0-0 0 0")
    republished = hearing.client.xrange(hearing.stream)[0][1]
    hearing.client.delete(hearing.stream)
    hearing.client.xadd(hearing.stream, republished, id=first)
    assert hearing.missing() == {"b": "deleted"}
    replay(hearing.store, "main", "billing", 0)
    hear_all(hearing.reader)
    assert hearing.missing() == {}


def _age(hearing: Hearing, key: str, by_ms: int) -> None:
    """Let a message have ended so much earlier."""
    record = hearing.store.keys.record("main", key)
    ended = int(hearing.client.hget(record, "e"))
    its_list = f"{hearing.store.keys.account('main')}ended"
    place = hearing.client.lrange(its_list, 0, -1).index(f"{ended}:{key}".encode())
    hearing.client.lset(its_list, place, f"{ended - by_ms}:{key}")
    hearing.client.hset(record, "e", ended - by_ms)


def test_script_of_the_proof_writes_nothing(hearing: Hearing, store: Store) -> None:
    hearing.send("a", "b")
    hearing.reader.read(1)
    before = everything(store)
    hearing.prove(0)
    assert everything(store) == before


def test_replay_beside_a_reader_that_goes_on_is_heard_whole(hearing: Hearing) -> None:
    """The reader is through with the first page before the second is rebuilt."""
    keys = [f"k{number:03}" for number in range(150)]
    hearing.bench.submit(keys)
    while hearing.bench.drain_all():
        pass
    hearing.client.xtrim(hearing.stream, maxlen=0)
    names: list[str] = []

    def listen(_: int) -> None:
        names.extend(hear_all(hearing.reader))

    replay(hearing.store, "main", "billing", 0, progress=listen)
    listen(0)
    assert sorted(names) == keys
    assert hearing.prove().ok


def test_later_result_that_was_trimmed_is_missing_though_the_first_was_given(hearing: Hearing) -> None:
    hearing.send("a")
    assert hear_all(hearing.reader) == ["a"]
    hearing.bench.let_pass(1_000)
    time.sleep(0.002)
    take_receipts(hearing.store, "main", [Receipt("a", "0", "KT", None)])
    time.sleep(0.002)
    hearing.send("b")
    hearing.trim_to(hearing.ids()[-1])
    assert hear_all(hearing.reader) == ["b"]
    assert hearing.missing() == {"a": "trimmed"}
