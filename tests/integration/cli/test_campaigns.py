"""Campaigns on the command line: listed, shown, steered, forgotten."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.viewing import view_run
from plexsend.cli.run_bar import bar_title, bar_words
from plexsend.cli.run_following import RunFollower
from plexsend.cli.run_showing import show_view
from plexsend.gateway.environment import read_settings
from plexsend.outbox import groups, steer
from plexsend.outbox.batches import Effect, EffectKind, Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.policies.open_hours import OPEN_HOURS
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.making import create_run
from plexsend.producers.producer import Producer
from plexsend.terminal.moments import utc
from plexsend.terminal.screen import Screen
from plexsend.terminal.wrapping import width_of
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.outbox.bench import Bench, verdicts
from tests.integration.outbox.runs.feeder import checked
from tests.unit.terminal.test_screen import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

FIELDS = (
    "name run label state rows added scheduled waiting sending accepted delivered undelivered unknown "
    "rejected failed expired cancelled uncertain suppressed left_out fallback starts_at ends_at pace_per_s "
    "why"
)
HOUR_MS = 3_600_000


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


def test_show_has_the_promised_fields_in_their_order(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 20)
    spring.feed(15)
    spring.send(Outcome.ACCEPTED, "C100")
    spring.send(Outcome.REJECTED, "G140")
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert list(shown) == FIELDS.split()
    told = {
        name: shown[name]
        for name in ("name", "run", "state", "rows", "added", "waiting", "accepted", "rejected")
    }
    assert told == {
        "name": "spring",
        "run": 1,
        "state": "running",
        "rows": 20,
        "added": 15,
        "waiting": 5,
        "accepted": 10,
        "rejected": 5,
    }
    assert "5 of mms-bulk were rejected" in shown["why"]


def test_people_read_four_numbers_that_are_the_rows(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 2000)
    spring.feed(30)
    spring.send(Outcome.ACCEPTED, "C100")
    spring.send(Outcome.REJECTED, "G140")
    out = run("campaign", "show", "spring").out
    assert out.startswith("spring/1  running 발송 중\n")
    for line in (
        "rows       2,000",
        "성공 success         10  accepted 10",
        "실패 failure         10  rejected 10",
        "대기 pending      1,980  waiting 1,980",
        "제외 excluded         0",
    ):
        assert f"  {line}\n" in out, out
    assert max(map(len, out.splitlines())) < 300


def test_a_terminal_shows_the_four_numbers_below_each_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spring = RunBench(bench, 2000)
    spring.feed(10)
    spring.send(Outcome.ACCEPTED, "C100")
    view, clock = view_run(bench.store, spring.run), clock_of(bench.store, "main")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    show_view(Screen(as_json=False), view, clock)
    plain = re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue())
    numbers = [
        re.match(rf"  {word} [a-z]+ +[\d,]+", plain[plain.index(f"  {word} ") :])
        for word in ("성공", "실패", "대기", "제외")
    ]
    assert len({width_of(found[0]) for found in numbers if found}) == 1
    assert all(numbers)


def test_a_run_between_two_slices_is_not_called_left_alone(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 50)
    spring.feed(30)
    name = bench.store.keys.run("main", spring.group)
    said = "20 rows wait to be handed over, and no worker does so"
    bench.store.client.hdel(name, "until", "holder")
    assert said not in run("campaign", "show", "spring").out
    long_ago = server_ms(bench.store) - 60_000
    bench.store.client.hset(name, mapping={"started": long_ago, "lease": long_ago * 1000})
    assert said in run("campaign", "show", "spring").out


def test_a_run_that_has_no_room_is_not_called_left_alone(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 300)
    spring.feed(200)
    name = bench.store.keys.run("main", spring.group)
    long_ago = server_ms(bench.store) - 3_600_000
    definition = '{"name":"spring","service":"mms-bulk","text":"x"}'
    bench.store.client.hset(name, mapping={"started": long_ago, "lease": long_ago * 1000})
    bench.store.client.hset(name, "definition", definition)
    bench.store.client.hdel(name, "until", "holder")
    said = "to be handed over, and no worker does so"
    assert said in run("campaign", "show", "spring").out
    # With a rate only a little may wait.
    bench.store.client.hset(name, "rate", "5")
    assert said not in run("campaign", "show", "spring").out


def test_list_shows_the_latest_run_of_each_campaign(run: Callable[..., Any], bench: Bench) -> None:
    checked(bench.store, "spring", rows=5)
    spring, fall = RunBench(bench, 7), checked(bench.store, "fall", account="shop")
    del spring, fall
    ended = run("campaign", "list")
    rows = [line.split() for line in ended.out.splitlines()]
    assert rows[0][:3] == ["run", "label", "account"]
    assert {row[0] for row in rows[1:]} == {"spring/2", "fall/1"}
    assert "확인됨" in ended.out
    every = run("campaign", "list", "spring", "--json").lines
    assert [(each["name"], each["run"], each["rows"]) for each in every] == [
        ("spring", 2, 7),
        ("spring", 1, 5),
    ]


def test_nothing_to_list_says_how_to_begin(run: Callable[..., Any]) -> None:
    ended = run("campaign", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "plexsend campaign create FILE" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("pause",),
        ("resume",),
        ("cancel",),
        ("rate", "5"),
        ("reschedule", "now"),
        ("drop",),
    ],
)
def test_a_name_that_is_near_is_named(run: Callable[..., Any], store: Store, words: tuple[str, ...]) -> None:
    checked(store, "spring-sale")
    verb, *rest = words
    ended = run("campaign", verb, "sprng-sale", *rest, "--json")
    assert (ended.code, ended.error["kind"]) == (1, "refused")
    assert "Did you mean spring-sale?" in ended.error["message"]
    assert run("campaign", verb, "Spring Sale", *rest).code == 2
    checked(store, "spring-sale", account="shop")
    several = run("campaign", verb, "spring-sale", *rest, "--json")
    assert several.code == 2
    assert "--account" in several.error["message"]


def test_a_run_is_paused_with_words_and_goes_on(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 20)
    spring.feed(20)
    ended = run("campaign", "pause", "spring", "--reason", "wrong price", "--by", "kim", "--json")
    assert ended.lines == [
        {"name": "spring", "run": 1, "account": "main", "state": "paused", "changed": True}
    ]
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert shown["state"] == "paused"
    assert "by kim: wrong price" in shown["why"]
    assert "plexsend campaign resume spring/1" in shown["why"]
    assert "일시정지" in run("campaign", "show", "spring").out
    (held,) = run("groups", "--json").lines
    assert (held["group"], held["held"]) == (spring.group, True)
    assert run("campaign", "resume", "spring/1").out == "spring/1 goes on.\n"
    assert run("campaign", "resume", "spring/1").out == "spring/1 was not paused.\n"
    assert len(bench.take(lane=spring.lane).messages) == 10


def test_what_an_operator_does_with_the_group_shows(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 20)
    run("pause", f"group:{spring.group}", "--reason", "night", "--by", "ops")
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert (shown["state"], "by ops: night" in shown["why"]) == ("paused", True)
    run("resume", f"group:{spring.group}")
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert shown["state"] == "running"
    run("cancel", f"group:{spring.group}", "--by", "ops", "--yes")
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert (shown["state"], shown["cancelled"], shown["waiting"]) == ("cancelled", 0, 20)
    ended = run("campaign", "resume", "spring", "--json")
    assert ended.code == 1
    assert f"plexsend resume group:{spring.group}" in ended.error["message"]


def test_a_cancel_says_what_became_of_it_and_can_be_repeated(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 40)
    spring.feed(30)
    bench.take(lane=spring.lane)
    (told,) = run("campaign", "cancel", "spring", "--reason", "wrong list", "--json").lines
    assert told == {
        "name": "spring",
        "run": 1,
        "account": "main",
        "state": "cancelled",
        "changed": True,
        "cancelled": 20,
        "wanted": 10,
        "parked": [],
    }
    assert run("campaign", "cancel", "spring", "--json").lines[0]["changed"] is False
    assert "with 30 rows that will not be written to" in run("campaign", "cancel", "spring").out
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert (shown["cancelled"], shown["sending"], shown["ends_at"] is None) == (30, 10, False)


def test_another_time_and_another_rate(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 20)
    spring.feed(10)
    ended = run("campaign", "reschedule", "spring", "2099-12-01T10:00:00+09:00", "--json")
    (told,) = ended.lines
    assert (ended.code, told["state"], told["starts_at"], told["rescheduled"]) == (
        0,
        "scheduled",
        "2099-12-01T01:00:00.000+00:00",
        10,
    )
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert (shown["scheduled"], "starts at 2099-12-01" in shown["why"]) == (20, True)
    assert run("campaign", "reschedule", "spring", "now").out == "spring/1 goes now.\n"
    assert run("campaign", "rate", "spring", "0.01").code == 2
    (told,) = run("campaign", "rate", "spring", "50", "--json").lines
    assert (told["rate_per_s"], told["name"], told["run"]) == (50, "spring", 1)
    assert run("campaign", "rate", "spring", "50").out == "spring/1 goes at most 50 messages a second.\n"
    assert "at most 50 a second" in run("campaign", "show", "spring").out
    assert run("campaign", "rate", "spring", "none").out == "spring/1 goes as fast as its service goes.\n"


def test_recipients_are_dropped_and_counts_stay(
    run: Callable[..., Any], bench: Bench, tmp_path: Path
) -> None:
    spring = RunBench(bench, 20)
    folder = RunFolder(tmp_path, "main", spring.group, spring.run.id)
    marks = folder.write_marks(b" " * 20)
    bench.store.client.hset(bench.store.keys.run("main", spring.group), "marks", marks)
    spring.feed(5)
    spring.send(Outcome.REJECTED, "G140")
    setting = {"PLEXSEND_CAMPAIGN_DIR": str(tmp_path)}
    refused = run("campaign", "drop", "spring", "--json", **setting)
    assert (refused.code, folder.exists()) == (1, True)
    run("campaign", "cancel", "spring", "--yes")
    assert "recipients will be deleted at 20" in run("campaign", "show", "spring", **setting).out
    assert run("campaign", "drop", "spring", "--json", **setting).lines[0]["dropped"] is True
    assert not folder.exists()
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert (shown["rejected"], shown["cancelled"]) == (5, 15)
    assert "recipients were deleted" in run("campaign", "show", "spring").out


def test_out_of_credit_says_how_much_is_needed(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 40)
    spring.feed(30)
    batch = bench.take(lane=spring.lane)
    bench.stop(settlement=verdicts(batch, Outcome.BACK, Effect(EffectKind.CREDIT, 0, "no")), lane=spring.lane)
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert "must cover 40 messages" in shown["why"]
    # Nobody knows when there is credit again.
    assert shown["ends_at"] is None
    assert "by itself" in shown["why"]


def begun(spring: RunBench, seconds: int, **more: str) -> None:
    """Let a run have begun so long ago."""
    began_ms = server_ms(spring.store) - seconds * 1000
    key = spring.store.keys.run("main", spring.group)
    for field, value in {"started": str(began_ms), **more}.items():
        spring.store.client.hset(key, field, value)


def test_right_after_its_start_a_run_has_no_pace_and_ends_as_planned(bench: Bench) -> None:
    spring = RunBench(bench, 3_610)
    spring.feed(10)
    spring.send(Outcome.ACCEPTED, "C100")
    begun(spring, 2, plan='{"course":[[0,0],[361000,3610]]}')
    early = view_run(bench.store, spring.run)
    assert (early.pace_per_s, early.ends_at_ms) == (0.0, early.at_ms + 360_000)
    begun(spring, 100)
    late = view_run(bench.store, spring.run)
    assert 0.09 < late.pace_per_s < 0.11
    assert late.ends_at_ms is not None
    assert late.ends_at_ms > late.at_ms + 30_000_000


def test_a_run_of_which_nothing_goes_has_no_end(bench: Bench) -> None:
    spring = RunBench(bench, 100)
    spring.feed(30)
    begun(spring, 60, plan='{"course":[[0,0],[10000,100]]}')
    view = view_run(bench.store, spring.run)
    assert (view.pace_per_s, view.ends_at_ms) == (0.0, None)
    spring.send(Outcome.ACCEPTED, "C100")
    begun(spring, 60, definition='{"service":"mms-bulk"}')
    before = view_run(bench.store, spring.run)
    assert view_run(bench.store, spring.run, before=before).ends_at_ms is not None
    batch = bench.take(lane=spring.lane)
    fault = Effect(EffectKind.FAULT, 0, "G110")
    bench.stop(settlement=verdicts(batch, Outcome.BACK, fault), lane=spring.lane)
    held = view_run(bench.store, spring.run, before=before)
    assert (held.pace_per_s, held.ends_at_ms) == (0.0, None)
    begun(spring, 2)
    assert view_run(bench.store, spring.run).ends_at_ms is None


def test_a_pace_is_not_above_the_rate_of_the_run(bench: Bench) -> None:
    spring = RunBench(bench, 100)
    begun(spring, 60, rate="5", definition='{"service":"mms-bulk"}')
    spring.feed(30)
    before = view_run(bench.store, spring.run)
    for _ in range(3):
        spring.send(Outcome.ACCEPTED, "C100")
    assert view_run(bench.store, spring.run, before=before).pace_per_s == 5.0


def test_a_run_that_waits_for_its_window_has_no_pace(bench: Bench) -> None:
    spring = RunBench(bench, 100)
    spring.feed(30)
    spring.send(Outcome.ACCEPTED, "C100")
    begun(spring, 60)
    before = view_run(bench.store, spring.run)
    opens_ms = before.at_ms + HOUR_MS
    steps.set_window(bench.store, "main", spring.group, [(opens_ms, opens_ms + HOUR_MS)])
    assert view_run(bench.store, spring.run, before=before).pace_per_s == 0.0


def test_rows_that_are_not_handed_over_wait_with_those_that_are(
    run: Callable[..., Any], bench: Bench
) -> None:
    spring = RunBench(bench, 2_000)
    spring.feed(30)
    opens_ms = server_ms(bench.store) + HOUR_MS
    steps.set_window(bench.store, "main", spring.group, [(opens_ms, opens_ms + HOUR_MS)])
    shown = run("campaign", "show", "spring").out
    assert "30 wait for the window" in shown
    assert "1,970 more rows wait behind them, to be handed over as these go." in shown


def test_rows_of_a_run_that_nobody_started_are_called_so(run: Callable[..., Any], store: Store) -> None:
    checked(store, "spring", rows=7)
    assert "대기 pending          7  not started 7" in run("campaign", "show", "spring").out
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert shown["scheduled"] == 7


def test_the_end_of_an_advertisement_is_behind_the_night(run: Callable[..., Any], bench: Bench) -> None:
    spring = RunBench(bench, 40)
    spring.feed(30)
    spring.send(Outcome.ACCEPTED, "C100")
    begun(spring, 60, plan='{"course":[[0,0],[8000,40]]}')
    (shown,) = run("campaign", "show", "spring", "--json").lines
    opens_ms = server_ms(bench.store) + 8 * HOUR_MS
    opens = utc(opens_ms)
    assert opens is not None
    assert shown["ends_at"] < opens
    days = f"{opens_ms}-{opens_ms + HOUR_MS}"
    bench.store.client.hset(bench.store.keys.in_force("main"), OPEN_HOURS, days)
    bench.store.client.hset(
        bench.store.keys.run("main", spring.group), "definition", '{"advertisement":true}'
    )
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert shown["ends_at"] > opens


def test_a_draft_says_why(run: Callable[..., Any], store: Store) -> None:
    group = create_run(store, "main", "spring", definition="{}", by="kim", label="봄맞이")
    steps.set_draft(store, "main", group, why="3 rows are invalid")
    (shown,) = run("campaign", "show", "spring", "--json").lines
    assert (shown["state"], shown["label"], shown["why"]) == (
        "draft",
        "봄맞이",
        "It is a draft: 3 rows are invalid.",
    )
    assert "초안" in run("campaign", "list").out


def test_it_is_followed_until_it_is_over(
    bench: Bench, capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    spring = RunBench(bench, 30)
    deeds: Iterator[Callable[[], object]] = iter(
        [
            lambda: spring.feed(30),
            lambda: spring.send(Outcome.ACCEPTED, "C100"),
            lambda: None,
            lambda: spring.send(Outcome.ACCEPTED, "C100"),
            lambda: spring.send(Outcome.ACCEPTED, "C100"),
            lambda: steps.finish(store, "main", spring.group),
        ]
    )

    def sleep(_: float) -> None:
        next(deeds)()

    follower = RunFollower(Screen(as_json=False), store, sleep=sleep)
    assert follower.follow(spring.run).ended_ms
    lines = capsys.readouterr().out.splitlines()
    # What did not change is not said again.
    assert [line.partition("성공 ")[2].split()[0] for line in lines] == ["0", "0", "10", "20", "30"]


def test_beside_the_bar_is_what_a_terminal_has_room_for(bench: Bench) -> None:
    spring = RunBench(bench, 300_000, "a-name-as-long-as-names-can-be")
    spring.feed(30)
    spring.send(Outcome.ACCEPTED, "C100")
    begun(spring, 60)
    seen = view_run(bench.store, spring.run)
    clock = clock_of(bench.store, "main")
    assert bar_title("spring/1") == "spring/1"
    assert bar_title(seen.run.written) == "a-name-as-long-as…/1"
    for days, ends in ((1, r"~\d\d-\d\d \d\d:\d\d"), (0, r"~\d\d:\d\d")):
        view = replace(seen, pace_per_s=12_345.6, ends_at_ms=seen.at_ms + days * 24 * HOUR_MS)
        for columns in (60, 80, 120):
            words = bar_words(view, clock, columns)
            assert width_of(words) <= columns - 20 - 20
            assert "실패 0" in words
        assert re.fullmatch(rf"발송 중 성공 10 실패 0 대기 299,990 제외 0 12,345.6/s {ends}", words)
    assert bar_words(replace(view, counts=replace(view.counts, failed=7)), clock, 50) == "실패 7"


def test_a_paused_group_of_one_scheduled_run(run: Callable[..., Any], store: Store) -> None:
    fall = checked(store, "fall")
    steps.schedule(store, "main", fall.group, server_ms(store) + HOUR_MS)
    steer.pause(store, Scope.GROUP, fall.group, account="main", by="ops", why="x")
    (shown,) = run("campaign", "show", "fall", "--json").lines
    assert shown["state"] == "paused"
    groups.close(store, "main", fall.group, by="ops", why="y")
    (shown,) = run("campaign", "show", "fall", "--json").lines
    assert shown["state"] == "cancelled"


def test_messages_of_a_run_are_found_and_heard_by_its_name(
    run: Callable[..., Any], bench: Bench, environment: dict[str, str]
) -> None:
    first = RunBench(bench, 2)
    first.feed(2)
    spring, other = RunBench(bench, 20), RunBench(bench, 5, "fall")
    spring.feed(20)
    other.feed(5)
    spring.send(Outcome.REJECTED, "G140")
    found = run("find", "--campaign", "spring", "--json").lines
    assert {each["msg_key"] for each in found} == {spring.key(row) for row in range(20)}
    assert len(run("find", "--campaign", "spring/1", "--json").lines) == 2
    refused = run("find", "--campaign", "spring", "--state", "rejected", "--json").lines
    assert [each["lane"] for each in refused] == [spring.lane.name] * 10
    ended = run("find", "--campaign", "sprng", "--json")
    assert (ended.code, "Did you mean spring?" in ended.error["message"]) == (1, True)
    with Producer(read_settings(environment), bench.store) as producer:
        other.send(Outcome.REJECTED, "G140")
        heard = list(producer.results("billing", group=spring.group, from_start=True, follow=False))
    assert {result.msg_key for result in heard} == {spring.key(row) for row in range(10)}
    assert {result.group for result in heard} == {spring.group}
