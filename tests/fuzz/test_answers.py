"""Whatever a gateway, or what stands before it, answers: one meaning for every key, and nothing guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.answers import (
    LONGEST_RETRY_AFTER_S,
    Answer,
    ItemAnswers,
    WholeAnswer,
    read_answer,
)
from plexsend.gateway.codes import CODES, Meaning
from plexsend.gateway.masking import LONGEST_WORDS, Mask
from tests.fuzz.effort import examples, shortest_s
from tests.fuzz.hostile import JSON_VALUES, LEAVES, NUMBER, SECRET, TEXTS, as_json, spoilt_bytes

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MASK = Mask(f"someone;{SECRET}")
KEYS = ["k1", "1234", "0", "k-3", "true", "None"]

CODE_VALUES = (
    st.sampled_from([*(code.code for code in CODES), "C400_9", "C5xx", "c100", " C100", "C100 ", 100])
    | LEAVES
)
KEY_VALUES = st.sampled_from([*KEYS, 1234, 1234.0, 0, False, True, None, "K1", "k1 ", ["k1"]]) | LEAVES
DESCS = TEXTS | LEAVES | st.sampled_from([f"{SECRET} {NUMBER}", " " * 1995 + SECRET, " " * 1990 + NUMBER])


def pairs_of(*values: tuple[str, Any]) -> str:
    """Return a JSON object in which a name may stand twice."""
    return "{" + ",".join(f"{json.dumps(name)}:{as_json(value).decode()}" for name, value in values) + "}"


ENTRIES = st.builds(
    lambda first, more: pairs_of(*first, *more),
    st.tuples(
        st.tuples(st.just("msg_key"), KEY_VALUES),
        st.tuples(st.just("code"), CODE_VALUES),
        st.tuples(st.just("desc"), DESCS),
    ),
    st.lists(st.tuples(st.just("msg_key"), KEY_VALUES) | st.tuples(st.just("code"), CODE_VALUES), max_size=1),
) | JSON_VALUES.map(lambda value: as_json(value).decode())
RESULTS = st.lists(ENTRIES, max_size=8).map(lambda entries: f'{{"results":[{",".join(entries)}]}}')
ENVELOPES = st.builds(
    lambda code, description, results: pairs_of(
        ("code", code), ("name", "x"), ("description", description), *results
    ),
    CODE_VALUES,
    DESCS,
    st.lists(st.tuples(st.just("results"), JSON_VALUES), max_size=2),
)
DOCUMENTS = (RESULTS | ENVELOPES).flatmap(
    lambda text: st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp949"]).map(
        lambda encoding: text.encode(encoding, "replace")
    )
)
BODIES = DOCUMENTS | DOCUMENTS.flatmap(spoilt_bytes) | JSON_VALUES.map(as_json) | st.binary(max_size=200)
STATUSES = st.sampled_from([200, 201, 204, 301, 400, 401, 404, 413, 429, 500, 502, 503, 504]) | st.integers(
    -1, 1000
)
RETRY_AFTERS = (
    st.none()
    | TEXTS
    | st.datetimes().map(lambda at: at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    | st.from_regex(
        r"(Mon, )?[0-9]{1,3} (Jan|Feb) [0-9]{1,12} [0-9:]{1,9} ([+-][0-9]{4,15}|GMT|)", fullmatch=True
    )
    | st.integers(-5, 10**20).map(str)
)


def read(status: int, body: bytes, retry_after: str | None = None) -> Answer:
    answer = read_answer(status, retry_after, body, KEYS, NOW, mask=MASK)
    check(answer, body)
    return answer


def check(answer: Answer, body: bytes) -> None:
    if isinstance(answer, WholeAnswer):
        assert answer.meaning is not Meaning.ACCEPTED
        assert answer.retry_after_s is None or 0 < answer.retry_after_s <= LONGEST_RETRY_AFTER_S
        check_said(answer.code, answer.desc, body)
        return
    assert list(answer.by_key) == KEYS
    said = pairs_said(body)
    for key, item in answer.by_key.items():
        check_said(item.code, item.desc, body)
        if item.meaning is Meaning.ACCEPTED:
            assert (key, "C100") in said


def check_said(code: str, desc: str, body: bytes) -> None:
    check_words(code, desc)
    for whole in (SECRET, NUMBER):
        if quotes(body, whole):
            check_hidden(whole, code, desc)


def check_words(code: str, desc: str) -> None:
    assert 0 < len(code) <= 32
    assert len(desc) <= LONGEST_WORDS
    assert desc.isprintable()


def check_hidden(whole: str, *said: str) -> None:
    for words in said:
        # Not even a part of it, as a cut would leave it.
        assert whole[:5] not in words


def quotes(body: bytes, whole: str) -> bool:
    """Return whether a body quotes a secret or number, and holds no piece of it besides.

    A piece that comes by itself is not what a cut has left: Hypothesis makes one of the texts it reads here.
    """
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        quoted, piece = whole.encode(encoding), whole[:5].encode(encoding)
        if quoted in body:
            return piece not in body.replace(quoted, b"")
    return False


def pairs_said(body: bytes) -> set[tuple[str, Any]]:
    """Return each key and code that stand in one object, read in another way than the product's."""
    found: set[tuple[str, Any]] = set()

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [str(value) for name, value in pairs if name == "msg_key" and type(value) in (str, int)]
        codes = [value for name, value in pairs if name == "code" and isinstance(value, str)]
        found.update((key, code) for key in keys for code in codes)
        return dict(pairs)

    json.loads(body.decode("utf-8-sig", "replace"), object_pairs_hook=note)
    return found


