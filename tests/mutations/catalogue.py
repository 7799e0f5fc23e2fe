"""All mutations, in the order of the promises that they break."""

from __future__ import annotations

from operator import attrgetter

from tests.mutations.in_advance import IN_ADVANCE
from tests.mutations.in_archive import IN_ARCHIVE
from tests.mutations.in_fallbacks import IN_FALLBACKS
from tests.mutations.in_pictures import IN_PICTURES
from tests.mutations.in_python import IN_PYTHON
from tests.mutations.in_receipts import IN_RECEIPTS
from tests.mutations.in_results import IN_RESULTS
from tests.mutations.in_runs import IN_RUNS
from tests.mutations.in_scripts import IN_SCRIPTS
from tests.mutations.in_web import IN_WEB

_ALL = (
    *IN_SCRIPTS,
    *IN_ADVANCE,
    *IN_RECEIPTS,
    *IN_RESULTS,
    *IN_ARCHIVE,
    *IN_PICTURES,
    *IN_FALLBACKS,
    *IN_RUNS,
    *IN_PYTHON,
    *IN_WEB,
)

MUTATIONS = tuple(sorted(_ALL, key=attrgetter("promise")))
BY_NAME = {mutation.name: mutation for mutation in MUTATIONS}
