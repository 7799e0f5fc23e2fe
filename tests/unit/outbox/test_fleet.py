"""What processes announce, and the fingerprints of secrets."""

from __future__ import annotations

import pytest

from plexsend.outbox.fleet import FORGOTTEN_MS, Announcement, Sign, fingerprint, older_process, together
from plexsend.outbox.processes import WorkerProcess

ANNOUNCED = Announcement(
    host="web-1",
    pid=4711,
    version="0.3.0",
    form=2,
    since_ms=1_795_884_000_000,
    services=("mms-bulk", "sms-verify"),
    threads=16,
    asks={"mms-bulk": {"rate": "10"}},
    secrets={"main": "0123456789abcdef"},
    urls={"mms": "https://gateway.example"},
    number_key="fedcba9876543210",
)


def test_announcement_is_read_as_it_was_written() -> None:
    assert Announcement.parse(ANNOUNCED.to_json()) == ANNOUNCED


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "7", '{"host": "a"}', ANNOUNCED.to_json()[:-1], "[" * 9999]
)
def test_what_another_program_wrote_is_not_an_announcement(content: str) -> None:
    with pytest.raises(ValueError):
        Announcement.parse(content)


def test_fingerprint_is_the_same_for_the_same_secret_and_key_alone() -> None:
    assert fingerprint("user;secret", b"salt") == fingerprint("user;secret", b"salt")
    others = {fingerprint("user;other", b"salt"), fingerprint("user;secret", b"other")}
    assert fingerprint("user;secret", b"salt") not in others
    assert len(fingerprint("user;secret", b"salt")) == 16


def test_process_lives_for_five_seconds_after_its_last_sign_and_is_forgotten_after_ten_minutes() -> None:
    signs = {name: Sign(ms, 0, 1) for name, ms in {"a": 5_000, "b": 5_001, "c": FORGOTTEN_MS + 1}.items()}
    found = together(signs, dict.fromkeys("abc", ANNOUNCED))
    assert [(process.name, process.lives) for process in found] == [("a", True), ("b", False)]


def test_process_without_an_announcement_serves_nothing_that_is_known() -> None:
    assert together({"a": Sign(0, 0, 1)}, {}) == []


def test_label_names_the_host_and_for_an_older_program_says_so() -> None:
    [process] = together({"a": Sign(0, 3, 1)}, {"a": ANNOUNCED})
    assert process.label == "web-1 pid 4711"
    older = older_process(WorkerProcess("b", 8, ("mms-bulk",)))
    assert older.label == "a worker of an older version (process b)"
    assert (older.announced.threads, older.announced.services) == (8, ("mms-bulk",))
