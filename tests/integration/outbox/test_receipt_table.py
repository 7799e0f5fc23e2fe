"""Every state against every receipt, once, twice and after another: what follows is one table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.receipt_codes import Family, ReceiptClass, receipt_code
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.states import State
from plexsend.outbox.stats import take_stock
from plexsend.outbox.steer import Act, ask
from tests.integration.outbox.bench import Bench, verdicts
from tests.integration.outbox.test_outcomes import published
from tests.integration.outbox.test_stats import counted, give_up_waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store

CODES = {
    "0": ReceiptClass.DELIVERED,
    "8": ReceiptClass.TEMPORARY,
    "K": ReceiptClass.PERMANENT,
    "2": ReceiptClass.NO_SUCH_NUMBER,
    "D": ReceiptClass.REFUSED,
    "a": ReceiptClass.CREDIT,
    "o": ReceiptClass.UNKNOWN,
    "q": ReceiptClass.DUPLICATE,
}
COLUMNS = {ReceiptClass.DELIVERED: 0, ReceiptClass.UNKNOWN: 2, ReceiptClass.DUPLICATE: 3}
"""Of the table below; all others say that it was not delivered."""
TABLE = {
    # what it is          delivered    undelivered    unknown    duplicate key
    "scheduled":         ("delivered", "",            "",        ""),
    "waiting":           ("delivered", "",            "",        ""),
    "scheduled again":   ("delivered", "undelivered", "unknown", "accepted"),
    "waiting again":     ("delivered", "undelivered", "unknown", "accepted"),
    "uncertain":         ("delivered", "undelivered", "unknown", "accepted"),
    "accepted":          ("delivered", "undelivered", "unknown", ""),
    "accepted by proof": ("delivered", "undelivered", "unknown", ""),
    "undelivered":       ("delivered", "",            "",        ""),
    "unknown":           ("delivered", "undelivered", "",        ""),
    "unheard":           ("delivered", "undelivered", "unknown", ""),
    "unheard of proof":  ("delivered", "undelivered", "unknown", ""),
    "delivered":         ("",          "",            "",        ""),
    "rejected":          ("delivered", "",            "",        ""),
    "rejected as known": ("delivered", "undelivered", "",        ""),
    "failed":            ("delivered", "",            "",        ""),
    "expired":           ("delivered", "",            "",        ""),
    "cancelled":         ("delivered", "",            "",        ""),
}  # fmt: skip
"""What a receipt makes of each message; '': it stays as it is."""
SENT = {
    "scheduled again": (Outcome.RETRY, "C500_1", 3_600_000),
    "waiting again": (Outcome.RETRY, "C500_1", 0),
    "uncertain": (Outcome.PARK, "C500_1", 0),
    "accepted by proof": (Outcome.PARK, "C500_1", 0),
    "unheard of proof": (Outcome.PARK, "C500_1", 0),
    "rejected": (Outcome.REJECTED, "G140", 0),
    "rejected as known": (Outcome.REJECTED, "71003", 0),
    "failed": (Outcome.FAILED, "C999", 0),
}
"""What was answered to the request, of those that were in one and not simply accepted."""
FIRST = {
    "undelivered": "L",
    "unknown": "5",
    "delivered": "0",
    "accepted by proof": "c",
    "unheard of proof": "c",
}
"""Which receipt each had before."""
COURSES = (*((code,) for code in CODES), *product("08oq", repeat=2))


@dataclass
class Case:
    """A message in a lane of its own, so that all that is counted of it is counted apart."""

    row: str
    codes: Sequence[str]
    lane: Lane
    said: set[str] = field(default_factory=set)
    """The codes that are known of it."""
    by: tuple[str, str] | None = None
    """Code and carrier of the receipt that gave it its state."""

    @property
    def key(self) -> str:
        """Its key, which is its group's name too."""
        return self.lane.group or ""

    @property
    def state(self) -> State:
        """The state that it is in."""
        word = self.row.split(" ", maxsplit=1)[0]
        return State.UNKNOWN if word == "unheard" else State(word)

    @property
    def code(self) -> str:
        """The code of the answer, or of the receipt, with which its day counts it."""
        if self.by and self.state is not State.ACCEPTED:
            return self.by[0]
        without = (State.EXPIRED, State.CANCELLED, State.UNKNOWN)
        return "" if self.state in without else SENT.get(self.row, ("", "C100"))[1]

    def take(self, code: str, carrier: str) -> Reception:
        """Return what is to become of a receipt, and be what it makes of the message."""
        after = TABLE[self.row][COLUMNS.get(CODES[code], 1)]
        if not after:
            was_said = code in self.said
            self.said.add(code)
            return Reception.REPEATED if was_said else Reception.NOTED
        self.row = "accepted by proof" if after == "accepted" else after
        self.said, self.by = {code}, (code, carrier)
        return Reception.SETTLED


