"""Logs as a person and a program read them, and what they never show."""

from __future__ import annotations

import enum
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from celery.utils.log import ColorFormatter
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import OutboxError
from plexsend.logs import FORBIDDEN, WITHHELD, configure, get_logger, guard, mask_text, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THEIRS = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
BODY = "안녕하세요 회원님"
CELL = "궁예의비밀번호"


@pytest.fixture(autouse=True)
def root() -> Iterator[logging.Logger]:
    """The root logger, which is as before after the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    root.handlers[:], root.level = handlers, level
    logging.getLogger().manager._clear_cache()  # type: ignore[attr-defined] # levels are remembered there


@pytest.fixture
def text() -> io.StringIO:
    """What a program's own handler prints, from level info on."""
    return printed(json=False)


@pytest.fixture
def lines() -> Callable[[], list[dict[str, Any]]]:
    """What is printed for programs, from level debug on."""
    stream = printed(logging.DEBUG, json=True)

    def lines() -> list[dict[str, Any]]:
        # Through UTF-8 as to a file, which cannot hold everything that a str can.
        return [json.loads(line) for line in stream.getvalue().encode().decode().splitlines()]

    return lines


def printed(level: int = logging.INFO, *, json: bool) -> io.StringIO:
    """Return what is printed from now on, by a handler whose own form is that of `THEIRS`."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(THEIRS)
    root = logging.getLogger()
    root.handlers[:], root.level = [handler], level
    configure(root, json=json)
    return stream


def after_head(line: str) -> str:
    """Return the line without time and level."""
    return line.split(maxsplit=2)[2]


def fail(reason: str) -> None:
    raise ValueError(reason)


# Shape


def test_person_reads_the_phrase_first_and_then_fields(text: io.StringIO) -> None:
    get_logger("worker.drain").info("batch sent", lane="mms-bulk@main", messages=10, full=True, code=None)
    time, level, rest = text.getvalue().rstrip("\n").split(maxsplit=2)
    assert (time[4], level) == ("-", "INFO")
    assert rest == "worker.drain batch sent lane=mms-bulk@main messages=10 full=true code=null"


def test_program_reads_one_object_a_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    log = get_logger("worker.drain")
    log.info("batch sent", messages=10, nested={"codes": {"C100": 10}})
    log.warning("lane shut", wait_s=1.5)
    first, second = lines()
    time = first.pop("time")
    assert (time[4], time[-6:]) == ("-", "+00:00")
    assert first == {
        "level": "info",
        "logger": "worker.drain",
        "event": "batch sent",
        "messages": 10,
        "nested": {"codes": {"C100": 10}},
    }
    assert (second["level"], second["wait_s"]) == ("warning", 1.5)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("word", "word"),
        ("two words", '"two words"'),
        ("", '""'),
        ("a=b", '"a=b"'),
        ('say "a"', r'"say \"a\""'),
        ("line\nlevel=error", r'"line\nlevel=error"'),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\u2028b", r'"a\u2028b"'),
        ("\udc80", r"\udc80"),
        ("한글", "한글"),
        (float("nan"), "nan"),
        (["a b", 1], '["a b", 1]'),
    ],
)
def test_value_cannot_make_up_a_field_or_a_line(text: io.StringIO, value: object, shown: str) -> None:
    get_logger("x").info("phrase", key=value)
    assert after_head(text.getvalue()) == f"x phrase key={shown}\n"


@given(
    value=st.text()
    | st.floats()
    | st.lists(st.text(), max_size=3)
    | st.dictionaries(st.text(), st.binary(), max_size=3)
)
def test_every_value_is_one_line_in_both_forms(value: object) -> None:
    for as_json in (False, True):
        stream = printed(json=as_json)
        get_logger("x").info("phrase", key=value)
        stream.getvalue().encode()
        (line,) = stream.getvalue().splitlines()
        assert not as_json or json.loads(line)["event"] == "phrase"


def test_line_for_programs_ends_nowhere_else(lines: Callable[[], list[dict[str, Any]]]) -> None:
    # `lines` splits where str.splitlines does, which is in more places than at newlines.
    get_logger("x").info("phrase", key="a\u2028b\u2029c\x85d\x0ce\udc80")
    (line,) = lines()
    assert line["key"] == "a\u2028b\u2029c\x85d\x0ce\udc80"


def test_field_cannot_pose_as_the_level(lines: Callable[[], list[dict[str, Any]]]) -> None:
    get_logger("x").info("phrase", level="critical", logger="y", time=0)
    (line,) = lines()
    assert (line["level"], line["logger"], line["level_"], line["logger_"], line["time_"]) == (
        "info",
        "x",
        "critical",
        "y",
        0,
    )


def test_bound_fields_stand_on_every_line(text: io.StringIO) -> None:
    log = get_logger("x").bind(lane="mms-bulk@main")
    log.info("one")
    log.warning("two", n=2)
    assert text.getvalue().count("lane=mms-bulk@main") == 2


def test_long_value_is_cut_and_says_so(text: io.StringIO) -> None:
    get_logger("x").info("phrase", key="z" * 5000)
    assert "… (5000 characters)" in text.getvalue()
    assert len(text.getvalue()) < 1200


# Levels and set-ups


def test_lines_below_the_level_are_dropped(text: io.StringIO) -> None:
    get_logger("x").debug("phrase")
    logging.getLogger("y").debug("phrase")
    assert not text.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_configuring_again_changes_nothing(as_json: bool) -> None:  # noqa: FBT001 - pytest passes by name
    logger, handler = logging.getLogger(f"own.{as_json}"), logging.StreamHandler(io.StringIO())
    logger.addHandler(handler)
    configure(logger, json=as_json)
    before = handler.formatter
    configure(logger, json=as_json)
    assert (logger.handlers, handler.formatter) == ([handler], before)


def test_logger_made_before_configuring_follows_it() -> None:
    log = get_logger("early")
    log.info("before")
    stream = printed(json=False)
    log.info("after")
    assert after_head(stream.getvalue()) == "early after\n"


def test_handlers_keep_their_level_and_their_number(root: logging.Logger) -> None:
    theirs = logging.StreamHandler(io.StringIO())
    theirs.setLevel(logging.ERROR)
    root.handlers[:] = [theirs]
    configure(root, json=True)
    get_logger("x").warning("phrase")
    assert (root.handlers, theirs.level, theirs.stream.getvalue()) == ([theirs], logging.ERROR, "")


def test_handler_without_a_form_prints_the_message_masked(root: logging.Logger) -> None:
    stream = io.StringIO()
    root.handlers[:], root.level = [logging.StreamHandler(stream)], logging.INFO
    configure(root, json=False)
    logging.getLogger("y").warning("no answer about %s", "01012345678")
    assert stream.getvalue() == "no answer about 010****5678\n"


def test_celery_s_own_handler_prints_our_lines(root: logging.Logger) -> None:
    # What Celery puts on the root logger unless its signal setup_logging is taken.
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ColorFormatter("[%(levelname)s/%(processName)s] %(message)s", use_color=False))
    root.handlers[:], root.level = [handler], logging.INFO
    get_logger("worker.drain").warning("lane shut 100%", lane="mms-bulk@main", secret="s", to="010")
    assert stream.getvalue() == (
        f"[WARNING/MainProcess] lane shut 100% lane=mms-bulk@main secret={WITHHELD} to={WITHHELD}\n"
    )


def test_records_of_other_libraries_have_the_same_shape(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("kombu").error("cannot connect to %s: %d%%", "redis://u:pw@h/0", 5)
    (line,) = lines()
    assert (line["logger"], line["event"]) == ("kombu", "cannot connect to redis://***@h/0: 5%")


def test_records_of_other_libraries_are_masked_in_their_own_form(text: io.StringIO) -> None:
    try:
        fail("nobody at redis://:pw@h knows 01012345678")
    except ValueError:
        logging.getLogger("kombu").exception("cannot reach %s", "redis://u:pw@h/0")
    head, *trace = text.getvalue().splitlines()
    assert after_head(head) == "kombu cannot reach redis://***@h/0"
    assert trace[-1] == "ValueError: nobody at redis://***@h knows 010****5678"


# Errors


def test_traceback_follows_for_people_and_is_a_field_for_programs(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    for ours in (True, False):
        try:
            fail("no answer from redis://:pw@h about 01012345678")
        except ValueError:
            (get_logger("x") if ours else logging.getLogger("y")).exception("drain failed")
    own, theirs = lines()
    assert (own["event"], theirs["event"]) == ("drain failed", "drain failed")
    assert own["exception"].endswith("\nValueError")
    assert f"in {fail.__name__}" in own["exception"]
    assert theirs["exception"].endswith("ValueError: no answer from redis://***@h about 010****5678")
    people = printed(json=False)
    try:
        fail("one\ntwo")
    except ValueError:
        logging.getLogger("y").exception("drain failed")
        get_logger("x").exception("drain failed", lane="a")
    shown = people.getvalue().splitlines()
    assert shown[shown.index("two") - 1] == "ValueError: one"
    assert after_head(shown[shown.index("two") + 1]) == "x drain failed lane=a"
    assert shown[-1] == "ValueError"


@pytest.mark.parametrize("exc_info", ["true", "error", "tuple"])
def test_what_an_error_of_ours_says_is_shown_and_what_another_says_is_not(
    text: io.StringIO, exc_info: str
) -> None:
    try:
        try:
            int(CELL)
        except ValueError as exc:
            raise OutboxError("Redis does not answer") from exc
    except OutboxError as exc:
        given = {"true": True, "error": exc, "tuple": (type(exc), exc, exc.__traceback__)}[exc_info]
        get_logger("x").error("feeding failed", exc_info=given)
    shown = text.getvalue()
    assert CELL not in shown
    assert shown.count("Traceback (most recent call last)") == 2
    assert shown.index("ValueError\n") < shown.index("OutboxError: Redis does not answer")


def test_the_reason_of_a_foreign_error_is_its_kind_and_place() -> None:
    with pytest.raises(ValueError, match="secret") as failed:
        fail("secret")
    assert reason_of(failed.value).startswith("ValueError at test_logs.py:")
    assert reason_of(OutboxError("Redis does not answer")) == "Redis does not answer"
    assert reason_of(KeyError("secret")) == "KeyError"


def test_no_exception_is_no_traceback(text: io.StringIO) -> None:
    get_logger("x").warning("phrase", exc_info=False)
    assert after_head(text.getvalue()) == "x phrase\n"


# What is never shown


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_forbidden_field_is_withheld_at_any_depth(text: io.StringIO, name: str) -> None:
    log = get_logger("x")
    log.info("phrase", **{name: BODY})
    log.info("phrase", **{name.upper(): BODY})
    log.info("phrase", item={"deep": [{name: BODY}]})
    assert BODY not in text.getvalue()
    assert text.getvalue().count(WITHHELD) == 3


@pytest.mark.parametrize(
    "name",
    [
        *("body", "msg", "msg_data", "text", "title", "echo_to_webhook", "request", "response", "headers"),
        *("secret", "secret_key", "password", "authorization", "credentials"),
        *("to", "from", "number", "phone", "receiver", "sender", "receiver_number", "sender_number"),
    ],
)
def test_list_of_forbidden_names_holds_what_a_message_and_an_account_are_made_of(name: str) -> None:
    assert name in FORBIDDEN


@pytest.mark.parametrize(
    "name", ["user_password", "OldSecret", "passwd", "proxy_authorization", "my_credentials"]
)
def test_name_that_holds_a_forbidden_word_is_withheld(name: str) -> None:
    assert guard(None, "info", {name: "x"}) == {name: WITHHELD}


@pytest.mark.parametrize("name", ["msg_key", "messages", "token", "lane", "reason", "code", "setting", "key"])
def test_names_that_logs_live_by_are_shown(name: str) -> None:
    assert guard(None, "info", {name: "x"}) == {name: "x"}


def test_bytes_are_withheld(text: io.StringIO) -> None:
    get_logger("x").info("phrase", raw=BODY.encode(), more=[bytearray(b"abc")])
    assert after_head(text.getvalue()) == f'x phrase raw={WITHHELD} more=["{WITHHELD}"]\n'


def test_values_given_for_a_template_are_withheld(text: io.StringIO) -> None:
    get_logger("x").info("phrase %s", BODY)
    assert BODY not in text.getvalue()


def test_any_other_object_is_masked_as_text(text: io.StringIO) -> None:
    class Colour(enum.Enum):
        RED = "010-1234-5678"

    class Thing:
        def __str__(self) -> str:
            return "thing 01012345678"

    get_logger("x").info(
        "phrase", colour=Colour.RED, thing=Thing(), kinds={"01012345678"}, by={"01012345678": 1}
    )
    assert "1234" not in text.getvalue()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("01012345678", "010****5678"),
        ("010-1234-5678", "010****5678"),
        ("010.1234.5678", "010****5678"),
        ("010 1234 5678", "010****5678"),
        ("010-12345678", "010****5678"),
        ("011-123-4567", "011****4567"),
        ("+821012345678", "821****5678"),
        ("+82 10-1234-5678", "821****5678"),
        ("+82 (0)10-1234-5678", "820****5678"),
        ("8201012345678", "820****5678"),
        ("(02) 1234-5678", "021****5678"),
        ("02-123-4567", "02****67"),
        ("050712345678", "050****5678"),
        ("1588-1234", "15****34"),
        ("15881234", "15****34"),
        ("1012345678", "101****5678"),
        ("tel01012345678x", "tel010****5678x"),
        ("k-01012345678-1", "k-010****5678-1"),
        ("rediss://user:p@ss@host/0", "rediss://***@host/0"),
    ],
)
def test_numbers_and_logins_are_masked(written: str, shown: str) -> None:
    assert mask_text(f"to {written}, twice {written}") == f"to {shown}, twice {shown}"


@pytest.mark.parametrize(
    "written",
    [
        "4b68ca16-7aa8-4a17-b74c-2b8e4adb13f8",
        "order-0000000123",
        "2026-11-22T18:04:21.019+09:00",
        "20261122-000017",
        "1763802261019",
        "1763802261019123",
        "127.0.0.1:6379",
        "redis://127.0.0.1:6379/0",
        "redis://:**@127.0.0.1:6379/0",
        "mms:v2:1:1f3c9a0d",
        "C400_2",
        "71003",
        "worker a@b",
    ],
)
def test_ids_times_and_addresses_stay_readable(written: str) -> None:
    assert mask_text(written) == written


SENDER = (
    r"(02[2-9][0-9]{6,7}|0(3[1-3]|4[1-4]|5[1-5]|6[1-4])[2-9][0-9]{6,7}|070[2-9][0-9]{7}"
    r"|01(0[2-9][0-9]{7}|[16789][0-9]{7,8})|0[3568]0[0-9]{7,8}|1[568][0-9]{6})"
)


@given(
    number=st.from_regex(SENDER, fullmatch=True),
    mark=st.sampled_from(["", "-", " ", "."]),
    around=st.sampled_from(["{}", "to {} failed", '{{"n": "{}"}}', "a,{},b", "({})", "no answer about {}."]),
    abroad=st.booleans(),
)
def test_every_number_the_gateway_takes_is_masked(number: str, mark: str, around: str, abroad: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
    area = 4 if number.startswith("1") else 2 if number.startswith("02") else 3
    written = mark.join(part for part in (number[:area], number[area:-4], number[-4:]) if part)
    if abroad and number.startswith("0"):
        written = "+82" + mark + written[1:]
    shown = mask_text(around.format(written))
    assert written not in shown
    assert "****" in shown
