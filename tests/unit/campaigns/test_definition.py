"""Definitions: what a person writes of a campaign."""

from __future__ import annotations

import dataclasses
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexsend.campaigns.definitions.definition import (
    BadDefinition,
    Definition,
    Duplicates,
    IfMissed,
    define,
    read_definition,
)
from plexsend.campaigns.definitions.keys import KEYS
from plexsend.campaigns.definitions.values import WrongValue, read_moment
from plexsend.errors import FileProblem, Problem, UsageError

SENT = 1_796_086_800_000
"""2026-12-01T10:00:00+09:00."""
WHOLE = """
name = "spring-sale"
label = "봄맞이 세일"
service = "mms-bulk"
account = "shop"
from = "02-2345-6789"
title = "봄맞이 안내"
text = "#{이름}님, 봄옷이 왔습니다."
images = ["spring.jpg", "https://example.com/a.jpg"]
advertisement = true
recipients = "customers.xlsx"
sheet = "고객"
send_at = 2026-12-01T10:00:00+09:00
if_missed = "skip"
missed_within_min = 30
expires_at = 2026-12-01T18:00:00+09:00
window = ["10:00", "18:00"]
rate = 50
pause_at_failure_ratio = 0.2
pause_after = 100
duplicates = "send"
max_invalid = 3
sub_id = "spring"
[mapping]
receiver_number = "휴대폰번호"
[defaults]
"이름" = "고객"
"""


def mistakes(**values: Any) -> dict[str, str]:
    """Return what is wrong with a definition that is right but for these values, by its keys."""
    with pytest.raises(BadDefinition) as caught:
        define(**{"name": "a", "service": "lms-bulk", "text": "가", **values})
    return {problem.field: f"{problem.reason}. {problem.remedy}" for problem in caught.value.problems}


def mistake(**values: Any) -> str:
    ((_, words),) = mistakes(**values).items()
    return words


def right(**values: Any) -> Definition:
    return define(**{"name": "a", "service": "lms-bulk", "text": "가", **values})


