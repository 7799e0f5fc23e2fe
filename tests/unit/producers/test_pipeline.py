from __future__ import annotations

import copy
import threading
import time
import tracemalloc
import uuid
from collections import OrderedDict
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import (
    Closing,
    GroupClosed,
    InvalidItem,
    OutboxError,
    OutboxFull,
    OutboxUnavailable,
    Problem,
)
from plexsend.gateway.items import Item, ItemLoader, get_loader
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage, SubmitOutcome, Submitted
from plexsend.producers.calls import Calls
from plexsend.producers.incoming import Incoming
from plexsend.producers.pipeline import Pipeline
from plexsend.producers.submissions import (
    InterruptedByClosing,
    InterruptedByFull,
    InterruptedByOutage,
    Submission,
    SubmitInterrupted,
)
from plexsend.producers.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


_TERMS = Terms(service="mms-bulk", account="main")


class Taker:
    """Takes everything in and remembers the calls; fails at the call whose number (1 the first) is given."""

    def __init__(self, fail_at: int = 0, error: OutboxError | None = None) -> None:
        self.calls: list[tuple[Lane, list[NewMessage]]] = []
        self.options: dict[str, object] = {}
        self.all_options: list[dict[str, object]] = []
        self._fail_at = fail_at
        self._error = error

    def add(self, lane: Lane, messages: Sequence[NewMessage], **options: object) -> list[Submitted]:
        self.calls.append((lane, list(messages)))
        self.options = options
        self.all_options.append(options)
        if self._error is not None and len(self.calls) == self._fail_at:
            raise self._error
        return [Submitted(SubmitOutcome.ADDED, State.WAITING) for _ in messages]


class LateTaker(Taker):
    """Takes everything in, and notes when it is sent and when it is asked what became of it."""

    def __init__(self, fail_at: int = 0, error: OutboxError | None = None) -> None:
        super().__init__(fail_at, error)
        self.events: list[str] = []

    def send(
        self, lane: Lane, messages: Sequence[NewMessage], **options: object
    ) -> Callable[[], list[Submitted]]:
        self.events.append(f"{messages[0].msg_key} is sent")

        def answers() -> list[Submitted]:
            self.events.append(f"{messages[0].msg_key} is answered")
            return self.add(lane, messages, **options)

        return answers


class VariantLoader(ItemLoader):
    """The MMS loader, as if MMS came in the variants that its `sub_id` names."""

    def __init__(self) -> None:
        self._real = get_loader("mms-bulk")
        self.product = self._real.product
        self.stamp = self._real.stamp

    def load(self, raw: object, **options: Any) -> Item:
        item = self._real.load(raw, **options)
        assert isinstance(raw, dict)
        return replace(item, variant=raw["sub_id"])


def _run(raws: Iterable[object], taker: Taker, loader: ItemLoader | None = None, **terms: Any) -> Submission:
    pipeline = Pipeline(replace(_TERMS, **terms), loader or get_loader("mms-bulk"), taker)
    whole = Submission()
    for part in pipeline.run(Incoming(index, raw) for index, raw in enumerate(raws)):
        whole.extend(part)
    return whole


def _run_ahead(raws: Iterable[object], taker: Taker, whole: Submission | None = None) -> Submission:
    whole = whole or Submission()
    pipeline = Pipeline(_TERMS, get_loader("mms-bulk"), taker)
    for part in pipeline.run_ahead(Incoming(index, raw) for index, raw in enumerate(raws)):
        whole.extend(part)
    return whole


@pytest.mark.parametrize(
    ("count", "chunks"),
    [(0, []), (1, [1]), (499, [499]), (500, [500]), (501, [500, 1]), (1200, [500, 500, 200])],
)
def test_items_go_in_chunks_of_500(make_item: Any, count: int, chunks: list[int]) -> None:
    taker = Taker()
    whole = _run((make_item(n, msg_key=f"k{n}") for n in range(count)), taker)
    assert [len(drafts) for _, drafts in taker.calls] == chunks
    assert [(each.index, each.msg_key) for each in whole.added] == [(n, f"k{n}") for n in range(count)]


