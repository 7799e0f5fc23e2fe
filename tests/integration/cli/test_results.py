"""Results on the command line: heard, listed, rebuilt, dropped, and proved."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.cli.proving import prove_reader
from plexsend.errors import NotPossible
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.replies import text
from plexsend.outbox.results.overview import drop, list_readers
from plexsend.terminal.screen import Screen
from tests.integration.cli.conftest import SHOP, process_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

READ = ("results", "read", "billing", "--json")


@pytest.fixture
def hear(run: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Read as billing and return what is printed."""

    def hear(*args: str) -> list[Any]:
        ended = run(*READ, *args)
        assert ended.code == 0
        assert ended.err == ""
        return list(ended.lines)

    return hear


def test_reader_hears_what_comes_once_and_only_what_it_heard_is_done_with(
    run: Callable[..., Any], hear: Callable[..., list[Any]], yard: Any, store: Store
) -> None:
    assert hear() == []
    yard.end(Outcome.ACCEPTED, "a1", "a2")
    yard.end(Outcome.REJECTED, "r1", lane=SHOP)
    take_receipts(store, "main", [Receipt("a1", "0", "SKT", 1_764_000_000_000)])
    found = {(line["msg_key"], line["state"]) for line in hear()}
    assert found == {
        ("a1", "accepted"), ("a2", "accepted"), ("r1", "rejected"), ("a1", "delivered"),
    }  # fmt: skip
    assert hear() == []
    late = run("results", "read", "late", "--from-start")
    assert late.code == 0
    assert "delivered  a1" in late.out
    assert len(late.out.splitlines()) == 4
    assert "4 results" in late.err
    # Two accounts have messages: each line names its own.
    accounts = sorted(line.rsplit("account ", 1)[1] for line in late.out.splitlines())
    assert accounts == ["main", "main", "main", "shop"]
    assert "account" not in run("results", "read", "one", "--from-start", "--account", "main").out


def test_result_has_the_promised_fields(hear: Callable[..., list[Any]], yard: Any) -> None:
    hear()
    yard.end(Outcome.ACCEPTED, "a1", lane=Lane("mms-bulk", None, "main", "spring"))
    (line,) = hear()
    assert (
        " ".join(line)
        == "id msg_key state rank outcome final reason permanent code code_from desc at account "
        "service group carrier done_at fallback_of"
    )
    assert (line["account"], line["service"], line["group"]) == ("main", "mms-bulk", "spring")


def test_reader_may_hear_of_one_account_alone(hear: Callable[..., list[Any]], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "a1")
    yard.end(Outcome.ACCEPTED, "s1", lane=SHOP)
    assert [line["msg_key"] for line in hear("--account", "shop", "--from-start")] == ["s1"]


def test_what_could_not_be_written_out_is_given_again(
    command: list[str], environment: dict[str, str], hear: Callable[..., list[Any]], yard: Any
) -> None:
    hear()
    yard.end(Outcome.ACCEPTED, *(f"k{i:03}" for i in range(300)))
    # Nobody reads.
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*command, *READ],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=process_environment(environment),
        timeout=30,
        check=False,
    )
    os.close(writing)
    assert ended.returncode != 0
    assert len(hear()) == 300


def test_following_reader_prints_what_comes_and_ends_by_sigterm(
    command: list[str], environment: dict[str, str], hear: Callable[..., list[Any]], yard: Any
) -> None:
    hear()
    yard.end(Outcome.ACCEPTED, "a1")
    with subprocess.Popen(
        [*command, *READ, "--follow"], stdout=subprocess.PIPE, env=process_environment(environment), text=True
    ) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["msg_key"] == "a1"
        yard.end(Outcome.ACCEPTED, "a2")
        assert json.loads(process.stdout.readline())["msg_key"] == "a2"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert hear() == []


