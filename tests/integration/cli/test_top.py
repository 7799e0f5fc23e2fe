"""`plexsend top`: one look for pipes and programs, and what a terminal of 80 columns shows of it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console, ConsoleDimensions

from plexsend.cli.commands import top
from plexsend.cli.overview_screen import compose
from plexsend.errors import OutboxUnavailable
from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.overview import Overlook
from plexsend.terminal.moments import WallClock
from plexsend.terminal.screen import Screen
from tests.integration.outbox.bench import accepted

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.reading.overview import Overview
    from plexsend.outbox.redis.store import Store

BULK = Lane("mms-bulk", None, "main")
SPRING = Lane("mms-bulk", None, "main", "spring")


class Clock:
    """Goes on where somebody sleeps; what happens meanwhile is given to it."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.meanwhile: Callable[[], None] | None = None

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        todo, self.meanwhile = self.meanwhile, None
        if todo is not None:
            todo()


def drawn(overview: Overview | None, trouble: str = "", *, lines: int = 24, columns: int = 80) -> list[str]:
    """What a terminal shows."""
    console = Console(file=io.StringIO(), width=columns, height=lines, force_terminal=False)
    console.print(compose(overview, WallClock(), ConsoleDimensions(columns, lines), trouble))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def serve(store: Store) -> None:
    """Let a worker be alive, with a thread of sixteen busy."""
    announced = Announcement(
        version="9.9.9",
        form=4,
        host="one",
        pid=7,
        since_ms=1,
        threads=16,
        services=("mms-bulk",),
        secrets={"main": "x"},
    )
    announce(store, "w1", announced)
    alive(store, "w1", busy=1)


def test_a_program_gets_one_object(run: Callable[..., Any], yard: Any) -> None:
    yard.add("a", "b", "c")
    yard.add("d", lane=SPRING)
    run("pause", "group:spring", "--reason", "wrong list")
    (seen,) = run("top", "--json").lines
    assert (seen["to_send"], seen["workers"], seen["flow"]) == (4, 0, "held")
    # Nobody serves it, so all of it waits for something else than its turn.
    assert (seen["stuck"], seen["ends_at"]) == (4, None)
    assert [(lane["lane"], lane["ready"], lane["holds"]) for lane in seen["lanes"]] == [
        ("mms-bulk@main", 3, []),
        ("mms-bulk/spring@main", 1, ["group pause spring"]),
    ]
    assert [hold["why"] for hold in seen["holds"]] == ["wrong list"]


def test_a_pipe_gets_one_look_in_words(run: Callable[..., Any], yard: Any) -> None:
    assert "There are no lanes yet." in run("top").err
    yard.add("a")
    told = run("top").out
    assert told.startswith("no worker is alive")
    assert "1 to send, but 1 waits for something else" in told
    assert "No worker serves mms-bulk of account main" in told


def test_the_end_follows_from_what_went_between_two_looks(store: Store, yard: Any) -> None:
    clock = Clock()
    yard.add(*(f"k{i}" for i in range(60)))
    serve(store)

    def go() -> None:
        for _ in range(2):
            batch = yard.take(BULK)
            yard.take(BULK, accepted(batch))

    clock.meanwhile = go
    overview = Overlook(store, sleep=clock.sleep, clock=clock).look()
    (lane,) = overview.lanes
    assert (lane.view.ready, lane.view.sending, lane.to_do) == (20, 20, 40)
    assert lane.pace_per_s == pytest.approx(20 / clock.now_s)
    assert lane.left_s == pytest.approx(2 * clock.now_s)
    assert overview.stuck == 0
    # The pace of the part is by Redis's clock, which went on for less than a second here.
    assert overview.left_s is not None
    assert 0 < overview.left_s < 2 * clock.now_s
    shown = drawn(overview)
    assert shown[0] == "1 worker on 1 host, 1 of 16 threads busy"
    assert "40 to send" in shown[1]
    assert "over in about" in shown[1]


