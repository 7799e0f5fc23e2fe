"""What `doctor` says of advertisements."""

from __future__ import annotations

from plexsend.cli.doctor.advertising import AdvertisingFacts, advertising_rows
from plexsend.cli.doctor.rows import Grade
from plexsend.gateway.ad_marks import AdMarks
from plexsend.outbox.reading.quiet import Quiet

NOW = 1_800_014_400_000
OPEN = Quiet("20:50-08:00", ((NOW - 1, NOW + 1), (NOW + 40_000_000, NOW + 80_000_000)))
CLOSED = Quiet("20:50-08:00", ((NOW + 40_000_000, NOW + 80_000_000),))
NEVER = Quiet("20:50-08:00", ((0, NOW),))
MARKS, NONE = AdMarks("한빛상점", "080-123-4567"), AdMarks("", "")


def rows(
    marks: AdMarks = MARKS,
    quiet: Quiet = OPEN,
    *,
    waits: bool = True,
    hashes_by: str = "aa",
    keys: tuple[str, ...] = ("aa",),
) -> list[tuple[Grade, str]]:
    facts = AdvertisingFacts("main", marks, quiet, waits, keys)
    return [
        (row.grade, f"{row.found} {row.why} {row.remedy}")
        for row in advertising_rows([facts], hashes_by=hashes_by, now_ms=NOW)
    ]


def test_an_account_that_sends_none_lacks_nothing() -> None:
    assert rows(NONE, NEVER, waits=False, hashes_by="") == [(Grade.OK, "no account sends them  ")]


def test_where_nothing_is_missing_it_says_when_they_go() -> None:
    ((grade, words),) = rows()
    assert (grade, "may go now (quiet_hours 20:50-08:00)" in words) == (Grade.OK, True)
    ((grade, words),) = rows(quiet=CLOSED)
    assert (grade, "KST on (policy quiet_hours 20:50-08:00)" in words) == (Grade.OK, True)


def test_what_the_law_asks_for_and_is_missing_is_wrong() -> None:
    ((grade, words),) = rows(NONE)
    assert grade is Grade.WRONG
    assert "no sender_name and no refusal_number" in words
    assert "`plexsend policy set @main sender_name=… refusal_number=… --reason R`" in words
    ((grade, words),) = rows(AdMarks("한빛상점", ""), waits=False)
    assert (grade, "account main has no refusal_number" in words) == (Grade.WRONG, True)


def test_without_the_key_of_numbers_nobody_could_tell_who_refused() -> None:
    (key, other) = rows(hashes_by="")
    assert (key[0], "PLEXSEND_NUMBER_KEY" in key[1], other[0]) == (Grade.DOUBTFUL, True, Grade.OK)


def test_hours_that_nobody_renewed_are_wrong() -> None:
    ((grade, words),) = rows(quiet=NEVER)
    assert (grade, "no worker has written it" in words) == (Grade.WRONG, True)


def test_a_key_of_numbers_that_is_not_the_accounts_is_wrong() -> None:
    (key, other) = rows(hashes_by="bb")
    assert (key[0], other[0]) == (Grade.WRONG, Grade.OK)
    assert "PLEXSEND_NUMBER_KEY here is not the one of account main" in key[1]
    for known in ((), ("aa", "bb")):
        assert [grade for grade, _ in rows(hashes_by="bb", keys=known)] == [Grade.OK]
