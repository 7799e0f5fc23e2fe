"""Break each promise once on purpose, in a copy of the tree, and see that a test notices.

python -m tests.mutations [--only NAME]... [--json FILE] [--markdown]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutations.catalogue import BY_NAME, MUTATIONS
from tests.mutations.mutation import ROOT
from tests.mutations.report import as_json, as_markdown, in_words
from tests.mutations.tree import check_imports, copy_tree
from tests.mutations.trial import run_tests, try_mutation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutations.mutation import Mutation
    from tests.mutations.trial import Trial


def main() -> int:
    """Run from the command line; 0 if every mutation was caught, 1 if not, 2 where nothing could be tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=sorted(BY_NAME), metavar="NAME", help="try this one"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there as data")
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/reliability.md")
    asked = parser.parse_args()
    mutations = [each for each in MUTATIONS if not asked.only or each.name in asked.only]
    try:
        trials = _try_all(mutations)
    except (RuntimeError, ValueError) as exc:
        _log(f"nothing proved: {exc}")
        return 2
    if asked.json:
        asked.json.write_text(json.dumps(as_json(trials), indent=1, ensure_ascii=False) + "\n", "utf-8")
    if asked.markdown:
        sys.stdout.write(as_markdown(trials) + "\n")
    caught = sum(trial.caught for trial in trials)
    _log(f"{caught} of {len(trials)} mutations caught")
    return 0 if caught == len(trials) else 1


def _try_all(mutations: Sequence[Mutation]) -> list[Trial]:
    with tempfile.TemporaryDirectory(prefix="plexsend-mutations-") as name:
        copy = Path(name).resolve()
        copy_tree(ROOT, copy)
        check_imports(copy)
        _check_unbroken(copy, mutations)
        trials = []
        for n, mutation in enumerate(mutations, start=1):
            trial = try_mutation(mutation, copy)
            _log(f"{n:2}/{len(mutations)} {mutation.name} ({trial.seconds:.1f} s): {in_words(trial)}")
            trials.append(trial)
        return trials


# A test that fails anyway would seem to catch whatever is broken.
def _check_unbroken(copy: Path, mutations: Sequence[Mutation]) -> None:
    tests = sorted({test for mutation in mutations for test in mutation.caught_by})
    _log(f"the {len(tests)} tests on the unbroken copy")
    found = run_tests(copy, tests)
    if found.trouble:
        raise RuntimeError(f"on the unbroken copy: {found.trouble}")
    wrong = [test for test in tests if test not in found.passed]
    if wrong:
        raise RuntimeError(f"these do not pass on the unbroken copy: {', '.join(wrong)}")


# Not on standard output, which holds the table alone.
def _log(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
