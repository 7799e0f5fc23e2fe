"""A message in a box of a phone's width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexsend.terminal.phones import WIDTH, phone
from plexsend.terminal.wrapping import width_of


def test_words_are_kept_whole_and_korean_takes_two_columns() -> None:
    lines = list(phone("김철수님, 봄옷이 왔습니다. 오늘부터 열흘 동안", title="안내", images=1))
    assert lines == [
        "┌──────────────────────────────────────┐",
        "│ [ picture ]                          │",
        "│ 안내                                 │",
        "├──────────────────────────────────────┤",
        "│ 김철수님, 봄옷이 왔습니다. 오늘부터  │",
        "│ 열흘 동안                            │",
        "└──────────────────────────────────────┘",
    ]


@given(st.text(st.sampled_from("가나다힣\n aB!ㅏ☆漢"), max_size=200), st.integers(0, 3))
def test_every_line_is_as_wide_as_the_phone_and_nothing_of_the_text_is_missing(
    text: str, images: int
) -> None:
    lines = list(phone(text, images=images))
    assert {width_of(line) for line in lines} == {WIDTH + 4}
    inside = "".join(line[1:-1] for line in lines[1 + bool(images) : -1])
    assert "".join(inside.split()) == "".join(
        "".join(char if char.isprintable() or char == "\n" else " " for char in text).split()
    )
