"""The tree of errors: it is whole, and what it holds for callers."""

from __future__ import annotations

import importlib
import pkgutil
import re

import plexsend
from plexsend import errors
from plexsend.errors import PlexsendError, Problem, Refused, RefusedItem


def all_errors() -> set[type[PlexsendError]]:
    """Every error of the package, wherever it is defined."""
    for module in pkgutil.walk_packages(plexsend.__path__, "plexsend."):
        # Celery's application reads the environment, and a package's main runs it.
        if not module.name.endswith(("__main__", "worker.celery")):
            importlib.import_module(module.name)
    found: set[type[PlexsendError]] = set()
    new = {PlexsendError}
    while new:
        found |= new
        new = {child for kind in new for child in kind.__subclasses__()} - found
    return {kind for kind in found if kind.__module__.startswith("plexsend.")}


def test_the_tree_draws_every_error_under_its_parent() -> None:
    assert errors.__doc__ is not None
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = [(-1, "Exception")]
    for line in errors.__doc__.splitlines():
        match = re.match(r"((?:[│ ]*[├└]── )?)([A-Z]\w+)(?:$|  )", line)
        if match is None:
            continue
        while above[-1][0] >= len(match[1]):
            above.pop()
        drawn[match[2]] = above[-1][1]
        above.append((len(match[1]), match[2]))
    defined = {kind.__name__: kind.__bases__[0].__name__ for kind in all_errors()}
    assert drawn == defined


def test_an_error_that_is_defined_elsewhere_is_drawn_with_its_place() -> None:
    assert errors.__doc__ is not None
    for kind in all_errors():
        if kind.__module__ != errors.__name__:
            assert f"in {kind.__module__.removeprefix('plexsend.')}" in errors.__doc__


def test_a_refusal_names_index_key_and_every_problem() -> None:
    first, second = Problem("msg", "is missing", "Give it."), Problem("title", "is null", "Leave it out.")
    refused = Refused([RefusedItem(2, "k2", (first, second)), RefusedItem(5, None, (second,))])

    assert refused.problems == (first, second, second)
    assert refused.msg_key is None
    assert str(refused) == (
        "2 messages are refused and not sent:\n"
        "  item 2 (key k2):\n"
        "    msg: is missing. Give it.\n"
        "    title: is null. Leave it out.\n"
        "  item 5: title: is null. Leave it out."
    )
    assert Refused([RefusedItem(0, "mine", (first,))]).msg_key == "mine"


def test_the_text_of_a_long_refusal_stays_short() -> None:
    problem = Problem("msg", "is missing", "Give it.")
    refused = Refused([RefusedItem(n, f"k{n}", (problem,)) for n in range(1_000)])

    assert len(str(refused).splitlines()) == 22
    assert str(refused).endswith("and 980 more")
    assert len(refused.items) == 1_000


def test_the_only_message_of_a_call_has_no_place_in_it() -> None:
    problems = Problem("msg", "is missing", "Give it."), Problem("title", "is null", "Leave it out.")
    head = "is refused and not sent:\n  msg: is missing. Give it.\n  title: is null. Leave it out."

    assert str(Refused([RefusedItem(0, None, problems)], alone=True)) == f"The message {head}"
    assert str(Refused([RefusedItem(0, "k", problems)], alone=True)) == f"The message with the key k {head}"
