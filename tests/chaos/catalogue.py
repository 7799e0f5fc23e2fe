"""All faults, in the order of the report."""

from __future__ import annotations

from tests.chaos.answer_faults import ANSWER_FAULTS
from tests.chaos.broker_faults import BROKER_FAULTS
from tests.chaos.fallback_faults import FALLBACK_FAULTS
from tests.chaos.fleet_faults import FLEET_FAULTS
from tests.chaos.foreign_faults import FOREIGN_FAULTS
from tests.chaos.hearer_faults import HEARER_FAULTS
from tests.chaos.law_faults import LAW_FAULTS
from tests.chaos.name_faults import NAME_FAULTS
from tests.chaos.person_faults import PERSON_FAULTS
from tests.chaos.picture_faults import PICTURE_FAULTS
from tests.chaos.process_faults import PROCESS_FAULTS
from tests.chaos.restore_faults import RESTORE_FAULTS
from tests.chaos.stopping_faults import STOPPING_FAULTS
from tests.chaos.wire_faults import WIRE_FAULTS

FAULTS = (
    *PROCESS_FAULTS,
    *STOPPING_FAULTS,
    *FLEET_FAULTS,
    *PERSON_FAULTS,
    *WIRE_FAULTS,
    *BROKER_FAULTS,
    *FOREIGN_FAULTS,
    *RESTORE_FAULTS,
    *ANSWER_FAULTS,
    *NAME_FAULTS,
    *HEARER_FAULTS,
    *LAW_FAULTS,
    *PICTURE_FAULTS,
    *FALLBACK_FAULTS,
)
BY_NAME = {fault.name: fault for fault in FAULTS}
