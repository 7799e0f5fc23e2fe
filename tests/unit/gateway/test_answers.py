"""Reading answers: both shapes under any status, codes, lost and surplus items, Retry-After, nonsense."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.answers import Answer, ItemAnswers, WholeAnswer, read_answer, speaks_for_itself
from plexsend.gateway.codes import Meaning
from plexsend.gateway.masking import Mask

NOW = datetime(2024, 10, 22, 12, 0, tzinfo=UTC)
KEYS = ("k1", "k2")
STATUSES = [100, 200, 201, 204, 301, 400, 401, 404, 418, 429, 500, 502, 503, 504, 599, 600, 999]


def read(
    body: object, status: int = 200, *, keys: tuple[str, ...] = KEYS, retry_after: str | None = None
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_answer(status, retry_after, raw, keys, NOW)


def whole(body: object, status: int = 200, **options: Any) -> WholeAnswer:
    answer = read(body, status, **options)
    assert isinstance(answer, WholeAnswer)
    return answer


def items(body: object, status: int = 200, **options: Any) -> ItemAnswers:
    answer = read(body, status, **options)
    assert isinstance(answer, ItemAnswers)
    return answer


def result(key: object, code: object = "C100", desc: object = "ok") -> dict[str, object]:
    return {"code": code, "desc": desc, "msg_key": key}


def envelope(code: object, description: object = "why") -> dict[str, object]:
    return {"code": code, "name": "Name", "description": description}


class TestItems:
    @pytest.mark.parametrize("status", STATUSES)
    def test_results_count_under_any_status(self, status: int) -> None:
        answer = items({"results": [result("k2"), result("k1", "G140")]}, status)
        assert [(key, item.meaning) for key, item in answer.by_key.items()] == [
            ("k1", Meaning.REJECTED),
            ("k2", Meaning.ACCEPTED),
        ]
        assert answer.foreign == 0

    @pytest.mark.parametrize(
        ("code", "meaning"),
        [
            ("C100", Meaning.ACCEPTED),
            ("C400_2", Meaning.REJECTED),
            ("C401_3", Meaning.UNAUTHORIZED),
            ("C404_1", Meaning.UNSUITABLE),
            ("C500_1", Meaning.UNCERTAIN),
            ("G110", Meaning.UNSUITABLE),
            ("G141", Meaning.REJECTED),
            ("G150", Meaning.OUT_OF_CREDIT),
            ("G160", Meaning.TOO_MANY_ITEMS),
            ("71003", Meaning.DUPLICATE),
            (71003, Meaning.DUPLICATE),
            ("C341", Meaning.UNKNOWN),
            ("c100", Meaning.UNKNOWN),
            (100, Meaning.UNKNOWN),
        ],
    )
    def test_code_of_an_item(self, code: object, meaning: Meaning) -> None:
        item = items({"results": [result("k1", code)]}).by_key["k1"]
        assert (item.meaning, item.code, item.desc) == (meaning, str(code), "ok")

    def test_missing_item_is_uncertain(self) -> None:
        missing = items({"results": [result("k1")]}).by_key["k2"]
        assert (missing.meaning, missing.code) == (Meaning.UNCERTAIN, "MISSING")

    @pytest.mark.parametrize(
        "codes", [("C100", "G141"), ("G141", "C100"), ("C100", "G141", "C100"), ("C100", None)]
    )
    def test_item_with_different_codes_is_uncertain(self, codes: tuple[object, ...]) -> None:
        doubled = items({"results": [result("k1", code) for code in codes]}).by_key["k1"]
        assert (doubled.meaning, doubled.code) == (Meaning.UNCERTAIN, "DOUBLED")

    def test_item_named_twice_with_the_same_code_stands(self) -> None:
        assert items({"results": [result("k1"), result("k1")]}).by_key["k1"].meaning is Meaning.ACCEPTED

    @pytest.mark.parametrize(
        "entry", [result("k3"), result(None), result(["k1"]), result(key=True), {}, None, 5, "k1", []]
    )
    def test_entry_without_a_key_of_ours_is_foreign(self, entry: object) -> None:
        answer = items({"results": [result("k1"), entry]})
        assert (set(answer.by_key), answer.foreign) == (set(KEYS), 1)

    def test_key_of_digits_may_come_back_as_a_number(self) -> None:
        assert items({"results": [result(12)]}, keys=("12",)).by_key["12"].meaning is Meaning.ACCEPTED

    def test_key_that_is_true_is_not_the_key_of_that_name(self) -> None:
        assert items({"results": [result(key=True)]}, keys=("True",)).foreign == 1

    def test_keys_are_compared_exactly(self) -> None:
        assert items({"results": [result("K1"), result(" k1")]}).foreign == 2

    @pytest.mark.parametrize(
        "code", [None, "", " ", 1.5, True, [], {}, "x" * 33, "C 100", "코드", "01012345678", 10**9]
    )
    def test_code_that_is_none_is_uncertain(self, code: object) -> None:
        item = items({"results": [result("k1", code)]}).by_key["k1"]
        assert (item.meaning, item.code) == (Meaning.UNCERTAIN, "UNREADABLE")

    def test_code_like_our_own_word_is_still_the_gateways(self) -> None:
        assert items({"results": [result("k1", "MISSING")]}, 400).by_key["k1"].meaning is Meaning.UNKNOWN

    def test_results_that_answer_nothing_leave_all_uncertain(self) -> None:
        for results in ([], [result("k3")]):
            answer = items({"results": results})
            assert {item.code for item in answer.by_key.values()} == {"MISSING"}

    def test_results_that_answer_nothing_do_not_hide_a_refusal(self) -> None:
        assert whole({"results": [], **envelope("G150")}).meaning is Meaning.OUT_OF_CREDIT
        assert whole({"results": []}, 429).meaning is Meaning.UNAVAILABLE
        assert whole({"results": []}, 503).meaning is Meaning.UNCERTAIN
        assert whole({"results": [result("k3")]}, 404).meaning is Meaning.UNSUITABLE
        assert whole({"results": []}, 500).meaning is Meaning.UNCERTAIN

    def test_results_stand_before_an_envelope_in_the_same_answer(self) -> None:
        assert items({"results": [result("k1")], **envelope("G150")}).by_key["k1"].meaning is Meaning.ACCEPTED

    def test_codes_are_read_beside_a_description_in_another_encoding(self) -> None:
        body = '{"results":[{"code":"C100","desc":"성공","msg_key":"k1"}]}'.encode("euc_kr")
        assert items(body).by_key["k1"].meaning is Meaning.ACCEPTED

    def test_byte_order_mark_is_no_hindrance(self) -> None:
        body = json.dumps({"results": [result("k1")]}).encode("utf-8-sig")
        assert items(body).by_key["k1"].meaning is Meaning.ACCEPTED


class TestWhole:
    @pytest.mark.parametrize(
        ("code", "meaning"),
        [
            ("C400_1", Meaning.BAD_ITEM),
            ("C400_9", Meaning.BAD_ITEM),
            ("C401_1", Meaning.UNAUTHORIZED),
            ("C404_1", Meaning.UNSUITABLE),
            ("C500_1", Meaning.UNCERTAIN),
            ("G110", Meaning.UNSUITABLE),
            ("G140", Meaning.BAD_ITEM),
            ("G150", Meaning.OUT_OF_CREDIT),
            ("G160", Meaning.TOO_MANY_ITEMS),
            ("C341", Meaning.UNSUITABLE),
            ("71003", Meaning.UNSUITABLE),
            ("anything", Meaning.UNSUITABLE),
        ],
    )
    @pytest.mark.parametrize("status", [200, 201, 302, 400, 404, 418])
    def test_envelope_counts_under_any_status_that_is_no_server_trouble(
        self, code: str, meaning: Meaning, status: int
    ) -> None:
        answer = whole(envelope(code), status)
        assert (answer.meaning, answer.code, answer.desc, answer.explicit) == (meaning, code, "why", True)

    @pytest.mark.parametrize("status", STATUSES)
    def test_accepted_without_a_word_on_what_is_never_taken_for_more(self, status: int) -> None:
        answer = whole(envelope("C100"), status)
        assert answer.explicit is False
        assert answer.meaning is (Meaning.UNAVAILABLE if status == 429 else Meaning.UNCERTAIN)

    @pytest.mark.parametrize("body", [b"", envelope("C500_1"), envelope("G150"), b"<html>"])
    @pytest.mark.parametrize(
        ("status", "meaning"),
        [
            (429, Meaning.UNAVAILABLE),
            (408, Meaning.UNAVAILABLE),
            (421, Meaning.UNAVAILABLE),
            (425, Meaning.UNAVAILABLE),
            (499, Meaning.UNCERTAIN),
            (500, Meaning.UNCERTAIN),
            (503, Meaning.UNCERTAIN),
            (504, Meaning.UNCERTAIN),
        ],
    )
    def test_trouble_is_told_by_the_status(self, body: object, status: int, meaning: Meaning) -> None:
        answer = whole(body, status)
        assert (answer.meaning, answer.explicit) == (meaning, True)

    @pytest.mark.parametrize(
        ("status", "meaning", "code"),
        [
            (300, Meaning.UNSUITABLE, "HTTP_300"),
            (302, Meaning.UNSUITABLE, "HTTP_302"),
            (400, Meaning.UNSUITABLE, "HTTP_400"),
            (401, Meaning.UNAUTHORIZED, "HTTP_401"),
            (403, Meaning.UNSUITABLE, "HTTP_403"),
            (404, Meaning.UNSUITABLE, "HTTP_404"),
            (413, Meaning.UNSUITABLE, "HTTP_413"),
            (499, Meaning.UNCERTAIN, "HTTP_499"),
            (500, Meaning.UNCERTAIN, "HTTP_500"),
            (502, Meaning.UNCERTAIN, "HTTP_502"),
            (503, Meaning.UNCERTAIN, "HTTP_503"),
            (504, Meaning.UNCERTAIN, "HTTP_504"),
        ],
    )
    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", {"code": None}, {"code": "x y"}])
    def test_status_alone_decides_where_there_is_no_code(
        self, status: int, meaning: Meaning, code: str, body: object
    ) -> None:
        answer = whole(body, status)
        assert (answer.meaning, answer.code, answer.explicit) == (meaning, code, True)

    @pytest.mark.parametrize("status", [200, 204, 299, 100, 600, 999])
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\x00",
            b"null",
            b"5",
            b"[]",
            b'{"results":{}}',
            b"NaN",
            b'{"code":',
            b"[" * 99_999,
            b"9" * 9999,
        ],
        ids=lambda body: repr(body[:12]),
    )
    def test_success_without_a_readable_shape_is_no_answer(self, status: int, body: bytes) -> None:
        assert whole(body, status) == WholeAnswer(Meaning.UNCERTAIN, "UNREADABLE", "", None, explicit=False)

    def test_words_are_found_under_either_name(self) -> None:
        assert whole({"code": "G150", "name": "No Credit"}).desc == "No Credit"
        assert whole({"code": "G150", "desc": "no credit"}).desc == "no credit"


def front(number: object, message: object = "Throttle Limited") -> dict[str, object]:
    return {"error": {"errorCode": number, "message": message, "details": "why"}}


class TestFront:
    """What NAVER's API gateway answers by itself, in front of API PLEX."""

    @pytest.mark.parametrize(
        ("status", "number", "meaning"),
        [
            (400, "100", Meaning.UNSUITABLE),
            (401, "200", Meaning.UNAUTHORIZED),
            (401, "210", Meaning.UNAUTHORIZED),
            (404, "300", Meaning.UNSUITABLE),
            (429, "400", Meaning.UNAVAILABLE),
            (429, "410", Meaning.UNAVAILABLE),
            (429, 420, Meaning.UNAVAILABLE),
            (413, "430", Meaning.BAD_ITEM),
            (503, "500", Meaning.UNCERTAIN),
            (504, "510", Meaning.UNCERTAIN),
            (500, "900", Meaning.UNCERTAIN),
            # Numbers that nobody listed: the status says what it is.
            (413, "431", Meaning.BAD_ITEM),
            (401, "299", Meaning.UNAUTHORIZED),
            (403, "230", Meaning.UNSUITABLE),
            (429, "499", Meaning.UNAVAILABLE),
            # Under a success the number counts, and an unknown one is not guessed.
            (200, "410", Meaning.UNAVAILABLE),
            (200, "510", Meaning.UNCERTAIN),
            (200, "999", Meaning.UNSUITABLE),
        ],
    )
    def test_its_errors_have_a_shape_of_their_own(
        self, status: int, number: object, meaning: Meaning
    ) -> None:
        answer = whole(front(number), status)
        assert (answer.meaning, answer.code, answer.explicit) == (meaning, f"APIGW_{number}", True)
        assert answer.desc == "Throttle Limited"

    def test_its_word_never_makes_sure_what_a_server_in_trouble_leaves_open(self) -> None:
        assert whole(front("410"), 500).meaning is Meaning.UNCERTAIN
        assert whole(front("430"), 503).meaning is Meaning.UNCERTAIN

    @pytest.mark.parametrize("error", ["x", None, [], {}, {"errorCode": None}, {"errorCode": "no code"}])
    def test_another_error_is_told_by_its_status(self, error: object) -> None:
        for status, meaning in ((413, Meaning.UNSUITABLE), (401, Meaning.UNAUTHORIZED)):
            answer = whole({"error": error}, status)
            assert (answer.meaning, answer.code) == (meaning, f"HTTP_{status}")

    def test_results_and_a_code_of_api_plex_stand_before_it(self) -> None:
        both = {"results": [result("k1")], **front("410")}
        assert items(both).by_key["k1"].meaning is Meaning.ACCEPTED
        assert whole({**envelope("G150"), **front("410")}).meaning is Meaning.OUT_OF_CREDIT


