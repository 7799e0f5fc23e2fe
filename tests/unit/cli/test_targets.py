"""What `pause` and `resume` understand by a name."""

from __future__ import annotations

import pytest

from plexsend.cli.targets import Target, read_group, read_target
from plexsend.errors import NotPossible, UsageError
from plexsend.outbox.holds import Scope

SERVICES = ("mms-standard", "mms-bulk", "both")
ACCOUNTS = ("main", "shop", "both")


def read(word: str) -> Target:
    return read_target(word, services=SERVICES, accounts=ACCOUNTS)


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("mms-bulk@main", Target(Scope.LANE, "mms-bulk@main", "main")),
        ("mms-bulk.RMM@main", Target(Scope.LANE, "mms-bulk.RMM@main", "main")),
        ("mms-bulk/~ad@main", Target(Scope.LANE, "mms-bulk/~ad@main", "main")),
        ("lane:mms-bulk/spring~adn@shop", Target(Scope.LANE, "mms-bulk/spring~adn@shop", "shop")),
        ("mms-bulk", Target(Scope.SERVICE, "mms-bulk", None)),
        ("shop", Target(Scope.ACCOUNT, "shop", "shop")),
        ("service:both", Target(Scope.SERVICE, "both", None)),
        ("account:both", Target(Scope.ACCOUNT, "both", "both")),
        ("lane:mms-bulk@main", Target(Scope.LANE, "mms-bulk@main", "main")),
        ("account:new", Target(Scope.ACCOUNT, "new", "new", known=False)),
        ("service:new", Target(Scope.SERVICE, "new", None, known=False)),
        ("lane:new@main", Target(Scope.LANE, "new@main", "main", known=False)),
        ("mms-bulk@new", Target(Scope.LANE, "mms-bulk@new", "new", known=False)),
    ],
)
def test_a_name_is_understood(word: str, target: Target) -> None:
    assert read(word) == target


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (
            "mian",
            (
                "No service or account mian is known here. Did you mean main? "
                "Write `account:mian` to name that account"
            ),
        ),
        ("mms-blk", "Did you mean mms-bulk"),
        ("zzzzzz", "Known: both, main, mms-bulk, mms-standard, shop."),
        (
            "mms-blk@main",
            (
                "No service mms-blk is known here. Did you mean mms-bulk? "
                "Write `lane:mms-blk@main` to name that lane"
            ),
        ),
        ("both", "both is a service and an account. Write service:both or account:both."),
    ],
)
def test_an_unknown_or_ambiguous_name_is_refused_with_the_remedy(word: str, told: str) -> None:
    with pytest.raises(NotPossible) as refused:
        read(word)

    assert told in str(refused.value)


@pytest.mark.parametrize(
    "word", ["", "account:", "Main", "a b", "@", "mms-bulk@", "lane:mms-bulk", "x" * 33, "other:main"]
)
def test_what_is_no_name_is_wrong_usage(word: str) -> None:
    with pytest.raises(UsageError):
        read(word)


def test_all_advertisements_without_a_group_are_one() -> None:
    assert read_group("group:~ad") == "~ad"
    for word in ("group:~adn", "group:spring~ad"):
        with pytest.raises(UsageError, match="or ~ad for all advertisements"):
            read_group(word)
