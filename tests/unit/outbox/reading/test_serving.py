"""Which living process can serve what, and why another cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexsend.outbox.fleet import Announcement, FleetProcess
from plexsend.outbox.form import OLD_FORM
from plexsend.outbox.reading.serving import Serving

REFUSED = {"main": frozenset({"bad"})}


def worker(pid: int = 7, *, silent_ms: int = 0, **changed: Any) -> FleetProcess:
    announced = Announcement("web1", pid, "0.3.0", 2, 1, ("mms-bulk",), 16, secrets={"main": "good"})
    return FleetProcess(f"p{pid}", replace(announced, **changed), silent_ms)


@pytest.mark.parametrize("process", [worker(), worker(form=OLD_FORM, secrets={})])
def test_a_process_with_the_queue_and_the_secret_can_serve(process: FleetProcess) -> None:
    """Of an older program nothing is known, and it takes what it is rung for."""
    assert Serving((process,), REFUSED).able("mms-bulk", "main") == [process]


@pytest.mark.parametrize(
    ("process", "because"),
    [
        (worker(secrets={"shop": "x"}), "web1 pid 7 has no secret for main (set PLEXSEND_ACCOUNT_MAIN"),
        (worker(secrets={"main": "bad"}), "web1 pid 7 has a secret that the gateway refuses"),
        (worker(services=("mms-finance",)), "no worker that serves mms-bulk is alive; start one"),
        (
            worker(silent_ms=6_000),
            "mms-bulk is alive (the last, web1 pid 7, was seen 6.0 s ago)",
        ),
        (
            worker(urls={"mms": "https://sandbox.example"}),
            "web1 pid 7 sends to another address than the account's, https://gateway.example",
        ),
    ],
)
def test_another_cannot_and_it_is_said_why(process: FleetProcess, because: str) -> None:
    serving = Serving((process,), REFUSED, {"main": {"mms": "https://gateway.example"}})
    assert serving.able("mms-bulk", "main") == []
    assert because in serving.nobody("mms-bulk", "main")


def test_of_several_processes_the_verb_agrees() -> None:
    lacking = (worker(secrets={}), worker(pid=8, secrets={}))
    assert "web1 pid 7, web1 pid 8 have no secret for main" in Serving(lacking).nobody("mms-bulk", "main")


def test_the_address_of_another_product_is_not_its_matter() -> None:
    process = worker(urls={"mms": "https://sandbox.example"})
    assert Serving((process,), urls={"main": {"sms": "https://x"}}).able("mms-bulk", "main") == [process]


def test_accounts_are_those_whose_secret_is_not_refused() -> None:
    process = worker(secrets={"main": "bad", "shop": "x"})
    assert Serving((process,), REFUSED).accounts_of(process) == ["shop"]
