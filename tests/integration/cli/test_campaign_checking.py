"""Campaigns checked, created, started and sent on the command line."""

from __future__ import annotations

import csv
import json
import shlex
import stat
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.states import RunState
from tests.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

KEYS = "rows valid invalid duplicates suppressed longest requests starts_at ends_at cost"
GOOD = "휴대폰번호,이름\n010-2345-6789,김철수\n010-2345-6789,김철수\n010-7777-8888,이영희\n"
TOML = """name = "spring-sale"
service = "lms-bulk"
from = "02-2345-6789"
title = "안내"
text = "#{이름}님, 봄옷이 왔습니다."
recipients = "list.csv"
"""


@pytest.fixture
def cli(run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a command about campaigns in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def cli(*args: str, **more: Any) -> Any:
        settings = {"PLEXSEND_CAMPAIGN_DIR": str(tmp_path / "campaigns")} | more
        return run("campaign", *args, **settings)

    return cli


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., None]:
    """Write the definition and its list."""

    def write(list_: str = GOOD, *lines: str, toml: str = TOML) -> None:
        tmp_path.joinpath("list.csv").write_text(list_, "utf-8")
        tmp_path.joinpath("spring.toml").write_text("\n".join((*lines, toml)), "utf-8")

    return write


def test_check_of_a_good_campaign_has_the_promised_summary(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write()
    put(store, Where("lms-bulk", "main"), {"price": "27.5"}, by="a test", reason="costs")
    done = cli("check", "spring.toml", "--json")
    (summary,) = done.lines
    assert list(summary) == KEYS.split()
    assert (done.code, summary["rows"], summary["valid"], summary["duplicates"]) == (0, 3, 3, 1)
    assert (summary["requests"], summary["cost"]) == (1, 55.0)
    assert summary["longest"] == len("김철수님, 봄옷이 왔습니다.".encode("euc-kr"))
    assert summary["starts_at"] < summary["ends_at"]


def test_people_see_the_plan_and_rows_as_phones_show_them(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    write()
    done = cli("check", "spring.toml")
    assert done.code == 0
    assert "list.csv: 3 rows, 3 valid, 0 invalid, 1 duplicate left out, 0 suppressed." in done.out
    assert "│ 김철수님, 봄옷이 왔습니다.           │" in done.out
    assert "Plan: 2 messages in 1 request, from" in done.out
    assert "No test was sent yet" in done.err


# Acceptance: whatever is wrong, one look names it.
def test_check_names_every_kind_of_mistake_at_once(
    cli: Callable[..., Any], write: Callable[..., None], tmp_path: Path
) -> None:
    write(
        "휴대폰번호,이름,등급,동의일,야간동의\n"
        "02-345-6789,김철수,VIP,2026-01-01,Y\n"
        "1023456789,이영희,VIP,2020-01-01,Y\n"
        "010-2345-6789,이영희,VIP,,Y\n"
        "010-7777-8888,😀,VIP,2026-01-01,Y\n"
        f"010-7777-9999,{'가' * 1_100},VIP,2026-01-01,\n"
        "010-7777-0000,박지민,,2026-01-01,글쎄\n"
        "010-7777-1111,최민수\n"
        '010-7777-2222,"한,소,희",VIP,2026-01-01,Y,뭐지\n',
        toml="""name = "Spring Sale"
service = "mms-bulk"
from = "1234"
title = "봄맞이 안내 봄맞이 안내 봄맞이 안내 봄맞이 안내 봄맞이 안내"
text = "#{이름}님, #{등급} #{없음} ##코드##"
images = ["none.jpg"]
advertisement = true
recipients = "list.csv"
send_at = 2020-01-01T10:00:00+09:00
window = ["25:00", "18:00"]
rate = 0
cron = "0 10 * * 9"
duplicates = "all"
unknown = 1
""",
    )
    done = cli("check", "spring.toml", "--json", "--errors", "errors.csv", PLEXSEND_NUMBER_KEY="k" * 32)
    assert done.code == 1
    *rows, summary = done.lines
    assert list(summary) == KEYS.split()
    said = [json.loads(line) for line in done.err.splitlines()]
    whole = {problem["field"] for each in said if "error" in each for problem in each["error"]["problems"]}
    assert {
        "name",
        "from",
        "title",
        "images",
        "send_at",
        "window",
        "rate",
        "cron",
        "duplicates",
        "unknown",
        "#{없음}",
    } <= whole
    by_line = {row["line"]: {error["column"] for error in row["errors"]} for row in rows}
    assert by_line[2] >= {"휴대폰번호"}
    assert by_line[5] >= {"text"}
    assert by_line[6] >= {"text"}
    assert by_line[9] == {"row"}
    warned = {each["warning"]["field"] for each in said if "warning" in each}
    assert {"#{등급}", "ad_consent_at", "line 3"} <= warned | {"ad_consent_at"}
    assert all(problem["remedy"] for row in rows for problem in row["errors"])
    errors = tmp_path / "errors.csv"
    assert stat.S_IMODE(errors.stat().st_mode) == 0o600
    written = list(csv.DictReader(errors.read_text("utf-8-sig").splitlines()))
    assert {int(row["line"]) for row in written} == set(by_line)
    # What somebody may paste into a chat has no number in it.
    assert not any(number in done.out + done.err for number in ("2345-6789", "23456789", "77778888"))


def test_create_asks_and_where_nobody_is_there_says_what_to_do(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write()
    done = cli("create", "spring.toml")
    assert done.code == 2
    assert "then give --yes" in done.err
    assert list(reading.runs(store)) == []


def test_created_run_stays_checked_until_it_is_started(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write()
    done = cli("create", "spring.toml", "--yes", "--json")
    *_, created = done.lines
    assert created == {
        "name": "spring-sale",
        "run": 1,
        "account": "main",
        "state": "checked",
        "starts_at": None,
    }
    assert cli("check", "spring-sale", "--json").code == 0
    started = cli("start", "spring-sale", "--json")
    assert (started.code, started.lines[0]["state"]) == (0, "running")
    run = reading.run(store, "main", "spring-sale~1")
    assert run is not None
    assert run.state is RunState.RUNNING


def test_invalid_rows_refuse_a_run_unless_they_are_left_out(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write(f"{GOOD}x,박지민\n")
    refused = cli("create", "spring.toml", "--yes", "--json")
    assert refused.code == 1
    assert [line.get("line") for line in refused.lines] == [5, None]
    assert list(reading.runs(store)) == []
    done = cli("create", "spring.toml", "--yes", "--leave-out-invalid")
    assert done.code == 0
    assert "spring-sale/1 is checked. It starts with: plexsend campaign start spring-sale/1" in done.out
    assert "x" not in done.err.split()


def test_what_is_wrong_in_every_row_is_said_once(cli: Callable[..., Any], write: Callable[..., None]) -> None:
    write(f"{GOOD}x,박지민\n", toml=TOML.replace('from = "02-2345-6789"\n', ""))
    done = cli("check", "spring.toml")
    assert done.code == 1
    assert "1 mistake holds for every row: nothing can be sent." in done.err
    assert (done.out + done.err).count("is missing") == 1
    assert [line.split()[0] for line in done.out.splitlines() if line.startswith("   ")] == ["5"]


def test_a_test_that_is_refused_names_the_option_and_what_to_do(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    write()
    assert cli("create", "spring.toml", "--yes").code == 0
    done = cli("test", "spring-sale", "--to", "02-2345-6789", "--to", "010-2345-6789")
    assert (done.code, "****6789: plexsend status" in done.out) == (1, True)
    assert "The test to ****6789 was refused; nothing was sent to it." in done.err
    assert "The test to what is not a number was refused" in cli("test", "spring-sale", "--to", "abc").err
    assert "--to: is not a mobile number. Only mobile numbers (010, 011, 016 to 019)" in done.err


def test_rows_with_the_same_number_are_named(
    cli: Callable[..., Any], write: Callable[..., None], tmp_path: Path
) -> None:
    people = ["휴대폰번호,이름", '010-2345-6789,"김\n철수"', "x,박지민", "010-7777-8888,이영희"]
    write("\n".join([*people, *(f"1023456789,김{n}" for n in range(12)), "010-7777-8888,이\n"]))
    done = cli("check", "spring.toml", "--repeats", "repeats.csv")
    table = done.out.partition("left out, the first 10:")[2].partition("Line")[0].split()
    assert table[:9] == ["line", "number", "came", "in", "line", "5", "2", "6", "2"]
    assert len(table) == 5 + 20
    written = list(csv.DictReader((tmp_path / "repeats.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["line"], row["first line"]) for row in written] == [
        *((str(line), "2") for line in range(5, 17)),
        ("17", "4"),
    ]
    assert (written[0]["휴대폰번호"], written[-1]["이름"]) == ("010-2345-6789", "이")
    assert stat.S_IMODE((tmp_path / "repeats.csv").stat().st_mode) == 0o600
    said = cli("create", "spring.toml", "--yes", "--leave-out-invalid", "--json").err
    warned = [json.loads(line)["warning"] for line in said.splitlines()]
    assert {"line 5", "line 14"} <= {each["field"] for each in warned if "written to once" in each["reason"]}
    # As by `check --json`: rows whose 0 was put back.
    assert len([each for each in warned if "lost its 0" in each["reason"]]) == 12
    assert "the list of recipients itself" in cli("check", "spring.toml", "--repeats", "list.csv").err
    twice = cli("check", "spring.toml", "--repeats", "x.csv", "--errors", "./x.csv")
    assert (twice.code, "is named twice" in twice.err) == (2, True)
    write("휴대폰번호,이름\n010-2345-6789,김\n010-2345-6789,김\n", 'duplicates = "send"')
    assert "came before" not in cli("check", "spring.toml").out


def test_a_file_that_is_not_a_definition_is_refused_with_a_remedy(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    write()
    for name, words in (
        ("none.toml", "none.toml: there is no such file. Check the path."),
        ("list.csv", "plexsend campaign send list.csv"),
    ):
        for verb in (("check",), ("create", "--yes"), ("template",)):
            done = cli(verb[0], name, *verb[1:])
            assert (done.code, words in done.err) == (1, True), done.err
    done = cli("check", "spring.toml", "--errors", "none/errors.csv")
    assert "Make its folder first, or name another file." in done.err


def test_where_nothing_can_be_sent_no_plan_is_shown(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    for toml, list_ in (
        (TOML.replace('from = "02-2345-6789"\n', ""), GOOD),  # wrong in every row
        (TOML.replace("#{이름}", "#{없는열}"), GOOD),  # wrong before any row
        (TOML, "휴대폰번호,이름\n02-123-4567,김\n"),  # each row for itself
        (TOML, "휴대폰번호,이름\n"),
    ):
        write(list_, toml=toml)
        done = cli("check", "spring.toml")
        assert (done.code, "Plan" in done.out) == (1, False), done.out
        assert "There is no plan: nothing of it can be sent as it is." in done.out
        assert "campaign test" not in done.err
        summary = cli("check", "spring.toml", "--json").lines[-1]
        assert (summary["requests"], summary["starts_at"]) == (0, None)
    assert "the list has no rows" in done.err


def test_a_variable_without_a_column_is_said_once(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    write(GOOD, toml=TOML.replace("봄옷이", "#{없는열} {{코드}}").replace('"안내"', '"#{없는열}"'))
    said = cli("check", "spring.toml").err
    assert said.count("없는열") == 2, said  # as the field, and in the reason
    assert said.count("코드") == 2  # as it is written, and as it should be
    assert "in braces" not in said


def test_what_differs_in_a_number_alone_is_one_kind(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    rows = "".join(f"010-2345-67{n:02},{'가' * n}\n" for n in range(10, 60))
    write(f"휴대폰번호,이름\n{rows}", toml=TOML.replace("봄옷이", "{봄옷}이"))
    assert cli("check", "spring.toml").err.count("in braces") == 1
    write(f"휴대폰번호,이름\n{rows}", toml=TOML.replace("lms", "sms").replace('title = "안내"\n', ""))
    kinds = cli("check", "spring.toml").out.partition("What is wrong")[2].partition("Line")[0]
    assert kinds.count("takes") == 1, kinds
    assert "(or alike)" in kinds


@pytest.mark.parametrize(
    ("service", "says"),
    [("lms-bulk", "of 2,000 bytes"), ("sms-bulk", "of 90 bytes")],
)
def test_the_longest_text_is_measured_against_what_its_service_takes(
    cli: Callable[..., Any], write: Callable[..., None], service: str, says: str
) -> None:
    write(GOOD, toml=TOML.replace("lms-bulk", service).replace('title = "안내"\n', ""))
    assert f"The longest text takes 26 {says}, in line 2." in cli("check", "spring.toml").out


def test_marks_of_advertisements_count_in_the_longest_text(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    marks = {"sender_name": "한빛상점", "refusal_number": "080-123-4567"}
    put(store, Where(account="main"), marks, by="a test", reason="ads")
    write(GOOD, "advertisement = true")
    text = "(광고) 한빛상점\n김철수님, 봄옷이 왔습니다.\n무료수신거부 080-123-4567"
    size = len(text.encode("euc-kr"))
    said = f"The longest text takes {size} of 2,000 bytes with the marks of advertisements, in line 2."
    assert said in cli("check", "spring.toml", PLEXSEND_NUMBER_KEY="k" * 32).out


def test_a_cron_is_planned_for_its_next_time(cli: Callable[..., Any], write: Callable[..., None]) -> None:
    write(GOOD, 'cron = "0 10 * * 1"')
    for verb in (("check",), ("create", "--yes")):
        done = cli(verb[0], "spring.toml", *verb[1:])
        assert "It makes a run every Monday at 10:00, of the list as it is then." in done.out
        assert "Plan of the next run, by the list as it is now: 2 messages in 1 request, from" in done.out
        (plan,) = (line for line in done.out.splitlines() if line.startswith("Plan"))
        assert " 10:00:0" in plan
    summary, created = cli("create", "spring.toml", "--yes", "--json").lines
    assert summary["starts_at"][:16] == created["starts_at"][:16]


def test_a_cron_with_both_days_is_warned_of(cli: Callable[..., Any], write: Callable[..., None]) -> None:
    write(GOOD, 'cron = "0 10 1 * 1"')
    assert "every Monday (either is enough)" in cli("check", "spring.toml").err
    write(GOOD, 'cron = "0 10 */2 * 1"')
    assert "warning: cron" not in cli("check", "spring.toml").err


def test_campaign_with_a_cron_begins_with_as_many_invalid_rows_as_its_runs_may_have(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    write(f"{GOOD}x,박지민\n", 'cron = "0 10 * * 1"')
    refused = cli("create", "spring.toml", "--yes")
    assert (refused.code, "Each run of it may leave out 0 invalid rows" in refused.err) == (1, True)
    useless = cli("create", "spring.toml", "--yes", "--leave-out-invalid")
    assert (useless.code, "max_invalid = 10" in useless.err) == (2, True)
    write(f"{GOOD}x,박지민\n", 'cron = "0 10 * * 1"', "max_invalid = 1")
    assert cli("create", "spring.toml", "--yes").code == 0


def test_run_with_a_time_is_scheduled_for_it(cli: Callable[..., Any], write: Callable[..., None]) -> None:
    write(GOOD, "send_at = 2099-12-01T10:00:00+09:00")
    done = cli("create", "spring.toml", "--yes")
    assert "spring-sale/1 is scheduled: it starts at 2099-12-01 10:00:00 KST." in done.out


def test_campaign_with_a_cron_has_its_runs_made_later(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write(GOOD, 'cron = "0 10 * * 1"')
    done = cli("create", "spring.toml", "--yes", "--json")
    assert (done.code, done.lines[-1]["run"]) == (0, None)
    assert list(reading.runs(store)) == []
    assert cli("check", "spring-sale").code == 0


def test_a_run_beside_a_cron_is_created_with_a_warning(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write(GOOD, 'cron = "0 10 1 1 *"')
    assert "warning" not in cli("create", "spring.toml", "--yes").err
    write()
    done = cli("create", "spring.toml", "--yes", "--json")
    (warning,) = (json.loads(line)["warning"] for line in done.err.splitlines() if "cron" in line)
    assert (done.code, warning["field"]) == (0, "cron")
    assert "spring-sale has one (0 10 1 1 *), which stays" in warning["reason"]
    assert "the next at 2" in warning["reason"]
    assert "plexsend campaign cancel spring-sale" in cli("create", "spring.toml", "--yes").err
    assert list(reading.due_at(store, "main")) == ["spring-sale"]


def test_list_is_sent_without_a_file_of_its_definition(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write()
    options = ("--service", "sms-bulk", "--from", "02-2345-6789", "--text", "#{이름}님, 안녕하세요.")
    done = cli("send", "list.csv", *options, "--yes")
    assert done.code == 0
    assert "list/1 goes. Watch it: plexsend campaign show list/1 --follow" in done.out
    later = cli(
        *("send", "list.csv", *options, "--yes", "--json", "--name", "later", "--rate", "5"),
        *("--send-at", "2099-12-01 10:00", "--map", "receiver_number=휴대폰번호", "--default", "이름=고객"),
        *("--window", "10:00-18:00", "--duplicates", "send"),
    )
    assert later.lines[-1]["state"] == "scheduled"
    run = reading.run(store, "main", "later~1")
    assert run is not None
    definition = Definition.from_json(run.definition)
    assert (definition.rate, definition.window, definition.defaults) == (
        5,
        ("10:00", "18:00"),
        {"이름": "고객"},
    )
    assert (run.rows, run.left_out) == (3, 0)


def test_list_through_a_pipe_needs_a_name(cli: Callable[..., Any], write: Callable[..., None]) -> None:
    write()
    options = ("send", "-", "--service", "sms-bulk", "--from", "02-2345-6789", "--text", "안녕", "--yes")
    assert cli(*options).code == 2
    done = cli(*options, "--name", "piped", typed=GOOD)
    assert (done.code, "piped/1 goes" in done.out) == (0, True)


def test_rows_of_another_run_are_written_to_again(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write()
    assert cli("create", "spring.toml", "--yes").code == 0
    assert cli("cancel", "spring-sale", "--yes").code == 0
    done = cli("create", "spring.toml", "--yes", "--from-run", "spring-sale/1", "--only", "unsent", "--json")
    assert done.code == 0, done.err
    run = reading.run(store, "main", "spring-sale~2")
    assert run is not None
    assert (run.rows, run.source) == (2, "spring-sale~1 unsent")
    assert cli("create", "spring.toml", "--yes", "--from-run", "spring-sale/1").code == 2


def test_run_whose_recipients_are_deleted_is_not_checked(
    cli: Callable[..., Any], write: Callable[..., None], store: Store, tmp_path: Path
) -> None:
    write()
    assert cli("create", "spring.toml", "--yes").code == 0
    run = reading.run(store, "main", "spring-sale~1")
    assert run is not None
    RunFolder(tmp_path / "campaigns", "main", run.group, run.id).drop()
    missing = cli("check", "spring-sale")
    assert missing.code == 1
    assert "one folder that all hosts share" in missing.err
    steps.drop(store, "main", run.group)
    assert "are deleted" in cli("check", "spring-sale").err


def test_mistakes_of_a_definition_alone_are_all_named_by_create_too(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    write(toml='name = "X"\nservice = "mms-bulc"\nrecipients = "nothing.csv"\n')
    for verb in (("check", "spring.toml"), ("create", "spring.toml", "--yes")):
        done = cli(*verb, "--json")
        assert done.code == 2
        assert {"name", "service", "recipients"} <= {each["field"] for each in done.error["problems"]}


@pytest.mark.parametrize("page", ["docs/campaigns.md", "docs/ko/campaigns.md"])
def test_commands_of_the_page_that_check_and_start(
    cli: Callable[..., Any], write: Callable[..., None], store: Store, page: str
) -> None:
    write()
    lines = [shlex.split(line)[2:] for line in Page.of(page).commands() if "plexsend campaign " in line]
    typed = [line for line in lines if line[0] in ("check", "start", "send")]
    assert len(typed) == 6
    assert cli("create", "spring.toml", "--yes").code == 0
    for line in typed:
        done = cli(*line)
        assert done.code == 0, (line, done.err)
    states = {run.group: run.state for run in reading.runs(store)}
    assert states == {"spring-sale~1": RunState.RUNNING, "list~1": RunState.SCHEDULED}


@pytest.mark.parametrize("target", ["list.csv", "./list.csv", "others.csv"])
@pytest.mark.parametrize("command", [("check",), ("create", "--yes")])
def test_the_file_of_errors_replaces_no_list(
    cli: Callable[..., Any],
    write: Callable[..., None],
    tmp_path: Path,
    command: tuple[str, ...],
    target: str,
) -> None:
    bad = GOOD + "02-345-6789,박지민\n"
    write(bad)
    tmp_path.joinpath("others.csv").write_text(bad, "utf-8")
    verb, *options = command
    done = cli(verb, "spring.toml", *options, "--errors", target)
    assert done.code == 2
    assert "Name another file" in done.err
    assert tmp_path.joinpath(target).read_text("utf-8") == bad
    for _ in range(2):  # that of the last check is replaced
        assert cli(verb, "spring.toml", *options, "--errors", "errors.csv").code == 1
    # Rows that were corrected in the file of errors itself are a list too.
    corrected = tmp_path.joinpath("errors.csv").read_text("utf-8-sig").replace("02-345-6789", "02-345-6780")
    write(corrected)
    assert "the list of recipients itself" in cli(verb, "spring.toml", *options, "--errors", "list.csv").err
    assert tmp_path.joinpath("list.csv").read_text("utf-8") == corrected


def test_a_cron_is_listed_before_its_first_run(cli: Callable[..., Any], write: Callable[..., None]) -> None:
    write(GOOD, 'cron = "0 10 1 1 *"')
    refused = cli("create", "spring.toml", "--yes", "--leave-out-invalid")
    assert (refused.code, "max_invalid" in refused.err) == (2, True)
    assert cli("create", "spring.toml", "--yes").code == 0
    assert "spring-sale: its cron (0 10 1 1 *) makes the next run at" in cli("list").out
    assert "`plexsend campaign list` says when" in cli("show", "spring-sale").err
    assert cli("cancel", "spring-sale", "--yes").code == 0
    assert "next run" not in cli("list").out


def test_create_says_that_invalid_rows_can_be_left_out(
    cli: Callable[..., Any], write: Callable[..., None]
) -> None:
    write(GOOD + "02-345-6789,박지민\n")
    assert "--leave-out-invalid" in cli("create", "spring.toml", "--yes").err
    assert "--leave-out-invalid" not in cli("check", "spring.toml").err


def test_an_end_is_said_where_a_start_is_known(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write()
    assert cli("create", "spring.toml", "--yes").code == 0
    (shown,) = cli("show", "spring-sale", "--json").lines
    assert (shown["state"], shown["ends_at"]) == ("checked", None)
    run = reading.latest(store, "spring-sale", "main")
    assert run is not None
    steps.schedule(store, "main", run.group, 4_000_000_000_000)
    (shown,) = cli("show", "spring-sale", "--json").lines
    assert shown["ends_at"] > shown["starts_at"] > "2096"


def test_a_field_that_is_an_option_is_refused(cli: Callable[..., Any], write: Callable[..., None]) -> None:
    write()
    said = ("send", "list.csv", "--service", "lms-bulk", "--text", "x", "--from", "02-2345-6789", "--yes")
    for field in ("text=y", "account=main", "cron=* * * * *"):
        refused = cli(*said, "--field", field)
        assert refused.code == 2
        assert f"{field.partition('=')[0]}=… is not a field of the service" in refused.err


def test_a_cron_ends_when_its_campaign_is_cancelled_by_name(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write(GOOD, 'cron = "0 10 * * 1"')
    cli("create", "spring.toml", "--yes")
    assert list(reading.due_at(store, "main")) == ["spring-sale"]
    ended = cli("cancel", "spring-sale", "--yes", "--json")
    assert (ended.code, ended.lines[-1]["changed"], ended.lines[-1]["run"]) == (0, True, None)
    (campaign,) = reading.campaigns(store)
    assert (reading.due_at(store, "main"), campaign.cron) == ({}, "")
    assert cli("cancel", "spring-sale", "--yes").code == 1


def test_a_cron_ends_with_its_run_that_is_there(
    cli: Callable[..., Any], write: Callable[..., None], store: Store
) -> None:
    write()
    cli("create", "spring.toml", "--yes")
    write(GOOD, 'cron = "0 10 * * 1"')
    cli("create", "spring.toml", "--yes")
    # By its number the run alone ends.
    cli("cancel", "spring-sale/1", "--yes")
    assert list(reading.due_at(store, "main")) == ["spring-sale"]
    cli("create", "spring.toml", "--yes")
    ended = cli("cancel", "spring-sale", "--yes")
    assert (ended.code, "No more runs of spring-sale are made" in ended.out) == (0, True)
    assert reading.due_at(store, "main") == {}
