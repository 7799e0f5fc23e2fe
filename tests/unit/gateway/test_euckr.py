"""EUC-KR against an oracle that asks the codec for one character after the other."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway import euckr
from plexsend.gateway.euckr import Finding, normalise, representable, size_bytes

NASTY = (
    "가각힣똠펲뷁A1 \t\n\r\x00\x07\x7f\x85\u212b①㈜♥€™“”…·–—₩•〜"
    "\xa0©❤\u200b\u200d\u2060\ufeff\ufe0f\U0001f600ｶ\u3164ㄱ"
    "\u1100\u1103\u1104\u1161\u1169\u11a8\u11b7か\u3099\u309ae\u0301=\u0338и\u0306\u037e\uf914\ud800\udfff"
)
TEXTS = st.text(st.one_of(st.sampled_from(NASTY), st.characters(exclude_categories=())), max_size=30)


def passes(character: str) -> bool:
    """The oracle for one character, straight from the rule."""
    if unicodedata.category(character) == "Cc":
        return character in "\n\t"
    try:
        form = character.encode("euc_kr")
        return len(form) <= 2 and form.decode("euc_kr") == character
    except UnicodeError:
        return False


def normalise_slowly(text: str) -> str:
    """The oracle for a text: sequences are found by asking NFC whether a character attaches."""
    sequences: list[str] = []
    for character in re.sub("\r\n?", "\n", text):
        before = sequences[-1] if sequences else ""
        apart = unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", character)
        attaches = unicodedata.normalize("NFC", before + character) != apart
        if before and (attaches or unicodedata.combining(character)):
            sequences[-1] += character
        else:
            sequences.append(character)
    return "".join(
        sequence if all(map(passes, sequence)) else unicodedata.normalize("NFC", sequence)
        for sequence in sequences
    )


def test_every_character_of_the_first_plane_is_judged_as_the_oracle_does() -> None:
    assert [c for c in map(chr, range(0x10000)) if representable(c) != passes(c)] == []


def test_no_character_beyond_the_first_plane_is_representable() -> None:
    assert size_bytes("".join(map(chr, range(0x10000, 0x110000)))) == 0


def test_there_are_as_many_characters_as_the_standard_has() -> None:
    syllables = [c for c in map(chr, range(0xAC00, 0xD7A4)) if representable(c)]
    assert len(syllables) == 2350
    # 8,226 of KS X 1001 with the euro and the registered sign, without the filler U+3164.
    assert sum(map(representable, map(chr, range(0x80, 0x10000)))) == 8225


@pytest.mark.parametrize("character", "뢨①㈜♥€™“”…·\u212b\n\t ~")
def test_character_of_the_standard_passes(character: str) -> None:
    assert normalise(character) == (character, (), ())


@pytest.mark.parametrize("character", "똠펲뷁😀©₩–—•〜\xa0\u200bｶ\u3164\x00\x1b\x7f\x85\ud800")
def test_character_outside_the_standard_is_found(character: str) -> None:
    assert normalise(f"a{character}").unrepresentable == (Finding(character, 2),)


@given(TEXTS)
def test_text_is_accepted_exactly_when_the_oracle_accepts_it(text: str) -> None:
    expected = normalise_slowly(text)
    normalised = normalise(text)
    assert (normalised.unrepresentable == ()) is all(map(passes, expected))
    assert normalised.replacements == ()
    if not normalised.unrepresentable:
        assert normalised.text == expected
        assert size_bytes(expected) == len(expected.encode("euc_kr"))


@given(TEXTS)
def test_what_passed_once_stays_as_it_is(text: str) -> None:
    first = normalise(text, replace=True)
    if not first.unrepresentable:
        assert normalise(first.text) == (first.text, (), ())


@given(TEXTS)
def test_every_found_character_stands_where_it_was_found_or_was_composed_there(text: str) -> None:
    for finding in normalise(text).unrepresentable:
        assert not passes(finding.character)
        there = text[finding.position - 1 : finding.position + 8]
        assert finding.character in there or finding.character in unicodedata.normalize("NFC", there)


@given(TEXTS)
def test_replacing_leaves_only_what_has_no_replacement(text: str) -> None:
    refused, replaced = normalise(text), normalise(text, replace=True)
    assert all(finding.replacement is None for finding in replaced.unrepresentable)
    assert {*replaced.replacements, *replaced.unrepresentable} == set(refused.unrepresentable)


@given(TEXTS)
def test_size_counts_nothing_for_what_cannot_be_sent(text: str) -> None:
    assert size_bytes(text) == sum(len(c.encode("euc_kr")) for c in text if passes(c))


def test_every_replacement_can_itself_be_sent_and_replaces_what_cannot() -> None:
    for character, written in euckr.REPLACEMENTS.items():
        assert not representable(character)
        assert normalise(written) == (written, (), ())


def test_line_ends_become_newlines() -> None:
    assert normalise("a\r\nb\rc\n\r\n").text == "a\nb\nc\n\n"


def test_decomposed_hangul_becomes_syllables() -> None:
    assert normalise(unicodedata.normalize("NFD", "가을 세일")).text == "가을 세일"


def test_final_consonant_attaches_to_a_syllable_that_passes_by_itself() -> None:
    assert normalise("가\u11a8").text == "각"


def test_decomposed_kana_and_cyrillic_are_composed() -> None:
    assert normalise("か\u3099ハ\u309aи\u0306").text == "がパй"


def test_composing_spares_what_passes_as_it_stands() -> None:
    # NFC would turn each of the two into a character outside EUC-KR.
    assert normalise("\u212b\uf914 か\u3099").text == "\u212b\uf914 が"


def test_all_that_composes_into_a_representable_character_is_seen_as_one_sequence() -> None:
    for character in map(chr, range(0x10000)):
        apart = unicodedata.normalize("NFD", character)
        if passes(character) and unicodedata.normalize("NFC", apart) == character:
            assert normalise(apart).text == character


def test_composed_syllable_is_named_where_its_jamo_began() -> None:
    apart = unicodedata.normalize("NFD", "똠")
    assert normalise(f"ab{apart}").unrepresentable == (Finding("똠", 3),)


def test_what_composing_leaves_over_is_named_where_its_sequence_began() -> None:
    assert normalise("abか\u3099\u0301").unrepresentable == (Finding("\u0301", 3),)


def test_positions_are_those_of_the_text_as_given() -> None:
    assert normalise("\r\n\r\n–\r\n😀").unrepresentable == (Finding("–", 5), Finding("😀", 8))


def test_replacements_are_told_one_by_one() -> None:
    assert normalise("–a©–", replace=True) == (
        "-a(c)-",
        (Finding("–", 1), Finding("©", 3), Finding("–", 4)),
        (),
    )


def test_heart_loses_its_invisible_companion() -> None:
    assert normalise("❤\ufe0f", replace=True).text == "♥"
