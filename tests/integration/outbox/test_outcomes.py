"""What applications hear of: each message that came into a state that ends it, or parks it, is published."""

from __future__ import annotations

from typing import Any

from plexsend.outbox.batches import Outcome
from plexsend.outbox.reading import queries
from plexsend.outbox.steer import Act, ask
from tests.integration.outbox.bench import BULK, Bench, accepted, keys_of, verdicts

Entry = tuple[str, dict[str, str]]


def published(bench: Bench) -> list[Entry]:
    """Return the entries of the stream: the id, and the fields."""
    client: Any = bench.store.client
    entries = client.xrange(bench.store.keys.results("main"))
    return [
        (id_.decode(), {name.decode(): value.decode() for name, value in fields.items()})
        for id_, fields in entries
    ]


def told(bench: Bench) -> list[tuple[str, str, str]]:
    """Return state, code and keys of each entry."""
    return [(fields["s"], fields["c"], fields["k"]) for _, fields in published(bench)]


def set_keep(bench: Bench, days: float) -> None:
    bench.store.client.hset(bench.store.keys.in_force("main"), "results_keep_days", str(days))


def test_batch_that_was_accepted_is_one_entry(bench: Bench) -> None:
    bench.submit(10)
    bench.stop(settlement=accepted(bench.take()))
    ((id_, fields),) = published(bench)
    assert fields == {"s": "accepted", "l": BULK.name, "c": "C100", "k": " ".join(keys_of(10)), "m": ""}
    assert int(id_.partition("-")[0]) == bench.record(keys_of(1)[0]).ended_ms


def test_what_shares_state_and_code_shares_an_entry(bench: Bench) -> None:
    bench.submit(3)
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED, code="G140"))
    bench.submit(["a", "b"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.PARK, code="C500_1"))
    assert told(bench) == [("rejected", "G140", " ".join(keys_of(3))), ("uncertain", "C500_1", "a b")]


def test_what_only_waits_again_is_not_published(bench: Bench) -> None:
    bench.submit(3)
    bench.stop(settlement=verdicts(bench.take(), Outcome.BACK))
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY, delay_ms=1000))
    assert told(bench) == []


def test_nothing_is_published_where_nothing_is_kept(bench: Bench) -> None:
    bench.submit(3)
    set_keep(bench, 0)
    bench.stop(settlement=accepted(bench.take()))
    assert not bench.store.client.exists(bench.store.keys.results("main"))


def test_what_is_older_than_results_are_kept_goes(bench: Bench) -> None:
    """Whole pieces of the stream, of 100 entries at most; not to the entry."""
    client: Any = bench.store.client
    name = bench.store.keys.results("main")
    for at in range(1, 301):
        client.xadd(name, {"s": "accepted", "l": BULK.name, "c": "", "k": f"old{at}", "m": ""}, id=f"{at}-0")
    bench.submit(3)
    bench.stop(settlement=accepted(bench.take()))
    left = [fields["k"] for _, fields in published(bench)]
    assert left[-1] == " ".join(keys_of(3))
    assert len(left) <= 101


def test_clock_set_back_keeps_the_order_and_the_record_says_where_its_entry_is(bench: Bench) -> None:
    client: Any = bench.store.client
    name = bench.store.keys.results("main")
    ahead = queries.server_ms(bench.store) + 3_600_000
    client.xadd(name, {"s": "accepted", "l": BULK.name, "c": "", "k": "x", "m": ""}, id=f"{ahead}-5")
    bench.submit(2)
    bench.stop(settlement=accepted(bench.take()))
    assert [id_ for id_, _ in published(bench)] == [f"{ahead}-5", f"{ahead}-6"]
    records = [bench.store.keys.record("main", key) for key in keys_of(2)]
    assert {int(client.hget(record, "r")) for record in records} == {ahead}


def test_ids_go_on_where_a_stream_was_emptied_after_a_clock_was_set_back(bench: Bench) -> None:
    client: Any = bench.store.client
    name = bench.store.keys.results("main")
    ahead = queries.server_ms(bench.store) + 3_600_000
    client.xadd(name, {"s": "x"}, id=f"{ahead}-5")
    client.xtrim(name, maxlen=0, approximate=False)
    bench.submit(1)
    bench.stop(settlement=accepted(bench.take()))
    assert [id_ for id_, _ in published(bench)] == [f"{ahead}-6"]


def test_ids_go_on_where_the_last_entry_was_taken_out_after_a_clock_was_set_back(bench: Bench) -> None:
    client: Any = bench.store.client
    name = bench.store.keys.results("main")
    ahead = queries.server_ms(bench.store) + 3_600_000
    client.xadd(name, {"s": "x"}, id=f"{ahead - 1}-0")
    client.xadd(name, {"s": "x"}, id=f"{ahead}-5")
    client.xdel(name, f"{ahead}-5")
    bench.submit(1)
    bench.stop(settlement=accepted(bench.take()))
    assert [id_ for id_, _ in published(bench)] == [f"{ahead - 1}-0", f"{ahead}-6"]


def test_cancel_and_a_person_are_published_too(bench: Bench) -> None:
    bench.submit(["a", "b"])
    ask(bench.store, "main", "a", Act.CANCEL)
    bench.stop(settlement=verdicts(bench.take(), Outcome.PARK))
    ask(bench.store, "main", "b", Act.ACCEPTED)
    assert [(state, keys) for state, _, keys in told(bench)] == [
        ("cancelled", "a"),
        ("uncertain", "b"),
        ("accepted", "b"),
    ]
