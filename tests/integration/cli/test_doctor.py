"""`plexsend doctor` against a real Valkey, gateways on this machine, and a fleet without a worker."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.folders.folder import RunFolder
from plexsend.outbox import fleet
from plexsend.outbox.doors import Door, announce
from plexsend.shared_folder import look_at_folder
from plexsend.stack.ports import free_port
from tests.integration.cli.test_fleet import WEB1
from tests.integration.outbox.runs.feeder import checked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store


def rows(ended: Any) -> dict[tuple[str, str], Any]:
    return {(line["check"], line["what"]): line for line in ended.lines}


def test_where_all_fits_it_ends_well_and_shows_every_setting(
    run: Callable[..., Any], nearby: dict[str, str]
) -> None:
    ended = run("doctor", "--json", **nearby, PLEXSEND_ACCOUNT_MAIN="user;s3cret")
    found = rows(ended)
    assert ended.code == 0, ended.out
    assert {line["grade"] for line in ended.lines} == {"ok", "doubtful"}
    assert found["settings", "PLEXSEND_RATE"]["found"] == "100 (default)"
    assert found["settings", "PLEXSEND_ACCOUNT_MAIN"]["found"] == "*** (variable)"
    for what in ("version", "append-only", "memory", "eviction", "rights", "slow log", "round trip", "clock"):
        assert ("redis", what) in found
    # The tests' server has the slow log that servers have unless it is turned off.
    assert found["redis", "texts"]["grade"] == "doubtful"
    assert "with texts and numbers" in found["redis", "texts"]["why"]
    assert "s3cret" not in ended.out + ended.err


def test_work_without_a_worker_and_a_gateway_out_of_reach_are_wrong(
    run: Callable[..., Any], yard: Any
) -> None:
    yard.add("k1", "k2")
    nowhere = {
        f"PLEXSEND_{name}_URL": f"http://127.0.0.1:{free_port()}"
        for name in ("MMS", "RCS", "SMS", "LMS", "UPLOAD")
    }
    ended = run("doctor", "--json", **nowhere, PLEXSEND_ACCOUNT_MAIN="user;s3cret")
    found = rows(ended)
    assert ended.code == 1
    assert found["fleet", "worker"]["grade"] == "wrong"
    assert "mms-bulk of account main: 2 messages wait" in found["fleet", "worker"]["found"]
    assert found["gateway", "gateway"]["grade"] == "wrong"


def test_where_redis_does_not_answer_the_rest_is_looked_at(
    run: Callable[..., Any], nearby: dict[str, str]
) -> None:
    ended = run("doctor", "--json", **nearby, PLEXSEND_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    found = rows(ended)
    assert ended.code == 1
    assert found["redis", "redis"]["grade"] == "wrong"
    assert found["fleet", "fleet"]["grade"] == "doubtful"
    assert found["broker", "broker"]["grade"] == "wrong"
    assert found["gateway", "gateway"]["grade"] == "ok"
    assert ".." not in run("doctor", **nearby, PLEXSEND_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0").out


def test_a_login_that_may_not_run_scripts_is_named(
    run: Callable[..., Any], nearby: dict[str, str], store: Any, valkey_url: str
) -> None:
    user = f"weak{store.keys.prefix.strip(':')}"
    store.client.execute_command(
        "ACL", "SETUSER", user, "on", ">pw9", f"~{store.keys.prefix}*", "+@all", "-evalsha", "-zadd"
    )
    try:
        url = valkey_url.replace("redis://", f"redis://{user}:pw9@")
        ended = run("doctor", "--json", **nearby, PLEXSEND_REDIS_URL=url)
    finally:
        store.client.execute_command("ACL", "DELUSER", user)
    right = [line for line in ended.lines if line["what"] == "rights" and line["grade"] == "wrong"]
    assert ended.code == 1
    assert f"{user} may not: EVALSHA, ZADD" in right[0]["found"]
    assert "pw9" not in ended.out + ended.err


def test_a_login_that_may_not_ask_is_not_guessed_at(
    run: Callable[..., Any], nearby: dict[str, str], store: Any, valkey_url: str
) -> None:
    user = f"mute{store.keys.prefix.strip(':')}"
    store.client.execute_command(
        "ACL",
        "SETUSER",
        user,
        "on",
        ">pw9",
        f"~{store.keys.prefix}*",
        "&*",
        "+@all",
        "-acl",
        "-config",
        "-slowlog",
    )
    try:
        url = valkey_url.replace("redis://", f"redis://{user}:pw9@")
        ended = run("doctor", "--json", **nearby, PLEXSEND_REDIS_URL=url)
    finally:
        store.client.execute_command("ACL", "DELUSER", user)
    found = rows(ended)
    assert ended.code == 0, ended.out
    for what in ("rights", "slow log"):
        assert (found["redis", what]["grade"], found["redis", what]["found"][:9]) == ("doubtful", "not known")


def test_slow_calls_of_our_scripts_are_counted(
    run: Callable[..., Any], nearby: dict[str, str], store: Any, yard: Any
) -> None:
    before = store.client.config_get("slowlog-log-slower-than")["slowlog-log-slower-than"]
    store.client.config_set("slowlog-log-slower-than", 0)
    try:
        yard.add("k1")
        store.client.config_set("slowlog-log-slower-than", before)
        found = rows(run("doctor", "--json", **nearby))
    finally:
        store.client.config_set("slowlog-log-slower-than", before)
        store.client.slowlog_reset()
    assert "of plexsend's scripts over 10 ms" in found["redis", "slow log"]["found"]
    assert re.search(r"the longest [\d.]+ ms \((submit|form)\)", found["redis", "slow log"]["found"])


def test_people_read_the_result_last(run: Callable[..., Any], nearby: dict[str, str]) -> None:
    ended = run("doctor", **nearby)
    lines = ended.out.splitlines()
    assert (ended.code, lines[0]) == (0, "Settings")
    assert lines[-1].startswith("Nothing is wrong, ")
    assert "more settings have their defaults; --all shows them" in ended.out


def test_a_variable_of_celery_is_named(run: Callable[..., Any], nearby: dict[str, str]) -> None:
    found = rows(run("doctor", "--json", **nearby, CELERY_BROKER_URL="redis://127.0.0.1:1/0"))
    row = found["settings", "CELERY_BROKER_URL"]
    assert (row["grade"], row["found"]) == ("doubtful", "is Celery's, and is ignored")
    assert found["broker", "broker"]["grade"] == "ok"


def test_a_proxy_of_the_environment_is_named_and_not_used(
    run: Callable[..., Any], nearby: dict[str, str]
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    found = rows(run("doctor", "--json", **nearby, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere))
    row = found["settings", "HTTPS_PROXY"]
    assert (row["grade"], row["found"]) == ("doubtful", "is set, and is not used to reach the gateway")
    assert "PLEXSEND_PROXY_URL" in row["remedy"]
    assert found["gateway", "gateway"]["grade"] == "ok"


def test_a_machine_without_an_account_does_not_connect_to_the_gateway(run: Callable[..., Any]) -> None:
    ended = run("doctor", "--json", PLEXSEND_MMS_URL="https://gateway.invalid")
    (row,) = [line for line in ended.lines if line["check"] == "gateway"]
    assert (row["grade"], "no account is set up here" in row["found"]) == ("ok", True)


def test_a_proxy_that_is_not_there_is_named_and_its_login_shown_nowhere(
    run: Callable[..., Any], nearby: dict[str, str]
) -> None:
    settings = {name: value for name, value in nearby.items() if not name.endswith("MMS_URL")}
    place = f"127.0.0.1:{free_port()}"
    ended = run(
        "doctor",
        "--json",
        **settings,
        PLEXSEND_MMS_URL="https://gateway.invalid",
        PLEXSEND_PROXY_URL=f"http://kim:pw9@{place}",
        PLEXSEND_ACCOUNT_MAIN="user;key",
    )
    at_gateway = [line for line in ended.lines if line["what"] == "gateway"]
    wrong = [line["found"] for line in at_gateway if line["grade"] != "ok"]
    assert wrong == ["https://gateway.invalid: the proxy 127.0.0.1 cannot be reached (connection refused)"]
    assert rows(ended)["settings", "PLEXSEND_PROXY_URL"]["found"] == f"http://{place} (variable)"
    assert "pw9" not in ended.out + ended.err


def test_receipts_that_nobody_takes_are_doubtful(
    run: Callable[..., Any], nearby: dict[str, str], store: Any
) -> None:
    assert rows(run("doctor", "--json", **nearby))["receipts", "server"]["grade"] == "ok"
    given = {**nearby, "PLEXSEND_RECEIPT_SECRET_MAIN": "s" * 16}
    found = rows(run("doctor", "--json", **given))
    assert found["receipts", "server"]["grade"] == "doubtful"
    assert "43.202.205.42,52.78.51.46" in found["receipts", "addresses"]["remedy"]
    announce(store, Door("d1", "edge1", 12, "0.5.0", ("receipts",), 8080, ("main",)))
    given["PLEXSEND_RECEIPT_ALLOW"] = "43.202.205.42,52.78.51.46"
    ended = run("doctor", "--json", **given)
    assert {line["grade"] for line in ended.lines if line["check"] == "receipts"} == {"ok"}
    assert "s" * 16 not in ended.out


def test_pictures_that_reach_no_host_are_doubtful(run: Callable[..., Any], nearby: dict[str, str]) -> None:
    nearby = {**nearby, "PLEXSEND_ACCOUNT_MAIN": "user;key"}
    assert rows(run("doctor", "--json", **nearby))["gateway", "upload"]["grade"] == "ok"
    nowhere = f"http://127.0.0.1:{free_port()}"
    ended = run("doctor", "--json", **{**nearby, "PLEXSEND_UPLOAD_URL": nowhere})
    row = rows(ended)["gateway", "upload"]
    assert (ended.code, row["grade"], row["found"].startswith(nowhere)) == (0, "doubtful", True)
    assert rows(ended)["gateway", "gateway"]["grade"] == "ok"


def test_another_key_of_numbers_than_the_accounts_is_wrong(
    run: Callable[..., Any], nearby: dict[str, str], yard: Any
) -> None:
    yard.add("k1")
    marks = ("sender_name=한빛상점", "refusal_number=080-123-4567")
    assert run("policy", "set", "@main", *marks, "--reason", "r").code == 0
    key = {"PLEXSEND_NUMBER_KEY": "k" * 32}
    assert run("suppress", "add", "01023456789", "--reason", "r", **key).code == 0
    for given, grade in ((key, "ok"), ({"PLEXSEND_NUMBER_KEY": "x" * 32}, "wrong")):
        ended = run("doctor", "--json", **nearby, **given)
        found = [line for line in ended.lines if line["check"] == "advertisements"]
        assert found[0]["grade"] == grade, ended.out
        assert grade == "ok" or "is not the one of account main" in found[0]["found"]


def test_the_folder_of_campaigns_is_tried_where_there_are_campaigns(
    run: Callable[..., Any], nearby: dict[str, str], store: Store, tmp_path: Path
) -> None:
    given = {**nearby, "PLEXSEND_CAMPAIGN_DIR": str(tmp_path)}
    assert ("campaigns", "campaign folder") not in rows(run("doctor", "--json", **given))
    checked(store)
    row = rows(run("doctor", "--json", **given))["campaigns", "campaign folder"]
    assert (row["grade"], row["found"]) == ("ok", f"{tmp_path} is written and read")
    worker = replace(WEB1, feeds=True, folder=look_at_folder(tmp_path / "elsewhere").id)
    fleet.announce(store, "p1", worker)
    fleet.alive(store, "p1")
    row = rows(run("doctor", "--json", **given))["campaigns", "campaign folder"]
    assert (row["grade"], row["found"].startswith("web1 pid 7 sees another folder")) == ("wrong", True)


def test_folders_of_runs_that_redis_does_not_know_are_counted(
    run: Callable[..., Any], nearby: dict[str, str], tmp_path: Path
) -> None:
    given = {**nearby, "PLEXSEND_CAMPAIGN_DIR": str(tmp_path)}
    RunFolder(tmp_path, "main", "spring~1", "0a1b2c3d4e5f").write_marks(b" ")
    row = rows(run("doctor", "--json", **given))["campaigns", "campaign folder"]
    assert (row["grade"], row["found"].startswith("1 folder is of no run")) == ("doubtful", True)
