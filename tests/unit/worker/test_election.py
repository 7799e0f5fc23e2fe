"""Electing: each process finds the same, and a change moves little."""

from __future__ import annotations

from collections import Counter

from plexsend.worker.election import elect

PROCESSES = [f"{i:010x}" for i in range(10)]
ACCOUNTS = [f"account-{i}" for i in range(200)]


def test_every_process_finds_the_same_whatever_the_order() -> None:
    assert all(elect(name, PROCESSES) == elect(name, PROCESSES[::-1]) for name in ACCOUNTS)


def test_tasks_are_spread_over_the_processes() -> None:
    shares = Counter(elect(name, PROCESSES) for name in ACCOUNTS)
    assert len(shares) == len(PROCESSES)
    assert max(shares.values()) <= 40


def test_only_the_tasks_of_a_process_that_goes_move() -> None:
    before = {name: elect(name, PROCESSES) for name in ACCOUNTS}
    after = {name: elect(name, PROCESSES[1:]) for name in ACCOUNTS}
    assert {name for name in ACCOUNTS if before[name] != after[name]} == {
        name for name in ACCOUNTS if before[name] == PROCESSES[0]
    }


def test_without_processes_nobody_is_elected() -> None:
    assert elect("main", []) == ""
