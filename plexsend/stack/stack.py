"""The stack: Valkey, workers, and where they are wanted the sandbox, the server for receipts and beat.

They are started in this order and stopped in reverse.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible, OutboxError, PlexsendError
from plexsend.stack import ports, programs
from plexsend.stack.child import Child
from plexsend.stack.environment import CAMPAIGN_DIR, NUMBER_KEY_FILE, for_receipts_of_sandbox, has_number_key
from plexsend.stack.said import says_ready, url_of_sandbox, url_of_server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plexsend.stack.folder import DataFolder
    from plexsend.stack.stops import Stops

_LOOK_AGAIN_S = 0.02

VALKEY_READY_S = 300.0
"""How long Valkey may take until it answers: it reads its file first, about 100 MB a second."""
READY_S = 30.0
"""The same for the others, which take a second or two on an idle machine."""

WORKER_GRACE_S = 25.0
"""How long workers may take to end: 15 s for the request under way, 5 s to settle it, and some more."""
UNSETTLED_GRACE_S = 1.0
"""The same where Valkey has gone: they cannot settle without it, and would wait for it for ever."""
GRACE_S = 10.0
"""The same for the others."""
KILLED_S = 5.0
"""How long the kernel may take to end what was killed."""

RECEIPTS_DELAY_MS = 300
"""How long the sandbox takes to deliver: a person who looks sees that a message is accepted first."""

_TRIES_FOR_A_PORT = 5
_PASSWORD_BYTES = 24


class PartFailed(PlexsendError):
    """A process of the stack ended unasked, or never became ready."""

    def __init__(self, child: Child, what: str) -> None:
        self.child = child
        words = "".join(f"\n  | {line}" for line in child.last_words())
        said = f" Its last words:{words}\n" if words else " "
        super().__init__(f"{child.name} {what}.{said}Its log: {child.program.log}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stack consists of."""

    workers: int
    environ: Mapping[str, str]
    """For Valkey and the sandbox."""
    settings: Callable[[str, str | None], Mapping[str, str]]
    """Returns the workers' environment for the Redis URL and the sandbox's URL."""
    sandbox: bool = True
    sandbox_options: tuple[str, ...] = ()
    port: int = 0
    """Valkey's; 0 takes a free one."""
    sandbox_port: int = 0
    receipts: bool = False
    """Whether a server for receipts is started; the sandbox is told where it is."""
    receipts_host: str = ports.HOST
    receipts_port: int = 0
    beat: bool = False
    """Whether one rings for campaigns; without one the workers do."""
    durable: bool = False
    base_urls: Mapping[str, str] = field(default_factory=dict)
    """Product → where its messages go, to be shown; the workers read it from their settings."""


