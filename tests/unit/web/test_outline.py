"""Of a post that cannot be read its form is kept, and nothing that a person wrote or is called by."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.web.outline import MOST_WORDS, outline
from plexsend.web.posts import read_post
from tests.unit.test_phone_numbers import WRITTEN

TEXT = "Dear Kim, your code is 4711"
NAMES = ["msg_key", "code", "dest", "message_type", "done_date", "text", "to", "results", "anything", TEXT]


def words(raw: bytes) -> str:
    """Return all that is kept of a post, which must be something that cannot be read."""
    unread = read_post(raw).unread
    assert unread
    return " ".join(each.words for each in unread)


def posts(said: str) -> dict[str, str]:
    """Return posts that say this, in all the forms in which somebody might post."""
    return {
        "single quotes": f"{{'msg_key':'a','content':'{said}','code':'{said}'}}",
        "no quotes": f"{{content: {said}, msg_key: {said}, code: {said}}}",
        "cut": f'{{"results":[{{"msg_key":"a","code":"0","text":"{said}',
        "twice": f'{{"msg_key":"{said}","msg_key":"{said} ","code":"0"}}',
        "form": urlencode({"msg_key": said, "code": said, "to": said}),
        "form, not encoded": f"msg_key={said}&code={said}&to={said}",
        "xml": f"<results><msg_key>{said}</msg_key><code>{said}</code></results>",
        "plain": said,
        "a text": json.dumps(said),
        "a list": json.dumps([said, [said], {"texts": [said]}]),
        "values": json.dumps(dict.fromkeys(NAMES, said)),
        "values of a result": json.dumps(
            {"results": [{**dict.fromkeys(NAMES, said), "msg_key": f"{said} x"}]}
        ),
        "names": json.dumps({"results": [{said: 1, "code": "0"}]}),
        "escapes": json.dumps({"results": [{"msg_key": f"x {said}", "to": said}]}, ensure_ascii=True),
        "encoded": f'{{"to":"{quote_plus(said)}","msg_key":"x {quote_plus(said)}"}}',
    }


FORMS = list(posts(""))


@pytest.mark.parametrize("form", FORMS)
def test_no_text_is_kept(form: str) -> None:
    kept = words(posts(TEXT)[form].encode())
    assert [word for word in ("Dear", "Kim", "your", "4711") if word in kept] == []


@pytest.mark.parametrize("form", FORMS)
def test_no_number_is_kept_however_it_is_written(form: str) -> None:
    for written in WRITTEN:
        raw = posts(written)[form].encode()
        kept = " ".join(each.words for each in read_post(raw).unread)
        assert not any(part in kept for part in ("1234", "4567", "5678", "212", "7123", "12 34", "1 2 3")), (
            written
        )


@given(
    st.recursive(
        st.just("Dear Kim") | st.integers(10**7, 10**12) | st.booleans(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES[:-1]), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_nothing_that_is_a_value_by_itself_is_kept(found: Any) -> None:
    shown = outline(found)
    assert len(shown) <= MOST_WORDS
    assert "Dear" not in shown
    assert not any(len(run) > 5 for run in "".join(c if c.isdigit() else " " for c in shown).split())


def test_form_is_shown_with_what_the_gateway_documents() -> None:
    posted = {
        "msg_key": "order-1",
        "code": "71003",
        "dest": "LGU",
        "message_type": "MMS",
        "done_date": "2022-10-22 13:52:44.390",
        "echo": {"a": ["b", None, True], "n": 5},
    }
    assert outline(posted) == (
        '{"msg_key": "order-1", "code": "71003", "dest": "LGU", "message_type": "MMS", '
        '"done_date": "2022-10-22 13:52:44.390", "echo": {"a": ["***", null, true], "n": "***"}}'
    )


def test_what_is_deep_or_wide_is_cut() -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    assert outline(deep) == "[[[[[…]]]]]"
    assert outline(list(range(20))).endswith('"***", …]')
    assert len(outline([{"a": "x"}] * 5_000)) <= MOST_WORDS


def test_of_what_is_not_json_the_names_are_shown() -> None:
    (unread,) = read_post(b"msg_key=order-1&code=0&secret=1").unread
    assert (unread.why, unread.words) == ("not JSON", "msg_key code in 31 characters")
