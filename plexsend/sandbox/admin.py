"""The administration over HTTP: JSON under `/_sandbox/`, for processes that talk to a sandbox in another one.

It needs no authorization: the sandbox listens on the loopback address only, and holds nothing of value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from plexsend.sandbox.answers import Reply, render_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.controls import Controls
    from plexsend.sandbox.wire import Head

PREFIX = "/_sandbox/"

Route = tuple[str, str]
"""HTTP method, and path below the prefix."""


def administer(controls: Controls, head: Head, body: bytes) -> Reply:
    """Return the answer to a request below the prefix: `{"value": ...}`, or `{"error": "..."}`."""
    route = ROUTES.get((head.method, head.path.removeprefix(PREFIX)))
    if route is None:
        known = ", ".join(f"{method} {PREFIX}{path}" for method, path in ROUTES)
        return render_json({"error": f"there is no such route; there are {known}"}, 404)
    try:
        arguments = json.loads(body) if body else dict(parse_qsl(head.query))
        if not isinstance(arguments, dict):
            return render_json({"error": "the body must be an object"}, 400)
        return render_json({"value": route(controls, arguments)})
    # Wrong names and types of arguments surface as TypeError, wrong values as ValueError.
    except (ValueError, TypeError, RecursionError) as exc:
        return render_json({"error": str(exc)}, 400)


def _call(name: str) -> Callable[[Controls, dict[str, Any]], object]:
    """Return a route that calls the control of this name with the body's members as arguments."""
    return lambda controls, arguments: getattr(controls, name)(**arguments)


def _add_fault(controls: Controls, arguments: dict[str, Any]) -> int:
    """Let a fault wait. Its parameters are in `params`, as the list of faults shows them, or beside it."""
    params = arguments.pop("params", {})
    return controls.add_fault(**arguments, **params)


ROUTES: dict[Route, Callable[[Controls, dict[str, Any]], object]] = {
    ("GET", "stats"): lambda controls, _: controls.get_stats().to_json(),
    ("GET", "accepted"): _call("list_accepted"),
    ("GET", "duplicates"): _call("list_duplicates"),
    ("GET", "requests"): lambda controls, _: [seen.to_json() for seen in controls.list_requests()],
    ("GET", "arrivals"): _call("list_arrivals"),
    ("GET", "faults"): _call("list_faults"),
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _call("clear_faults"),
    ("GET", "credit"): _call("get_credit"),
    ("POST", "credit"): _call("set_credit"),
    ("POST", "credit/add"): _call("add_credit"),
    ("GET", "accounts"): _call("list_accounts"),
    ("POST", "credentials"): _call("set_credentials"),
    ("GET", "behaviour"): lambda controls, _: controls.get_behaviour().to_json(),
    ("POST", "behaviour"): _call("change_behaviour"),
    ("GET", "receipts"): _call("list_receipts"),
    ("POST", "receipts"): _call("post_receipt"),
    ("GET", "receipts/url"): _call("get_receipts_url"),
    ("POST", "receipts/url"): _call("set_receipts_url"),
    ("POST", "reset"): _call("reset"),
}
"""Every route. Those that only call a control take its arguments from a JSON body, or from the query."""