class Stack:
    """The processes of one data folder. Call `stop` whatever happened in between; nothing outlives it."""

    def __init__(
        self, plan: Plan, folder: DataFolder, stops: Stops, *, free_port: Callable[[], int] | None = None
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._stops = stops
        self._free_port = free_port or ports.free_port
        self._valkey: Child | None = None
        self._sandbox: Child | None = None
        self._receipts: Child | None = None
        self._workers: list[Child] = []
        self._beat: Child | None = None
        self.redis_url = ""
        """Valkey's address with its password."""
        self.redis_place = ""
        """The same without, to be shown."""
        self.sandbox_url: str | None = None
        self.number_key_file: Path | None = None
        """Where the key for hashes of numbers is; None: the caller has one, or messages are real."""
        self.receipts_url: str | None = None
        """Where receipts are taken, without a path; None: nowhere."""

    @property
    def children(self) -> list[Child]:
        """All that were started, in that order."""
        return [
            child
            for child in (self._valkey, self._sandbox, self._receipts, *self._workers, self._beat)
            if child is not None
        ]

    @property
    def workers(self) -> list[Child]:
        """The workers."""
        return list(self._workers)

    def start(self) -> None:
        """Start all, and wait for the servers. PartFailed names a process that does not start."""
        self._start_valkey()
        if self._plan.sandbox:
            self._start_sandbox()
        environ = self._plan.settings(self.redis_url, self.sandbox_url)
        if self._plan.sandbox and not has_number_key(environ):
            self.number_key_file = self._folder.keep_number_key()
            environ = {**environ, NUMBER_KEY_FILE: str(self.number_key_file)}
        if self._plan.sandbox:
            # Made-up people are not kept among the real ones, and go with the folder.
            environ = {CAMPAIGN_DIR: str(self._folder.campaigns), **environ}
        if self._plan.receipts:
            self._start_receipts(environ)
        for number in range(1, self._plan.workers + 1):
            worker = Child(programs.worker(self._folder, environ, number))
            self._workers.append(worker)
            self.launch(worker)
        if self._plan.beat:
            self._beat = Child(programs.beat(self._folder, environ))
            self.launch(self._beat)

    def wait_for_workers(self) -> None:
        """Wait until every worker takes doorbells. PartFailed names one that does not start."""
        for worker in self._workers:
            self._wait_for(worker, partial(says_ready, worker), within_s=READY_S)

    def launch(self, child: Child) -> None:
        """Start a child, so that no signal comes between its start and the moment when it is known here."""
        with self._stops.shielded():
            child.start()

    def ended(self) -> list[Child]:
        """Return the children that have ended unasked."""
        return [child for child in self.children if not child.is_running]

    def stop(self) -> list[Child]:
        """End all: workers first, who settle what they have under way. Returns those that were killed."""
        killed = self.stop_workers()
        # The sandbox first: what it has not posted by then it would post to nobody.
        killed += self._end(self._sandbox, grace_s=GRACE_S)
        killed += self._end(self._receipts, grace_s=GRACE_S)
        # Never hurried: it takes milliseconds, and what it still has to write is the messages.
        return killed + self._end(self._valkey, grace_s=GRACE_S, patient=True)

    def stop_workers(self) -> list[Child]:
        """End beat and the workers. Returns those that were killed."""
        settle = self._valkey is not None and self._valkey.is_running
        grace_s = WORKER_GRACE_S if settle else UNSETTLED_GRACE_S
        return self._end(self._beat, *self._workers, grace_s=grace_s)

    def _start_valkey(self) -> None:
        plan = self._plan
        if plan.port:
            ports.refuse_taken(plan.port)
        # Every user of this machine can connect to a port of it.
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        self._folder.write_secret(self._folder.valkey_login, f"requirepass {password}\n")
        for _ in range(_TRIES_FOR_A_PORT):
            port = plan.port or self._free_port()
            program = programs.valkey(self._folder, plan.environ, port=port, durable=plan.durable)
            self._valkey = Child(program)
            self.redis_place = f"redis://{ports.HOST}:{port}/0"
            self.redis_url = f"redis://:{password}@{ports.HOST}:{port}/0"
            self.launch(self._valkey)
            try:
                self._wait_for(self._valkey, self._valkey_answers, within_s=VALKEY_READY_S)
            except PartFailed:
                # Somebody else may have taken the port since it was found free.
                if "already in use" in self._valkey.read_log() and not plan.port:
                    continue
                raise
            self._folder.write_secret(self._folder.redis_url, f"{self.redis_url}\n")
            return
        raise NotPossible(
            "No free port was found for Valkey: each one tried was taken by another process. Try again."
        )

    def _start_sandbox(self) -> None:
        plan = self._plan
        if plan.sandbox_port:
            ports.refuse_taken(plan.sandbox_port)
        options = plan.sandbox_options
        if plan.receipts:
            # Written when the server for receipts listens, which it does before a message can be sent.
            self._folder.receipts_url.unlink(missing_ok=True)
            options += ("--receipts-file", str(self._folder.receipts_url))
            options += ("--receipts-delay", str(RECEIPTS_DELAY_MS))
        self._sandbox = sandbox = Child(
            programs.sandbox(self._folder, plan.environ, port=plan.sandbox_port, options=options)
        )
        self.launch(sandbox)
        self._wait_for(sandbox, lambda: url_of_sandbox(sandbox) is not None, within_s=READY_S)
        self.sandbox_url = url = url_of_sandbox(sandbox)
        if url is not None:
            # Started again it must come back where its clients look for it.
            port = int(url.rpartition(":")[2])
            sandbox.program = programs.sandbox(self._folder, plan.environ, port=port, options=options)

    def _start_receipts(self, environ: Mapping[str, str]) -> None:
        plan, folder = self._plan, self._folder
        if plan.receipts_port:
            ports.refuse_taken(plan.receipts_port)
        secret = ""
        if plan.sandbox:
            # Every user of this machine can post to a port of it.
            secret = secrets.token_urlsafe(_PASSWORD_BYTES)
            folder.write_secret(folder.receipt_secret, f"{secret}\n")
            environ = for_receipts_of_sandbox(environ, secret_file=folder.receipt_secret)
        start = partial(programs.receipts, folder, environ, host=plan.receipts_host)
        self._receipts = server = Child(start(port=plan.receipts_port))
        self.launch(server)
        self._wait_for(server, lambda: url_of_server(server) is not None, within_s=READY_S)
        self.receipts_url = url = url_of_server(server)
        if url is not None:
            # Started again it must come back where it is looked for.
            server.program = start(port=int(url.rpartition(":")[2]))
            if plan.sandbox:
                folder.write_secret(folder.receipts_url, f"{url}/receipts/main/{secret}\n")

    def _valkey_answers(self) -> bool:
        from plexsend.outbox.reading.queries import lanes  # noqa: PLC0415  `--help` must be quick
        from plexsend.outbox.redis.store import Store, mapped  # noqa: PLC0415  `--help` must be quick

        store = Store.connect(self.redis_url, "")
        try:
            with mapped():
                pid = int(store.client.info("server")["process_id"])
            # Another server may have taken the port first; ours has then failed, or is about to.
            if self._valkey is None or pid != self._valkey.pid:
                return False
            # While it still reads its file, it refuses this.
            lanes(store)
        except OutboxError:
            return False
        finally:
            store.close()
        return True

    def _wait_for(self, child: Child, is_ready: Callable[[], bool], *, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while True:
            self._stops.check()
            if not child.is_running:
                raise PartFailed(child, f"ended while it started ({child.how_it_ended()})")
            # What it waits for may be the process that is gone.
            for gone in self.ended():
                # It may have ended since the look above.
                who = "it" if gone is child else child.name
                raise PartFailed(gone, f"ended while {who} started ({gone.how_it_ended()})")
            if is_ready():
                return
            if time.monotonic() > deadline:
                raise PartFailed(child, f"was not ready after {within_s:g} s")
            time.sleep(_LOOK_AGAIN_S)

    def _end(self, *children: Child | None, grace_s: float, patient: bool = False) -> list[Child]:
        running = [child for child in children if child is not None and child.is_running]
        for child in running:
            child.terminate()
        deadline = time.monotonic() + grace_s
        while time.monotonic() < deadline and (patient or not self._stops.hurried):
            if not any(child.is_running for child in running):
                return []
            time.sleep(_LOOK_AGAIN_S)
        killed = [child for child in running if child.is_running]
        for child in killed:
            child.kill()
        deadline = time.monotonic() + KILLED_S
        while any(child.is_running for child in killed) and time.monotonic() < deadline:
            time.sleep(_LOOK_AGAIN_S)
        return killed
