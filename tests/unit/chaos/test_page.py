from __future__ import annotations

from tests.chaos.page import lines

RESULT = {
    "kept": False,
    "command": "make chaos",
    "promises": {"nothing lost": {}, "audit": {}},
    "not_run": {"clock_ahead": "faketime"},
    "faults": [
        {
            "what": "SIGKILL of workers",
            "rounds": 2,
            "happened": 1234,
            "broken": {"nothing lost": 3, "audit": 0},
        }
    ],
    "acts": [
        {
            "fsync": "always",
            "seconds": 90,
            "restarts": 1,
            "judgements": [
                {
                    "messages": 10,
                    "states": {"accepted": 2, "delivered": 6, "unknown": 1, "failed": 1},
                    "resent": 2,
                    "forgotten": [],
                }
            ],
        }
    ],
}


def test_page_names_what_was_broken_by_which_fault_and_what_was_not_run() -> None:
    page = "\n".join(lines(RESULT))
    assert "2 minutes of faults, **a promise was broken**" in page
    assert "| always | 10 | 9 | 6 | 1 | 0 | 1 | 0 | 0 | 2 | 0 | 1 |" in page
    assert "| SIGKILL of workers | 2 | 1,234 | 3 | · |" in page
    assert "| clock_ahead | not run: faketime |" in page


def test_halves_that_were_played_by_themselves_are_one_run() -> None:
    whole = {**RESULT, "kept": True, "command": "make chaos ARGS=2"}
    page = "\n".join(lines(whole, RESULT))
    assert "`make chaos ARGS=2` and `make chaos`: 3 minutes of faults, **a promise was broken**" in page
    assert page.count("| always | 10 |") == 2
    assert "| SIGKILL of workers | 4 | 2,468 | 6 | · |" in page
    assert page.count("not run: faketime") == 1