def cases(row: str) -> list[Case]:
    return [Case(row, codes, Lane("mms-bulk", None, "main", f"c{n:03}")) for n, codes in enumerate(COURSES)]


def post(bench: Bench, receipts: Sequence[Receipt]) -> list[Reception]:
    return take_receipts(bench.store, "main", receipts)


def bring(bench: Bench, case: Case) -> None:
    """Bring a message to where its receipts find it."""
    now_ms = server_ms(bench.store)
    times: dict[str, dict[str, Any]] = {
        "scheduled": {"send_at_ms": now_ms + 60_000},
        "expired": {"expires_at_ms": now_ms + 1},
    }
    bench.submit([case.key], case.lane, **times.get(case.row, {}))
    if case.row == "cancelled":
        ask(bench.store, "main", case.key, Act.CANCEL)
    elif case.row not in ("scheduled", "waiting", "expired"):
        outcome, code, delay_ms = SENT.get(case.row, (Outcome.ACCEPTED, "C100", 0))
        batch = bench.take(lane=case.lane)
        if case.row != "sending":
            settlement = verdicts(batch, outcome, code=code, delay_ms=delay_ms)
            bench.stop(settlement=settlement, lane=case.lane)


def bring_all(bench: Bench, row: str) -> list[Case]:
    found = cases(row)
    for case in found:
        bring(bench, case)
    if row == "expired":
        bench.let_pass(10, steadily=False)
        for case in found:
            bench.rest(lane=case.lane)
    if row in FIRST:
        assert set(post(bench, [Receipt(each.key, FIRST[row], "SKT") for each in found])) == {
            Reception.SETTLED
        }
        for case in found:
            case.said, case.by = {FIRST[row]}, (FIRST[row], "SKT")
    if row.startswith("unheard"):
        for case in found:
            give_up_waiting(bench, case.key)
            case.said, case.by = set(), None
    assert {each.key: bench.state(each.key) for each in found} == {each.key: each.state for each in found}
    return found


def entries_of(bench: Bench, since: int = 0) -> list[tuple[str, str, str, str, str]]:
    """Return key, lane, state, code and what a receipt says of all that was published from that entry on."""
    return [
        (key, its["l"], its["s"], its["c"], more)
        for _, its in published(bench)[since:]
        for key, more in zip(its["k"].split(" "), its["m"].split(" "), strict=True)
    ]


