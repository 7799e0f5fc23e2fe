"""The controls of a sandbox in this process: what it saw, and how it is to behave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.sandbox.faults import Fault

if TYPE_CHECKING:
    from plexsend.sandbox.behaviour import Behaviour
    from plexsend.sandbox.plex import Plex
    from plexsend.sandbox.recorder import Seen
    from plexsend.sandbox.stats import Arrival, Stats


class Controls:
    """Everything a test may ask of a sandbox. `SandboxAdmin` offers the same from another process.

    An account is a userID, the part of the Authorization header before the semicolon.
    """

    def __init__(self, plex: Plex) -> None:
        self._plex = plex

    @property
    def accepted(self) -> dict[str, int]:
        """How often each key was accepted, over all accounts: anything above 1 was sent twice."""
        return self.list_accepted()

    @property
    def duplicates(self) -> dict[str, int]:
        """How often each key was answered 71003, over all accounts."""
        return self.list_duplicates()

    def list_accepted(self, account: str | None = None) -> dict[str, int]:
        """Return how often each key was accepted, of one account or of all together."""
        return self._plex.ledger.list_accepted(account)

    def list_duplicates(self, account: str | None = None) -> dict[str, int]:
        """Return how often each key was answered 71003 because it was accepted before."""
        return self._plex.ledger.list_duplicates(account)

    def get_stats(self) -> Stats:
        """Return all counts since the start or the last reset."""
        return self._plex.get_stats()

    def list_requests(self) -> list[Seen]:
        """Return the last requests, oldest first."""
        return self._plex.recorder.list_seen()

    def list_arrivals(self) -> list[Arrival]:
        """Return when the last 100,000 requests came, oldest first."""
        return self._plex.tally.list_arrivals()

    def add_fault(
        self,
        kind: str,
        *,
        times: int | None = None,
        for_s: float | None = None,
        service: str | None = None,
        account: str | None = None,
        chance: float = 1.0,
        **params: Any,
    ) -> int:
        """Add a fault for requests and return its number. ValueError names what is wrong with it.

        It ends after `times` requests or `for_s` seconds, whichever comes first; with neither, when it is
        cleared. `service` and `account` narrow it down, `chance` is the share of requests it hits.
        """
        fault = Fault(
            kind,
            times=times,
            for_s=for_s,
            service=service,
            account=account,
            chance=chance,
            params=params,
        )
        return self._plex.schedule.add(fault)

    def list_faults(self) -> list[dict[str, Any]]:
        """Return the faults that still wait, each with its number and how often it will still come."""
        return self._plex.schedule.list_waiting()

    def clear_faults(self, number: int | None = None) -> None:
        """Take back one fault, or all."""
        self._plex.schedule.clear(number)

    def get_credit(self, account: str) -> int | None:
        """Return how many messages an account may still send; None: no limit."""
        return self._plex.ledger.get_credit(account)

    def set_credit(self, messages: int | None, *, account: str | None = None) -> None:
        """Set an account's credit, or everybody's; None messages: no limit."""
        self._plex.ledger.set_credit(account, messages)

    def add_credit(self, messages: int, *, account: str) -> None:
        """Add to an account's credit."""
        self._plex.ledger.add_credit(account, messages)

    def list_accounts(self) -> list[str] | None:
        """Return the accounts that may send; None: all with a well-formed header."""
        return self._plex.credentials.list_accounts()

    def set_credentials(self, account: str, secret: str | None) -> None:
        """Give an account a (new) secret, or take it away with None. From then on only known ones send."""
        self._plex.credentials.set(account, secret)

    def set_limit(self, messages_per_s: float | None) -> None:
        """Answer HTTP 429 above this many messages a second of a service and account; None: no limit."""
        self.change_behaviour(messages_per_s=messages_per_s)

    def get_behaviour(self) -> Behaviour:
        """Return the positions of all switches."""
        return self._plex.behaviour

    def change_behaviour(self, **changes: Any) -> None:
        """Change switches by their names in `Behaviour`. ValueError names what is wrong."""
        self._plex.behaviour = self._plex.behaviour.change(changes)

    def set_receipts_url(self, url: str | None, *, account: str | None = None) -> None:
        """Post receipts of an account there, or of all that have no URL of their own; None: post none.

        ValueError names what is wrong with the URL; it leads to this machine.
        """
        self._plex.deliveries.callbacks.set(account, url)

    def get_receipts_url(self, account: str | None = None) -> str | None:
        """Return where receipts of an account go, without the secret in its path; None: nowhere."""
        target = self._plex.deliveries.callbacks.get(account or "")
        return None if target is None else target.shown

    def post_receipt(
        self,
        msg_key: str,
        code: str,
        *,
        account: str = "",
        service: str = "mms-standard",
        carrier: str | None = None,
        times: int = 1,
    ) -> int:
        """Post a receipt of any key and code now; return how many are on their way. ValueError: no URL."""
        return self._plex.deliveries.post(
            msg_key, code, account=account, service=service, carrier=carrier, times=times
        )

    def list_receipts(self) -> list[dict[str, Any]]:
        """Return the last 1,000 receipts that were taken or given up, oldest first."""
        return self._plex.deliveries.poster.list_ended()

    def reset(self) -> None:
        """Forget messages, counts, requests, faults and receipts. All that was set stays as it is."""
        self._plex.clear()