def test_list_shows_how_far_behind_a_reader_is(
    run: Callable[..., Any], hear: Callable[..., list[Any]], yard: Any, store: Store
) -> None:
    assert "There are no readers" in run("results", "list").err
    hear()
    yard.end(Outcome.ACCEPTED, "a1")
    yard.end(Outcome.ACCEPTED, "a2")
    (line,) = run("results", "list", "--json").lines
    assert (line["reader"], line["account"], line["behind"]) == ("billing", "main", 2)
    assert line["behind_s"] >= 0
    store.client.xtrim(store.keys.results("main"), maxlen=1, approximate=False)
    shown = run("results", "list", "--wide").out
    assert "1 until" in shown
    assert "(trimmed)" in shown


def test_list_that_another_program_replaced_does_not_look_empty(
    run: Callable[..., Any], hear: Callable[..., list[Any]], store: Store
) -> None:
    hear()
    store.client.delete(store.keys.readers("main"))
    store.client.set(store.keys.readers("main"), "foreign")
    ended = run("results", "list")
    assert ended.code == 1
    assert "Nobody can say which readers there are in main" in ended.err
    assert "There are no readers" not in ended.err
    for args in (("audit", "--results", "billing"), ("results", "drop", "billing", "--yes")):
        refused = run(*args, "--json")
        assert refused.code == 1
        assert "the list of readers of main" in refused.error["message"]
    # It enters itself every ten seconds.
    store.client.hdel(store.keys.reader("main", "billing"), "used")
    hear()
    assert run("results", "list").code == 0
    assert [state.name for state in list_readers(store)] == ["billing"]


def test_reader_that_another_program_spoilt_proves_nothing_until_it_begins_anew(
    run: Callable[..., Any], hear: Callable[..., list[Any]], yard: Any, store: Store
) -> None:
    hear()
    yard.end(Outcome.ACCEPTED, "a1")
    store.client.hset(store.keys.reader("main", "billing"), "at", "junk")
    assert "another program wrote to it" in run("results", "list", "--wide").out
    for args in (
        ("audit", "--results", "billing"),
        ("results", "replay", "billing", "--since", "2020-01-01T00:00"),
    ):
        ended = run(*args, "--json")
        assert (ended.code, ended.out) == (1, ""), ended.err
        assert "Another program wrote to the reader billing" in ended.error["message"]
    assert [line["msg_key"] for line in hear()] == ["a1"]
    assert run("audit", "--results", "billing", "--json").lines[0]["given"] == 1


