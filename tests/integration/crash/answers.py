"""What a gateway decides: accepts, refuses, fails. A decision rests on keys and on how many requests came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.crash.gateway import Answers, Gateway, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence


def accept_all(gateway: Gateway, keys: Sequence[str]) -> Reply:
    """Accept everything, known or not."""
    return gateway.accept(keys)


def first(answers: Answers) -> Answers:
    """Return answers that decide so on the first request and then accept everything."""

    def decide(gateway: Gateway, keys: Sequence[str]) -> Reply | None:
        return answers(gateway, keys) if len(gateway.requests) == 1 else gateway.accept(keys)

    return decide


def whole(status: int, code: str) -> Answers:
    """Return answers that refuse the whole request."""

    def decide(gateway: Gateway, keys: Sequence[str]) -> Reply:
        del gateway, keys
        return Reply(status, {"code": code, "name": "", "description": "its words"})

    return decide


def each(code: str) -> Answers:
    """Return answers that say this of every item."""

    def decide(gateway: Gateway, keys: Sequence[str]) -> Reply:
        del gateway
        return Reply(200, {"results": [{"code": code, "desc": "its words", "msg_key": key} for key in keys]})

    return decide


def refuse_with(bad: str) -> Answers:
    """Return answers that refuse, whole, every request that holds this key."""

    def decide(gateway: Gateway, keys: Sequence[str]) -> Reply | None:
        return whole(400, "C400_2")(gateway, keys) if bad in keys else gateway.accept(keys)

    return decide


def refuse_one(bad: str) -> Answers:
    """Return answers that refuse this item and accept its neighbours."""

    def decide(gateway: Gateway, keys: Sequence[str]) -> Reply:
        reply = gateway.accept([key for key in keys if key != bad])
        if bad in keys:
            reply.content["results"].append({"code": "G140", "desc": "its words", "msg_key": bad})
        return reply

    return decide


def at_most(size: int) -> Answers:
    """Return answers that refuse every request of more items."""

    def decide(gateway: Gateway, keys: Sequence[str]) -> Reply | None:
        return each("G160")(gateway, keys) if len(keys) > size else gateway.accept(keys)

    return decide


def trouble_then_known(gateway: Gateway, keys: Sequence[str]) -> Reply:
    """Accept the first request and answer it 500; later tell what is known already."""
    if len(gateway.requests) == 1:
        gateway.accept(keys)
        return Reply(500, {"code": "C500_1", "name": "", "description": "its words"})
    known = [key for key in keys if gateway.accepted[key]]
    reply = gateway.accept([key for key in keys if key not in known])
    reply.content["results"] += [{"code": "71003", "desc": "its words", "msg_key": key} for key in known]
    return reply


def silence_first(gateway: Gateway, keys: Sequence[str]) -> Reply | None:
    """Accept the first request and close without a word."""
    reply = gateway.accept(keys)
    return None if len(gateway.requests) == 1 else reply
