"""docs/operating.md: its examples are what the commands print, and its tables name all there is."""

from __future__ import annotations

import json
import re
import shlex
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from plexsend.outbox import steer
from plexsend.outbox.fleet import Announcement
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.notices import NoticeKind
from plexsend.outbox.reading.flow import Flow
from plexsend.outbox.reading.queries import server_ms
from plexsend.settings import HookAddress
from plexsend.worker.notifier import Notifier
from tests.integration.cli.test_fleet import join
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

PAGE = Path(__file__).parents[3].joinpath("docs", "operating.md").read_text("utf-8")


def example(name: str) -> str:
    (found,) = re.findall(rf"<!-- example:{name} -->\n```\w+\n(.*?)\n```", PAGE, re.DOTALL)
    return str(found)


def same(line: str) -> str:
    """A line without what differs from run to run: figures, and how far columns are apart."""
    return re.sub(r"\s+", " ", re.sub(r"\d[\d,.]*", "N", line)).strip()


def check(name: str, run: Callable[..., Any], **settings: str) -> None:
    """Run the example's command, and hold each of its lines to what is printed."""
    command, *lines = example(name).splitlines()
    printed = {same(line) for line in run(*shlex.split(command)[2:], **settings).out.splitlines()}
    missing = [line for line in lines if same(line) not in printed]
    assert missing == [], "\n".join(sorted(printed))


def test_doctor(run: Callable[..., Any], yard: Any, nearby: dict[str, str]) -> None:
    yard.add("k1", "k2")
    check("doctor", run, **nearby, PLEXSEND_ACCOUNT_MAIN="user;s3cret")


def test_why(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1", "k2")
    check("why", run)


def test_fleet(run: Callable[..., Any], store: Store) -> None:
    since_ms = server_ms(store) - 3_600_500
    for host, pid, rate, busy in (("web1", 7, "20", 3), ("web2", 31, "10", 0)):
        asks = {"mms-bulk": {"rate_per_s": rate}}
        announced = Announcement(
            host, pid, "0.3.0", 2, since_ms, ("mms-bulk",), 16, asks=asks, secrets={"main": "aa"}
        )
        join(store, host, announced, busy=busy)
    check("fleet", run)


def test_notice(store: Store) -> None:
    posts: list[dict[str, Any]] = []

    def post(_: str, content: dict[str, Any]) -> str:
        posts.append(content)
        return ""

    steer.pause(store, Scope.ACCOUNT, "main", account="main", by="kim", why="month end")
    runtime = SimpleNamespace(store=store, name="p1", stop=threading.Event())
    Notifier(cast("Any", runtime), HookAddress("http://127.0.0.1:1/x", "x"), post=post).round()
    shown = json.loads(example("notice"))
    (content,) = posts
    assert shown["text"].partition(": ")[2] == content["text"].partition(": ")[2]
    assert {**shown["event"], "at": ""} == {**content["event"], "at": ""}


@pytest.mark.parametrize("kind", [Flow, NoticeKind])
def test_tables_name_every_word(kind: Any) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert {str(member) for member in kind} <= set(rows)


def test_commands_after_a_restore_run(run: Callable[..., Any], yard: Any, store: Store) -> None:
    yard.add("k1")
    yard.add("s1", lane=Lane("mms-standard", None, "main"))
    # Before the server was started: what comes after that was not in the copy.
    let_pass(store, "main", 3_600_000)
    section = PAGE.partition("## After a restore\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^ *(plexsend .+)$", section, re.MULTILINE)
    assert len(commands) == 3
    codes = [run(*shlex.split(command)[1:]).code for command in commands]
    assert codes == [0, 1, 0], "after the first of the two lanes something is left"
    assert (yard.state("k1"), yard.state("s1")) == ("accepted", "waiting")
    assert yard.take(Lane("mms-standard", None, "main")) is not None