def test_memory_holds_the_outcomes_of_50_000_items_and_at_most_one_chunk() -> None:
    class LetPass(VariantLoader):
        """Lets everything pass, since judging 50,000 items under tracemalloc takes long."""

        def load(self, raw: object, **_: Any) -> Item:
            assert isinstance(raw, dict)
            return Item(raw["msg_key"], None, bytes(2_000), (), ())

    class Nowhere(Taker):
        def add(self, lane: Lane, messages: Sequence[NewMessage], **options: object) -> list[Submitted]:
            self.calls.clear()
            return super().add(lane, messages, **options)

    tracemalloc.start()
    whole = _run(({"msg_key": f"k{n}"} for n in range(50_000)), Nowhere(), LetPass())
    left_bytes, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(whole.added) == 50_000
    assert left_bytes < 50_000 * 250
    # The bodies alone would be 100 MB.
    assert peak_bytes - left_bytes < 4_000_000


def test_a_chunk_is_read_no_further_ahead_than_it_is_long(make_item: Any) -> None:
    taker = Taker()
    read_ahead = []

    def items() -> Iterable[object]:
        for n in range(1500):
            read_ahead.append(n - sum(len(drafts) for _, drafts in taker.calls))
            yield make_item(n)

    _run(items(), taker)
    assert max(read_ahead) == 499


def test_invalid_items_count_towards_a_chunk_and_cost_no_call(make_item: Any) -> None:
    taker = Taker()
    pipeline = Pipeline(_TERMS, get_loader("mms-bulk"), taker)
    sizes = [len(part.invalid) for part in pipeline.run(Incoming(n, make_item(msg="")) for n in range(1001))]
    assert sizes == [500, 500, 1]
    assert taker.calls == []


def test_large_entries_make_smaller_chunks(make_item: Any) -> None:
    taker = Taker()
    pipeline = Pipeline(_TERMS, get_loader("mms-bulk"), taker)
    list(pipeline.run(Incoming(n, make_item(n), size_bytes=1_000_000) for n in range(10)))
    assert [len(drafts) for _, drafts in taker.calls] == [4, 4, 2]


def test_the_terms_reach_the_outbox(make_item: Any) -> None:
    taker = Taker()
    _run([make_item()], taker, account="shop", send_at_ms=5, expires_at_ms=9)
    assert taker.calls[0][0] == Lane("mms-bulk", None, "shop")
    assert taker.options == {
        "stamp": get_loader("mms-bulk").stamp.stored,
        "most_items": 10,
        "send_at_ms": 5,
        "expires_at_ms": 9,
    }


def test_the_largest_batch_of_the_product_reaches_the_outbox(make_item: Any) -> None:
    loader = copy.copy(get_loader("mms-bulk"))
    loader.product = replace(loader.product, most_items=3)
    taker = Taker()
    _run([make_item()], taker, loader)
    assert taker.options["most_items"] == 3


@pytest.mark.parametrize("key", [None, "", "  "])
def test_an_item_without_a_key_gets_a_uuid_that_is_on_the_wire(make_item: Any, key: str | None) -> None:
    taker = Taker()
    item = make_item()
    item["msg_key"] = key
    (added,) = _run([item], taker).added
    assert uuid.UUID(added.msg_key).version == 4
    ((_, (draft,)),) = taker.calls
    assert draft.msg_key == added.msg_key
    assert f'"msg_key":"{added.msg_key}"'.encode() in draft.body


def test_two_items_without_keys_are_two_messages(make_item: Any) -> None:
    whole = _run([make_item()] * 2, Taker())
    assert len({each.msg_key for each in whole.added}) == 2


@pytest.mark.parametrize("raw", [None, 5, "text", b"bytes", [], [("msg", "x")], object()])
def test_what_is_no_mapping_is_invalid_and_its_neighbours_go_on(make_item: Any, raw: object) -> None:
    whole = _run([make_item(), raw, make_item()], Taker())
    assert [each.index for each in whole.added] == [0, 2]
    (invalid,) = whole.invalid
    assert (invalid.index, invalid.msg_key) == (1, None)
    assert invalid.errors


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType])
def test_any_mapping_is_an_item_and_stays_as_it_was(make_item: Any, kind: Any) -> None:
    plain = make_item(msg="가–나\r\n", title=" ")
    before = copy.deepcopy(plain)
    given = kind(plain)
    whole = _run([given], Taker(), replace=True)
    assert len(whole.added) == 1
    assert whole.replacements
    assert dict(given) == before
    assert plain == before


