"""The sample is always the same, and holds what the demo is to show."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from plexsend.demo import terms
from plexsend.demo.sample import BULK_ROWS, STANDARD_ROWS, write_sample
from plexsend.demo.sample_ads import ADS_ROWS, REFUSED, write_ads
from plexsend.demo.sample_rcs import FALLBACK_ROWS, RCS_ROWS
from plexsend.gateway.environment import read_settings
from plexsend.producers.files.imports import check_file
from plexsend.sandbox import COURSES, MAGIC
from plexsend.stack.environment import with_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.demo.sample_file import SampleFile
    from plexsend.producers.files.rejects import Reject


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleFile, SampleFile, SampleFile]:
    return write_sample(tmp_path_factory.mktemp("sample"))


def check(file: SampleFile) -> tuple[int, list[Reject]]:
    """How many rows are valid, and those that are not."""
    rejects: list[Reject] = []
    return check_file(file.path, file.service, on_reject=rejects.append).added, rejects


def receivers(files: tuple[SampleFile, SampleFile, SampleFile]) -> list[str]:
    table, lines, _ = files
    with table.path.open(encoding="utf-8", newline="") as file:
        found = [row["receiver_number"] for row in csv.DictReader(file)]
    whole = (line for line in lines.path.read_text().splitlines() if line.endswith("}"))
    found += [str(json.loads(line)["receiver_number"]) for line in whole]
    return [number.replace("-", "") for number in found]


def test_the_same_files_are_written_every_time(
    files: tuple[SampleFile, SampleFile, SampleFile], tmp_path: Path
) -> None:
    for first, second in zip(files, write_sample(tmp_path), strict=True):
        assert first.path.read_bytes() == second.path.read_bytes()
        assert first.keys == second.keys


def test_some_rows_show_a_picture_where_there_is_one(
    files: tuple[SampleFile, SampleFile, SampleFile], tmp_path: Path
) -> None:
    """But for that the files are the same, so that what becomes of their rows is."""
    shown = write_sample(tmp_path, with_picture=True)
    assert [file.pictures for file in files] == [0, 0, 0]
    assert [file.pictures > 0 for file in shown] == [True, True, False]
    for plain, other in zip(files, shown, strict=True):
        text = other.path.read_text("utf-8")
        assert text.count("coupon.jpg") >= other.pictures
        assert text.replace("coupon.jpg", "https://img.shop.example/mms/7.jpg") == plain.path.read_text(
            "utf-8"
        )
        assert check(plain)[0] == check(other)[0]


def test_the_first_file_alone_has_more_than_two_thousand_messages(
    files: tuple[SampleFile, SampleFile, SampleFile],
) -> None:
    added, rejects = check(files[0])

    assert added >= 2_000
    assert added + len(rejects) == BULK_ROWS == len(files[0].keys)


def test_rows_are_wrong_in_every_way_that_people_get_them_wrong(
    files: tuple[SampleFile, SampleFile, SampleFile],
) -> None:
    found = [problem for file in files for reject in check(file)[1] for problem in reject.errors]

    assert {problem.field.partition(".")[0] for problem in found} == {
        "receiver_number",
        "sender_number",
        "msg",
        "title",
        "file_path",
        "recipient",
        "row",
        "brand_key",
        "msg_type",
    }
    assert len({problem.reason for problem in found}) >= 12


def test_every_key_is_there_once(files: tuple[SampleFile, SampleFile, SampleFile]) -> None:
    keys = [key for file in files for key in file.keys]

    assert len(keys) == len(set(keys)) == BULK_ROWS + STANDARD_ROWS + RCS_ROWS


def test_receivers_that_the_gateway_treats_its_own_way_are_those_meant(
    files: tuple[SampleFile, SampleFile, SampleFile],
) -> None:
    numbers = receivers(files)
    odd = [number for number in numbers if number.startswith("0109999")]

    assert set(odd) <= set(MAGIC)
    assert sum(number in MAGIC for number in numbers) == len(odd)
    # One that refuses the whole request it is in is enough, and none that would do so for ever.
    assert [MAGIC[number].code for number in odd].count("C400_2") == 1
    assert {MAGIC[number].effect.name for number in odd} == {"CODE", "WHOLE"}
    with_receipts = [number for number in numbers if number in COURSES]
    codes = sorted(post.code for number in with_receipts for post in COURSES[number].posts)
    assert codes == ["2", "2", "2", "5", "D", "D"]


def test_the_credit_runs_out_before_the_end(files: tuple[SampleFile, SampleFile, SampleFile]) -> None:
    valid = sum(check(file)[0] for file in files)

    assert terms.TROUBLE_AFTER < terms.GAPS_AFTER < terms.CREDIT < valid * 0.7
    assert valid < terms.CREDIT + terms.TOP_UP


def test_the_demos_settings_are_known_and_right() -> None:
    settings = read_settings(
        with_sandbox(terms.SETTINGS, redis_url="redis://127.0.0.1/0", sandbox_url="http://127.0.0.1:1")
    )

    assert settings.warnings == ()
    assert settings.service("mms-bulk").rate_per_s == 150


def test_at_the_demos_rates_all_is_over_in_time() -> None:
    waits_s = terms.TOP_UP_AFTER_S + terms.TROUBLE_REQUESTS * float(terms.SETTINGS["PLEXSEND_SHUT_LONGEST_S"])
    settings = terms.SETTINGS
    slowest_s = max(
        BULK_ROWS / float(settings["PLEXSEND_RATE_MMS_BULK"]),
        STANDARD_ROWS / float(settings["PLEXSEND_RATE_MMS_STANDARD"]),
        RCS_ROWS / float(settings["PLEXSEND_RATE_RCS_MMS_BULK"]),
    )

    # Half of a minute for what must take its time leaves the other half to slow machines.
    assert slowest_s + waits_s < 30 < terms.LONGEST_S < 60


def test_cards_of_both_types_stand_in_one_file_and_three_are_refused(
    files: tuple[SampleFile, SampleFile, SampleFile],
) -> None:
    added, rejects = check(files[2])

    types = [json.loads(line)["msg_type"] for line in files[2].path.read_text().splitlines()]
    assert {types[0], types[1]} == {"RMM", "RMH"}
    assert [reject.errors[0].field for reject in rejects] == ["brand_key", "msg.body.title", "msg_type"]
    assert added == RCS_ROWS - 3


def test_rows_with_a_fallback_go_where_no_handset_has_rcs(
    files: tuple[SampleFile, SampleFile, SampleFile],
) -> None:
    cards = [json.loads(line) for line in files[2].path.read_text("utf-8").splitlines()]
    with_fallback = [card for card in cards if "fallback" in card]

    assert len(with_fallback) == len(FALLBACK_ROWS)
    for card in with_fallback:
        # The sandbox says of it what its last five digits are (docs/sandbox.md).
        assert card["receiver_number"].replace("-", "") == "01099974002"
        assert card["fallback"]["receiver_number"].startswith(("010-2", "010-3"))
    assert {card["receiver_number"] for card in with_fallback}.isdisjoint(
        card["receiver_number"] for card in cards if "fallback" not in card
    )


def test_every_row_of_the_spring_list_is_an_advertisement_to_be_marked(tmp_path: Path) -> None:
    file = write_ads(tmp_path)
    added, rejects = check(file)
    with file.path.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))

    assert (added, rejects, len(file.keys)) == (ADS_ROWS, [], ADS_ROWS)
    assert {(row["광고"], "(광고)" in row["msg"]) for row in rows} == {("Y", False)}
    assert [row["receiver_number"] for row in rows].count(REFUSED) == 1