def test_a_file_becomes_a_definition(tmp_path: Path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text(WHOLE, encoding="utf-8-sig")
    for name in ("spring.jpg", "customers.xlsx"):
        (tmp_path / name).touch()
    assert read_definition(path) == Definition(
        name="spring-sale",
        label="봄맞이 세일",
        service="mms-bulk",
        account="shop",
        sender="02-2345-6789",
        title="봄맞이 안내",
        text="#{이름}님, 봄옷이 왔습니다.",
        images=(str(tmp_path / "spring.jpg"), "https://example.com/a.jpg"),
        advertisement=True,
        recipients=str(tmp_path / "customers.xlsx"),
        sheet="고객",
        send_at_ms=SENT,
        if_missed=IfMissed.SKIP,
        missed_within_min=30,
        expires_at_ms=SENT + 8 * 3_600_000,
        window=("10:00", "18:00"),
        rate=50,
        pause_at_failure_ratio=0.2,
        pause_after=100,
        duplicates=Duplicates.SEND,
        max_invalid=3,
        fields={"sub_id": "spring"},
        mapping={"receiver_number": "휴대폰번호"},
        defaults={"이름": "고객"},
    )


def test_every_key_of_the_dataclass_can_be_written() -> None:
    attributes = {each.name for each in dataclasses.fields(Definition)} - {"fields"}
    assert {key.attribute for key in KEYS.values()} == attributes
    assert {*tomllib.loads(WHOLE)} - {"sub_id"} == {*KEYS} - {"cron", "time_zone", "encoding", "fallback"}


def test_a_program_gives_the_same_values(tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.touch()
    made = define(
        name="a",
        service="mms-bulk",
        from_="02-2345-6789",
        text="가",
        images=[picture],
        recipients=None,
        send_at=datetime(2026, 12, 1, 1, tzinfo=UTC),
        expires_at="2026-12-01 18:00+09:00",
    )
    assert (made.sender, made.images, made.send_at_ms) == ("02-2345-6789", (str(picture),), SENT)
    assert made.expires_at_ms == SENT + 8 * 3_600_000


def test_what_json_holds_is_the_same_definition() -> None:
    whole = Definition(
        name="spring-sale",
        service="mms-bulk",
        text="#{이름}님",
        images=("/a/spring.jpg",),
        send_at_ms=1,
        if_missed=IfMissed.SKIP,
        window=("10:00", "18:00"),
        duplicates=Duplicates.SEND,
        fallback={"service": "lms-bulk", "text": "가"},
        fields={"buttons": [{"name": "가"}]},
        mapping={"receiver_number": "휴대폰번호"},
    )
    again = Definition.from_json(whole.as_json())
    assert again == whole
    assert (type(again.if_missed), type(again.duplicates)) == (IfMissed, Duplicates)
    bare = Definition(name="a", service="sms-standard")
    assert bare.as_json() == '{"name":"a","service":"sms-standard"}'
    assert Definition.from_json(bare.as_json()) == bare


def test_what_a_newer_version_wrote_is_said() -> None:
    with pytest.raises(UsageError, match="has colour, size, which this version does not know"):
        Definition.from_json('{"name":"a","service":"lms-bulk","size":1,"colour":"red"}')


def test_every_mistake_is_named_at_once() -> None:
    """Types, times without a zone, cron, window, rate, shares, words, names, unknown keys: all in one."""
    values: dict[str, Any] = tomllib.loads(
        """
        name = "Spring Sale"
        service = "mms-bulks"
        from = "12345"
        text = 1
        images = "spring.jpg"
        advertisement = "yes"
        recipients = "no.xlsx"
        send_at = 2026-12-01T10:00:00
        expires_at = 2026-12-01
        cron = "0 10 * *"
        time_zone = "Asia/Soul"
        if_missed = "never"
        window = ["9:00", "18:00"]
        rate = true
        pause_at_failure_ratio = 20
        pause_after = 1.5
        duplicates = "frist"
        max_invalid = -1
        missed_within_min = 0
        fallback = "lms-bulk"
        encoding = "euc-jp"
        sheet = " "
        label = ["a"]
        title = false
        account = ""
        advertisment = true
        msg = "가"
        mapping = ["a"]
        defaults = { "이름" = 1 }
        """
    )
    with pytest.raises(BadDefinition) as caught:
        define(**values)
    assert isinstance(caught.value, UsageError)
    assert sorted(problem.field for problem in caught.value.problems) == sorted(values)
    assert all(problem.reason and problem.remedy for problem in caught.value.problems)
    assert str(caught.value).count("\n") == len(values)


def test_name_and_service_are_needed() -> None:
    with pytest.raises(BadDefinition) as caught:
        define()
    assert [problem.field for problem in caught.value.problems] == ["name", "service"]


def test_without_a_service_nobody_knows_whose_field_it_is() -> None:
    with pytest.raises(BadDefinition) as caught:
        define(name="a", br_id="BR.1", brid="BR.1")
    assert [problem.field for problem in caught.value.problems] == ["brid", "service"]


@pytest.mark.parametrize("name", ["", "-a", "가", "a" * 33, "a b", "a~1", "a/1", "A"])
def test_a_name_is_one_of_a_group(name: str) -> None:
    assert "Write 1 to 32 of a-z, 0-9 and -" in mistake(name=name)


def test_a_near_name_is_asked_about() -> None:
    assert "Did you mean mms-bulk?" in mistakes(service="mms-bulks")["service"]
    assert mistake(advertisment=True) == "is not known. Did you mean advertisement?"
    assert mistake(send_att="a") == "is not known. Did you mean send_at?"
    assert mistake(xyzzy=1).startswith("is not known. Known are name, label, service")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("msg", "A definition has for it: text."),
        ("file_path", "A definition has for it: images."),
        ("sender_number", "A definition has for it: from."),
        ("receiver_number", "mapping"),
        ("msg_key", "each row gets its key by itself"),
    ],
)
def test_fields_of_the_gateway_that_have_a_word_are_named_by_it(key: str, words: str) -> None:
    assert words in mistake(**{key: "a"})


def test_fields_of_another_service_are_refused() -> None:
    assert mistake(br_id="BR.1") == "is a field of rcs-mms, and not of lms-bulk. Leave it out."
    found = mistakes(service="sms-bulk", title="제목", images=["https://example.com/a.jpg"])
    assert found == dict.fromkeys(("title", "images"), "is not a field of this message. Leave it out.")


@pytest.mark.parametrize("written", [datetime(2026, 12, 1, 10), "2026-12-01 10:00"])  # noqa: DTZ001  as TOML
def test_a_time_without_a_zone_is_refused(written: object) -> None:
    assert mistake(send_at=written).startswith("has no time zone")


def test_a_day_is_not_a_time() -> None:
    assert mistake(send_at=datetime(2026, 12, 1).date()).startswith("names a day and not")  # noqa: DTZ001  a day
    assert mistake(send_at=5).startswith("is a number, not a time. Write it with its zone")


def test_a_start_is_given_once() -> None:
    found = mistake(cron="0 10 * * 1", send_at="2026-12-01T10:00+09:00")
    assert found == "is given beside send_at, and each says when it starts. Leave one of the two out."
    assert right(cron="0 10 * * 1").cron == "0 10 * * 1"


