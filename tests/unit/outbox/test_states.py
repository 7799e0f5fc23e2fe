"""The table of transitions: sound in itself, the same in the scripts, and the same in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plexsend.outbox.receipt_events import EVENT_OF
from plexsend.outbox.redis.pieces import text_of
from plexsend.outbox.redis.scripts import PRELUDES, Script, parts
from plexsend.outbox.states import (
    DEAD,
    FINAL,
    LIVING,
    OUTCOME_OF,
    RANK_OF,
    SET_OF,
    TRANSITIONS,
    Event,
    ResultOutcome,
    State,
)

DOCS = Path(__file__).parents[3] / "docs" / "architecture.md"
BEGIN, END = "<!-- transitions:begin -->", "<!-- transitions:end -->"


def render() -> str:
    """Return the table as it stands in docs/architecture.md, between its two markers.

    To see it: `python -c "from tests.unit.outbox.test_states import render; print(render())"`.
    """
    rows = [("event", "from", "to"), ("---", "---", "---")]
    rows += [
        (event, ", ".join(state or "nowhere" for state in froms), to or "nowhere")
        for event, froms, to in TRANSITIONS
    ]
    return "\n".join(f"| {event} | {froms} | {to} |" for event, froms, to in rows)


def test_docs_hold_the_table_of_the_code() -> None:
    _, _, behind = DOCS.read_text("utf-8").partition(BEGIN)
    told, end, _ = behind.partition(END)
    assert end, f"{DOCS.name} has no table between its markers"
    assert told.strip() == render()


def test_every_event_has_one_row() -> None:
    assert [row[0] for row in TRANSITIONS] == list(Event)


def test_every_state_is_living_or_final() -> None:
    assert set(LIVING) | set(FINAL) == set(State)
    assert not set(LIVING) & set(FINAL)
    assert set(DEAD) <= set(FINAL)


def test_living_messages_and_dead_letters_stand_in_a_set_and_no_others() -> None:
    assert set(SET_OF) == set(LIVING) | set(DEAD)
    assert len({SET_OF[state] for state in LIVING}) == len(LIVING)


BY_RECEIPT = {Event.DELIVER, Event.UNDELIVER, Event.RECEIPT_UNKNOWN}


def test_only_a_person_time_or_a_receipt_leads_out_of_a_final_state() -> None:
    leaving = {event for event, froms, _ in TRANSITIONS if set(froms) & set(FINAL)}
    assert leaving == {Event.REQUEUE, Event.DROP, Event.ARCHIVE, Event.NO_RECEIPT, *BY_RECEIPT}


def test_every_state_can_be_reached_and_left() -> None:
    reached = {to for _, _, to in TRANSITIONS}
    left = {state for _, froms, _ in TRANSITIONS for state in froms}
    assert set(State) <= reached
    assert set(State) <= left


def test_what_is_parked_never_moves_by_itself() -> None:
    leaving = {event for event, froms, _ in TRANSITIONS if State.UNCERTAIN in froms}
    assert leaving == {
        Event.ACCEPT_LATE, Event.SETTLE_ACCEPTED, Event.SETTLE_RESEND, Event.SETTLE_FAILED, *BY_RECEIPT
    }  # fmt: skip


MOVES_NOTHING = {
    Script.IMPORTS,
    Script.ALIVE,
    Script.ADOPT,
    Script.POLICY,
    Script.AGREE,
    Script.FORM,
    Script.WALK,
    Script.RESULTS,
    Script.PROOF,
    Script.REPLAY,
    Script.FIGURES,
    Script.TALLY,
    Script.PICTURES,
    Script.SUPPRESS,
    Script.RUN,
    Script.DUE,
    Script.PUT,
}


@pytest.mark.parametrize("script", sorted(set(Script) - MOVES_NOTHING))
def test_scripts_get_the_table_as_data(script: Script) -> None:
    told = text_of(parts(script))
    (line,) = re.findall(r"^local TRANSITIONS = '(.+)'$", told, re.MULTILINE)
    shown = {
        f"{event}:{state or 'nowhere'}>{to or 'nowhere'}"
        for event, froms, to in TRANSITIONS
        for state in froms
    }
    assert set(line.split()) == shown
    # Each is looked for with the space before it.
    assert line.startswith(" ")


def test_scripts_name_every_event_and_write_no_state_of_their_own() -> None:
    """A state is only ever read from the table; a literal beside `'s',` would go past it."""
    told = "".join(part.text for script in Script for part in parts(script) if part.name not in PRELUDES)
    # What a person asks for is put together: 'settle_' .. act.
    named = {f"settle_{act}" for act in ("accepted", "resend", "failed") if "'settle_' .. act" in told}
    named |= set(re.findall(r"'([a-z_]+)'", told))
    # What a receipt does is data too.
    named |= set(EVENT_OF.values())
    assert {str(event) for event in Event} - {Event.NO_RECEIPT} <= named
    assert re.findall(rf"'s', '({'|'.join(State)})'", told) == []


def test_every_state_has_an_outcome_and_a_rank() -> None:
    assert set(OUTCOME_OF) == set(RANK_OF) == set(State)
    assert {OUTCOME_OF[state] for state in (*LIVING, State.ACCEPTED)} == {ResultOutcome.PENDING}
    ended = {OUTCOME_OF[state] for state in FINAL if state is not State.ACCEPTED}
    assert ended == set(ResultOutcome) - {ResultOutcome.PENDING}


def test_rank_rises_with_every_result_unless_a_person_has_the_message_sent_again() -> None:
    """So an application that hears results in another order keeps the one that counts by rank alone."""
    told = {state for state in State if RANK_OF[state] > 0}
    falling = {
        event
        for event, froms, to in TRANSITIONS
        for state in froms
        if state in told and to is not None and RANK_OF[to] <= RANK_OF[state]
    }
    assert falling == {Event.REQUEUE, Event.SETTLE_RESEND}
