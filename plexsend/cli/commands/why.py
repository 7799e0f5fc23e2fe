"""`plexsend why`: what keeps a message from going."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import account_option, example, json_option, key_argument
from plexsend.terminal.moments import local, span, utc
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.outbox.reading.why import Why
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store


@click.command(epilog=example("plexsend why order-4711"))
@key_argument
@account_option
@json_option
def why(*, key: str, account: str | None, as_json: bool) -> None:
    """Explain why the message KEY is not sent yet, how that ends, and when it is likely to be sent."""
    screen = Screen(as_json=as_json)
    from plexsend.cli.finding import find_records

    with open_outbox(screen) as (settings, store):
        for record in find_records(store, settings, key, account):
            answer = _ask(store, record)
            screen.facts(_why_json(answer, record))
            if not as_json:
                _show(screen, answer)


def _ask(store: Store, record: Record) -> Why:
    from plexsend.outbox.policies.state import read
    from plexsend.outbox.reading.why import why as explain

    return explain(store, record, read(store).of(record.lane.account).service(record.lane.service))


def _why_json(answer: Why, record: Record) -> dict[str, object]:
    from plexsend.outbox.reading.json_shapes import lane_json

    return {
        "msg_key": answer.msg_key,
        "state": answer.state,
        **lane_json(record.lane),
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


def _show(screen: Screen, answer: Why) -> None:
    screen.say(f"{answer.msg_key}  {answer.state} in {answer.lane}", style="bold")
    for cause in answer.causes:
        screen.say(f"  - {cause.text}", wraps=True)
        times = [
            f"{word} {local(at_ms)}"
            for word, at_ms in (("since", cause.since_ms), ("until", cause.until_ms))
            if at_ms
        ]
        if times:
            screen.say(f"    {', '.join(times)}")
    if answer.estimate_s is not None:
        screen.say(
            "  It is on its way."
            if answer.estimate_s <= 0
            else f"  It is likely to go in {span(answer.estimate_s)}."
        )