def test_a_terminal_shows_as_many_lanes_as_it_has_lines_for(store: Store, yard: Any) -> None:
    for i in range(40):
        yard.add(f"k{i}", lane=Lane("mms-bulk", None, "main", f"a-group-with-a-long-name-{i}"))
    put(store, Where(), {"rate_per_s": 100}, by="anna", reason="r")
    clock = Clock()
    shown = drawn(Overlook(store, sleep=clock.sleep, clock=clock).look())
    assert len(shown) <= 24
    assert all(len(line) <= 80 for line in shown)
    (more,) = [line for line in shown if "more: plexsend lanes" in line]
    listed = sum("a-group-with" in line for line in shown)
    # The route is a lane too, with nothing to do.
    assert more == f"and {41 - listed} lanes more: plexsend lanes"


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (80, 10), (40, 24)])
def test_a_short_terminal_shows_the_sentence_and_its_remedy_before_holds_and_lanes(
    run: Callable[..., Any], store: Store, yard: Any, columns: int, lines: int
) -> None:
    for i in range(12):
        yard.add(f"k{i}", lane=Lane("mms-bulk", None, "main", f"a-long-name-of-a-group-{i}"))
    for i in range(6):
        run("pause", f"group:a-long-name-of-a-group-{i}", "--reason", "wrong list")
    clock = Clock()
    overview = Overlook(store, sleep=clock.sleep, clock=clock).look()
    shown = drawn(overview, lines=lines, columns=columns)
    assert len(shown) <= lines, "\n".join(shown)
    words = "".join("".join(shown).split())
    assert "".join(overview.sentence.text.split()) in words
    assert "".join(overview.sentence.remedy.split()) in words
    assert "plexsendholds" in words
    assert ("lanesmore:plexsendlanes" in words) == (lines > 10)


def test_a_terminal_that_draws_nothing_gets_one_look_as_a_pipe_does(
    run: Callable[..., Any], yard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.add("a")
    monkeypatch.setattr(top, "_watch", lambda *_: pytest.fail("it is drawn again and again"))
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    told = run("top", TERM="dumb").out
    assert "mms-bulk@main" in told
    assert "\x1b[" not in told


def test_it_is_watched_on_while_redis_is_away(
    store: Store, yard: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    yard.add("a")
    clock, looks = Clock(), 0
    overlook = Overlook(store, sleep=clock.sleep, clock=clock)

    class Looks:
        def look(self) -> Overview:
            nonlocal looks
            looks += 1
            if looks == 2:
                raise OutboxUnavailable("Redis does not answer.")
            if looks == 4:
                raise KeyboardInterrupt
            return overlook.look()

    troubles: list[str] = []

    def compose_here(*args: Any) -> Any:
        troubles.append(args[-1])
        return compose(*args)

    monkeypatch.setattr("time.sleep", clock.sleep)
    monkeypatch.setattr("plexsend.cli.overview_screen.compose", compose_here)
    top._watch(Screen(as_json=False), Looks(), WallClock(), Console())  # type: ignore[arg-type]  # a double
    told = capsys.readouterr().out
    assert looks == 4
    # It says that it looks before there is anything to show.
    assert troubles == ["", "", "Redis does not answer.", ""]
    # Ctrl-C leaves the last look on the screen.
    assert "mms-bulk@main" in told


def test_before_the_first_look_and_without_one_there_are_words() -> None:
    assert drawn(None) == ["Looking for a second ..."]
    assert drawn(None, "Redis does not answer.") == ["Redis does not answer."]


def test_the_page_shows_it_as_a_terminal_does(store: Store, yard: Any) -> None:
    yard.add("a")
    clock = Clock()
    shown = drawn(Overlook(store, sleep=clock.sleep, clock=clock).look())
    (titles,) = [line for line in shown if line.startswith("lane ")]
    page = Path(__file__).parents[3].joinpath("docs/operating.md").read_text("utf-8")
    example = page.partition("<!-- example:top -->")[2].partition("\n```\n")[0]
    assert titles.split() in [line.split() for line in example.splitlines()]
