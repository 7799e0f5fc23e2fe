"""Templates: a text with variables, split once."""

from __future__ import annotations

from operator import itemgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexsend.campaigns.definitions.template import Template, foreign_variables, stray_openings, texts_in

TEXTS = st.text(st.sampled_from("#{}%s 가a\n")) | st.text()
NAMES = st.text(st.sampled_from("이름a_1"), min_size=1, max_size=5)


def test_a_variable_is_known_once() -> None:
    template = Template("#{이름}님, #{쿠폰} #{이름}")
    assert template.variables == ("이름", "쿠폰")
    assert template.fill({"이름": "홍", "쿠폰": "A"}) == "홍님, A 홍"


@pytest.mark.parametrize("value", ["#{쿠폰}", "%s", "%", "{0}", "\\1", "#{이름}"])
def test_what_is_put_in_is_not_looked_at_again(value: str) -> None:
    template = Template("100% #{이름}님 #{쿠폰} %s")
    assert template.fill({"이름": value, "쿠폰": "A"}) == f"100% {value}님 A %s"
    assert template.over({"이름": 1, "쿠폰": 0})(("A", value)) == f"100% {value}님 A %s"


@pytest.mark.parametrize("text", ["#{}", "#{이 름}", "#{", f"#{{{'a' * 41}}}", "# {이름}", "{이름}"])
def test_what_is_not_a_variable_stays(text: str) -> None:
    template = Template(text)
    assert (template.variables, template.fill({})) == ((), text)


@pytest.mark.parametrize(
    ("text", "count"), [("#{이름}", 0), ("#{이 름}", 1), ("#{#{이름}", 1), ("#{} #{", 2)]
)
def test_openings_without_a_variable_are_counted(text: str, count: int) -> None:
    assert stray_openings(text) == count


def test_variables_of_other_programs_are_found() -> None:
    text = "##이름## {{ name }} %이름% 50% 할인, 30% 쿠폰"
    assert foreign_variables(text) == [("##이름##", "이름"), ("{{name}}", "name"), ("%이름%", "이름")]


def test_texts_are_found_wherever_they_are() -> None:
    assert texts_in({"a": "1", "b": [{"c": "2"}, 3, "4"], "d": None}) == ["1", "2", "4"]


@settings(max_examples=50)
@given(parts=st.lists(st.tuples(TEXTS, NAMES)), last=TEXTS, values=st.dictionaries(NAMES, st.text()))
def test_the_text_of_a_row_is_its_literals_and_values(
    parts: list[tuple[str, str]], last: str, values: dict[str, str]
) -> None:
    """The literals may hold anything that is not a variable by itself."""
    text = "".join(f"{literal}#{{{name}}}" for literal, name in parts) + last
    template = Template(text)
    known = {name: values.get(name, f"<{name}>") for name in template.variables}
    expected = text
    pieces = []
    while expected:
        at = min((expected.index(f"#{{{name}}}") for name in known if f"#{{{name}}}" in expected), default=-1)
        if at < 0:
            break
        (name,) = [each for each in known if expected.startswith(f"#{{{each}}}", at)]
        pieces += [expected[:at], known[name]]
        expected = expected[at + len(name) + 3 :]
    expected = "".join(pieces) + expected
    assert template.fill(known) == expected
    names = list(known)
    assert template.over({name: place for place, name in enumerate(names)})(list(known.values())) == expected


@settings(max_examples=50)
@given(text=TEXTS)
def test_a_text_whose_variables_are_themselves_is_the_same(text: str) -> None:
    template = Template(text)
    assert template.fill({name: f"#{{{name}}}" for name in template.variables}) == text


def test_a_single_value_is_taken_as_it_is() -> None:
    """An itemgetter of one place returns no tuple."""
    assert itemgetter(0)(["가%"]) == "가%"
    assert Template("#{a}!").over({"a": 0})(["가%"]) == "가%!"