def test_an_end_is_behind_its_start_and_not_of_a_cron() -> None:
    start = "2026-12-01T10:00+09:00"
    assert "is not after send_at" in mistake(send_at=start, expires_at=start)
    assert "a cron comes again and again" in mistake(cron="0 10 * * 1", expires_at=start)


@pytest.mark.parametrize("window", [["10:00"], ["10:00", "10:00"], ["10:00", "18"], "10:00-18:00"])
def test_a_window_has_two_times_of_a_day(window: object) -> None:
    assert '["10:00", "18:00"]' in mistake(window=window)
    assert right(window=["22:00", "02:00"]).window == ("22:00", "02:00")


@pytest.mark.parametrize("ratio", [0, 1, 1.0, 20, -0.1, float("nan"), float("inf")])
def test_a_share_is_between_nothing_and_all(ratio: float) -> None:
    assert "0.2 is 20 %" in mistake(pause_at_failure_ratio=ratio)


def test_what_does_nothing_is_refused() -> None:
    assert "does nothing" in mistake(pause_after=100)
    assert right(pause_after=100, pause_at_failure_ratio=0.5).pause_after == 100


def test_files_must_be_there(tmp_path: Path) -> None:
    found = mistakes(
        service="mms-bulk", images=["no.jpg", str(tmp_path)], recipients="no.csv"
    )  # the last of the two is shown by a dict
    assert found["recipients"].startswith("the file 'no.csv' is not there. Correct the path")
    assert "is a folder" in found["images"]
    card = {"service": "mms-bulk", "text": "가", "images": ["no.jpg"]}
    assert "fallback.images" in mistakes(service="rcs-mms-bulk", fallback=card)


def test_pictures_that_a_service_needs_are_missed() -> None:
    assert mistakes(service="mms-bulk")["images"].startswith("is missing")
    assert right(service="mms-bulk", mapping={"images": "사진"}).images == ()
    card = mistakes(service="rcs-mms-bulk", images=["maapfile://a", "maapfile://b"])
    assert "has one image, and 2 are given" in card["images"]


def test_a_sheet_and_an_encoding_are_of_lists_that_have_them(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "a.xlsx"):
        (tmp_path / name).touch()
    assert mistake(recipients=str(tmp_path / "a.csv.gz"), sheet="고객").startswith(
        "is given for a list that is not"
    )
    assert mistake(recipients=str(tmp_path / "a.xlsx"), encoding="cp949").startswith(
        "is given for a spreadsheet"
    )
    assert right(recipients=str(tmp_path / "a.csv.gz"), encoding="CP949").encoding == "cp949"


RCS: dict[str, Any] = {
    "service": "rcs-mms-bulk",
    "title": "제목",
    "images": ["maapfile://a"],
    "msg_type": "RMM",
    "msg_base_id": "SMwThM00",
    "br_id": "BR.1",
    "brand_key": "key",
    "header": "0",
}


def test_a_fallback_is_for_rcs() -> None:
    assert mistake(fallback={"service": "lms-bulk", "text": "가"}).startswith("is for RCS")
    made = right(**RCS, fallback={"service": "lms-bulk", "text": "#{이름}"}, fallback_after_s=60)
    assert made.fallback == {"service": "lms-bulk", "text": "#{이름}"}
    assert made.fields["fallback_after_s"] == 60


@pytest.mark.parametrize(
    ("fallback", "field"),
    [
        ({"text": "가"}, "fallback.service"),
        ({"service": "rcs-mms-bulk", "text": "가"}, "fallback.service"),
        ({"service": "lms-bulk"}, "fallback.text"),
        ({"service": "lms-bulk", "text": 1}, "fallback.text"),
        ({"service": "sms-bulk", "text": "가" * 46}, "fallback.text"),
        ({"service": "sms-bulk", "text": "가", "title": "나"}, "fallback.title"),
        ({"service": "mms-bulk", "text": "가"}, "fallback.images"),
        ({"service": "mms-bulk", "text": "가", "images": "a.jpg"}, "fallback.images"),
        ({"service": "lms-bulk", "text": "가", "msg": "나"}, "fallback.msg"),
        ({"service": "lms-bulk", "text": "가", "imges": []}, "fallback.imges"),
        ({"service": "lms-bulk", "text": "가", "br_id": "a"}, "fallback.br_id"),
        ({"service": "lms-bulk", "text": "#{a b}"}, "fallback.text"),
    ],
)
def test_a_fallback_is_judged_by_the_rules_of_its_service(fallback: dict[str, Any], field: str) -> None:
    assert [*mistakes(**RCS, fallback=fallback)] == [field]


