"""`plexsend why`: what keeps a message, a part of what waits, or all of it from going."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import KEY, account_option, example, json_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.moments import WallClock, span, utc
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.cli.targets import Target
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.reading.flow import FlowSentence, PartFacts
    from plexsend.outbox.reading.why import Why
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

_STYLES = {
    "flowing": "bold green",
    "idle": "bold green",
    "quiet": "bold green",
    "limited": "bold yellow",
    "slow": "bold yellow",
}


@click.command(epilog=example("plexsend why", "plexsend why order-4711", "plexsend why mms-bulk@main"))
@click.argument("what", type=KEY, metavar="[KEY|LANE|SERVICE|ACCOUNT|group:NAME]", required=False)
@account_option
@json_option
def why(*, what: str | None, account: str | None, as_json: bool) -> int:
    """Explain in a sentence why what waits is not sent yet, with figures, and what to do.

    Without an argument it is about everything; with a lane, a service or an account about that part: exit
    code 0 where it flows or nothing waits, else 1. It says too where Redis is full, or nobody attends to
    campaigns. With
    group:NAME it counts the group's messages by what they wait for. With a message's KEY it is about that
    message, how its waiting ends, and when it is likely to be sent. `lane:`, `service:` or `account:` before
    a name says what is meant where a message has the same key.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.targets import read_group, require_own_account

    group = None if what is None else read_group(what)
    with open_outbox(screen) as (settings, store):
        if group is not None:
            from plexsend.cli.group_explaining import explain

            return explain(screen, store, group, account=account)
        target = None if what is None else _find_target(screen, settings, store, what, account)
        if what is None or target is not None:
            require_own_account(settings, store, account)
            code = _explain_flow(screen, store, _covered(target, account))
            if what is None and account is None and code == 0:
                _name_idle_holds(screen, store)
            return code
        from plexsend.cli.finding import explain_record, find_records, zone_of

        for record in find_records(store, what, account, as_name=True):
            answer = explain_record(store, record)
            screen.facts(_why_json(answer, record))
            if not as_json:
                _show(screen, answer, WallClock(zone_of(store, record.lane.account)))
    return 0


# A key may look like anything, so a message that has it comes first.
def _find_target(
    screen: Screen, settings: Settings, store: Store, what: str, account: str | None
) -> Target | None:
    from plexsend.cli.targets import find_target, require_known
    from plexsend.errors import NotPossible, UsageError
    from plexsend.outbox.holds import Scope
    from plexsend.outbox.reading import queries

    named, colon, _ = what.partition(":")
    if not (colon and named in set(Scope)) and queries.find(store, what, account):
        return None
    try:
        target = find_target(screen, settings, store, what, warns=False)
    except (NotPossible, UsageError):
        if colon and named in set(Scope):
            raise
        return None
    require_known(store, target)
    return target


def _covered(target: Target | None, account: str | None) -> Callable[[Lane], bool]:
    """Return which lanes are meant: a route's name means its groups too."""
    from plexsend.outbox.holds import Scope

    def covered(lane: Lane) -> bool:
        if account is not None and lane.account != account:
            return False
        if target is None:
            return True
        names: dict[Scope, set[str | None]] = {
            Scope.ACCOUNT: {lane.account},
            Scope.SERVICE: {lane.service},
            Scope.GROUP: {lane.group},
            Scope.LANE: {lane.name, lane.route.name},
        }
        return target.what in names[target.scope]

    return covered


