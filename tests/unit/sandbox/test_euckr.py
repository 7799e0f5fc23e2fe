"""The sandbox's own idea of EUC-KR."""

from __future__ import annotations

import pytest

from plexsend.sandbox.euckr import REPRESENTABLE, measure


def test_table_agrees_with_the_definition_for_every_character() -> None:
    """A character counts only if its own form has one or two bytes and decodes back to it."""

    def has_own_form(character: str) -> bool:
        try:
            form = character.encode("euc_kr")
            return len(form) <= 2 and form.decode("euc_kr") == character
        except UnicodeError:
            return False

    def is_forbidden_control(character: str) -> bool:
        return (character < " " or character == "\x7f") and character not in "\n\t"

    expected = {
        character
        for character in map(chr, range(0x110000))
        if has_own_form(character) and not is_forbidden_control(character)
    }
    assert expected == REPRESENTABLE


@pytest.mark.parametrize("text", ["뢨", "①", "㈜", "♥", "€", "™", "“”", "…", "·", "\u212b", "￦", "―"])
def test_characters_that_pass_count_two_bytes(text: str) -> None:
    assert measure(text) == 2 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "똠",
        "펲",
        "뷁",
        "쀍",
        "😀",
        "©",
        "₩",
        "–",
        "—",
        "•",
        "〜",
        "\u00a0",
        "\u200b",
        "ｱ",
        "\u3164",
        "\r",
        "\x00",
    ],
)
def test_characters_that_euckr_lacks_are_refused(text: str) -> None:
    assert measure(f"가{text}나") is None


def test_half_a_surrogate_pair_is_refused() -> None:
    assert measure("\ud800") is None


def test_size_counts_one_byte_for_ascii_and_two_for_the_rest() -> None:
    assert measure("a가\n나b") == 7
    assert measure("") == 0