@examples(400)
@given(STATUSES, BODIES, RETRY_AFTERS)
def test_whatever_is_answered_every_key_has_one_meaning_and_none_is_accepted_unsaid(
    status: int, body: bytes, retry_after: str | None
) -> None:
    read(status, body, retry_after)


@examples(200)
@given(TEXTS, st.integers(0, 2500), TEXTS)
def test_no_place_in_the_gateways_words_lets_a_secret_or_a_number_through(
    before: str, spaces: int, after: str
) -> None:
    words = MASK.clean(f"{before}{' ' * spaces}{SECRET} {NUMBER} {' ' * spaces}{after}")
    check_words("x", words)
    for whole in (SECRET, NUMBER):
        if whole[:5] not in before + after:
            check_hidden(whole, words)


@pytest.mark.parametrize("before", [193, 195, 1993, 1994])
def test_no_cut_leaves_a_part_of_a_secret_or_a_number(before: int) -> None:
    for space in (" ", "x", "\n"):
        for told in (SECRET, NUMBER, f"{NUMBER[:3]} {NUMBER[3:7]} {NUMBER[7:]}"):
            words = MASK.clean(space * before + told)
            check_words("x", words)
            check_hidden(SECRET, words)
            check_hidden(NUMBER, words)


MEGABYTE = 1_000_000
BOMBS = {
    "arrays": b"[" * MEGABYTE,
    "objects": b'{"a":' * (MEGABYTE // 5),
    "arrays in results": b'{"results":' + b"[" * 400_000 + b"]" * 400_000 + b"}",
    "a number of 4,301 digits": b'{"results":[{"code":"C100","msg_key":' + b"9" * 4301 + b"}]}",
    "a code of 4,300 digits": b'{"results":[{"msg_key":"k1","code":' + b"9" * 4300 + b"}]}",
    "a code of a megabyte": b'{"results":[{"msg_key":"k1","code":"' + b"1" * MEGABYTE + b'"}]}',
    "a code of dots": b'{"code":"' + b"." * MEGABYTE + b'"}',
    "a description of digits": b'{"code":"X","description":"' + b"1-" * (MEGABYTE // 2) + b'"}',
    "a description of spaces": b'{"code":"X","description":"' + b" " * MEGABYTE + b'"}',
    "a description of controls": b'{"code":"X","description":"' + b"\\u0001" * (MEGABYTE // 6) + b'"}',
    "a key of a megabyte": b'{"results":[{"msg_key":"' + b"k" * MEGABYTE + b'","code":"C100"}]}',
    "many entries": b'{"results":[' + b'{"msg_key":"k1","code":"C1"},' * 30_000 + b"{}]}",
    "many names": b"{" + b",".join(b'"%d":1' % i for i in range(90_000)) + b"}",
    "an exponent": b'{"code":1e999999999}',
    "nothing": b"",
    "zeros": b"\0" * MEGABYTE,
    "no UTF-8": b"\xff" * MEGABYTE,
}


@pytest.mark.parametrize("what", BOMBS)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_megabyte_of_anything_is_read_in_a_moment(what: str, status: int) -> None:
    assert shortest_s(lambda: read_answer(status, None, BOMBS[what], KEYS, NOW, mask=MASK), times=2) < 2
    try:
        read(status, BOMBS[what])
    except (RecursionError, ValueError):
        # The other way of reading stumbles over what the product's does not.
        answer = read_answer(status, None, BOMBS[what], KEYS, NOW)
        assert isinstance(answer, WholeAnswer) or all(
            item.meaning is not Meaning.ACCEPTED for item in answer.by_key.values()
        )


def test_a_code_beside_two_keys_accepts_one_of_them_at_most() -> None:
    answer = read(200, b'{"results":[{"msg_key":"k1","msg_key":"k-3","code":"C100"}]}')
    assert isinstance(answer, ItemAnswers)
    accepted = [key for key, item in answer.by_key.items() if item.meaning is Meaning.ACCEPTED]
    assert len(accepted) <= 1


@pytest.mark.parametrize(
    "code", ["true", "100", "1e2", "null", '["C100"]', '{"C100":1}', '"C100\\u0000"', '"\\u0043100 "']
)
def test_nothing_but_the_code_itself_accepts(code: str) -> None:
    answer = read(200, f'{{"results":[{{"msg_key":"k1","code":{code}}}]}}'.encode())
    assert isinstance(answer, ItemAnswers)
    assert answer.by_key["k1"].meaning is not Meaning.ACCEPTED