def test_every_error_of_an_invalid_item_is_told_with_its_own_key_alone(make_item: Any) -> None:
    named, unnamed = make_item(msg="", sender_number="1", msg_key="mine"), make_item(msg="")
    first, second = _run([named, unnamed], Taker()).invalid
    assert first.msg_key == "mine"
    assert {problem.field for problem in first.errors} == {"msg", "sender_number"}
    # A key that was made up would name nothing that anybody knows.
    assert second.msg_key is None


def test_an_entry_that_already_is_a_refusal_is_invalid() -> None:
    problem = Problem("row", "is not JSON", "")
    (invalid,) = _run([InvalidItem([problem], msg_key="k")], Taker()).invalid
    assert (invalid.index, invalid.msg_key, invalid.errors) == (0, "k", (problem,))


def test_warnings_and_replacements_name_their_item(make_item: Any) -> None:
    items = [make_item(msg_key="a"), make_item(msg_key="b", title="가" * 21, msg="1–2")]
    whole = _run(items, Taker(), replace=True)
    assert [(each.index, each.msg_key, each.problem.field) for each in whole.warnings] == [(1, "b", "title")]
    assert [(each.index, each.msg_key, each.problem.field) for each in whole.replacements] == [
        (1, "b", "msg")
    ]


def test_variants_go_into_lanes_of_their_own_and_are_told_in_the_order_given(make_item: Any) -> None:
    taker = Taker()
    items = [make_item(n, msg_key=f"k{n}", sub_id="ABC"[n % 3]) for n in range(9)]
    whole = _run(items, taker, VariantLoader())
    assert [(lane.variant, len(drafts)) for lane, drafts in taker.calls] == [("A", 3), ("B", 3), ("C", 3)]
    assert [each.index for each in whole.added] == list(range(9))


def test_the_same_key_in_two_lanes_is_added_in_the_order_given(make_item: Any) -> None:
    taker = Taker()
    items = [make_item(msg_key=key, sub_id=lane) for key, lane in ("1B", "2A", "2B", "3A", "1B")]
    _run(items, taker, VariantLoader())
    added = [(lane.variant, [draft.msg_key for draft in drafts]) for lane, drafts in taker.calls]
    assert added == [("B", ["1"]), ("A", ["2"]), ("B", ["2", "1"]), ("A", ["3"])]


@pytest.mark.parametrize(
    ("error", "kind", "unknown", "not_added"),
    [
        (OutboxUnavailable("gone"), InterruptedByOutage, 2, 2),
        (OutboxFull("full"), InterruptedByFull, 0, 4),
        (GroupClosed("closed", Closing("g", "main", 0, "a", "b")), InterruptedByClosing, 0, 4),
        (OutboxError("odd"), SubmitInterrupted, 2, 2),
    ],
)
def test_a_failure_tells_the_fate_of_every_item_read(
    make_item: Any, error: OutboxError, kind: type, unknown: int, not_added: int
) -> None:
    taker = Taker(fail_at=2, error=error)
    items = [make_item(n, msg_key=f"k{n}", sub_id="ABC"[n % 3]) for n in range(6)]
    with pytest.raises(SubmitInterrupted) as caught:
        _run([*items, make_item(msg="", sub_id="A")], taker, VariantLoader())
    stopped = caught.value
    assert type(stopped) is kind
    assert isinstance(stopped, type(error))
    assert stopped.cause is error
    assert stopped.taken == 7
    parts = stopped.submission
    assert [each.index for each in parts.added] == [0, 3]
    assert [each.index for each in parts.invalid] == [6]
    assert [each.index for each in parts.unknown] == [1, 4][:unknown]
    assert [each.index for each in parts.not_added] == ([2, 5] if unknown else [1, 2, 4, 5])
    assert len(parts.not_added) == not_added
    assert f"Of 7 items read, 3 were answered (2 added), {unknown} are in doubt" in str(stopped)


def test_each_chunk_is_judged_while_the_one_before_it_is_added(make_item: Any) -> None:
    class Holding(Taker):
        """Takes a chunk only once the first item of the next has been read."""

        def add(self, lane: Lane, messages: Sequence[NewMessage], **options: object) -> list[Submitted]:
            assert len(self.calls) == 2 or next_begun.wait(10)
            next_begun.clear()
            return super().add(lane, messages, **options)

    next_begun = threading.Event()
    taker = Holding()

    def items() -> Iterable[object]:
        for n in range(1_200):
            if n in {500, 1_000}:
                next_begun.set()
            if n == 1_199:
                next_begun.set()
            yield make_item(n, msg_key=f"k{n}")

    whole = _run_ahead(items(), taker)
    assert [len(drafts) for _, drafts in taker.calls] == [500, 500, 200]
    assert [(each.index, each.msg_key) for each in whole.added] == [(n, f"k{n}") for n in range(1_200)]


