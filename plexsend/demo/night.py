"""The demo's night: advertisements wait for the morning, at whatever hour somebody watches."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plexsend.demo import terms
from plexsend.demo.sample_ads import REFUSED
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.open_hours import KST, OPEN_HOURS
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.reading.why import why
from plexsend.outbox.records import read_record
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.states import State
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.demo.sample_file import SampleFile
    from plexsend.demo.standin import StandIn
    from plexsend.outbox.policies.in_force import Agreed
    from plexsend.outbox.reading.snapshot import Sight
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

ADS_LANE = Lane.of("lms-bulk", None, terms.ACCOUNT, None, Advertising.QUIET)
"""Where the advertisements of the sample wait."""

_BY, _REASON = "demo", "spring sale"
_DAYTIME = range(6, 14)
"""Hours of Korean time in which the demo's night ends two hours later; at any other it ends at eight."""
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class NightSeen:
    """How the advertisements waited."""

    hours: str
    """The policy quiet_hours."""
    waited: int
    """How many there were when the morning came."""
    lasted_s: float
    early: int
    """Of those, how many the gateway had accepted by then; anything but 0 is against the law."""


def hours_around(now_ms: int) -> str:
    """Return quiet hours that the law allows, in which this moment is, and an hour from it at least."""
    hour = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(KST).hour
    return f"20:50-{hour + 2:02}:00" if hour in _DAYTIME else "12:00-08:00"


class Night:
    """Falls before anything is taken in, and ends when the gateway has accepted MORNING_AFTER messages."""

    def __init__(
        self, store: Store, settings: Settings, gateway: StandIn, say: Callable[[str], None]
    ) -> None:
        self._store = store
        self._settings = settings
        self._gateway = gateway
        self._say = say
        self._hours = ""
        self._keys: tuple[str, ...] = ()
        self._began_s = 0.0
        self._seen: NightSeen | None = None

    @property
    def seen(self) -> NightSeen | None:
        """What was seen of it; None: the morning has not come."""
        return self._seen

    def fall(self) -> None:
        """Set what advertisements need, and quiet hours that hold now; one receiver has refused."""
        self._hours = hours_around(server_ms(self._store))
        values = {**terms.AD_POLICIES, "quiet_hours": self._hours}
        put(self._store, Where(None, terms.ACCOUNT), values, by=_BY, reason=_REASON)
        refused = Suppressor(SuppressionSource.PERSON, _BY, "by phone")
        Suppressions(self._store, terms.ACCOUNT, self._settings.number_key).add(
            [REFUSED.replace("-", "")], SuppressionKind.ADS, refused
        )

    def begin(self, file: SampleFile, agreed: Agreed) -> None:
        """Say why the advertisements of a file wait, as `plexsend why` answers for the first."""
        self._keys = file.keys
        self._began_s = time.monotonic()
        record = read_record(self._store, terms.ACCOUNT, file.keys[0])
        if record is None:
            return
        answer = why(self._store, record, agreed.of(terms.ACCOUNT).service(file.service))
        causes = "; ".join(cause.text for cause in answer.causes if cause.kind == "quiet")
        self._say(f"`plexsend why {record.msg_key}`: {causes}.")

    def go_on(self, sight: Sight) -> None:
        """Let the morning come when it is time. Called in each round."""
        if sight.accepted < terms.MORNING_AFTER or not self._keys:
            return
        morning_comes = self._seen is None
        if self._seen is None:
            self._seen = self._look()
        # In each round, since a worker may write the hours of the policy again.
        self._open()
        if morning_comes:
            self._wake()
            self._say(
                f"The demo lets the morning come: {counted(self._seen.waited, 'advertisement')} may go, each "
                f"with (광고) {terms.AD_POLICIES['sender_name']} in front and 무료수신거부 "
                f"{terms.AD_POLICIES['refusal_number']} behind."
            )

    def _look(self) -> NightSeen:
        accepted = self._gateway.list_accepted()
        records = (read_record(self._store, terms.ACCOUNT, key) for key in self._keys)
        waiting = sum(record is not None and record.state is State.WAITING for record in records)
        return NightSeen(
            hours=self._hours,
            waited=waiting,
            lasted_s=time.monotonic() - self._began_s,
            early=sum(key in accepted for key in self._keys),
        )

    # No policy ends the night of the law, so the demo writes what follows from one: here nobody is woken.
    def _open(self) -> None:
        store, now_ms = self._store, server_ms(self._store)
        hours = f"{now_ms - _HOUR_MS}-{now_ms + _HOUR_MS}"
        with mapped():
            store.client.hset(store.keys.in_force(terms.ACCOUNT), OPEN_HOURS, hours)

    # The lane is looked at in the morning of the policy, and once a minute until then.
    def _wake(self) -> None:
        store = self._store
        wakes = store.keys.lane(terms.ACCOUNT, ADS_LANE.route.name, "wake")
        with mapped():
            store.client.zadd(wakes, {ADS_LANE.name: server_ms(store)}, xx=True, lt=True)
