"""Real workers that disagree: what one of them can send is sent, and the log says who cannot and why."""

from __future__ import annotations

import signal
import socket
import subprocess
from typing import TYPE_CHECKING

from plexsend.outbox import steer
from plexsend.outbox.fleet import fleet
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading.queries import holds
from tests.acceptance.process import wait_until
from tests.acceptance.stand import CELERY, PLEXSEND

if TYPE_CHECKING:
    from plexsend.outbox.holds import Hold
    from tests.acceptance.conftest import MakeStand
    from tests.acceptance.process import Worker
    from tests.acceptance.stand import Stand


def test_service_whose_worker_is_gone_slows_no_other_and_is_said(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    # As many doorbells as it has threads wait in the broker once it is stopped.
    doomed = stand.start_worker(
        "-n", "doomed@stand", "-Q", "mms-finance", "-c", "4", PLEXSEND_CONNECTIONS="4"
    )
    doomed.wait_for(" ready.")
    doomed.send(signal.SIGSTOP)
    finance = stand.submit("mms-finance", [f"f{i}" for i in range(200)])
    other = stand.start_worker("-n", "other@stand", "-Q", "mms-bulk", "-c", "2", PLEXSEND_CONNECTIONS="4")
    other.wait_for(" ready.")
    wait_until(lambda: _alive(stand) == ["mms-bulk"], what="the stopped process counts as gone")
    doomed.kill()

    bulk = stand.submit("mms-bulk", [f"b{i}" for i in range(200)])
    stand.wait_states({"accepted": 200}, bulk, within_s=10)
    assert stand.states(finance).get("waiting") == 200
    other.wait_for("messages wait for a worker")
    wait_until(lambda: stand.store.client.llen(f"{stand.prefix}celery:mms-finance") == 0, what="no orphans")
    why = _plexsend(stand, "why", "f0")
    assert "no worker that serves mms-finance is alive" in why
    assert "plexsend worker -Q mms-finance" in why
    assert "No living worker can send for: mms-finance@main" in _plexsend(stand, "lanes")

    _control(stand, "add_consumer", "mms-finance")
    wait_until(lambda: _alive(stand) == ["mms-bulk,mms-finance"], what="it announces both", within_s=3)
    stand.wait_states({"accepted": 200}, finance)
    _control(stand, "cancel_consumer", "mms-bulk")
    wait_until(lambda: _alive(stand) == ["mms-finance"], what="it announces one", within_s=3)
    stand.submit("mms-bulk", ["b-late"])
    more = stand.submit("mms-finance", [f"g{i}" for i in range(50)])
    stand.wait_states({"accepted": 250}, more, within_s=10)
    assert stand.states(bulk)["waiting"] == 1
    for service in ("mms-finance", "mms-bulk"):
        said = f"messages wait for a worker account=main service={service}"
        assert other.words.replace(" process=", "\n process=").count(said) <= 1
    assert other.words.count("a worker serves them again") == 1


def test_process_without_the_secret_or_with_a_refused_one_holds_nobody_else(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main", "shop")
    wrong = {"PLEXSEND_ACCOUNT_MAIN": "user-main;wrong", "PLEXSEND_ACCOUNT_SHOP": stand.accounts["shop"]}
    environ = stand.environ(**wrong)
    bad = stand.launch("worker", "-l", "INFO", "-n", "bad@stand", environ=environ)
    without = {name: text for name, text in stand.environ().items() if name != "PLEXSEND_ACCOUNT_MAIN"}
    lacking = stand.launch("worker", "-l", "INFO", "-n", "lacking@stand", environ=without)
    for worker in (bad, lacking):
        worker.wait_for(" ready.")

    lane = stand.submit("mms-bulk", [f"k{i}" for i in range(100)])
    hold = wait_until(lambda: _auth(stand), what="no process can send for the account")
    assert hold.by == "plexsend"
    assert f"the gateway refuses the secret of {socket.gethostname()} pid {bad.pid}" in hold.why
    assert f"none is set on {socket.gethostname()} pid {lacking.pid}" in hold.why
    assert "PLEXSEND_ACCOUNT_MAIN" in hold.why
    shop = stand.submit("mms-bulk", ["s1"], account="shop")
    stand.wait_states({"accepted": 1}, shop)

    good = stand.start_worker("-n", "good@stand")
    good.wait_for(" ready.")
    stand.wait_states({"accepted": 100}, lane)
    assert _auth(stand) is None
    # One request was refused, or one of each of its threads: then it declined.
    refused = stand.sandbox.get_stats().envelopes["C401_3"]
    assert refused <= 16
    # With all three the account is never held again.
    assert steer.resume(stand.store, Scope.ACCOUNT, "main", account=None) == ["account auth main"]
    more = stand.submit("mms-bulk", [f"m{i}" for i in range(200)])
    stand.wait_states({"accepted": 300}, more)
    assert _auth(stand) is None
    stand.check_logs()


def test_account_of_which_no_worker_has_a_secret_is_held_with_a_remedy(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    stand.start_workers(1)
    stand.submit("mms-bulk", ["k1"], account="my-shop")
    hold = wait_until(lambda: _auth(stand, "my-shop"), what="held")
    assert hold.by == "plexsend"
    assert "Set PLEXSEND_ACCOUNT_MY_SHOP or PLEXSEND_ACCOUNT_MY_SHOP_FILE there" in hold.why
    assert "accounts that workers know: main" in hold.why
    assert "PLEXSEND_ACCOUNT_MY_SHOP" in _plexsend(stand, "why", "k1", "--account", "my-shop")


def test_process_with_another_gateway_sends_nothing(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    [first] = stand.start_workers(1)
    stand.wait_states({"accepted": 1}, stand.submit("mms-bulk", ["k0"]))
    elsewhere = "http://127.0.0.1:9"
    stray = stand.start_worker("-n", "stray@stand", PLEXSEND_MMS_URL=elsewhere)
    stray.wait_for(" ready.")

    lane = stand.submit("mms-bulk", [f"k{i}" for i in range(1, 400)])
    stand.wait_states({"accepted": 400}, lane)
    for number in range(20):
        if _said_address(stray):
            break
        stand.submit("mms-bulk", [f"x{number}-{i}" for i in range(100)])
        wait_until(lambda: "waiting" not in stand.states(lane), what="all is sent")
    line = _said_address(stray)
    assert f"its_address={elsewhere}" in line
    assert f" address={stand.sandbox.url}" in line
    assert "correct PLEXSEND_MMS_URL here" in line
    assert "gateway_url.mms=URL --reason R" in line
    assert f"host={socket.gethostname()}" in line
    assert stray.words.count("is not the account's") == 1
    assert "batches sent" not in stray.words
    # The first one is gone: nobody sends elsewhere, and it is said.
    first.terminate()
    first.wait_exit()
    stand.submit("mms-bulk", ["last"])
    stray.wait_for("messages wait for a worker", within_s=15)
    assert "sends to another address than the account's" in _plexsend(stand, "why", "last")
    # A person can mean it: then it sends there.
    _plexsend(stand, "policy", "set", "@main", f"gateway_url.mms={elsewhere}", "--reason", "moved")
    wait_until(lambda: "lane shut mms-bulk@main" in stand.hold_names("main"), what="it tries to send there")


def _alive(stand: Stand) -> list[str]:
    return [",".join(each.announced.services) for each in fleet(stand.store) if each.lives]


def _auth(stand: Stand, account: str = "main") -> Hold | None:
    return next((hold for hold in holds(stand.store, account) if hold.reason == "auth"), None)


def _said_address(worker: Worker) -> str:
    return next((line for line in worker.words.splitlines() if "is not the account's" in line), "")


def _plexsend(stand: Stand, *words: str) -> str:
    done = subprocess.run(
        [str(PLEXSEND), *words], env=stand.environ(), capture_output=True, text=True, check=False, timeout=30
    )
    return " ".join((done.stdout + done.stderr).split())


def _control(stand: Stand, what: str, queue: str) -> None:
    done = subprocess.run(
        [str(CELERY), "-A", "worker", "control", "-d", "other@stand", "-t", "10", what, queue],
        cwd=stand.folder,
        env=stand.environ(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "OK" in done.stdout, done.stderr