class TestQuotations:
    MASK = Mask("tester;s3cr3t-of-someone", [b'{"msg_key":"k1","msg":"your parcel is at the door"}'])

    def read(self, body: object, status: int = 200) -> Answer:
        return read_answer(status, None, json.dumps(body).encode(), KEYS, NOW, mask=self.MASK)

    def test_words_of_an_item_and_of_a_whole_request_are_masked(self) -> None:
        said = "tester;s3cr3t-of-someone sent your parcel is at the door"
        item = self.read({"results": [result("k1", "G140", said)]})
        assert isinstance(item, ItemAnswers)
        for answer in (
            item.by_key["k1"],
            self.read(envelope("C400_2", said), 400),
            self.read(front("410", said), 429),
            self.read({"results": [result("k1", "C500_1", said)]}),
        ):
            desc = answer.by_key["k1"].desc if isinstance(answer, ItemAnswers) else answer.desc
            assert desc == "tester;**** sent ****"

    @pytest.mark.parametrize("code", ["s3cr3t-of-someone", "X;s3cr3t-of-someone", "parcel-is-at-the"])
    def test_code_that_quotes_is_none(self, code: str) -> None:
        mask = Mask("someone;s3cr3t-of-someone", [b'{"msg":"parcel-is-at-the-door"}'])
        body = json.dumps({"results": [result("k1", code)]}).encode()
        answer = read_answer(200, None, body, KEYS, NOW, mask=mask)
        assert isinstance(answer, ItemAnswers)
        assert (answer.by_key["k1"].meaning, answer.by_key["k1"].code) == (Meaning.UNCERTAIN, "UNREADABLE")
        named = read_answer(404, None, json.dumps(envelope(code)).encode(), KEYS, NOW, mask=mask)
        assert isinstance(named, WholeAnswer)
        assert named.code == "HTTP_404"

    def test_known_code_is_one_whatever_was_sent(self) -> None:
        mask = Mask("u;s", [b'{"msg":"C100 G140 APIGW_410"}'])
        body = json.dumps({"results": [result("k1"), result("k2", "G140")]}).encode()
        answer = read_answer(200, None, body, KEYS, NOW, mask=mask)
        assert isinstance(answer, ItemAnswers)
        assert [item.code for item in answer.by_key.values()] == ["C100", "G140"]

    @pytest.mark.parametrize(("said", "kept"), [("Success", "Success"), ("성공", "성공"), ("parcel", "")])
    def test_words_of_an_acceptance_are_kept_where_they_are_plain(self, said: str, kept: str) -> None:
        answer = self.read({"results": [result("k1", "C100", said)]})
        assert isinstance(answer, ItemAnswers)
        assert answer.by_key["k1"].desc == kept


