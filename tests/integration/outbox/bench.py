"""A bench to try the outbox on: what workers, producers and persons do, in few words."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.advance import Mode, NothingTaken, Ticket, advance
from plexsend.outbox.batches import Batch, Effect, EffectKind, Outcome, Settlement, Verdict
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.state import copy_to
from plexsend.outbox.policies.where import Where
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.replies import text
from plexsend.outbox.submit import NewMessage, Submitted, Submitter
from plexsend.outbox.sweep import Abandoned, SweepResult, sweep
from plexsend.outbox.walk import Healed, Page, look_over
from plexsend.settings import NumberKey, Policy
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.states import State

BULK = Lane("mms-bulk", None, "main")
STANDARD = Lane("mms-standard", None, "main")
OTHERS = Lane("mms-bulk", None, "others")
STAMP = "mms:v2:1:aaaaaaaa"
P1 = WorkerProcess("p1", 16, ("mms-bulk", "mms-standard"))
P2 = WorkerProcess("p2", 16, ("mms-bulk", "mms-standard"))

DAY_MS = 86_400_000

ANSWERED = Effect(EffectKind.ANSWERED)
SHUT = Effect(EffectKind.SHUT, 0, "503")
SHUT_ALONE = Effect(EffectKind.SHUT_ALONE, 0, "503")
CREDIT = Effect(EffectKind.CREDIT, 0, "no credit")
AUTH = Effect(EffectKind.AUTH, 0, "C401")
FAULT = Effect(EffectKind.FAULT, 0, "C404")


def keys_of(n: int, start: str = "k") -> list[str]:
    """Return `n` keys in the order in which text is sorted."""
    return [f"{start}{i:05}" for i in range(n)]


def verdicts(
    batch: Batch,
    outcome: Outcome,
    *effects: Effect,
    code: str = "",
    of: Mapping[str, Outcome] | None = None,
    **more: Any,
) -> Settlement:
    """Return a settlement with this outcome for each message of the batch, but for those in `of`."""
    entries = tuple(
        Verdict(m.msg_key, batch.token, (of or {}).get(m.msg_key, outcome), code=code, **more)
        for m in batch.messages
    )
    request = Effect(EffectKind.REQUEST, len(entries))
    return Settlement(batch.token, batch.take, entries, (request, *effects), batch.taken_ms)


def back(batch: Batch, *effects: Effect) -> Settlement:
    """Return a settlement that gives a whole batch back at once."""
    return verdicts(batch, Outcome.BACK, *effects)


def accepted(batch: Batch) -> Settlement:
    """Return the settlement of a batch that the gateway took whole."""
    return verdicts(batch, Outcome.ACCEPTED, ANSWERED, code="C100")


def marked_alone(batch: Batch, keys: Iterable[str]) -> Settlement:
    """Return a settlement that gives a batch back, these of it marked to go alone from now on."""
    names = set(keys)
    entries = tuple(
        Verdict(m.msg_key, batch.token, Outcome.BACK, alone=m.msg_key in names) for m in batch.messages
    )
    return Settlement(batch.token, batch.take, entries, (ANSWERED,), batch.taken_ms)


def keys_in(answer: Batch | NothingTaken) -> list[str]:
    """Return the keys of a batch in its order."""
    assert isinstance(answer, Batch), answer
    return [message.msg_key for message in answer.messages]


def everything(store: Store) -> dict[bytes, bytes | None]:
    """Return all that a server holds under the prefix, in the form in which Redis moves it."""
    return {key: store.client.dump(key) for key in store.client.scan_iter(f"{store.keys.prefix}*")}


NUMBER_KEY = NumberKey("k" * 32)


def number_of(key: str) -> str:
    """Return the number to which the advertisement of this key goes: each key has its own."""
    return f"010{int.from_bytes(blake2b(key.encode(), digest_size=4).digest(), 'big') % 10**8:08}"


class Bench:
    """One store with everything that acts on it. Drains count their calls by themselves."""

    def __init__(self, store: Store, policy: Policy | None = None) -> None:
        self.store = store
        for account in ("main", "others"):
            # Most tests are about accounts that have had messages.
            store.client.set(store.keys.here(account), 0)
        self.policy = policy or Policy(rate_per_s=0, linger_ms=0)
        self._keep_ms: int | None = None
        self.intake = Submitter(store, NUMBER_KEY)
        self.most_items = MOST_ITEMS
        self._sequences: dict[str, int] = {}
        self._last: dict[str, dict[str, Any]] = {}

    @property
    def policy(self) -> Policy:
        """What is in force for every service and account."""
        return self._policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._policy = policy
        put(self.store, Where(), asdict(policy), by="bench", reason="a test's own")

    def know(self, lane: Lane) -> None:
        """Bring the policies and the lane's route before a first message, which then brings neither."""
        copy_to(self.store, lane.account)
        index, route = self.store.keys.lane_index(lane.account), lane.route.name
        if not self.store.client.hexists(index, route):
            number = self.store.client.hincrby(index, "next", 1)
            self.store.client.hset(index, mapping={route: number, f"#{number}": route})

    def submit(
        self, keys: int | Iterable[str], lane: Lane = BULK, *, body: bytes = b'{"a":1}', **times: Any
    ) -> list[Submitted]:
        """Submit messages by their keys, or so many of them."""
        names = keys_of(keys) if isinstance(keys, int) else list(keys)
        answers: list[Submitted] = []
        for at in range(0, len(names), 500):
            of_ads = lane.advertising is not Advertising.NO
            drafts = [
                NewMessage(name, body, receiver_of(number_of(name), NUMBER_KEY) if of_ads else b"")
                for name in names[at : at + 500]
            ]
            answers += self.intake.add(
                lane,
                drafts,
                stamp=STAMP,
                **{"most_items": self.most_items, **times},
            )
        return answers

    def call(
        self,
        drain: str = "p1.1",
        *,
        lane: Lane = BULK,
        mode: Mode = Mode.TAKE,
        settlement: Settlement | None = None,
        bell: str = "",
        stay_ms: int = 0,
        yields: bool = False,
    ) -> Batch | NothingTaken:
        """Let a drain make its next call."""
        self._sequences[drain] = self._sequences.get(drain, 0) + 1
        self._last[drain] = {
            "lane": lane,
            "ticket": Ticket(drain, self._sequences[drain]),
            "mode": mode,
            "settlement": settlement,
            "bell": bell,
            "stay_ms": stay_ms,
            "yields": yields,
            "most_items": self.most_items,
        }
        return self.repeat(drain)

    def repeat(self, drain: str = "p1.1") -> Batch | NothingTaken:
        """Make the drain's last call once more, as it does when the reply was lost."""
        return advance(self.store, **self._last[drain])

    def take(self, drain: str = "p1.1", settlement: Settlement | None = None, **more: Any) -> Batch:
        """Let a drain make its next call, which must yield a batch."""
        answer = self.call(drain, settlement=settlement, **more)
        assert isinstance(answer, Batch), answer
        return answer

    def rest(self, drain: str = "p1.1", settlement: Settlement | None = None, **more: Any) -> NothingTaken:
        """Let a drain make its next call, which must yield nothing."""
        answer = self.call(drain, settlement=settlement, **more)
        assert isinstance(answer, NothingTaken), [message.msg_key for message in answer.messages]
        return answer

    def stop(
        self, drain: str = "p1.1", settlement: Settlement | None = None, lane: Lane = BULK
    ) -> NothingTaken:
        """End a drain's slice."""
        return self.rest(drain, settlement, lane=lane, mode=Mode.STOP)

    def settle(self, settlement: Settlement, lane: Lane = BULK, drain: str = "p9.9") -> NothingTaken:
        """Settle on behalf of a drain that is gone."""
        return self.rest(drain, settlement, lane=lane, mode=Mode.SETTLE)

    def drain_all(self, lane: Lane = BULK, drain: str = "p1.1", **more: Any) -> list[list[str]]:
        """Send all that can be sent now; returns the keys of each batch."""
        batches: list[list[str]] = []
        answer = self.call(drain, lane=lane, **more)
        while isinstance(answer, Batch):
            batches.append([message.msg_key for message in answer.messages])
            answer = self.call(drain, lane=lane, settlement=accepted(answer), **more)
        return batches

    def sweep(
        self,
        process: WorkerProcess = P1,
        *,
        account: str = "main",
        quota: int = 32,
        most: int = 1000,
        keep_ms: int | None = None,
        tidy: Iterable[Lane] = (),
        services: Sequence[str] = ("mms-bulk", "mms-standard"),
        gone: Collection[str] = (),
        takes_from: str = "",
    ) -> SweepResult:
        """Do one round of housekeeping; `keep_ms`: for how long ended records are kept from now on."""
        if keep_ms is not None and keep_ms != self._keep_ms:
            self._keep_ms = keep_ms
            put(self.store, Where(), {"keep_days": keep_ms / DAY_MS}, by="bench", reason="a test's own")
        return sweep(
            self.store,
            account,
            process,
            services=services,
            quotas=dict.fromkeys(services, quota),
            quota=most,
            most_items=dict.fromkeys(services, self.most_items),
            gone=gone,
            takes_from=takes_from,
            tidy=tidy,
        )

    def heal(self, *names: str, records: Iterable[str] = (), account: str = "main") -> Healed:
        """Look over lanes and closed groups, and messages, as the walk does."""
        return look_over(self.store, Page({account: names}, {account: list(records)}, ""))

    def bells(self, **more: Any) -> list[str]:
        """Sweep and return the bells that are to be rung."""
        return [ring.bell for ring in self.sweep(**more).rings]

    def let_pass(
        self, ms: int, *, account: str = "main", steadily: bool = True, records: bool = True
    ) -> None:
        """Let time pass; `steadily`: with a sweep every few seconds, as long as workers are there."""
        if not steadily:
            let_pass(self.store, account, ms, records=records)
            return
        while ms > 0:
            step = min(ms, 4_000)
            let_pass(self.store, account, step, records=records)
            # Without doorbells: nobody would answer them.
            self.sweep(account=account, quota=0)
            ms -= step

    def record(self, key: str, account: str = "main") -> Record:
        """Return a record that must be there."""
        found = queries.find(self.store, key, account)
        assert found, f"{key} is not known"
        return found[0]

    def state(self, key: str, account: str = "main") -> State:
        """Return the state of a message that must be there."""
        return self.record(key, account).state

    def events(self, key: str) -> list[str]:
        """Return what a message's history tells, oldest first."""
        return [line.event for line in self.record(key).history]

    def counts(self, lane: Lane = BULK) -> dict[str, int]:
        """Return a lane's counts without zeros."""
        return {name: n for name, n in queries.look_at(self.store, lane).counts.items() if n}

    def members(self, part: str, lane: Lane = BULK) -> list[str]:
        """Return the members of one of a lane's sets, lowest score first."""
        name = self.store.keys.lane(lane.account, lane.name, part)
        return [text(member) for member in self.store.client.zrange(name, 0, -1)]

    def hold(self, reason: str, account: str = "main") -> Hold | None:
        """Return the account's only hold of this reason, None without."""
        found = [hold for hold in queries.holds(self.store, account) if hold.reason == reason]
        assert len(found) < 2, found
        return found[0] if found else None

    def standing(self, reason: str) -> Hold:
        """Return the account's only hold of this reason, which must stand."""
        hold = self.hold(reason)
        assert hold is not None, f"no hold of reason {reason}"
        return hold

    def left_ms(self, hold: Hold) -> int:
        """Return in how many ms the hold lets the next message go."""
        assert hold.until_ms is not None
        return hold.until_ms - queries.server_ms(self.store)

    def find_abandoned(self) -> list[Abandoned]:
        """Sweep until what was found before and not judged has been looked at again."""
        found: dict[tuple[str, str], Abandoned] = {}
        for _ in range(2):
            self.let_pass(3_000, steadily=False)
            found |= {(item.token, item.message.msg_key): item for item in self.sweep(quota=0).abandoned}
        return list(found.values())

    def wake_in_ms(self, lane: Lane = BULK) -> int | None:
        """Return in how many ms the lane wakes, None if it does not."""
        keys = self.store.keys
        wake = keys.wake(lane.account)
        if not lane.is_route:
            wake = keys.grouped_wake(lane.account, lane.route.name)
        at = self.store.client.zscore(wake, lane.name)
        return None if at is None else int(at) - queries.server_ms(self.store)
