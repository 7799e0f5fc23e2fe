"""The table of mutations fits the code that it breaks; running it is `python -m tests.mutations`."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.mutations.catalogue import BY_NAME, MUTATIONS
from tests.mutations.mutation import PROMISES, ROOT, Mutation
from tests.mutations.report import as_markdown
from tests.mutations.trial import Trial, Verdicts, read_report

if TYPE_CHECKING:
    from pathlib import Path

TESTS = sorted({test for mutation in MUTATIONS for test in mutation.caught_by})


def test_names_of_mutations_are_unique() -> None:
    assert len(BY_NAME) == len(MUTATIONS)


def test_every_promise_is_broken_in_at_least_two_ways() -> None:
    broken = Counter(mutation.promise for mutation in MUTATIONS)
    assert broken.keys() == PROMISES.keys()
    assert min(broken.values()) >= 2


@pytest.mark.parametrize("mutation", MUTATIONS, ids=list(BY_NAME))
def test_text_to_break_stands_once_in_its_file(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text("utf-8").count(mutation.old) == 1
    assert mutation.new != mutation.old


@pytest.mark.parametrize("mutation", MUTATIONS, ids=list(BY_NAME))
def test_mutation_breaks_the_product_and_not_its_tests(mutation: Mutation) -> None:
    assert mutation.file.split("/")[0] in {"plexsend", "producers", "worker"}
    assert mutation.caught_by


@pytest.mark.parametrize("test", TESTS)
def test_test_that_must_notice_exists(test: str) -> None:
    file, *names = test.split("::")
    body = ast.parse((ROOT / file).read_text("utf-8")).body
    for name in names:
        found = [
            each for each in body if isinstance(each, (ast.FunctionDef, ast.ClassDef)) and each.name == name
        ]
        assert len(found) == 1
        body = found[0].body


def test_text_that_is_not_there_once_is_not_broken(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("a = 1\nb = 1\n")
    mutation = Mutation("twice", 1, "", "x.py", "= 1", "= 2", ("t",))
    with pytest.raises(ValueError) as caught:
        mutation.apply(tmp_path)
    assert "2 times in x.py" in str(caught.value)
    assert (tmp_path / "x.py").read_text() == "a = 1\nb = 1\n"


def _report(*cases: str) -> str:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def _case(name: str, inside: str = "", *, classes: str = "") -> str:
    named = f'file="tests/a/test_b.py" classname="tests.a.test_b{classes}" name="{name}"'
    return f"<testcase {named}>{inside}</testcase>"


_FAILED = '<failure message="assert 1 == 2">...</failure>'


def test_test_that_failed_with_any_parameters_failed() -> None:
    found = read_report(
        _report(_case("test_x[1]"), _case("test_x[2]", _FAILED), _case("test_y", classes=".Of"))
    )
    assert found == Verdicts(
        frozenset({"tests/a/test_b.py::Of::test_y"}), frozenset({"tests/a/test_b.py::test_x"})
    )


def test_test_whose_fixture_fails_after_it_failed_has_failed() -> None:
    found = read_report(_report(_case("test_x", _FAILED), _case("test_x", '<error message="left over"/>')))
    assert found == Verdicts(failed=frozenset({"tests/a/test_b.py::test_x"}))


@pytest.mark.parametrize(
    ("inside", "trouble"),
    [
        ('<error message="no server"/>', "not run to the end"),
        ("<skipped/>", "not run to the end"),
        ('<failure message="ResponseError: Error compiling script">x</failure>', "does not run any more"),
        (
            '<failure message="x">E   ResponseError: user_script:9: attempt to</failure>',
            "does not run any more",
        ),
    ],
)
def test_run_that_says_nothing_of_the_promise_is_no_catch(inside: str, trouble: str) -> None:
    assert trouble in read_report(_report(_case("test_x", inside))).trouble


def test_mutation_is_caught_only_if_every_test_that_must_notice_did() -> None:
    mutation = MUTATIONS[0]
    caught = Trial(mutation, mutation.caught_by, (), "", 1)
    survived = Trial(mutation, mutation.caught_by, ("tests/unit/test_x.py::test_y",), "", 1)
    unproved = Trial(mutation, mutation.caught_by, (), "the code does not run any more", 1)
    assert [each.caught for each in (caught, survived, unproved)] == [True, False, False]
    table = as_markdown([caught, survived, unproved])
    assert "SURVIVED unit/test_x.py::test_y" in table
    assert "NOT PROVED: the code does not run any more" in table
    assert table.endswith("1 of 3 mutations caught.")
