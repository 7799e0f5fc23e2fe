"""What most calls do not use is put aside, and asked for by its name."""

from __future__ import annotations

import pytest

from plexsend.outbox.redis.asides import functions_of, put_aside
from plexsend.outbox.redis.pieces import FUNCTION, Part, cut, text_of, whole
from plexsend.outbox.redis.scripts import Script, parts

COMMON = Part(
    "_common",
    "local function often(x)\n  return x\nend\n\n"
    "local function seldom(x)\n  return often(x) + 1\nend\n\n"
    "local function rarely(x) return seldom(x) end",
)
RARE = Part("_rare", "local kept = {}\n\nlocal function odd(x)\n  kept[1] = x\n  return rarely(x)\nend")
SPOILT = Part("_spoilt", "return often(answer)")
MADE = {Script.ADVANCE: 66, Script.SUBMIT: 36, Script.RECEIPTS: 61, Script.SWEEP: 114}
"""How many functions a call makes at most, whatever it does: what is seldom used belongs in `when used`."""


def main(when_used: str, code: str) -> Part:
    return Part("main", f"-- when used: {when_used}\n{code}")


def told(script: Part) -> str:
    before, inside = put_aside([Part("shebang", "")], [COMMON, RARE, script], [SPOILT])
    return text_of([*before, *inside])


def test_functions_and_parts_are_made_by_the_first_call_of_one_of_them() -> None:
    text = told(main("_rare, seldom, rarely", "return often(1) + odd(2) -- odd, 'odd'"))
    made = text.index("function aside_1(aside)")
    assert text.startswith("\nlocal asides, aside_1 = {}\n")
    assert text.index("local function often(") < made
    assert min(text.index(f"local function {name}(") for name in ("seldom", "rarely", "odd")) > made
    assert "made = { odd = odd }" in text
    assert "return often(1) + aside_1(1).odd(2) -- odd, 'odd'" in text


def test_what_goes_together_goes_on_in_the_next_line() -> None:
    text = told(main("_rare,\n-- seldom, rarely", "return odd(2)"))
    assert text.count("if aside == ") == 1


def test_what_does_not_go_together_asks_for_the_other() -> None:
    text = told(Part("main", "-- when used: _rare\n-- when used: seldom, rarely\nreturn odd(1)"))
    assert "return aside_1(2).rarely(x)" in text
    assert "made = { rarely = rarely }" in text


def test_a_name_that_a_piece_gives_to_something_else_stays() -> None:
    text = told(main("_rare, seldom, rarely", "local function other(odd) return odd, { odd = odd.odd } end"))
    assert "aside_1(1)" not in text


def test_a_line_that_names_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs nothing of the name sometimes"):
        told(main("_rare, sometimes", "return odd(1)"))


def test_what_follows_a_failed_call_is_not_put_aside() -> None:
    with pytest.raises(ValueError, match="cannot have often when used"):
        told(main("often", "return often(1)"))


def test_names_that_are_too_many_for_one_function_are_shared_out() -> None:
    names = [f"name_{number}" for number in range(80)]
    many = Part("_many", "\n".join(f"local {name} = {{}}" for name in names))
    halves = [
        Part(f"_{n}", f"local function f_{n}() return {', '.join(names[n * 40 : n * 40 + 40])} end")
        for n in (0, 1)
    ]
    script = Part("main", "-- when used: _0\n-- when used: _1\nreturn f_0(), f_1()")
    before, inside = put_aside([Part("shebang", "")], [many, *halves, script], [])
    assert "return aside_1(1).f_0(), aside_2(2).f_1()" in text_of([*before, *inside])


def test_lines_stay_where_they_are() -> None:
    left, taken = cut(COMMON, ["seldom"])
    assert left.text.splitlines()[4:7] == ["", "", ""]
    assert taken.text.splitlines()[4] == "local function seldom(x)"
    assert left.text.splitlines()[8] == COMMON.text.splitlines()[8]


def test_constants_stand_where_they_are_used_but_for_long_texts_that_many_use() -> None:
    long, many = "x" * 30, "\n".join("f(LONG)" for _ in range(4))
    text = whole(
        [Part("_", f"local MOST = 5\nlocal LONG = '{long}'\nlocal t = {{}}\nf(MOST, 'MOST', t.MOST)\n{many}")]
    )
    assert "f(5, 'MOST', t.MOST)" in text
    assert f"local LONG = '{long}'" in text
    assert "local MOST" not in text


@pytest.mark.parametrize("script", MADE)
def test_a_call_makes_few_functions(script: Script) -> None:
    """Counted, for it is what a call costs before it does anything: 1 µs for about ten of them."""
    pieces = parts(script)
    names = [part.name for part in pieces]
    last = names.index(script)
    first = names.index("begin of aside_1") if "begin of aside_1" in names else last
    assert len(functions_of([*pieces[:first], *pieces[last:]])) <= MADE[script]


def test_a_function_ends_with_its_last_line() -> None:
    assert [found[1] for found in FUNCTION.finditer(COMMON.text)] == ["often", "seldom", "rarely"]