def counted_of(store: Store) -> Counter[tuple[str, str, str, str]]:
    """Return lane, state, code and carrier of all that is counted on any day."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for (_, lane, state, code, carrier), n in counted(store).items():
        if state != "submitted":
            found[lane, state, code, carrier] += n
    return found


def books(store: Store) -> dict[str, int]:
    client: Any = store.client
    found = client.hgetall(store.keys.receipts("main"))
    return {name.decode(): int(value) for name, value in found.items() if name not in (b"first", b"last")}


def check(bench: Bench, found: Sequence[Case]) -> None:
    """States, days and audit are those of the model."""
    differ = {
        (case.row, *case.codes): (case.state, bench.state(case.key))
        for case in found
        if bench.state(case.key) is not case.state
    }
    assert differ == {}
    wanted = Counter(
        (
            case.lane.name,
            str(case.state),
            case.code,
            case.by[1] if case.by and case.state in BY_RECEIPT else "",
        )
        for case in found
        if case.state not in (State.SCHEDULED, State.WAITING, State.UNCERTAIN)
    )
    assert counted_of(bench.store) == wanted
    result = audit(bench.store)
    assert (result.ok, result.uncompared) == (True, ()), result.discrepancies


BY_RECEIPT = (State.DELIVERED, State.UNDELIVERED, State.UNKNOWN)


def test_each_class_has_its_code() -> None:
    assert {receipt_code(Family.SMS, code).kind for code in CODES} == set(ReceiptClass)
    assert all(receipt_code(Family.SMS, code).kind is kind for code, kind in CODES.items())


@pytest.mark.parametrize("row", TABLE)
def test_what_a_receipt_does_is_in_the_table(bench: Bench, row: str) -> None:
    """State, what applications hear, the counts of the day and those of receipts: of each pair."""
    take_stock(bench.store, "main")
    found = bring_all(bench, row)
    before, heard = Counter(books(bench.store)), len(published(bench))
    told: list[tuple[str, str, str, str, str]] = []
    for step in range(2):
        mine = [case for case in found if len(case.codes) > step]
        receipts = [Receipt(case.key, case.codes[step], "KT", 1_700_000_000_000) for case in mine]
        wanted = [case.take(case.codes[step], "KT") for case in mine]
        assert dict(zip([case.codes for case in mine], post(bench, receipts), strict=True)) == dict(
            zip([case.codes for case in mine], wanted, strict=True)
        )
        told += [
            (case.key, case.lane.name, str(case.state), case.codes[step], "KT|1700000000000")
            for case, became in zip(mine, wanted, strict=True)
            if became is Reception.SETTLED
        ]
        before.update([str(became) for became in wanted])
        before.update([str(CODES[case.codes[step]]) for case in mine])
    assert sorted(entries_of(bench, heard)) == sorted(told)
    assert Counter(books(bench.store)) == before
    check(bench, found)


def test_of_receipts_that_come_while_it_is_sent_the_highest_decides(bench: Bench) -> None:
    """The request was accepted, so the proof that its key was taken says nothing new."""
    take_stock(bench.store, "main")
    order = "qo80"
    found, wanted = cases("sending"), Counter[str]()
    told = []
    for case in found:
        bench.submit([case.key], case.lane)
        batch = bench.take(lane=case.lane)
        ranks = [order.find(code) if code in order else order.find("8") for code in case.codes]
        became = [post(bench, [Receipt(case.key, code, "KT")])[0] for code in case.codes]
        expected = [Reception.KEPT]
        if len(ranks) == 2:
            is_repeated = case.codes[0] == case.codes[1]
            is_higher = ranks[1] > ranks[0]
            expected.append(
                Reception.KEPT if is_higher else Reception.REPEATED if is_repeated else Reception.NOTED
            )
        assert became == expected, case.codes
        wanted.update(map(str, became))
        wanted.update(str(CODES[code]) for code in case.codes)
        bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, code="C100"), lane=case.lane)
        rank, code = max(zip(ranks, case.codes, strict=True), key=lambda pair: pair[0])
        case.row = ("accepted", "unknown", "undelivered", "delivered")[rank]
        case.by = (code, "KT") if rank else None
        told.append((case.key, case.lane.name, case.row, code if rank else "C100", "KT|" if rank else ""))
    assert sorted(entries_of(bench)) == sorted(told)
    assert Counter(books(bench.store)) == wanted
    check(bench, found)
