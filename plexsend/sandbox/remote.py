"""The controls of a sandbox in another process."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from plexsend.sandbox.admin import PREFIX
from plexsend.sandbox.behaviour import Behaviour
from plexsend.sandbox.recorder import Seen
from plexsend.sandbox.stats import Arrival, Stats

_TIMEOUT_S = 10.0


class SandboxAdmin:
    """The same controls as `Sandbox` has, over HTTP. OSError when no sandbox answers there.

    Every call opens a connection of its own, so that any number of threads may use it. `http.client` ignores
    proxy settings, which is right for a loopback address.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError("a sandbox's URL looks like http://127.0.0.1:8080")
        self._host = parts.hostname
        self._port = parts.port or 80

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
        return dict(self._get("accepted", account=account))

    def list_duplicates(self, account: str | None = None) -> dict[str, int]:
        """Return how often each key was answered 71003 because it was accepted before."""
        return dict(self._get("duplicates", account=account))

    def get_stats(self) -> Stats:
        """Return all counts since the start or the last reset."""
        return Stats.from_json(self._get("stats"))

    def list_requests(self) -> list[Seen]:
        """Return the last requests, oldest first."""
        return [Seen.from_json(value) for value in self._get("requests")]

    def list_arrivals(self) -> list[Arrival]:
        """Return when the last 100,000 requests came, oldest first."""
        return [Arrival(*value) for value in self._get("arrivals")]

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
        """Add a fault for requests and return its number; see `Sandbox.add_fault`."""
        return int(
            self._send(
                "POST",
                "faults",
                kind=kind,
                times=times,
                for_s=for_s,
                service=service,
                account=account,
                chance=chance,
                **params,
            )
        )

    def list_faults(self) -> list[dict[str, Any]]:
        """Return the faults that still wait, each with its number and how often it will still come."""
        return list(self._get("faults"))

    def clear_faults(self, number: int | None = None) -> None:
        """Take back one fault, or all."""
        self._send("DELETE", "faults", number=number)

    def get_credit(self, account: str) -> int | None:
        """Return how many messages an account may still send; None: no limit."""
        credit = self._get("credit", account=account)
        return None if credit is None else int(credit)

    def set_credit(self, messages: int | None, *, account: str | None = None) -> None:
        """Set an account's credit, or everybody's; None messages: no limit."""
        self._send("POST", "credit", messages=messages, account=account)

    def add_credit(self, messages: int, *, account: str) -> None:
        """Add to an account's credit."""
        self._send("POST", "credit/add", messages=messages, account=account)

    def list_accounts(self) -> list[str] | None:
        """Return the accounts that may send; None: all with a well-formed header."""
        accounts = self._get("accounts")
        return None if accounts is None else list(accounts)

    def set_credentials(self, account: str, secret: str | None) -> None:
        """Give an account a (new) secret, or take it away with None. From then on only known ones send."""
        self._send("POST", "credentials", account=account, secret=secret)

    def set_limit(self, messages_per_s: float | None) -> None:
        """Answer HTTP 429 above this many messages a second of a service and account; None: no limit."""
        self.change_behaviour(messages_per_s=messages_per_s)

    def get_behaviour(self) -> Behaviour:
        """Return the positions of all switches."""
        return Behaviour().change(self._get("behaviour"))

    def change_behaviour(self, **changes: Any) -> None:
        """Change switches by their names in `Behaviour`. ValueError names what is wrong."""
        self._send("POST", "behaviour", **changes)

    def set_receipts_url(self, url: str | None, *, account: str | None = None) -> None:
        """Post receipts of an account there, or of all that have no URL of their own; None: post none."""
        self._send("POST", "receipts/url", url=url, account=account)

    def get_receipts_url(self, account: str | None = None) -> str | None:
        """Return where receipts of an account go, without the secret in its path; None: nowhere."""
        url = self._get("receipts/url", account=account)
        return None if url is None else str(url)

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
        return int(
            self._send(
                "POST",
                "receipts",
                msg_key=msg_key,
                code=code,
                account=account,
                service=service,
                carrier=carrier,
                times=times,
            )
        )

    def list_receipts(self) -> list[dict[str, Any]]:
        """Return the last 1,000 receipts that were taken or given up, oldest first."""
        return list(self._get("receipts"))

    def reset(self) -> None:
        """Forget messages, counts, requests, faults and receipts. All that was set stays as it is."""
        self._send("POST", "reset")

    def _get(self, path: str, **arguments: str | None) -> Any:
        """Send a question and return the answer; arguments of None are left out."""
        query = urlencode({name: value for name, value in arguments.items() if value is not None})
        return self._exchange("GET", f"{path}?{query}" if query else path, None)

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        """Send an order and return the answer."""
        body = json.dumps(arguments, default=sorted).encode()
        return self._exchange(method, path, body)

    def _exchange(self, method: str, path: str, body: bytes | None) -> Any:
        """Return the value that a request was answered with; a ValueError has the sandbox's own words."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, PREFIX + path, body, {"Connection": "close"})
            with connection.getresponse() as response:
                answer = json.loads(response.read())
        finally:
            connection.close()
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["value"]
