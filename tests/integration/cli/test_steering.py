"""lanes, holds, pause, resume: what operators see and steer."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.batches import Effect, EffectKind, Outcome, Settlement, Verdict
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from plexsend.outbox.redis.store import Store

SHOP = Lane("mms-bulk", None, "shop")


def hold_credit(store: Store, yard: Any) -> None:
    """Let the account main run out of credit."""
    yard.add("no-credit")
    batch = yard.take()
    settlement = Settlement(
        batch.token,
        batch.take,
        (Verdict("no-credit", batch.token, Outcome.BACK, code="G150"),),
        (Effect(EffectKind.CREDIT, 0, "no credit"),),
    )
    advance(store, batch.lane, Ticket("test.2", 1), settlement=settlement)


def test_lanes_have_the_promised_fields_in_their_order(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    put(store, Where("mms-bulk"), {"rate_per_s": 40}, by="anna", reason="agreed with the gateway")
    yard.end(Outcome.REJECTED, "d1", "d2")
    yard.end(Outcome.PARK, "u1")
    yard.add("k1", "k2", "k3")
    yard.add("s1", lane=SHOP)
    run("pause", "shop", "--reason", "new price list")

    ended = run("lanes", "--json", PLEXSEND_RATE_MMS_BULK="7")

    assert ended.code == 0
    main, shop = ended.lines
    promised = "lane service account ready later sending uncertain dead held rate_per_s drains oldest_ready_s"
    assert " ".join(main).startswith(promised)
    assert (main["lane"], main["service"], main["account"]) == ("mms-bulk@main", "mms-bulk", "main")
    assert [main[name] for name in ("ready", "later", "sending", "uncertain", "dead")] == [3, 0, 0, 1, 2]
    assert (main["held"], shop["held"]) == (False, True)
    assert shop["holds"] == ["account pause shop"]
    assert main["rate_per_s"] == 40
    assert 0 <= main["oldest_ready_s"] < 60


def test_lanes_show_people_what_is_held_and_that_no_worker_lives(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    run("pause", "mms-bulk", "--reason", "new price list")

    ended = run("lanes")

    assert ended.code == 0
    heading, row = ended.out.splitlines()
    assert heading.split()[:6] == ["lane", "waiting", "scheduled", "sending", "uncertain", "dead"]
    assert row.startswith("mms-bulk@main ")
    assert row.endswith("service pause")
    assert "No worker is alive for: main. Start one with `plexsend worker`." in ended.err


def test_an_empty_list_is_told_on_stderr_and_to_people_only(run: Callable[..., Any]) -> None:
    for args in (("lanes",), ("holds",), ("dead", "list"), ("uncertain", "list")):
        people, programs = run(*args), run(*args, "--json")
        assert (people.code, people.out, len(people.err.splitlines())) == (0, "", 1)
        assert (programs.code, programs.out, programs.err) == (0, "", "")


def test_a_pause_is_listed_with_the_promised_fields(run: Callable[..., Any]) -> None:
    paused = run("pause", "mms-bulk@main", "--reason", "wrong price", "--json")
    assert (paused.code, paused.err) == (0, "")

    (hold,) = run("holds", "--json", "--account", "main").lines
    assert hold == paused.lines[0]
    assert " ".join(hold).startswith("account scope what reason since until step_s by")
    assert [hold[name] for name in ("account", "scope", "what", "reason")] == [
        "main",
        "lane",
        "mms-bulk@main",
        "pause",
    ]
    assert hold["since"].endswith("+00:00")
    assert (hold["until"], hold["step_s"]) == (None, None)
    assert hold["by"] == getpass.getuser()
    assert hold["why"] == "wrong price"


def test_a_service_paused_before_any_lane_is_listed_once_and_holds_the_lanes_to_come(
    run: Callable[..., Any], yard: Any
) -> None:
    assert run("pause", "mms-bulk", "--reason", "r", "--by", "kim").code == 0
    yard.add("k1")
    yard.add("k1", lane=SHOP)

    (hold,) = run("holds", "--json").lines
    assert (hold["account"], hold["scope"], hold["what"], hold["by"]) == ("*", "service", "mms-bulk", "kim")
    assert [lane["held"] for lane in run("lanes", "--json").lines] == [True, True]
    assert yard.take() is None

    ended = run("resume", "mms-bulk", "--json")
    assert ended.lines == [{"scope": "service", "what": "mms-bulk", "ended": ["pause"]}]
    assert run("holds", "--json").lines == []
    assert yard.take() is not None


def test_an_account_that_is_only_configured_can_be_paused(run: Callable[..., Any]) -> None:
    account = {"PLEXSEND_ACCOUNT_SHOP": "user;secret"}

    assert run("pause", "shop", "--reason", "r").code == 1
    assert run("pause", "shop", "--reason", "r", **account).code == 0
    (hold,) = run("holds", "--json", **account).lines
    assert (hold["account"], hold["scope"], hold["what"]) == ("shop", "account", "shop")


def test_main_can_be_paused_before_anything_is_known_of_it(run: Callable[..., Any], yard: Any) -> None:
    assert run("pause", "main", "--reason", "r").code == 0
    yard.add("k1")
    assert yard.take() is None


def test_an_unknown_name_is_refused_with_the_remedy_and_held_all_the_same_when_asked(
    run: Callable[..., Any], yard: Any
) -> None:
    yard.add("k1")
    refused = run("pause", "mian", "--reason", "r")
    assert (refused.code, refused.out) == (1, "")
    assert "Did you mean main? Write `account:mian` to name that account nevertheless." in refused.err

    forced = run("pause", "account:mian", "--reason", "r")
    assert forced.code == 0
    assert "warning: mian: is not the name of any account known here" in forced.err
    assert len(run("holds", "--account", "mian", "--json").lines) == 1
    assert run("resume", "account:mian").code == 0


def test_resume_of_what_is_not_held_is_refused(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    for what in ("main", "mms-bulk", "mms-bulk@main"):
        ended = run("resume", what)
        assert (ended.code, ended.out) == (1, "")
        assert "Nothing held" in ended.err
        assert run("resume", what, "--json").error["kind"] == "refused"


def test_resuming_an_account_ends_its_credit_hold_at_once(
    run: Callable[..., Any], store: Store, yard: Any
) -> None:
    hold_credit(store, yard)
    (hold,) = run("holds", "--json").lines
    assert [hold[name] for name in ("scope", "what", "reason", "step_s")] == ["account", "main", "credit", 30]
    assert hold["until"] is not None
    assert "one message probes" in run("holds").out

    ended = run("resume", "main")
    assert (ended.code, ended.out) == (0, "The account main may send again (ended: credit).\n")
    assert run("holds", "--json").lines == []


def test_a_pause_needs_a_reason_of_one_line(run: Callable[..., Any]) -> None:
    assert run("pause", "main").code == 2
    for reason in ("", "  ", "two\nlines", "x" * 201):
        assert run("pause", "main", "--reason", reason).code == 2


@pytest.mark.parametrize("what", ["two words", "Main", "mms-bulk@"])
def test_what_is_no_name_is_wrong_usage(what: str, run: Callable[..., Any]) -> None:
    ended = run("pause", what, "--reason", "r", "--json")
    assert (ended.code, ended.out, ended.error["kind"]) == (2, "", "usage")


@pytest.mark.parametrize("what", ["mms-bulk@main", "account:ghost", "mms-standard@ghost"])
def test_what_is_paused_before_it_has_any_lane_is_listed(run: Callable[..., Any], what: str) -> None:
    assert run("pause", what, "--reason", "month end").code == 0
    (hold,) = run("holds", "--json").lines
    assert hold["what"] == what.removeprefix("account:")
    assert run("resume", what).code == 0
    assert run("holds", "--json").lines == []
