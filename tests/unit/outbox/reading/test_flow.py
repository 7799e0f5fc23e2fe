"""One sentence for every way in which what waits may be kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.outbox.reading.flow import Flow, PartFacts, judge, judge_all

PART = PartFacts(
    service="mms-bulk",
    account="main",
    waiting=12_000,
    sending=20,
    oldest_s=130,
    sent_per_s=40,
    requests_per_s=4,
    drains=4,
    most_drains=8,
    rate_per_s=100,
    processes=2,
    threads=32,
    busy=4,
)
NOTHING = PartFacts("mms-finance", "main", processes=2, threads=32, rate_per_s=20)
CREDIT = Hold(
    account="main",
    scope=Scope.ACCOUNT,
    what="main",
    reason=Reason.CREDIT,
    since_ms=1,
    until_ms=2,
    step_ms=30_000,
    by="gateway",
    why="G150: the credit does not suffice",
    probing=False,
)
FINANCE = replace(CREDIT, scope=Scope.SERVICE, what="mms-finance", reason=Reason.PAUSE, by="kim", why="")

MAIN = "mms-bulk of account main"
MORNING = "from 08:00 KST on (policy quiet_hours 20:50-08:00)"
WAIT = "12,000 messages wait, the oldest for 2 min 10 s"

SENTENCES: list[tuple[dict[str, Any], Flow, str]] = [
    (
        {},
        Flow.FLOWING,
        f"It flows in {MAIN}: 40 messages a second now, {WAIT}.",
    ),
    (
        {"waiting": 0, "oldest_s": None},
        Flow.FLOWING,
        f"It flows in {MAIN}: 40 messages a second now, nothing waits longer.",
    ),
    (
        {"waiting": 0, "sending": 0, "sent_per_s": 0, "quiet": 3, "morning": MORNING},
        Flow.QUIET,
        f"3 advertisements wait for the morning in {MAIN}: they go {MORNING}.",
    ),
    (
        {"waiting": 0, "sending": 0, "sent_per_s": 0, "outside": 3, "opens_s": 7200.0},
        Flow.WINDOW,
        f"3 messages wait for the window of their campaigns in {MAIN}: it opens again, the first in 2 h.",
    ),
    (
        {"oldest_s": 4.0, "sent_per_s": 100},
        Flow.FLOWING,
        f"It flows in {MAIN}: 100 messages a second now, 12,000 messages wait, the oldest for 4.0 s.",
    ),
    (
        {"waiting": 0, "sending": 0, "sent_per_s": 0, "scheduled": 3, "next_due_s": 180.0, "processes": 0},
        Flow.IDLE,
        f"Nothing waits in {MAIN}. 3 messages are scheduled, the next in 3 min.",
    ),
    (
        {"holds": (CREDIT,), "held": 12_000},
        Flow.HELD,
        (
            f"Account main is held (credit) by gateway: G150: the credit does not suffice. 12,000 "
            f"messages of {MAIN} wait for it, the oldest for 2 min 10 s."
        ),
    ),
    (
        {"holds": (CREDIT, FINANCE), "held": 500, "processes": 0},
        Flow.HELD,
        (
            f"Account main is held (credit) by gateway: G150: the credit does not suffice. 500 of "
            f"12,000 messages of {MAIN} wait for it, the oldest for 2 min 10 s. 1 more holds it too: "
            f"`plexsend holds`. No worker serves mms-bulk either."
        ),
    ),
    (
        {"processes": 0},
        Flow.UNSERVED,
        f"No worker serves {MAIN}: {WAIT}.",
    ),
    (
        {"processes": 0, "waiting": 1, "oldest_s": 1.0},
        Flow.UNSERVED,
        f"No worker serves {MAIN}: 1 message waits, the oldest for 1.0 s.",
    ),
    (
        {"day_limit": 5_000, "sent_today": 5_000, "sent_per_s": 0},
        Flow.LIMITED,
        f"{MAIN} is limited to 5,000 messages a day and has sent them. Until midnight {WAIT}.",
    ),
    (
        {"sent_per_s": 99.2},
        Flow.LIMITED,
        f"{MAIN} is limited to 100 messages a second and sends 99: {WAIT}, which takes 2 min.",
    ),
    (
        {"rate_per_s": 0.5, "next_s": 18.0, "sent_per_s": 0, "drains": 0},
        Flow.LIMITED,
        (
            f"{MAIN} is limited to 0.5 messages a second and lets the next go in 18 s: {WAIT}, which takes "
            "6 h 40 min."
        ),
    ),
    (
        {"busy": 32, "drains": 8},
        Flow.OVERLOADED,
        (
            f"The workers are overloaded: all 32 threads of 2 processes that serve {MAIN} are busy. 40 "
            f"messages a second now, {WAIT}."
        ),
    ),
    (
        {"drains": 8},
        Flow.SLOW,
        (
            f"The gateway is slow: 8 requests of {MAIN} are under way, as many as may be, and 4.0 a second "
            f"are answered. 40 messages a second now, {WAIT}."
        ),
    ),
    (
        {"drains": 8, "requests_per_s": 0, "sent_per_s": 0},
        Flow.SLOW,
        (
            f"The gateway is slow: 8 requests of {MAIN} are under way, as many as may be, and none was "
            f"answered in the last seconds. 0 messages a second now, {WAIT}."
        ),
    ),
    (
        {"drains": 0, "sent_per_s": 0},
        Flow.STALLED,
        f"Nothing is sent of {MAIN}, though 2 living workers serve it and nothing holds it: {WAIT}.",
    ),
]


@pytest.mark.parametrize(("changed", "flow", "text"), SENTENCES)
def test_every_matter_has_its_sentence(changed: dict[str, Any], flow: Flow, text: str) -> None:
    found = judge(replace(PART, **changed))
    assert (found.flow, found.text) == (flow, text)


def test_these_sentences_are_all_there_are() -> None:
    assert {flow for _, flow, _ in SENTENCES} == set(Flow)


@pytest.mark.parametrize(("changed", "flow"), [(changed, flow) for changed, flow, _ in SENTENCES])
def test_what_is_the_matter_comes_with_what_to_do(changed: dict[str, Any], flow: Flow) -> None:
    found = judge(replace(PART, **changed))
    assert bool(found.remedy) is not flow.is_well
    assert not found.remedy or "`plexsend " in found.remedy


def test_a_hold_says_how_it_ends_and_what_ends_it_at_once() -> None:
    found = judge(replace(PART, holds=(CREDIT,), held=12_000))
    assert "one message probes at the next time" in found.remedy
    assert "`plexsend resume main`" in found.remedy


def test_a_hold_for_want_of_a_secret_says_what_a_resume_is_good_for() -> None:
    auth = replace(CREDIT, reason=Reason.AUTH, by="plexsend", why="no worker has a secret for it")
    found = judge(replace(PART, holds=(auth,), held=12_000, processes=0))
    assert "either" not in found.text
    assert "by itself, once a living worker has a secret that the gateway did not refuse" in found.remedy
    assert found.remedy.endswith("To have refused secrets tried again: `plexsend resume main`.")


def test_one_message_that_is_held_waits() -> None:
    found = judge(replace(PART, holds=(CREDIT,), waiting=1, held=1))
    assert f". 1 message of {MAIN} waits for it" in found.text


def test_what_nobody_serves_says_why_and_what_to_do() -> None:
    because = "no worker that serves mms-bulk is alive (the last, web1 pid 7, was seen 12 s ago); start one"
    assert judge(replace(PART, processes=0, unserved_because=because)).remedy == f"N{because[1:]}."


def test_that_redis_went_back_is_told_before_an_older_hold() -> None:
    rewound = replace(CREDIT, reason=Reason.REWOUND, by="plexsend", why="Redis forgot 36 s")
    found = judge(replace(PART, holds=(FINANCE, rewound), held=12_000))
    assert found.text.startswith("Account main is held (rewound) by plexsend: Redis forgot 36 s.")
    assert "1 more holds it too" in found.text
    assert "plexsend rewound settle" in found.remedy


def test_of_all_parts_the_worst_is_told_and_who_shares_it() -> None:
    unserved = replace(PART, processes=0)
    limited = replace(PART, account="shop", sent_per_s=100)
    found = judge_all([NOTHING, limited, unserved])
    assert (found.flow, found.text) == (Flow.UNSERVED, judge(unserved).text)
    both = judge_all([unserved, replace(unserved, account="shop", waiting=3)])
    assert both.text.endswith("The same is true of mms-bulk of account shop.")
    assert both.text.startswith("No worker serves mms-bulk of account main: 12,000")


def test_where_all_flows_the_figures_are_added_up() -> None:
    found = judge_all([PART, replace(PART, account="shop", waiting=1, oldest_s=400), NOTHING])
    assert found.flow is Flow.FLOWING
    assert (
        found.text == "It flows: 80 messages a second now, 12,001 messages wait, the oldest for 6 min 40 s."
    )


def test_nothing_at_all() -> None:
    assert judge_all([]).text == "Nothing waits."
    assert judge_all([NOTHING]).flow is Flow.IDLE


ADS = replace(NOTHING, quiet=3, morning=MORNING)


def test_where_all_that_waits_waits_for_the_morning_nobody_needs_to_look() -> None:
    found = judge(ADS)
    assert (found.flow, found.flow.is_well, found.remedy) == (Flow.QUIET, True, "")
    assert found.text == (
        f"3 advertisements wait for the morning in mms-finance of account main: they go {MORNING}."
    )
    all_of_them = judge_all([ADS, replace(ADS, service="mms-bulk", quiet=1)])
    assert all_of_them.text == f"4 advertisements wait for the morning: they go {MORNING}."
    assert all_of_them.flow is Flow.QUIET


def test_what_waits_for_the_morning_is_named_beside_what_flows_or_does_not() -> None:
    flowing = judge(replace(PART, quiet=1, morning=MORNING))
    assert flowing.flow is Flow.FLOWING
    assert flowing.text.endswith("s. 1 advertisement waits for the morning.")
    unserved = judge(replace(PART, processes=0, quiet=2, morning=MORNING))
    assert unserved.flow is Flow.UNSERVED
    assert unserved.text.endswith(". 2 advertisements wait for the morning.")
    assert judge_all([ADS, replace(PART, processes=0)]).flow is Flow.UNSERVED


def test_hours_that_nobody_wrote_down_are_a_matter_for_a_person() -> None:
    found = judge(replace(ADS, morning=""))
    assert (found.flow, found.flow.is_well) == (Flow.HELD, False)
    assert "no worker has written it" in found.text
    assert "plexsend worker" in found.remedy