def test_the_next_chunk_is_judged_before_the_one_that_was_sent_is_answered(make_item: Any) -> None:
    taker = LateTaker()

    def items() -> Iterable[object]:
        for n in range(1_200):
            if n % 500 == 499 or n == 1_199:
                taker.events.append(f"k{n} is read by {threading.current_thread().name}")
            yield make_item(n, msg_key=f"k{n}")

    whole = _run_ahead(items(), taker)
    reader = threading.current_thread().name
    assert taker.events == [
        f"k499 is read by {reader}",
        "k0 is sent",
        f"k999 is read by {reader}",
        "k0 is answered",
        "k500 is sent",
        f"k1199 is read by {reader}",
        "k500 is answered",
    ]
    assert [len(drafts) for _, drafts in taker.calls] == [500, 500, 200]
    assert [(each.index, each.msg_key) for each in whole.added] == [(n, f"k{n}") for n in range(1_200)]


@pytest.mark.parametrize("kind", [Taker, LateTaker])
@pytest.mark.parametrize(("fail_at", "added"), [(1, 0), (2, 500), (3, 1_000)])
def test_a_failure_tells_the_fate_of_every_item_read_ahead(
    make_item: Any, fail_at: int, added: int, kind: type[Taker]
) -> None:
    taker = kind(fail_at=fail_at, error=OutboxUnavailable("gone"))
    items = [make_item(n, msg_key=f"k{n}") for n in range(1_200)]
    items[1_100] = make_item(msg="")
    whole = Submission()
    with pytest.raises(InterruptedByOutage) as caught:
        _run_ahead(items, taker, whole)
    whole.extend(caught.value.submission)
    told = [
        *(each.index for each in whole.added),
        *(each.index for each in whole.unknown),
        *(each.index for each in whole.not_added),
        *(each.index for each in whole.invalid),
    ]
    read = caught.value.taken
    assert sorted(told) == list(range(read))
    assert len(whole.added) == added
    assert [each.index for each in whole.unknown] == [
        n for n in range(added, min(added + 500, 1_200)) if n != 1_100
    ]
    assert read == min(added + 1_000, 1_200)


@pytest.mark.parametrize("kind", [Taker, LateTaker])
def test_what_was_added_before_the_callers_iterable_fails_is_told(make_item: Any, kind: type[Taker]) -> None:
    def items() -> Iterable[object]:
        yield from (make_item(n) for n in range(700))
        raise LookupError("the caller's own")

    whole = Submission()
    with pytest.raises(LookupError):
        _run_ahead(items(), kind(), whole)
    assert len(whole.added) == 500


def test_what_was_read_ahead_of_an_interruption_is_accounted_for(make_item: Any) -> None:
    """Ctrl-C while the second chunk is judged and the first one hangs."""
    hangs = threading.Event()

    class Hanging(Taker):
        def add(self, lane: Lane, messages: Sequence[NewMessage], **options: object) -> list[Submitted]:
            hangs.wait(10)
            return super().add(lane, messages, **options)

    def items() -> Iterable[object]:
        yield from (make_item(n) if n % 100 else make_item(n, msg="") for n in range(700))
        raise KeyboardInterrupt

    pipeline = Pipeline(_TERMS, get_loader("mms-bulk"), Hanging())
    with pytest.raises(KeyboardInterrupt), Calls() as calls:
        list(pipeline.run_ahead((Incoming(n, raw) for n, raw in enumerate(items())), calls))
    first, second = pipeline.give_up()
    hangs.set()
    assert pipeline.taken == 700
    assert [each.index for each in first.invalid + second.invalid] == [n for n in range(700) if n % 100 == 0]
    assert [each.index for each in first.in_doubt] == [n for n in range(500) if n % 100]
    assert [each.index for each in second.not_added] == [n for n in range(500, 700) if n % 100]


def _later(minutes: int) -> str:
    return f"2100-01-01T00:{minutes:02d}:00Z"


def _calls_of(taker: Taker) -> list[tuple[object, object, list[str]]]:
    """What each call shared, and the keys in it."""
    return [
        (options["send_at_ms"], options["expires_at_ms"], [draft.msg_key for draft in drafts])
        for (_, drafts), options in zip(taker.calls, taker.all_options, strict=True)
    ]


