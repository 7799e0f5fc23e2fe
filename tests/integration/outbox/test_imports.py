"""What the outbox remembers of imports: how long, in how many bytes, and what it does where it is spoilt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import ImportRefused, OutboxUnavailable, RecordBroken
from plexsend.outbox.imports import ImportRow, Imports, ImportTerms, Met
from plexsend.settings import NumberKey

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from tests.integration.outbox.bench import Bench

TERMS = ImportTerms("sale.csv", "file-1")
OTHER_FILE = ImportTerms("sale.csv", "file-2")


@pytest.fixture
def imports(store: Store) -> Imports:
    """The imports of an account that has no message yet."""
    return Imports(store, "main")


def rows(*receivers: str) -> list[ImportRow]:
    return [ImportRow(f"key-of-{receiver}", receiver) for receiver in receivers]


def key_of(store: Store) -> Any:
    client: Any = store.client
    (key,) = client.scan_iter(f"{store.keys.account('main')}import:*")
    return key


def test_row_is_new_then_known_and_changed_for_the_next_run(imports: Imports, bench: Bench) -> None:
    first = imports.begin(TERMS)
    assert imports.look(first, rows("a", "b", "a"), sends_changed=False) == [Met.NEW, Met.NEW, Met.KNOWN]
    imports.end(first, added=2, sample="", is_complete=True)
    second = imports.begin(TERMS)
    assert (second.number, second.since_ms) == (first.number + 1, first.since_ms)
    bench.submit(["key-of-a"])
    # Of a the record is there, so it is the same row; of b it is not.
    assert imports.look(second, rows("a", "b", "c"), sends_changed=False) == [Met.KNOWN, Met.CHANGED, Met.NEW]
    assert imports.look(second, rows("b"), sends_changed=True) == [Met.NEW]
    assert imports.look(second, [], sends_changed=False) == []


def test_run_that_was_not_ended_goes_on_for_the_same_file_alone(imports: Imports) -> None:
    first = imports.begin(TERMS)
    other = imports.begin(OTHER_FILE)
    assert other.number == first.number + 1
    assert imports.begin(TERMS) == first
    imports.end(first, added=0, sample="", is_complete=False)
    assert imports.begin(TERMS) == first
    imports.end(first, added=0, sample="", is_complete=True)
    assert imports.begin(TERMS).number == other.number + 1


def test_rows_that_were_not_added_are_forgotten_and_others_are_not(imports: Imports) -> None:
    first = imports.begin(TERMS)
    imports.look(first, rows("a", "b"), sends_changed=False)
    imports.forget(first, rows("a", "never"))
    second = imports.begin(OTHER_FILE)
    assert imports.look(second, rows("a", "b"), sends_changed=False) == [Met.NEW, Met.CHANGED]
    # A run takes back its own alone.
    imports.forget(second, rows("b"))
    third = imports.begin(ImportTerms("sale.csv", "file-3"))
    assert imports.look(third, rows("b"), sends_changed=False) == [Met.CHANGED]


def test_marks_of_a_run_that_died_are_taken_back_after_a_minute(
    imports: Imports, bench: Bench, store: Store
) -> None:
    first = imports.begin(TERMS)
    imports.look(first, rows("a", "b"), sends_changed=False)
    bench.submit(["key-of-a"])
    # At once the first run may be about to add b.
    second = imports.begin(OTHER_FILE)
    others = [ImportRow(f"mended-{each}", each) for each in ("a", "b")]
    assert imports.look(second, others, sends_changed=False) == [Met.CHANGED, Met.CHANGED]
    imports.look(first, rows("b"), sends_changed=True)
    imports.forget(first, rows("b"))
    imports.look(first, rows("b"), sends_changed=False)
    client: Any = store.client
    moment, _, noted = client.hget(key_of(store), "pending").partition(b" ")
    # Later the record of what was added may be gone.
    for age_ms, mark in ((13 * 3_600_000, Met.CHANGED), (60_000, Met.NEW)):
        client.hset(key_of(store), "pending", b"%d %s" % (int(moment) - age_ms, noted))
        third = imports.begin(ImportTerms("sale.csv", f"file-{age_ms}"))
        assert imports.look(third, others, sends_changed=False) == [Met.CHANGED, mark]


def test_rejected_rows_belong_to_the_run_that_rejected_them(imports: Imports, store: Store) -> None:
    first = imports.begin(TERMS)
    imports.look(first, rows("a"), sends_changed=False)
    imports.end(first, added=1, sample="", is_complete=True)
    store.client.hset(key_of(store), "last", 1)
    mended = imports.begin(OTHER_FILE, first.token)
    assert mended.number == first.number
    assert imports.look(mended, rows("a"), sends_changed=False) == [Met.KNOWN]
    store.client.hset(key_of(store), "last", 1)
    for token in ("1-1", f"{first.since_ms}-9", "x", "-"):
        with pytest.raises(ImportRefused):
            imports.begin(OTHER_FILE, token)


def test_it_takes_eight_bytes_a_receiver_and_little_more(imports: Imports, store: Store) -> None:
    run = imports.begin(TERMS)
    for start in range(0, 20_000, 500):
        imports.look(run, rows(*(f"010{start + n:08}" for n in range(500))), sends_changed=False)
    client: Any = store.client
    fields = client.hgetall(key_of(store))
    marks = [value for name, value in fields.items() if name.startswith(b"r") and name[1:].isdigit()]
    assert sum(map(len, marks)) == 20_000 * 8


def test_it_is_kept_as_long_as_records_and_until_after_the_last_row_goes(
    imports: Imports, store: Store
) -> None:
    store.client.hset(store.keys.in_force("main"), "keep_days", 3)
    run = imports.begin(TERMS)
    day_ms = 24 * 3_600_000
    assert 0 <= 3 * day_ms - store.client.pttl(key_of(store)) < 60_000
    imports.look(run, rows("a"), sends_changed=False, send_at_ms=run.since_ms + day_ms)
    assert 0 <= 4 * day_ms - store.client.pttl(key_of(store)) < 60_000
    imports.end(run, added=1, sample="", is_complete=True)
    assert 0 <= 4 * day_ms - store.client.pttl(key_of(store)) < 60_000


def test_what_another_program_wrote_there_is_named(imports: Imports, store: Store) -> None:
    run = imports.begin(TERMS)
    key = key_of(store)
    store.client.delete(key)
    store.client.set(key, "x")
    for call in (
        lambda: imports.begin(TERMS),
        lambda: imports.look(run, rows("a"), sends_changed=False),
        lambda: imports.end(run, added=0, sample="", is_complete=True),
    ):
        with pytest.raises(RecordBroken, match=r"another program wrote to .*\{main\}:import:.*--name"):
            call()
    assert store.client.get(key) == b"x"


def test_what_is_not_whole_is_begun_anew_and_a_run_of_it_stops(imports: Imports, store: Store) -> None:
    run = imports.begin(TERMS)
    imports.look(run, rows("a"), sends_changed=False)
    store.client.hdel(key_of(store), "first")
    with pytest.raises(OutboxUnavailable, match="does not know the import"):
        imports.look(run, rows("b"), sends_changed=False)
    again = imports.begin(OTHER_FILE)
    assert imports.look(again, rows("a"), sends_changed=False) == [Met.NEW]


def test_receivers_are_hashed_under_the_number_key_and_no_other_is_compared(store: Store) -> None:
    keyed = Imports(store, "main", NumberKey("k" * 32))
    run = keyed.begin(TERMS)
    keyed.look(run, rows("01023456789"), sends_changed=False)
    keyed.end(run, added=1, sample="", is_complete=True)
    with pytest.raises(ImportRefused, match="another PLEXSEND_NUMBER_KEY"):
        Imports(store, "main").begin(TERMS)
    again = keyed.begin(TERMS)
    assert keyed.look(again, rows("01023456789"), sends_changed=False) == [Met.CHANGED]
