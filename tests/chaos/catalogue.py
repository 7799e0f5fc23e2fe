"""All faults, in the order of the report."""

from __future__ import annotations

from tests.chaos.answer_faults import ANSWER_FAULTS
from tests.chaos.fleet_faults import FLEET_FAULTS
from tests.chaos.person_faults import PERSON_FAULTS
from tests.chaos.process_faults import PROCESS_FAULTS
from tests.chaos.stopping_faults import STOPPING_FAULTS
from tests.chaos.wire_faults import WIRE_FAULTS

FAULTS = (
    *PROCESS_FAULTS,
    *STOPPING_FAULTS,
    *FLEET_FAULTS,
    *PERSON_FAULTS,
    *WIRE_FAULTS,
    *ANSWER_FAULTS,
)
BY_NAME = {fault.name: fault for fault in FAULTS}
