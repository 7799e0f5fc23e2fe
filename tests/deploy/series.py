"""Series in the notation of promtool: a name with its labels, and values one a minute."""

from __future__ import annotations


def metric(name: str, **labels: str) -> str:
    """Return the name of a series."""
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{inside}}}" if inside else name


def waiting(kept_by: str, service: str = "mms-bulk") -> str:
    """Return the series of messages that wait."""
    return metric("plexsend_waiting_messages", service=service, account="main", kept_by=kept_by)


def ended(state: str, service: str = "mms-bulk", account: str = "main") -> str:
    """Return the series of messages that came into a state."""
    return metric("plexsend_messages_ended_total", service=service, account=account, state=state)


def held(reason: str, account: str = "main", scope: str = "account") -> str:
    """Return the series of holds."""
    return metric("plexsend_holds", account=account, scope=scope, reason=reason)


def requests(outcome: str, service: str = "mms-bulk") -> str:
    """Return the series of requests to the gateway."""
    return metric("plexsend_requests_total", service=service, outcome=outcome)


def receipts(outcome: str, account: str = "main") -> str:
    """Return the series of receipts."""
    return metric("plexsend_receipts_total", account=account, outcome=outcome)


def histogram(name: str, bound: str, fast: str, every: str) -> dict[str, str]:
    """Return a histogram: what took at most as long as the bound, at most twice as long, and all."""
    return {
        metric(f"{name}_bucket", le=bound): fast,
        metric(f"{name}_bucket", le=str(2 * int(bound))): every,
        metric(f"{name}_bucket", le="+Inf"): every,
        metric(f"{name}_count"): every,
    }


def flat(*pieces: tuple[float, int]) -> str:
    """Return values that stay: each so many minutes."""
    return " ".join(
        f"{value:g}x{minutes - 1}" if value < 1e5 else f"{value:.0f}x{minutes - 1}"
        for value, minutes in pieces
    )


def rising(*pieces: tuple[float, int]) -> str:
    """Return a counter: each piece rises by so much a minute, for so many minutes."""
    words, at = [], 0.0
    for by, minutes in pieces:
        words.append(f"{at:g}+{by:g}x{minutes - 1}")
        at += by * minutes
    return " ".join(words)
