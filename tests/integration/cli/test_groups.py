"""Groups on the command line: put in, listed, paused, cancelled, opened, given another time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

SPRING = Lane("mms-bulk", None, "main", "spring")
SHOP_SPRING = Lane("mms-bulk", None, "shop", "spring")
HOUR_MS = 3_600_000
MESSAGE = (
    *("send", "mms-bulk", "--to", "010-2345-6789", "--from", "02-2345-6789", "--text", "hello"),
    *("--image", "https://example.com/a.jpg"),
)
STATES_SHOWN = ["waiting", "accepted", "delivered"]
COLUMNS = (
    "group service account scheduled waiting sending uncertain "
    "accepted delivered undelivered unknown rejected failed expired cancelled held"
)


def test_a_message_is_sent_into_a_group(run: Callable[..., Any], store: Store) -> None:
    ended = run(*MESSAGE, "--key", "k1", "--group", "spring")
    assert ended.code == 0
    (record,) = queries.find(store, "k1")
    assert record.lane == SPRING


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("Spring!", "1 to 32 of a-z, 0-9 and -"),
        ("x" * 33, "1 to 32 of a-z, 0-9 and -"),
        ("spring~1", "the run of a campaign"),
    ],
)
def test_what_is_not_a_group_is_refused_with_what_is(run: Callable[..., Any], group: str, words: str) -> None:
    ended = run(*MESSAGE, "--group", group, "--json")
    assert (ended.code, ended.error["kind"]) == (2, "usage")
    assert words in ended.error["message"]


def test_a_closed_group_refuses_a_message_and_says_how_it_is_opened(run: Callable[..., Any]) -> None:
    run("cancel", "group:spring", "--reason", "wrong price", "--by", "anna")
    ended = run(*MESSAGE, "--group", "spring", "--json")
    assert (ended.code, ended.error["kind"]) == (1, "closed")
    for words in ("spring", "anna", "wrong price", "plexsend resume group:spring --account main"):
        assert words in ended.error["message"]
    assert run("resume", "group:spring", "--json").lines == [
        {"scope": "group", "what": "spring", "ended": ["closed"]}
    ]
    assert run(*MESSAGE, "--group", "spring").code == 0


def test_an_import_into_a_group_that_is_closed_stops_and_goes_on_when_it_is_open(
    run: Callable[..., Any], tmp_path: Path, store: Store
) -> None:
    file = tmp_path / "rows.jsonl"
    item = {"sender_number": "02-2345-6789", "receiver_number": "010-2345-6789", "msg": "hello"}
    row = json.dumps({**item, "file_path": ["https://example.com/a.jpg"]})
    file.write_text(f"{row}\n" * 3, "utf-8")
    args = ("import", str(file), "--service", "mms-bulk", "--group", "spring", "--json")
    run("cancel", "group:spring")
    ended = run(*args)
    assert (ended.code, ended.error["kind"]) == (1, "closed")
    assert "Run the import again" in ended.error["message"]
    run("resume", "group:spring")
    assert run(*args).lines[-1]["added"] == 3
    assert run(*args).lines[-1]["duplicates"] == 3
    assert queries.look_at(store, SPRING).ready == 3


def test_groups_have_the_promised_fields_in_their_order(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "a1", "a2", lane=SPRING)
    yard.end(Outcome.REJECTED, "d1", lane=SPRING)
    yard.end(Outcome.PARK, "u1", lane=SPRING)
    yard.add("w1", "w2", "w3", lane=SPRING)
    yard.add("w1", lane=SHOP_SPRING)
    run("pause", "group:spring", "--account", "shop", "--reason", "new price list")

    ended = run("groups", "--json")

    assert ended.code == 0
    main, shop = ended.lines
    assert " ".join(main).startswith(COLUMNS)
    assert (main["group"], main["service"], main["account"]) == ("spring", "mms-bulk", "main")
    counts = COLUMNS.split()[3:-1]
    assert [main[name] for name in counts] == [0, 3, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0]
    assert (main["held"], main["closed"], shop["held"]) == (False, None, True)
    assert shop["holds"] == ["group pause spring"]
    assert [line["account"] for line in run("groups", "--account", "shop", "--json").lines] == ["shop"]


def test_groups_with_something_still_to_go_are_shown_first(run: Callable[..., Any], yard: Any) -> None:
    for number in range(60):
        yard.add(f"k{number}", lane=Lane("mms-bulk", None, "main", f"g{number:02}"))
    for number in range(30):
        run("cancel", f"group:g{number:02}")

    ended = run("groups")

    heading, first, *_, last = ended.out.splitlines()
    assert heading.split() == ["group", "service", "account", *STATES_SHOWN, "cancelled", "held"]
    assert first.split()[0] == "g30"
    assert last.split()[0] == "g19"
    assert last.split()[-1] == "closed"
    assert "and 10 more; --all lists all of them." in ended.err
    assert len(run("groups", "--all").out.splitlines()) == 61
    assert run("groups", "--wide").out.splitlines()[0].split() == COLUMNS.split()
    nobody = run("groups", "--account", "nobody")
    assert (nobody.code, "No account nobody is known here." in nobody.err) == (1, True)


def test_an_outbox_without_groups_says_so(run: Callable[..., Any], yard: Any) -> None:
    assert "There are no groups" in run("groups", "--account", "shop").err
    yard.add("k1")
    assert "There are no groups" in run("groups", "--account", "main").err


def test_a_group_is_cancelled_and_closed(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "a1", lane=SPRING)
    yard.add("s1", lane=SPRING)
    yard.take(SPRING)
    yard.add("w1", "w2", lane=SPRING)

    (facts,) = run("cancel", "group:spring", "--json").lines
    assert facts == {
        "group": "spring",
        "account": "main",
        "known": True,
        "cancelled": 2,
        "wanted": 1,
        "parked": [],
    }
    people = run("cancel", "group:spring")
    assert "0 messages of the group spring (main) are cancelled." in people.out
    assert "The group is closed. `plexsend resume group:spring --account main` opens it again." in people.out
    assert run("status", "w1", "--json").lines[0]["state"] == "cancelled"


def test_reason_and_name_are_of_a_group_alone(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    ended = run("cancel", "k1", "--reason", "why not", "--json")
    assert (ended.code, ended.error["kind"]) == (2, "usage")
    assert yard.state("k1") == "waiting"


@pytest.mark.parametrize("command", [("cancel",), ("pause", "--reason", "r"), ("resume",)])
def test_a_group_of_several_accounts_is_never_guessed(
    run: Callable[..., Any], yard: Any, command: tuple[str, ...]
) -> None:
    yard.add("k1", lane=SPRING)
    yard.add("k1", lane=SHOP_SPRING)
    ended = run(*command, "group:spring", "--json")
    assert (ended.code, ended.error["kind"]) == (2, "usage")
    assert "main, shop" in ended.error["message"]
    assert "--account" in ended.error["message"]
    assert yard.state("k1", "shop") == yard.state("k1") == "waiting"


def test_a_group_is_paused_before_it_exists_in_the_account_that_is_named(
    run: Callable[..., Any], yard: Any
) -> None:
    paused = run("pause", "group:spring", "--account", "shop", "--reason", "not yet", "--json")
    assert paused.code == 0
    assert "is not the name of any group known here" in paused.err
    (hold,) = paused.lines
    assert [hold[name] for name in ("account", "scope", "what")] == ["shop", "group", "spring"]
    yard.add("k1", lane=SHOP_SPRING)
    assert yard.take(SHOP_SPRING) is None
    # The one account that knows it now.
    assert run("resume", "group:spring").code == 0
    assert yard.take(SHOP_SPRING) is not None
    assert run("resume", "group:spring").code == 1


@pytest.mark.parametrize("command", [("pause", "--reason", "r"), ("resume",)])
def test_an_account_is_named_for_a_group_alone(run: Callable[..., Any], command: tuple[str, ...]) -> None:
    ended = run(*command, "mms-bulk@main", "--account", "main", "--json")
    assert (ended.code, ended.error["kind"]) == (2, "usage")
    assert "group:NAME" in ended.error["message"]


def test_a_message_gets_another_time(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    (facts,) = run("reschedule", "k1", "2099-12-24T09:00:00+09:00", "--json").lines
    assert facts["outcome"] == "rescheduled"
    assert facts["send_at"] == "2099-12-24T00:00:00.000+00:00"
    assert run("status", "k1", "--json").lines[0]["send_at"] == "2099-12-24T00:00:00.000+00:00"
    assert "k1 goes as soon as it can (state waiting)." in run("reschedule", "k1", "now").out
    assert yard.state("k1") == "waiting"


def test_what_cannot_get_another_time_says_why(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "a1")
    refused = run("reschedule", "a1", "now")
    assert refused.code == 1
    assert "'a1' is accepted: only what waits or is scheduled gets another time." in refused.err
    assert run("reschedule", "nobody", "now").code == 1
    assert run("reschedule", "a1", "tomorrow").code == 2


def test_a_group_gets_another_time_and_names_what_keeps_its_own(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    now_ms = queries.server_ms(store)
    yard.add("w1", "w2", lane=SPRING)
    yard.add("e1", lane=SPRING, expires_at_ms=now_ms + HOUR_MS)
    ended = run("reschedule", "group:spring", "2099-12-24T09:00:00+09:00", "--json")
    assert ended.code == 1
    (facts,) = ended.lines
    assert (facts["rescheduled"], facts["left"]) == (2, [{"msg_key": "e1", "reason": "expires"}])
    people = run("reschedule", "group:spring", "now")
    assert people.code == 0
    assert "2 messages of the group spring (main) go as soon as they can." in people.out


def test_why_counts_the_messages_of_a_group_by_cause(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.REJECTED, "d1", lane=SPRING)
    yard.end(Outcome.PARK, "u1", lane=SPRING)
    yard.add("w1", "w2", lane=SPRING)
    yard.add("other")
    run("pause", "group:spring", "--reason", "wrong price", "--by", "kim")

    ended = run("why", "group:spring", "--json")

    assert ended.code == 1
    (facts,) = ended.lines
    assert (facts["group"], facts["account"], facts["messages"], facts["unsent"]) == ("spring", "main", 4, 2)
    assert [(cause["kind"], cause["count"]) for cause in facts["causes"]] == [
        ("held", 2),
        ("uncertain", 1),
        ("dead", 1),
    ]
    people = run("why", "group:spring")
    assert "group spring (main): 4 messages, of which 2 still to go" in people.out
    assert "kim: wrong price" in people.out
    assert "plexsend resume group:spring --account main" in people.out


def test_why_of_a_group_that_nobody_knows_says_where_groups_are_listed(run: Callable[..., Any]) -> None:
    ended = run("why", "group:spring")
    assert ended.code == 1
    assert "`plexsend groups`" in ended.err


def test_why_of_a_closed_group_is_well_once_nothing_waits(run: Callable[..., Any], yard: Any) -> None:
    yard.add("w1", lane=SPRING)
    run("cancel", "group:spring", "--by", "anna")
    ended = run("why", "group:spring")
    assert ended.code == 0
    assert "cancelled by anna" in ended.out


def test_a_dead_letter_of_a_closed_group_says_what_to_open_before_it_goes_again(
    run: Callable[..., Any], yard: Any
) -> None:
    yard.end(Outcome.PARK, "u1", lane=SPRING)
    run("cancel", "group:spring")
    refused = run("uncertain", "settle", "u1", "resend")
    assert refused.code == 1
    assert "`plexsend resume group:NAME`" in refused.err
    assert yard.state("u1") == "uncertain"


def test_a_group_that_is_only_paused_or_closed_is_listed_where_the_account_has_no_message(
    run: Callable[..., Any],
) -> None:
    run("pause", "group:ahead", "--reason", "not yet")
    run("cancel", "group:never", "--account", "shop")
    lines = run("groups", "--json").lines
    assert [(line["group"], line["account"]) for line in lines] == [("ahead", "main"), ("never", "shop")]


def test_a_misspelt_group_is_warned_of_when_cancelled_and_refused_another_time(
    run: Callable[..., Any],
) -> None:
    refused = run("reschedule", "group:sprng", "now")
    assert refused.code == 1
    assert "No group sprng is known in account main." in refused.err
    cancelled = run("cancel", "group:sprng")
    assert cancelled.code == 0
    assert "sprng: is not the name of any group known here" in cancelled.err
    assert "`plexsend resume group:sprng --account main`" in cancelled.err


def test_programs_hear_that_nobody_knew_a_group(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1", lane=SPRING)
    slip = run("cancel", "group:sprng", "--json")
    assert slip.lines[0]["known"] is False
    assert "Did you mean spring?" in json.loads(slip.err)["warning"]["remedy"]
    assert run("cancel", "group:spring", "--json").lines[0]["known"] is True


@pytest.mark.parametrize(
    ("what", "warned"),
    [
        ("mms-bulk/sprng@main", "Did you mean mms-bulk/spring@main"),
        ("mms-bulk.RMM@main", "is not the name of any lane"),
        ("rcs-mms-bulk@main", "is not the name of any lane"),
        ("mms-bulk/spring@main", ""),
        ("mms-finance@main", ""),
        ("rcs-mms-bulk.RMM@main", ""),
        ("group:sprng", "Did you mean spring?"),
    ],
)
def test_a_pause_of_what_nobody_knows_is_warned_of(
    run: Callable[..., Any], yard: Any, what: str, warned: str
) -> None:
    yard.add("k1", lane=SPRING)
    paused = run("pause", what, "--reason", "r")
    assert paused.code == 0
    assert (warned in paused.err) if warned else not paused.err


def test_groups_of_advertisements_without_one_are_explained(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1", lane=SPRING)
    assert "~ad" not in run("groups").err
    assert run("pause", "group:~ad", "--reason", "not now").code == 0
    assert "~ad: all advertisements without a group." in run("groups").err
    assert not run("groups", "--json").err


def test_a_slip_in_the_account_or_the_name_of_a_group_is_asked_about(
    run: Callable[..., Any], yard: Any
) -> None:
    yard.add("k1", lane=SPRING)
    ended = run("cancel", "group:spring", "--account", "mian", "--yes", "--json")
    assert (ended.code, ended.error["message"]) == (1, "No account mian is known here. Did you mean main?")
    assert "Did you mean spring?" in run("why", "group:sprnig", "--json").error["message"]
    assert yard.state("k1") == "waiting"