_2100_MS = 4_102_444_800_000


def test_full_chunks_stay_whole_where_all_items_share_their_moments(make_item: Any) -> None:
    taker = Taker()
    _run((make_item(n, send_at=_later(1), expires_at=_later(2)) for n in range(1_001)), taker)
    assert [len(drafts) for _, drafts in taker.calls] == [500, 500, 1]
    assert {(one, two) for one, two, _ in _calls_of(taker)} == {(_2100_MS + 60_000, _2100_MS + 120_000)}


def test_moments_are_not_on_the_wire(make_item: Any) -> None:
    plain, own = Taker(), Taker()
    _run([make_item(msg_key="k")], plain)
    _run([make_item(msg_key="k", send_at=_later(1), expires_at=_later(2))], own)
    ((_, (one,)),), ((_, (other,)),) = plain.calls, own.calls
    assert one.body == other.body


def test_items_for_later_go_together_by_their_moments_in_the_order_given(make_item: Any) -> None:
    taker = Taker()
    whole = _run([make_item(n, msg_key=f"k{n}", send_at=_later(n % 2)) for n in range(6)], taker)
    assert _calls_of(taker) == [
        (_2100_MS, None, ["k0", "k2", "k4"]),
        (_2100_MS + 60_000, None, ["k1", "k3", "k5"]),
    ]
    assert [each.index for each in whole.added] == list(range(6))


def test_items_for_now_overtake_none_of_their_lane(make_item: Any) -> None:
    taker = Taker()
    ends = [1, 1, 2, 2, 1, 3]
    _run([make_item(n, msg_key=f"k{n}", expires_at=_later(end)) for n, end in enumerate(ends)], taker)
    assert [keys for _, _, keys in _calls_of(taker)] == [["k0", "k1"], ["k2", "k3"], ["k4"], ["k5"]]


def test_the_same_key_under_two_moments_is_added_in_the_order_given(make_item: Any) -> None:
    taker = Taker()
    items = [("a", 1), ("b", 2), ("a", 2), ("b", 1)]
    _run([make_item(msg_key=key, send_at=_later(at)) for key, at in items], taker)
    order = [(key, at) for at, _, keys in _calls_of(taker) for key in keys]
    assert [at for key, at in order if key == "a"] == [_2100_MS + 60_000, _2100_MS + 120_000]
    assert [at for key, at in order if key == "b"] == [_2100_MS + 120_000, _2100_MS + 60_000]


def test_a_wrong_moment_is_told_beside_everything_else_that_is_wrong(make_item: Any) -> None:
    taker = Taker()
    items = [make_item(msg_key="a", msg="", send_at="soon"), make_item(msg_key="b", expires_at="soon")]
    first, second = _run([*items, make_item(send_at=5)], taker).invalid[:2]
    assert (first.msg_key, [each.field for each in first.errors]) == ("a", ["msg", "send_at"])
    assert (second.msg_key, [each.field for each in second.errors]) == ("b", ["expires_at"])
    assert taker.calls == []


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("sendat", "Did you mean send_at?"),
        ("sendAt", "Did you mean send_at?"),
        ("expires", "Did you mean expires_at?"),
        ("zzz", "echo_to_webhook, file_path, send_at, expires_at, advertisement, night_consent."),
    ],
)
def test_what_is_said_beside_the_fields_is_among_the_known_fields(
    make_item: Any, name: str, remedy: str
) -> None:
    (invalid,) = _run([make_item(**{name: "x"})], Taker()).invalid
    (problem,) = invalid.problems
    assert (problem.field, problem.reason) == (name, "is not a field of this message")
    assert problem.remedy.endswith(remedy)


def test_a_wrong_moment_of_a_file_is_told_as_its_author_writes_one(make_item: Any) -> None:
    items = [make_item(send_at="2030-01-01T09:00:00"), make_item(send_at=5)]
    for from_file, remedy in (
        (
            True,
            "Write ISO 8601, such as 2026-03-01 09:00, or with a zone of its own: 2026-03-01T09:00:00+09:00.",
        ),
        (False, "Give an aware datetime, or ISO 8601 text with a zone, as in 2026-03-01T09:00:00+09:00."),
    ):
        refused = _run(items, Taker(), from_file=from_file).invalid
        assert [problem.remedy for each in refused for problem in each.problems] == [remedy, remedy]


