"""What was in force when: values change between two looks."""

from __future__ import annotations

from tests.chaos.asks import asks_of
from tests.chaos.in_force import Policies, SetValue

NAME = "rate_per_s:mms-bulk"


def test_a_value_may_have_changed_at_any_moment_between_two_looks() -> None:
    policies = Policies()
    assert policies.possible("main", NAME, 0.0, 99.0) == set()
    for at, value in ((10.0, "50"), (11.0, "50"), (12.0, "30"), (13.0, "30")):
        policies.note("main", at, {NAME: value})
    assert policies.possible("main", NAME, 10.0, 10.9) == {"50"}
    assert policies.possible("main", NAME, 11.5, 11.6) == {"50", "30"}
    assert policies.possible("main", NAME, 12.1, 99.0) == {"30"}
    assert policies.possible("second", NAME, 10.0, 11.0) == set()


def test_a_policy_that_nobody_wrote_is_the_default() -> None:
    policies = Policies()
    policies.note("main", 10.0, {})
    assert policies.possible("main", NAME, 10.0, 11.0) == {""}


def test_a_persons_value_is_for_what_it_names() -> None:
    assert SetValue("mms-bulk", "rate_per_s", "1", 0.0).is_for("main", NAME)
    assert SetValue("mms-bulk@main", "rate_per_s", "1", 0.0).is_for("main", NAME)
    assert SetValue("@main", "keep_days", "1", 0.0).is_for("main", "keep_days")
    assert SetValue("all", "rate_per_s", "1", 0.0).is_for("main", NAME)
    for where, name in (
        ("mms-bulk@second", "rate_per_s"),
        ("mms-standard", "rate_per_s"),
        ("all", "keep_days"),
    ):
        assert not SetValue(where, name, "1", 0.0).is_for("main", NAME)


def test_an_environment_asks_for_a_service_of_its_own_or_for_all() -> None:
    environ = {"PLEXSEND_RATE": "0", "PLEXSEND_RATE_MMS_BULK": "20", "PLEXSEND_KEEP_DAYS": "7"}
    asks = asks_of(environ, "worker-1", 5.0, services=("mms-bulk", "mms-finance"))
    found = {ask.name: ask.value for ask in asks}
    assert found == {NAME: "20", "rate_per_s:mms-finance": "0", "keep_days": "7"}