def _explain_flow(screen: Screen, store: Store, covered: Callable[[Lane], bool]) -> int:
    from plexsend.outbox.policies.state import read_to_show
    from plexsend.outbox.reading.flow import judge, judge_all
    from plexsend.outbox.reading.flow_facts import gather
    from plexsend.outbox.reading.outbox_liveness import describe_full
    from plexsend.outbox.redis.failures import MAKE_ROOM
    from plexsend.outbox.redis.server_state import read_server_state
    from plexsend.outbox.runs.attending import read_attending

    full = describe_full(read_server_state(store).memory_ratio)
    attending = read_attending(store)
    parts = gather(store, read_to_show(store), wanted=covered)
    answer = judge_all(parts)
    each = [(part, judge(part)) for part in parts]
    screen.facts(
        {
            **_flow_json(answer),
            "full": full or None,
            "campaigns": [words for words, _ in attending.missing()],
            "parts": [{**_part_json(part), **_flow_json(sentence)} for part, sentence in each],
        }
    )
    if full:
        # First: nothing waits because of it, so the sentence about what waits may well be a good one.
        screen.say(f"{full}. {MAKE_ROOM}", style="bold red", wraps=True)
    screen.say(answer.text, style=_STYLES.get(answer.flow, "bold red"), wraps=True)
    if answer.remedy:
        screen.say(answer.remedy, wraps=True)
    for part, sentence in each:
        if (part.waiting or part.sending or part.quiet) and sentence.text != answer.text and len(each) > 1:
            screen.say(f"  - {sentence.text}", wraps=True)
    for words, remedy in attending.missing():
        screen.say(f"Campaigns: {words}. {remedy}", wraps=True)
    lacks_feeder = attending.wanting and attending.lacks_feeder
    return 0 if answer.flow.is_well and not full and not lacks_feeder else EXIT_REFUSED


def _name_idle_holds(screen: Screen, store: Store) -> None:
    """Name the holds that keep nothing now: what is submitted or due next waits for them."""
    from plexsend.outbox.reading.queries import holds_anywhere

    held = [f"{hold.scope} {hold.what} ({hold.reason})" for hold in holds_anywhere(store) if not hold.is_size]
    if held:
        screen.say(
            f"Held, though nothing waits for it now: {', '.join(held)}. See `plexsend holds`.", wraps=True
        )


def _flow_json(sentence: FlowSentence) -> dict[str, object]:
    return {"flow": str(sentence.flow), "text": sentence.text, "remedy": sentence.remedy or None}


def _part_json(part: PartFacts) -> dict[str, object]:
    return {
        "service": part.service,
        "account": part.account,
        "waiting": part.waiting,
        "scheduled": part.scheduled,
        "sending": part.sending,
        "quiet": part.quiet,
        "held": part.held,
        "oldest_s": part.oldest_s,
        "sent_per_s": round(part.sent_per_s, 1),
        "rate_per_s": part.rate_per_s,
        "sent_today": part.sent_today,
        "daily_limit": part.day_limit or None,
        "drains": part.drains,
        "workers": part.processes,
        "holds": [hold.field for hold in part.holds],
    }


def _why_json(answer: Why, record: Record) -> dict[str, object]:
    from plexsend.outbox.reading.json_shapes import advertising_json, lane_json

    return {
        "msg_key": answer.msg_key,
        "state": answer.state,
        **lane_json(record.lane),
        **advertising_json(record.lane),
        "causes": [
            {
                "kind": cause.kind,
                "text": cause.text,
                "since": utc(cause.since_ms),
                "until": utc(cause.until_ms),
            }
            for cause in answer.causes
        ],
        "estimate_s": answer.estimate_s,
    }


def _show(screen: Screen, answer: Why, clock: WallClock) -> None:
    screen.say(f"{answer.msg_key}  {answer.state} in {answer.lane}", style="bold")
    for cause in answer.causes:
        screen.say(f"  - {cause.text}", wraps=True)
        times = [
            f"{word} {clock.cell(at_ms)}"
            for word, at_ms in (("since", cause.since_ms), ("until", cause.until_ms))
            if at_ms
        ]
        if times:
            screen.say(f"    {', '.join(times)} {clock.name}")
    if answer.estimate_s is not None:
        screen.say(
            "  It is on its way."
            if answer.estimate_s <= 0
            else f"  It is likely to go in {span(answer.estimate_s)}."
        )
