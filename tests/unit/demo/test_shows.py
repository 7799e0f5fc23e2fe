"""Shows: lines for pipes, objects for programs, a picture for terminals."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from plexsend.demo.live import compose
from plexsend.demo.shows import JSON_EVERY_S, PLAIN_EVERY_S, JsonShow, LanePicture, Picture, PlainShow
from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.terminal.screen import Screen

PICTURE = Picture(
    at_s=4.0,
    now="Messages go out.",
    total=2_484,
    ended=1_203,
    lanes=(LanePicture("mms-bulk@main", 1_000, 13, 20, 40, 1_195, 8, 149.6, 150),),
    holds=(
        Hold(
            "main",
            Scope.ACCOUNT,
            "main",
            Reason.CREDIT,
            10_000,
            12_000,
            2_000,
            "gateway",
            "G150: none",
            probing=True,
        ),
    ),
    now_ms=13_000,
    receipts=True,
)


def test_a_pipe_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    show = PlainShow(Screen(as_json=False))
    with show:
        show.say(1.24, "Something happened.")
        for tenths in range(40, 120):
            show.draw(replace(PICTURE, at_s=tenths / 10))

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "[ 1.2 s] Something happened.",
        "[ 4.0 s] 1,203 of 2,484 have ended; now mms-bulk@main 150/s.",
    ]
    assert len(lines) == 1 + 1 + int(7.9 / PLAIN_EVERY_S)


def test_a_pipe_gets_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    show = PlainShow(Screen(as_json=False))
    show.say(0, "The gateway says \x1b[31mred\x07.")
    show.draw(PICTURE)

    assert all(char.isprintable() or char == "\n" for char in capsys.readouterr().out)


def test_nothing_is_said_of_progress_before_there_is_any(capsys: pytest.CaptureFixture[str]) -> None:
    PlainShow(Screen(as_json=False)).draw(replace(PICTURE, total=0, lanes=()))

    assert capsys.readouterr().out == ""


def test_programs_get_objects_alone(capsys: pytest.CaptureFixture[str]) -> None:
    show = JsonShow(Screen(as_json=True))
    show.say(0.5, "Something happened.")
    show.draw(PICTURE)
    show.draw(replace(PICTURE, at_s=4.0 + JSON_EVERY_S / 2))

    told, progress = map(json.loads, capsys.readouterr().out.splitlines())
    assert told == {"event": "told", "at_s": 0.5, "text": "Something happened."}
    assert (progress["event"], progress["total"], progress["ended"]) == ("progress", 2_484, 1_203)
    assert progress["lanes"][0]["pace_per_s"] == 149.6
    assert (progress["lanes"][0]["accepted"], progress["lanes"][0]["delivered"]) == (40, 1_195)
    assert progress["holds"][0]["reason"] == "credit"


def draw(picture: Picture | None, told: list[str], width: int = 120) -> str:
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=True, color_system=None, legacy_windows=False).print(
        compose(picture, told, width)
    )
    return file.getvalue()


def test_a_terminal_sees_progress_lanes_holds_and_what_happens() -> None:
    drawn = draw(PICTURE, ["first", "second"])

    for words in (
        "first",
        "second",
        "1,203 of 2,484 have ended",
        "mms-bulk@main",
        "waiting scheduled sending",
        "1,195",
        "Messages go out.",
    ):
        assert words in drawn
    assert "held  account main: credit, G150: none, for 3.0 s" in drawn


def test_a_terminal_of_80_columns_shows_every_lane_and_title_in_full() -> None:
    lane = replace(PICTURE.lanes[0], name="rcs-mms-bulk.RMM@main")

    drawn = draw(replace(PICTURE, lanes=(lane,)), [], width=80)

    assert "rcs-mms-bulk.RMM@main" in drawn
    assert "waiting scheduled sending delivered refused now/s limit/s" in drawn


def test_without_receipts_a_terminal_sees_what_was_accepted() -> None:
    drawn = draw(replace(PICTURE, receipts=False), [])
    assert "sending accepted refused" in drawn
    assert " 40 " in drawn
    assert "1,195" not in drawn


# "delivered" is longer by a letter than "accepted", which takes its place without receipts.
@pytest.mark.parametrize(
    ("width", "receipts"), [(60, True), (48, True), (41, True), (48, False), (40, False)]
)
def test_a_narrow_terminal_keeps_lanes_and_numbers_whole(width: int, *, receipts: bool) -> None:
    lane = replace(PICTURE.lanes[0], name="rcs-mms-bulk.RMM@main", ready=1_234_567, accepted=1_195)

    drawn = draw(replace(PICTURE, lanes=(lane,), receipts=receipts), [], width=width)

    for words in ("rcs-mms-bulk.RMM@main", "1,234,567", "1,195", "1,203 of 2,484 have ended"):
        assert words in drawn
    assert "…" not in drawn


def test_a_terminal_sees_something_before_anything_is_known() -> None:
    assert draw(None, ["Starting."]) == "Starting.\n"


def test_words_of_the_gateway_are_no_markup() -> None:
    hold = replace(PICTURE.holds[0], why="[bold]G150[/bold] [/]")

    assert "[bold]G150[/bold] [/]" in draw(replace(PICTURE, holds=(hold,)), ["[red]odd[/]"])


def test_words_of_the_gateway_steer_no_terminal() -> None:
    hold = replace(PICTURE.holds[0], why="G150\x1b[2Jgone")

    assert "G150 [2Jgone" in draw(replace(PICTURE, holds=(hold,)), ["told\x1b]0;title\x07"])
    assert "told ]0;title" in draw(PICTURE, ["told\x1b]0;title\x07"])


def test_old_sentences_move_out() -> None:
    drawn = draw(PICTURE, [f"sentence {number}." for number in range(20)])

    assert "sentence 19." in drawn
    assert "sentence 0." not in drawn
