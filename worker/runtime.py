"""What a worker process has: settings, store, the gateway's client, a name, and whether it is to stop."""

from __future__ import annotations

import itertools
import random
import secrets
import threading
from typing import TYPE_CHECKING

from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.http.way import Way
from plexsend.outbox.advance import Sender
from plexsend.outbox.fleet import fingerprint
from plexsend.outbox.form import OLD_FORM
from plexsend.outbox.metrics import Instruments
from plexsend.outbox.policies.known import KnownPolicies
from plexsend.outbox.redis.store import Store
from plexsend.turn import Turn
from plexsend.worker.caution import Caution
from plexsend.worker.memory import Memory
from plexsend.worker.timed_transport import TimedTransport
from plexsend.worker.verdicts import Judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.gateway.http.transport import Transport
    from plexsend.gateway.services import Service
    from plexsend.outbox.lanes import Lane
    from plexsend.settings import Credentials, Settings


class Runtime:
    """One for each worker process; shared by its threads."""

    def __init__(
        self, settings: Settings, *, store: Store | None = None, client: Transport | None = None
    ) -> None:
        self.settings = settings
        self.turn = Turn()
        """Taken by each drain, which gives it back wherever it waits."""
        self.store = store or Store.connect(
            settings.redis, settings.key_prefix, self.turn, idle_s=settings.idle_s
        )
        self.name = secrets.token_hex(5)
        """Letters and digits: the names of this process's drains begin with it."""
        self.instruments = Instruments(self.name)
        """What this process counts; housekeeping writes it down once a second."""
        self.client: Transport = TimedTransport(
            client
            or GatewayClient(
                settings.base_urls, idle_s=settings.idle_s, turn=self.turn, way=Way.of(settings)
            ),
            self.instruments,
        )
        self.stop = threading.Event()
        """Set once the process is to end: requests under way are finished and settled, nothing is taken."""
        self.form = OLD_FORM
        """The form in force, as housekeeping last saw it: the oldest until then."""
        self.services = tuple(settings.services)
        """The services that this version knows."""
        self.policies = KnownPolicies(self.store, turn=self.turn)
        """What the fleet agreed on; housekeeping looks at it once a second."""
        self.memory = Memory()
        """What this process knows of Redis: by it it notices that Redis went back in time."""
        self.store.report_breaks()
        self.caution = Caution(self.store)
        """Whether messages may be taken: not just after Redis came back."""
        self.chance: Callable[[], float] = random.SystemRandom().random
        """Returns a number in [0, 1) for each delay."""
        self._numbers = itertools.count(1)
        self.salt = b""
        """The key of the fleet's fingerprints, once this process has announced itself."""
        self._credentials: dict[str, Credentials] = {}
        self._senders: dict[tuple[str, str], tuple[Credentials, Sender]] = {}
        self.certificates: dict[str, int] = {}
        """Product → when the gateway's certificate ends (seconds since 1970), as it was last seen."""
        self.campaign_folder = ""
        """What tells the folder of campaigns that it sees from others, or why it cannot use it."""
        self.declined: set[tuple[str, str]] = set()
        """Account and reason of doorbells that this process could not answer, each logged once."""

    def next_drain(self) -> str:
        """Return a name for a drain that no other drain has had."""
        return f"{self.name}.{next(self._numbers)}"

    def judge(self, lane: Lane) -> Judge:
        """Return the judge of a lane's answers, under the policies in force."""
        return Judge(self.policies.service(lane.service, lane.account), self.chance)

    def credentials(self, account: str) -> Credentials:
        """Return an account's credentials, read at their first use; KeyError where none is configured."""
        known = self._credentials.get(account)
        if known is None:
            known = self._credentials[account] = self.settings.accounts[account].read_credentials()
        return known

    def known_credentials(self, account: str) -> Credentials | None:
        """Return an account's credentials as they were last read; None where none could be read yet."""
        return self._credentials.get(account)

    def fingerprint(self, credentials: Credentials) -> str:
        """Return by what the fleet knows a secret; empty before this process has announced itself."""
        return fingerprint(credentials.header, self.salt) if self.salt else ""

    def sender(self, service: Service, account: str) -> Sender:
        """Return with what this process sends for an account; KeyError or SettingsError without a secret."""
        credentials = self.credentials(account)
        known = self._senders.get((service.id, account))
        if known is None or known[0] is not credentials or not known[1].fingerprint:
            product = service.product.name
            sender = Sender(self.fingerprint(credentials), product, self.settings.base_urls.get(product, ""))
            known = self._senders[service.id, account] = credentials, sender
        return known[1]

    def refresh_credentials(self, account: str) -> None:
        """Read an account's credentials again; SettingsError where that fails; those read before stay."""
        fresh = self.settings.accounts[account].read_credentials()
        if self._credentials.get(account) != fresh:
            self._credentials[account] = fresh

    def reread_credentials(self, account: str, refused: Credentials) -> bool:
        """Read credentials again after a refusal; return whether they differ from the refused ones."""
        fresh = self.settings.accounts[account].read_credentials()
        self._credentials[account] = fresh
        return fresh != refused