@pytest.mark.parametrize("key", [4711, uuid.uuid4()])
def test_a_key_that_is_no_text_yet_is_refused_with_how_to_make_it_one(make_item: Any, key: object) -> None:
    (invalid,) = _run([make_item(msg_key=key)], Taker()).invalid
    (problem,) = invalid.errors
    assert problem.field == "msg_key"
    assert "str(…)" in problem.remedy
    (other,) = _run([make_item(msg_key=["k"])], Taker()).invalid
    assert "str(…)" not in other.errors[0].remedy


class HangingTaker(Taker):
    """Takes calls in, and hangs in the one whose number (1 the first) is given until it is let go."""

    def __init__(self, hangs_at: int) -> None:
        super().__init__()
        self._hangs_at = hangs_at
        self.let_go = threading.Event()
        self.ended = threading.Event()

    def add(self, lane: Lane, messages: Sequence[NewMessage], **options: object) -> list[Submitted]:
        answers = super().add(lane, messages, **options)
        if len(self.calls) == self._hangs_at:
            self.let_go.wait(30)
            self.ended.set()
        return answers


@pytest.mark.parametrize(("hangs_at", "answered"), [(1, 0), (2, 500), (3, 1_000)])
def test_a_call_that_hangs_is_given_up_in_time(make_item: Any, hangs_at: int, answered: int) -> None:
    taker = HangingTaker(hangs_at)
    items = [make_item(n, msg_key=f"k{n}") for n in range(1_200)]
    pipeline = Pipeline(_TERMS, get_loader("mms-bulk"), taker)
    whole = Submission()

    def run() -> None:
        for part in pipeline.run_ahead((Incoming(n, raw) for n, raw in enumerate(items)), Calls(1)):
            whole.extend(part)

    began_s = time.monotonic()
    with pytest.raises(InterruptedByOutage, match=r"within 1 s \(timeout_s\)") as caught:
        run()
    took_s = time.monotonic() - began_s
    taker.let_go.set()
    whole.extend(caught.value.submission)
    in_doubt = range(answered, min(answered + 500, 1_200))
    assert [each.index for each in whole.added] == list(range(answered))
    assert [each.index for each in whole.in_doubt] == list(in_doubt)
    assert [each.index for each in whole.not_added] == list(range(in_doubt.stop, caught.value.taken))
    assert took_s < 4


def test_what_was_given_up_is_added_no_further(make_item: Any) -> None:
    taker = HangingTaker(2)
    items = [make_item(n, msg_key=f"k{n}", send_at=_later(n)) for n in range(4)]
    pipeline = Pipeline(_TERMS, get_loader("mms-bulk"), taker)
    with pytest.raises(InterruptedByOutage) as caught:
        list(pipeline.run_ahead((Incoming(n, raw) for n, raw in enumerate(items)), Calls(0.2)))
    parts = caught.value.submission
    taker.let_go.set()
    assert taker.ended.wait(10)
    for thread in threading.enumerate():
        if thread.name == "plexsend-submit":
            thread.join(10)
    assert [each.index for each in parts.added] == [0]
    assert [each.index for each in parts.in_doubt] == [1]
    assert [each.index for each in parts.not_added] == [2, 3]
    assert len(taker.calls) == 2


def test_time_that_is_over_before_anything_was_begun_adds_nothing(make_item: Any) -> None:
    taker = Taker()
    calls = Calls(0.001)

    def items() -> Iterable[Incoming]:
        yield Incoming(0, make_item(msg_key="k"))
        time.sleep(0.01)

    with pytest.raises(InterruptedByOutage) as caught:
        list(Pipeline(_TERMS, get_loader("mms-bulk"), taker).run_ahead(items(), calls))
    assert [each.msg_key for each in caught.value.submission.not_added] == ["k"]
    assert taker.calls == []


def test_a_time_that_is_kept_changes_nothing(make_item: Any) -> None:
    taker = Taker()
    whole = Submission()
    pipeline = Pipeline(_TERMS, get_loader("mms-bulk"), taker)
    for part in pipeline.run_ahead((Incoming(n, make_item(n)) for n in range(1_200)), Calls(60)):
        whole.extend(part)
    assert [each.index for each in whole.added] == list(range(1_200))


def test_reprs_show_no_item(make_item: Any) -> None:
    assert "2345" not in repr(Incoming(0, make_item()))
    assert repr(Submission()).startswith("Submission(added=0, duplicates=0")