class Dropping:
    """A store in which a reader is dropped just before its proof."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        if name == "run":
            drop(self._store, "main", "billing")
        return getattr(self._store, name)


def test_proof_of_a_reader_that_is_dropped_meanwhile_does_not_hold(
    hear: Callable[..., list[Any]], store: Store
) -> None:
    hear()
    dropping: Any = Dropping(store)
    with pytest.raises(NotPossible, match="billing of the account main was dropped meanwhile"):
        prove_reader(Screen(as_json=True), dropping, "billing", None, wide=False)


def test_entries_of_another_program_are_counted(
    run: Callable[..., Any], hear: Callable[..., list[Any]], yard: Any, store: Store
) -> None:
    hear()
    yard.end(Outcome.ACCEPTED, "a1")
    store.client.xadd(store.keys.results("main"), {"x": "y"})
    assert [line["msg_key"] for line in hear()] == ["a1"]
    assert run("results", "list", "--json").lines[0]["strange"] == 1
    assert "1 of another program left out" in run("results", "list", "--wide").out


def test_missed_results_are_said_with_what_mends_it(
    run: Callable[..., Any], hear: Callable[..., list[Any]], yard: Any, store: Store
) -> None:
    hear()
    for key in ("a1", "a2", "a3"):
        yard.end(Outcome.ACCEPTED, key)
    store.client.xtrim(store.keys.results("main"), maxlen=1, approximate=False)
    ended = run("results", "read", "billing")
    assert "a3" in ended.out
    assert "plexsend results replay billing --since" in ended.err
    proof = run("audit", "--results", "billing", "--json")
    (found,) = proof.lines
    assert (proof.code, found["ok"]) == (1, False)
    assert sorted(each["msg_key"] for each in found["missing"]) == ["a1", "a2"]
    assert found["trimmed"][0]["entries"] == 2
    shown = run("audit", "--results", "billing")
    assert "2 messages were not given to billing" in shown.out
    rebuilt = run("results", "replay", "billing", "--since", "2020-01-01T00:00:00+09:00", "--json")
    assert rebuilt.lines == [{"reader": "billing", "account": "main", "rebuilt": 3}]
    # Behind what is new nothing waits, and what was rebuilt does.
    assert re.search(r" rebuilt +last asked.*\n.* [1-3] +\d{4}-", run("results", "list").out)
    assert sorted(line["msg_key"] for line in hear()) == ["a1", "a2", "a3"]
    assert run("audit", "--results", "billing", "--json").lines[0]["ok"] is True


def test_proof_holds_and_says_what_it_proves(
    run: Callable[..., Any], hear: Callable[..., list[Any]], yard: Any
) -> None:
    hear()
    yard.end(Outcome.ACCEPTED, "a1")
    yard.end(Outcome.PARK, "p1")
    hear()
    yard.end(Outcome.ACCEPTED, "a2")
    ended = run("audit", "--results", "billing")
    assert ended.code == 0
    assert "The proof holds for 3 messages" in ended.out
    assert "only they know" in ended.err
    (found,) = run("audit", "--results", "billing", "--json").lines
    assert (found["ok"], found["given"], found["ahead"]) == (True, 2, 1)
    assert (found["missing"], found["trimmed"]) == ([], [])


def test_since_counts_in_the_zone_of_the_policy(
    run: Callable[..., Any], hear: Callable[..., list[Any]], yard: Any
) -> None:
    yard.end(Outcome.ACCEPTED, "a1")
    hear()
    early = run("audit", "--results", "billing", "--since", "2020-01-01T00:00", "--json")
    assert early.code == 1
    (missing,) = early.lines[0]["missing"]
    assert (missing["msg_key"], missing["why"]) == ("a1", "early")
    assert early.lines[0]["accounts"][0]["since"] == "2019-12-31T15:00:00.000+00:00"
    assert run("audit", "--since", "2020-01-01T00:00").code == 2


@pytest.mark.parametrize(
    "args",
    [
        ("audit", "--results", "nobody"),
        ("results", "replay", "nobody", "--since", "2020-01-01T00:00"),
        ("results", "drop", "nobody"),
    ],
)
def test_reader_that_is_not_there_is_named_with_those_that_are(
    run: Callable[..., Any], hear: Callable[..., list[Any]], args: tuple[str, ...]
) -> None:
    hear()
    ended = run(*args, "--json")
    assert ended.code == 1
    assert "There is no reader nobody. Readers: billing." in ended.error["message"]
    wrong = run(*args[:-1], "No Reader!", "--json") if args[-1] == "nobody" else None
    assert wrong is None or (wrong.code, wrong.error["kind"]) == (2, "usage")


def test_dropped_reader_is_gone(
    run: Callable[..., Any], hear: Callable[..., list[Any]], store: Store
) -> None:
    hear()
    ended = run("results", "drop", "billing", "--yes", "--json")
    assert ended.lines == [{"reader": "billing", "account": "main", "dropped": True}]
    assert list_readers(store) == []


def test_lanes_and_groups_count_what_receipts_said(run: Callable[..., Any], yard: Any, store: Store) -> None:
    spring = Lane("mms-bulk", None, "main", "spring")
    yard.end(Outcome.ACCEPTED, "a1", "a2", "a3", "a4", lane=spring)
    said = [Receipt("a1", "0"), Receipt("a2", "2"), Receipt("a3", "o")]
    take_receipts(store, "main", said)
    counts = {"delivered": 1, "undelivered": 1, "unknown": 1}
    (line,) = [each for each in run("lanes", "--json", "--all").lines if each["lane"] == spring.name]
    assert {name: line[name] for name in counts} == counts
    (group,) = run("groups", "--json").lines
    assert {name: group[name] for name in counts} == counts
    assert text(store.client.type(store.keys.results("main"))) == "stream"