def test_the_gateways_rules_hold_for_what_is_the_same_in_every_row() -> None:
    bad = RCS | {"msg_type": "RMX", "header": "2", "br_id": "가", "buttons": [{"suggestions": []}]}
    assert {*mistakes(**bad)} == {"msg_type", "header", "br_id", "buttons.0.suggestions"}
    assert mistake(text="가" * 1001).startswith("takes 2002 bytes")
    assert mistake(title="가" * 26).startswith("takes 52 bytes")


def test_what_has_variables_is_judged_by_row() -> None:
    assert right(text="#{이름}" + "가" * 1001).text
    assert right(**RCS | {"br_id": "#{지점}"}).fields["br_id"] == "#{지점}"
    assert right(text="", mapping={"text": "문구"}).text == ""


def test_a_missing_text_is_missed() -> None:
    assert mistake(text="").startswith("is missing")


def test_openings_that_begin_no_variable_are_refused() -> None:
    assert "begins no variable" in mistake(text="#{이 름}님")
    assert "begins no variable" in mistakes(title="#{", text="가")["title"]


def test_an_advertisement_need_not_have_its_marks() -> None:
    assert right(advertisement=True).advertisement
    assert "takes" in mistake(service="sms-bulk", text="가" * 44, advertisement=True)
    assert (
        "header" in mistakes(**RCS, advertisement=True)
        or mistakes(**RCS, advertisement=True)["advertisement"]
    )


def test_a_mapping_names_fields_and_variables() -> None:
    mapping = {
        "receiver_number": "번호",
        "title": "제목",
        "sub_id": "회원",
        "sender_number": "지점번호",
        "night_consent": "야간",
        "ad_consent_at": "동의한날",
        "이름": "고객명",
    }
    assert right(text="#{이름}", advertisement=True, mapping=mapping).mapping == mapping
    assert mistakes(mapping={"txt": "a", "receiver_number": " "}) == {
        "mapping.txt": "is neither a field nor a variable of the texts. Did you mean text?",
        "mapping.receiver_number": "names no column. Write the name of a column, or leave it out.",
    }
    assert "neither a field" in mistakes(**RCS, mapping={"buttons": "a"})["mapping.buttons"]


def test_consents_are_about_advertisements() -> None:
    found = mistake(mapping={"night_consent": "야간"})
    assert found == (
        "is about advertisements, and this is not one. Set advertisement = true, or leave it out."
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"mapping": {"text": "문구"}}, "mapping.text"),
        ({"sub_id": "a", "mapping": {"sub_id": "b"}}, "mapping.sub_id"),
        ({"from": "02-2345-6789", "mapping": {"sender_number": "b"}}, "mapping.sender_number"),
    ],
)
def test_what_is_given_twice_is_refused(values: dict[str, Any], field: str) -> None:
    assert "is given twice" in mistakes(**values)[field]


def test_a_default_is_of_a_variable() -> None:
    assert (
        mistake(text="#{이름}", defaults={"이룸": "고객"})
        == "is not a variable of the texts. Did you mean 이름?"
    )


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    for content, words in (
        (b'name = "a"\nname = "b"', "line 2 or before: the key on this line is there twice. Leave one"),
        ("이름 = 1".encode("cp949"), "it is not UTF-8. Save it as UTF-8."),
    ):
        path.write_bytes(content)
        with pytest.raises(FileProblem) as caught:
            read_definition(path)
        assert f"{path}: {words}" in str(caught.value)
    for wrong in (tmp_path, tmp_path / "no.toml", Path("a\0b")):
        with pytest.raises(
            FileProblem, match=r"cannot be read: .*\. Name another|no such file\. Check the path"
        ):
            read_definition(wrong)


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('name = "a"\nservice = "lms-bulk"\n', encoding="utf-8")
    with pytest.raises(BadDefinition) as caught:
        read_definition(path)
    assert str(caught.value).startswith(
        f"{path}: the definition of the campaign is wrong:\n  text: is missing"
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
SERVICES = st.sampled_from(["lms-bulk", "mms-bulk", "rcs-mms-bulk", "sms-bulk"])


@settings(max_examples=25)
@given(
    values=st.dictionaries(
        st.sampled_from([*KEYS, "msg_type", "buttons", "br_id", "header", "fallback_after_s", "sub_id"]),
        VALUES,
    ),
    service=SERVICES,
)
def test_whatever_is_written_is_refused_in_words(values: dict[str, Any], service: str) -> None:
    made: Definition | None = None
    problems: tuple[Problem, ...] = ()
    try:
        made = define(**{**values, "service": service, "name": "a"})
    except BadDefinition as exc:
        problems = exc.problems
    assert (made is None) == bool(problems)
    assert made is None or Definition.from_json(made.as_json()) == made


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_times_beyond_all_calendars_are_refused(at: str) -> None:
    with pytest.raises(WrongValue, match="is in the year"):
        read_moment(datetime.fromisoformat(at))
