"""What is in force follows from what was asked for and set, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.outbox.policies.in_force import Agreed, PersonsValue, asks_for, fields_of, strictest
from plexsend.outbox.policies.rows import EVERYWHERE, ROWS
from plexsend.outbox.policies.where import Where
from plexsend.outbox.redis.prelude import prelude
from plexsend.settings import OnUncertain, Policy, UncertainThen

RATE, KEEP = ROWS["rate_per_s"], ROWS["keep_days"]
OF_SERVICE = [row for row in ROWS.values() if row.per_service and row.variable]

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "rate_per_s": st.one_of(st.just(0.0), st.integers(1, 1000).map(float)),
    "on_uncertain": st.sampled_from(OnUncertain),
    "uncertain_then": st.sampled_from(UncertainThen),
    "connections": st.integers(1, 1000),
    "linger_ms": st.integers(0, 60_000),
    "retry_attempts": st.integers(1, 1000),
}
WAITS = st.integers(1, 1000).map(float)


def of_person(value: str) -> PersonsValue:
    return PersonsValue(value, "anna", "agreed", 1)


@st.composite
def asked_values(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """A policy, and what up to five processes ask for."""
    row = draw(st.sampled_from(OF_SERVICE))
    return row.name, draw(st.lists(VALUES.get(row.name, WAITS), min_size=1, max_size=5))


@given(asked_values())
def test_nobody_asked_for_anything_stricter_than_what_holds(asked: tuple[str, list[Any]]) -> None:
    name, values = asked
    row = ROWS[name]
    asks = [{"mms-bulk": {name: row.write(value)}} for value in values]
    chosen = row.value(strictest(asks, {})["mms-bulk", name])
    assert chosen in values
    assert all(row.rank(chosen) <= row.rank(value) for value in values)


@given(asked_values(), st.randoms(use_true_random=False))
def test_the_order_of_the_processes_decides_nothing(asked: tuple[str, list[Any]], chance: Any) -> None:
    name, values = asked
    asks = [{"mms-bulk": {name: ROWS[name].write(value)}} for value in values]
    shuffled = list(asks)
    chance.shuffle(shuffled)
    assert strictest(asks, {}) == strictest(shuffled, {})


@given(asked_values(), st.integers(0, 4))
def test_who_joins_loosens_nothing(asked: tuple[str, list[Any]], joining: int) -> None:
    name, values = asked
    row = ROWS[name]
    asks = [{"mms-bulk": {name: row.write(value)}} for value in values]
    fewer = asks[: max(1, joining)]
    before, after = (strictest(some, {})["mms-bulk", name] for some in (fewer, asks))
    assert row.rank(row.value(after)) <= row.rank(row.value(before))


def test_value_stays_when_nobody_asks_any_more() -> None:
    last = strictest([{"mms-bulk": {"rate_per_s": "10"}}], {})
    assert strictest([], last) == last
    assert strictest([{"mms-bulk": {}}], last) == last


def test_strictest_of_those_left_holds_even_where_it_is_looser() -> None:
    last = strictest([{"mms-bulk": {"rate_per_s": "10"}}, {"mms-bulk": {"rate_per_s": "50"}}], {})
    assert last["mms-bulk", "rate_per_s"] == "10"
    assert strictest([{"mms-bulk": {"rate_per_s": "50"}}], last)["mms-bulk", "rate_per_s"] == "50"


@pytest.mark.parametrize(
    ("name", "texts", "chosen"),
    [
        ("rate_per_s", ["0", "100", "20"], "20"),
        ("on_uncertain", ["resend", "park"], "park"),
        ("connections", ["8", "2"], "2"),
        ("linger_ms", ["0", "200"], "200"),
        ("retry_first_s", ["2", "9"], "9"),
        ("shut_longest_s", ["60", "5"], "60"),
        ("retry_attempts", ["8", "3"], "3"),
    ],
)
def test_strictest_is_as_the_table_says(name: str, texts: list[str], chosen: str) -> None:
    assert strictest([{"mms-bulk": {name: each}} for each in texts], {})["mms-bulk", name] == chosen


@pytest.mark.parametrize(
    ("name", "texts", "chosen"),
    [
        ("resend_within_s", ["3600", "60"], "60"),
        ("reclaim_s", ["60", "120"], "120"),
        ("keep_days", ["7", "30"], "30"),
        ("rcs_dialect", ["v2", "v1"], "v1"),
    ],
)
def test_strictest_of_the_account_wide(name: str, texts: list[str], chosen: str) -> None:
    assert strictest([{EVERYWHERE: {name: each}} for each in texts], {})[EVERYWHERE, name] == chosen


def test_zero_that_was_asked_for_beats_the_default_and_no_other_ask() -> None:
    asked = {("mms-bulk", "rate_per_s"): "0"}
    assert Agreed(asked=asked).of("main").service("mms-bulk").rate_per_s == 0
    assert Agreed().of("main").service("mms-bulk") == Policy()


PLACES = ["mms-bulk@main", "@main", "mms-bulk", EVERYWHERE]
"""Where a value for mms-bulk of main may be set; the first wins."""


@given(st.sets(st.sampled_from(PLACES), min_size=1))
def test_persons_value_nearest_to_the_account_wins(places: set[str]) -> None:
    texts = {place: str(1 + at) for at, place in enumerate(PLACES)}
    values = {(Where.parse(place), "rate_per_s"): of_person(texts[place]) for place in places}
    agreed = Agreed(set_values=values, asked={("mms-bulk", "rate_per_s"): "0.5"})
    nearest = min(places, key=PLACES.index)
    assert agreed.of("main").service("mms-bulk").rate_per_s == float(texts[nearest])


def test_persons_value_counts_nowhere_else() -> None:
    agreed = Agreed(set_values={(Where("mms-bulk", "main"), "rate_per_s"): of_person("5")})
    for service, account in (("mms-bulk", "shop"), ("mms-finance", "main")):
        assert agreed.of(account).service(service) == Policy()


def test_value_of_an_account_is_not_one_of_its_services() -> None:
    agreed = Agreed(set_values={(Where("mms-bulk", "main"), "keep_days"): of_person("1")})
    assert agreed.of("main").account_wide("keep_days") == 7


def test_what_cannot_be_read_counts_as_not_there() -> None:
    agreed = Agreed(
        set_values={(Where(), "rate_per_s"): of_person("fast")}, asked={("mms-bulk", "linger_ms"): "x"}
    )
    assert agreed.of("main").service("mms-bulk") == Policy()
    assert strictest([{"mms-bulk": {"rate_per_s": "fast", "unheard": "1"}}], {}) == {}


def test_default_of_a_service_may_be_that_of_its_product() -> None:
    nobody = Agreed().of("main")
    assert nobody.service("sms-verify").receipt_wait_h == 26
    assert nobody.service("mms-bulk").receipt_wait_h == nobody.service("made-up").receipt_wait_h == 84
    listed = prelude("POLICY_DEFAULTS", [])["POLICY_DEFAULTS"]
    assert " receipt_wait_h=84 receipt_wait_h:sms-standard=26 " in listed
    assert "receipt_wait_h:mms" not in listed


def test_scripts_get_what_is_not_the_default_in_fields_of_their_own() -> None:
    agreed = Agreed(
        set_values={
            (Where("mms-bulk"), "rate_per_s"): of_person("20"),
            (Where(None, "main"), "keep_days"): of_person("30"),
        },
        asked={("mms-finance", "on_uncertain"): "park"},
    )
    services = ["mms-bulk", "mms-finance"]
    assert fields_of(agreed, "main", services) == {
        "rate_per_s:mms-bulk": "20",
        "on_uncertain:mms-finance": "park",
        "keep_days": "30",
    }
    assert "keep_days" not in fields_of(agreed, "shop", services)


def test_process_asks_only_for_what_it_serves() -> None:
    asks = {
        EVERYWHERE: {"keep_days": "3"},
        "mms-bulk": {"rate_per_s": "5"},
        "mms-finance": {"linger_ms": "0"},
    }
    assert asks_for(asks, ["mms-finance"]) == {
        EVERYWHERE: {"keep_days": "3"},
        "mms-finance": {"linger_ms": "0"},
    }


@pytest.mark.parametrize("text", PLACES)
def test_place_is_written_as_it_is_read(text: str) -> None:
    assert str(Where.parse(text)) == text