@pytest.mark.parametrize(
    ("status", "speaks"),
    [(200, False), (204, False), (400, False), (0, False), (100, False), (600, False),
     (302, True), (401, True), (404, True), (429, True), (499, True), (500, True), (503, True)],
)  # fmt: skip
def test_status_means_something_by_itself_where_no_item_is_answered_under_it(
    status: int, *, speaks: bool
) -> None:
    assert speaks_for_itself(status) is speaks


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("1", 1.0),
            (" 30 ", 30.0),
            ("899", 899.0),
            ("900", 900.0),
            ("901", 900.0),
            ("999999999999", 900.0),
            (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
            ("Tue, 22 Oct 2024 12:01:00 -0000", 60.0),
            ("Tue, 22 Oct 2024 21:01:00 +0900", 60.0),
            (format_datetime(NOW + timedelta(days=90), usegmt=True), 900.0),
        ],
    )
    def test_seconds_or_a_date_within_bounds(self, text: str, seconds: float) -> None:
        assert whole(b"", 503, retry_after=text).retry_after_s == seconds
        assert whole(b"", 429, retry_after=text).retry_after_s == seconds
        assert whole(b"", 500, retry_after=text).retry_after_s == seconds

    @pytest.mark.parametrize(
        "text",
        [
            None,
            "",
            "0",
            "-5",
            "1.5",
            "soon",
            "9" * 5000,
            "٣",
            "nan",
            "Tue, 99 Oct 2024 99:99:99 GMT",
            "Tue, 22 Oct 99999 12:00:00 GMT",
            "Tue, 22 Oct 2024 12:00:00 +9999",
            format_datetime(NOW, usegmt=True),
            format_datetime(NOW - timedelta(days=1), usegmt=True),
        ],
    )
    def test_nonsense_and_what_is_over_are_ignored(self, text: str | None) -> None:
        assert whole(b"", 503, retry_after=text).retry_after_s is None

    def test_it_is_of_no_account_where_nothing_is_shut(self) -> None:
        assert whole(envelope("G150"), 200, retry_after="5").retry_after_s is None


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["results", "code", "desc", "msg_key", "name", "description"]), inner
        ),
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(STATUSES),
    st.one_of(JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=40)),
    st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=10, unique=True),
    st.one_of(st.none(), st.text(max_size=12)),
)
def test_anything_at_all_is_an_answer_for_every_key_and_no_other(
    status: int, body: bytes, keys: list[str], retry_after: str | None
) -> None:
    answer = read_answer(status, retry_after, body, keys, NOW)
    if isinstance(answer, ItemAnswers):
        assert list(answer.by_key) == keys
    else:
        assert answer.retry_after_s is None or 0 < answer.retry_after_s <= 900
