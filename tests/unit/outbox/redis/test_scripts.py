"""The scripts are put together from parts, and from what Python says once."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.services import REQUEST_DEADLINE_S
from plexsend.outbox import constants
from plexsend.outbox.arguments import EFFECT, LAYOUTS, MESSAGE, VERDICT
from plexsend.outbox.batches import Effect, Verdict
from plexsend.outbox.flags import Flag
from plexsend.outbox.orders import Order, Sort, Value
from plexsend.outbox.reasons import HOLD_RULES, Ends, Reason
from plexsend.outbox.redis.asides import functions_of
from plexsend.outbox.redis.pieces import text_of
from plexsend.outbox.redis.scripts import PRELUDES, Script, parts
from plexsend.outbox.submit import NewMessage
from plexsend.settings import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = files("plexsend.outbox.scripts")
LONGEST_PART = 160
PARTS = {script: parts(script) for script in Script}
CODE = {script: re.sub(r"--.*", "", text_of(PARTS[script])) for script in Script}


def names_of_files() -> Iterator[str]:
    for entry in FOLDER.iterdir():
        if entry.is_dir():
            yield from (
                f"{entry.name}/{each.name[:-4]}" for each in entry.iterdir() if each.name.endswith(".lua")
            )
        elif entry.name.endswith(".lua"):
            yield entry.name.removesuffix(".lua")


@pytest.mark.parametrize("name", list(names_of_files()))
def test_every_file_is_short_and_a_script_needs_it(name: str) -> None:
    assert len(FOLDER.joinpath(f"{name}.lua").read_text("utf-8").splitlines()) <= LONGEST_PART
    assert any(part.name == name for script in Script for part in PARTS[script])


@pytest.mark.parametrize("script", Script)
def test_each_part_comes_once_and_behind_what_it_needs(script: Script) -> None:
    pieces = PARTS[script]
    functions = functions_of(pieces)
    assert len(set(functions)) == len(functions)
    names = [part.name for part in pieces]
    aside = {*names[names.index("begin of aside_1") :]} if "begin of aside_1" in names else set()
    for place, part in enumerate(pieces):
        listed = " ".join(re.findall(r"^-- needs: (.+)$", part.text, re.MULTILINE))
        needs = {name for name in re.split(r"[,;\s]+", listed) if name} - {"nothing"}
        assert needs <= {*names[:place]} | aside


@pytest.mark.parametrize("script", Script)
def test_no_function_is_made_that_the_script_does_not_name(script: Script) -> None:
    code = re.sub(r"'[^'\n]*'", "", CODE[script])
    times = Counter(re.findall(r"\w+", code))
    for name in re.findall(r"^local function (\w+)\(", code, re.MULTILINE):
        assert times[name] > 1, name


@pytest.mark.parametrize("script", Script)
def test_every_change_of_a_state_goes_through_the_hook(script: Script) -> None:
    """The counts of states are what hangs on it: nothing else may write them."""
    for part in PARTS[script]:
        if "'s:'" in part.text or "'a:'" in part.text:
            assert part.name == "_counts"
        # What is published names the state too.
        if part.name not in ("_outcomes", "_publishing") and re.search(
            r"'s', [a-z]|= 's'$", part.text, re.MULTILINE
        ):
            assert re.search(r"^ +moved\(", part.text, re.MULTILINE), (
                f"{part.name} writes a state past the hook"
            )


@pytest.mark.parametrize("name", list(constants.given()))
def test_every_constant_is_named_by_a_script(name: str) -> None:
    line = f"local {name} = {getattr(constants, name)}\n"
    assert any(line in code for code in CODE.values())


@pytest.mark.parametrize("script", Script)
def test_constants_and_flags_come_only_where_they_are_named(script: Script) -> None:
    times = Counter(re.findall(r"\w+", CODE[script]))
    for name in (*constants.given(), *Flag.__members__):
        assert times[name] != 1, f"{name} is given to {script}, which does not name it"


def test_scripts_write_no_flag_as_a_letter() -> None:
    letters = "|".join(Flag)
    for script in Script:
        assert re.findall(rf"(?:has|with|without)\([^()]*'(?:{letters})'\)", CODE[script]) == []


def test_lease_outlives_a_request() -> None:
    assert constants.LEASE_MS > REQUEST_DEADLINE_S * 1000


def test_names_of_values_are_those_of_the_attributes_that_are_written() -> None:
    assert {*VERDICT.names[:-1], "msg_key"} == {each.name for each in fields(Verdict)}
    assert list(EFFECT.names) == [each.name for each in fields(Effect)]
    assert all(hasattr(NewMessage("k", b"{}"), name) for name in MESSAGE.names)


@pytest.mark.parametrize("script", Script)
def test_a_script_reads_its_arguments_in_the_order_in_which_they_are_written(script: Script) -> None:
    arguments = LAYOUTS[script].arguments
    for name in arguments.names:
        (line,) = re.findall(
            rf"^local (?=[^=\n]*\b{name}\b)(.+) = (.+)$", arguments.as_locals(), re.MULTILINE
        )
        place = line[0].split(", ").index(name)
        assert f"ARGV[{arguments.place(name)}]" in line[1].split(", ")[place]
    assert f"local FIRST_REST = {len(arguments.names) + 1}" in text_of(PARTS[script])


ORDER = Order("pair", Value("one"), Value("two", Sort.NUMBER), Value("three", Sort.FLAG))


def test_values_are_written_in_their_order_however_they_are_named() -> None:
    assert ORDER.write(three=1, two=2, one="x") == ("x", 2, 1)
    assert ORDER.write_all(("x", 2, True)) == ["x", 2, 1]


@pytest.mark.parametrize("values", [{"one": "x", "two": 2}, {"one": "x", "two": 2, "three": 0, "four": 4}])
def test_value_that_is_missing_or_unknown_is_an_error(values: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"three|four"):
        ORDER.write(**values)


def test_answer_is_read_by_name_and_what_follows_is_left() -> None:
    assert ORDER.read([b"x", b"2", b"1", b"more"]) == {"one": b"x", "two": b"2", "three": b"1"}
    assert "named.one or '', named.two or '0', named.three or '0'" in ORDER.as_answer()


def test_every_reason_has_one_row_that_is_whole() -> None:
    assert {rule.reason for rule in HOLD_RULES} == set(Reason)
    assert len(HOLD_RULES) == len(Reason)
    for rule in HOLD_RULES:
        by_probe = rule.ends is Ends.BY_PROBE
        assert bool(rule.first_step) == bool(rule.longest_step) == bool(rule.ended_by) == by_probe
        assert bool(rule.lasts_ms) == (rule.ends is Ends.BY_TIME)
        assert (rule.most_at_once == 1) == by_probe
        assert all(hasattr(Policy(), step) for step in (rule.first_step, rule.longest_step) if step)


def test_no_script_knows_a_reason_by_its_name() -> None:
    """So a new one touches none: its row says all that they need."""
    for script in Script:
        for part in PARTS[script]:
            if part.name not in {*PRELUDES, "arguments"}:
                code = re.sub(r"--.*", "", part.text)
                assert re.findall(rf"'[^'\n]*\b(?:{'|'.join(Reason)})\b[^'\n]*'", code) == []
