"""A push of refusals: every number that can be read is, whatever is wrong beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.outbox.suppression import SuppressionKind, SuppressionSource, Suppressor
from plexsend.web.pushes import Push, Wish, read_push

NOW_MS = 1_900_000_000_000
HOUR_MS = 3_600_000
NUMBER, OTHER = "01023456789", "01034567890"
# As NHN Cloud's guide shows it, with a number that a subscriber can have.
NHN = {
    "hooksId": "202007271010101010sadasdavas",
    "webhookConfigId": "String",
    "productName": "Sms",
    "appKey": "akb3dukdmdjsdSvgk",
    "event": "UNSUBSCRIBE",
    "hooks": [
        {
            "hookId": "202007271010101010sadasdavas",
            "recipientNo": NUMBER,
            "unsubscribeNo": "08012341234",
            "enterpriseName": "NHN Cloud",
            "createdDateTime": "2020-09-09T11:25:10.000+09:00",
        }
    ],
}


def push(found: Any) -> Push:
    return read_push(json.dumps(found, ensure_ascii=False).encode(), NOW_MS)


def numbers(of: Push) -> list[str]:
    return sorted(digits for them in of.wishes.values() for _, digits in them)


def only_wish(found: Any) -> Wish:
    (wish,) = push(found).wishes
    return wish


def test_a_number_alone_refuses_advertisements_for_the_whole_account() -> None:
    call = Suppressor(SuppressionSource.REFUSAL_CALL)
    wish = Wish(removes=False, kind=SuppressionKind.ADS, scope="", origin=call, since_ms=0)
    assert push({"number": "010-2345-6789"}) == Push({wish: [("number", NUMBER)]})


@pytest.mark.parametrize(
    "written",
    [
        *("+82 10-2345-6789", "821023456789", "1023456789", 1023456789, 1023456789.0, f" {NUMBER} "),
        *("010.2345.6789", "(010) 2345-6789", "+82 (0)10 2345 6789", "0082-10-2345-6789", "010/2345/6789"),
        *(
            "０１０－２３４５－６７８９",
            "010–2345—6789",
            "010\xa02345\u200b6789",
            "1023456789.0",
            '="1023456789"',
        ),
    ],
)
def test_a_number_is_read_however_it_is_written(written: Any) -> None:
    assert numbers(push({"number": written})) == [NUMBER]


def test_null_is_as_if_it_were_not_there() -> None:
    nothing = dict.fromkeys(("kind", "scope", "at", "source", "reason", "action"))
    assert push({"number": NUMBER, **nothing}) == push({"number": NUMBER})
    of = push({"numbers": [{"number": NUMBER, **nothing}], "kind": "all", "source": "application"})
    assert of == push({"numbers": [NUMBER], "kind": "all", "source": "application"})


def test_what_an_older_system_writes_in_korean_loses_no_number() -> None:
    body = json.dumps({"number": NUMBER, "reason": "웹에서 거부"}, ensure_ascii=False)
    assert read_push(body.encode("cp949"), NOW_MS) == read_push(body.encode(), NOW_MS)


def test_an_entry_has_its_own_fields_and_else_those_of_the_push() -> None:
    of = push(
        {
            "numbers": [
                NUMBER,
                {"number": OTHER, "kind": "all", "action": "remove", "scope": "sender:1588-1234"},
            ],
            "source": "application",
            "reason": "web form",
        }
    )

    def wish(kind: SuppressionKind, scope: str, *, removes: bool = False) -> Wish:
        origin = Suppressor(SuppressionSource.APPLICATION, "", "web form")
        return Wish(removes, kind, scope, origin, 0)

    assert of.wishes == {
        wish(SuppressionKind.ADS, ""): [("numbers[0]", NUMBER)],
        wish(SuppressionKind.ALL, "sender 15881234", removes=True): [("numbers[1]", OTHER)],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "offered"),
        ("action", "del"),
        ("source", "person"),
        ("scope", "080"),
        ("number", None),
        ("number", True),
        ("number", -1023456789),
        ("number", float("nan")),
        ("number", ["01023456789"]),
        ("number", "02-2345-6789"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_without_its_number_and_its_neighbours_count(
    field: str, value: Any
) -> None:
    of = push({"numbers": [NUMBER, {"number": "01055556666", field: value}, OTHER]})
    assert numbers(of) == [NUMBER, OTHER]
    ((entry,)) = of.unclear
    assert entry.entry.startswith("numbers[1]")
    assert "5555" not in str(entry)
    assert "2345" not in entry.entry + entry.why


@pytest.mark.parametrize(
    ("written", "at_ms"),
    [
        ("2026-11-29T10:30:00+09:00", 1_795_914_000_000),
        ("2026-11-29T01:30:00Z", 1_795_914_000_000),
        ("2026-11-29 10:30:00", 1_795_914_000_000),
        ("2099-01-01T00:00:00", 0),
        (None, 0),
    ],
)
def test_a_time_is_kept_to_the_hour_in_korean_time(written: str | None, at_ms: int) -> None:
    assert only_wish({"number": NUMBER, "at": written}).since_ms == at_ms - at_ms % HOUR_MS


@pytest.mark.parametrize(
    "written", ["yesterday", 20261129, "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:00"]
)
def test_a_time_that_is_not_one_keeps_no_number_out(written: Any) -> None:
    of = push({"number": NUMBER, "at": written})
    assert (numbers(of), of.unclear) == ([NUMBER], [])
    assert of.ignored == ["at is not a time of ISO 8601: taken as now"]


def test_fields_that_are_not_used_are_named_unless_they_may_be_a_number() -> None:
    of = push({"number": NUMBER, "acton": "remove", "01055556666": 1})
    assert numbers(of) == [NUMBER]
    assert of.ignored == ["acton is not a field", "a field of another name"]


def test_reasons_differ_in_no_ids_and_hold_no_numbers() -> None:
    wish = only_wish({"number": NUMBER, "reason": f"call 8812345 of {OTHER}\n by\x1b ARS " + "x" * 99})
    assert wish.origin.why == ("call … of … by ARS " + "x" * 99)[:80]


def test_the_webhook_of_nhn_cloud_is_taken_for_the_whole_account() -> None:
    ((wish, them),) = push(NHN).wishes.items()
    assert them == [("hooks[0].recipientNo", NUMBER)]
    assert (wish.kind, wish.scope, wish.removes) == (SuppressionKind.ADS, "", False)
    assert wish.origin == Suppressor(SuppressionSource.REFUSAL_CALL, "nhn", "called 08012341234")
    # 11:25 in Korea, to the hour.
    assert wish.since_ms == 1_599_616_800_000


def test_a_hook_that_cannot_be_read_keeps_none_of_its_neighbours() -> None:
    of = push({**NHN, "hooks": [{"recipientNo": "x"}, "y", *NHN["hooks"]]})
    assert numbers(of) == [NUMBER]
    assert [one.entry for one in of.unclear] == ["hooks[0].recipientNo", "hooks[1].recipientNo"]


@pytest.mark.parametrize("event", ["MESSAGE_RESULT_UPDATE", "CONVERSION_BLOCK"])
def test_other_events_of_that_webhook_change_nothing_and_are_no_fault(event: str) -> None:
    of = push({**NHN, "event": event})
    assert (of.wishes, of.unclear, of.ignored) == ({}, [], [f"{event} is not a refusal"])


@pytest.mark.parametrize(
    "found", [{**NHN, "event": "SUBSCRIBE"}, {**NHN, "hooks": []}, {"hooks": NHN["hooks"]}]
)
def test_a_webhook_that_says_something_else_is_unclear(found: Any) -> None:
    assert (push(found).wishes, len(push(found).unclear)) == ({}, 1)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"x"', b"number=01023456789", b'{"number": "01023456789"', b"\xff\xfe{", b"[" * 100_000],
)
def test_what_is_not_an_object_is_said_so(body: bytes) -> None:
    of = read_push(body, NOW_MS)
    assert (of.wishes, of.is_json, len(of.unclear)) == ({}, False, 1)


def test_a_name_that_is_there_twice_loses_no_number_in_silence() -> None:
    of = read_push(f'{{"number": "{NUMBER}", "number": "{OTHER}"}}'.encode(), NOW_MS)
    assert (of.wishes, of.unclear[0].why) == ({}, "names number twice")


@pytest.mark.parametrize("found", [{}, {"numbers": []}, {"numbers": NUMBER}])
def test_a_push_without_a_number_is_unclear(found: Any) -> None:
    assert push(found).unclear


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["numbers", "kind", "scope", "at", "source", "reason", "action", "event", "hooks"]),
        VALUES,
    )
)
def test_nothing_that_is_posted_raises(found: dict[str, Any]) -> None:
    push(found)
    push({"number": NUMBER, **found})
    push({"numbers": [{"number": NUMBER, **found}]})
