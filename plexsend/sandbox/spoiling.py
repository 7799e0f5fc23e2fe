"""What each fault makes of an answer. Two tables: some change what is said, the others how it goes out."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.sandbox.answers import Ending, Reply, Result, Results, Whole, refuse

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from plexsend.sandbox.faults import Fault

FOREIGN_KEY = "key-that-nobody-sent"

# Opens like JSON, so that only a reader who reads to the end notices.
_GARBAGE = b'{"results": [{"code": "C100", \xff\xfe <html>'


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request held that an answer can quote."""

    authorization: str = field(repr=False)
    body: bytes = field(repr=False)


def spoil_answer(
    answer: Results | Whole, fault: Fault, chances: random.Random, asked: Asked
) -> Results | Whole:
    """Return what is said under a fault. Faults of items leave an answer for the whole request as it is."""
    if fault.kind in _QUOTING_FAULTS:
        return _QUOTING_FAULTS[fault.kind](answer, fault, asked)
    if isinstance(answer, Results) and fault.kind in _ITEM_FAULTS:
        return Results(_ITEM_FAULTS[fault.kind](list(answer.items), fault, chances), answer.ending)
    replace = _WHOLE_FAULTS.get(fault.kind)
    return answer if replace is None else replace(fault)


def spoil_reply(reply: Reply, fault: Fault) -> Reply:
    """Return how an answer goes out under a fault."""
    change = _REPLY_FAULTS.get(fault.kind)
    return reply if change is None else change(reply, fault)


def shows_codes(fault: Fault | None) -> bool:
    """Return whether a client that reads everything still learns the codes of the answer."""
    return (
        fault is None or fault.kind not in _REPLY_FAULTS or fault.kind in {"too_large", "close_after_answer"}
    )


def _drop_items(items: list[Result], fault: Fault, chances: random.Random) -> list[Result]:
    chances.shuffle(items)
    return items[fault.param("count") :]


def _double_item(items: list[Result], fault: Fault, chances: random.Random) -> list[Result]:
    if not items:
        return items
    again = chances.choice(items)
    return [*items, Result(fault.param("code"), again.msg_key)]


def _add_foreign(items: list[Result], fault: Fault, chances: random.Random) -> list[Result]:
    items.insert(chances.randint(0, len(items)), Result(fault.param("code"), FOREIGN_KEY))
    return items


def _change_codes(items: list[Result], fault: Fault, _chances: random.Random) -> list[Result]:
    return [Result(fault.param("code"), item.msg_key) for item in items]


def _quote_in_items(answer: Results | Whole, fault: Fault, asked: Asked) -> Results | Whole:
    if isinstance(answer, Whole):
        return answer
    items = {
        str(item.get("msg_key")): json.dumps(item, ensure_ascii=False)
        for item in json.loads(asked.body)["msg_data"]
    }
    words = {key: f"refused with {asked.authorization}: {item}" for key, item in items.items()}
    return Results(
        [Result(fault.param("code"), each.msg_key, words.get(each.msg_key, "")) for each in answer.items],
        answer.ending,
    )


def _quote_in_codes(answer: Results | Whole, _fault: Fault, asked: Asked) -> Results | Whole:
    if isinstance(answer, Whole):
        return answer
    secret = asked.authorization.partition(";")[2]
    return Results([Result(secret, each.msg_key) for each in answer.items], answer.ending)


def _quote_in_envelope(_answer: Results | Whole, fault: Fault, asked: Asked) -> Whole:
    words = f"{asked.authorization} sent {asked.body.decode('utf-8', 'replace')}"
    return refuse(fault.param("code"), words, status=fault.param("status"))


def _encode_falsely(reply: Reply, fault: Fault) -> Reply:
    status = fault.param("status")
    return dataclasses.replace(
        reply,
        status=status,
        # Under another status it says no codes: a proxy has made it.
        body=reply.body if status == reply.status else f"{status}\n".encode(),
        headers=(*reply.headers, ("Content-Encoding", fault.param("encoding"))),
    )


def _retry_after(fault: Fault) -> tuple[tuple[str, str], ...]:
    """Return the header; a fault with an empty text sends none."""
    text = fault.param("retry_after")
    return (("Retry-After", text),) if text else ()


def _replace_body(body: bytes) -> Callable[[Reply, Fault], Reply]:
    """Return a change to another body under the fault's status."""
    return lambda reply, fault: dataclasses.replace(reply, status=fault.param("status"), body=body)


def _replace_json(reply: Reply, fault: Fault) -> Reply:
    body = json.dumps(fault.param("body")).encode()
    return dataclasses.replace(reply, status=fault.param("status"), body=body)


def _pad(reply: Reply, fault: Fault) -> Reply:
    # Blanks after JSON are JSON: only the size is wrong.
    return dataclasses.replace(reply, body=reply.body.ljust(fault.param("size_bytes")))


def _end(ending: Ending) -> Callable[[Reply, Fault], Reply]:
    """Return a change of what becomes of the connection."""
    return lambda reply, _fault: dataclasses.replace(reply, ending=ending)


_ITEM_FAULTS: dict[str, Callable[[list[Result], Fault, random.Random], list[Result]]] = {
    "missing_item": _drop_items,
    "doubled_item": _double_item,
    "foreign_key": _add_foreign,
    "item_code": _change_codes,
}

_WHOLE_FAULTS: dict[str, Callable[[Fault], Whole]] = {
    "server_error": lambda fault: refuse("C500_1", status=fault.param("status")),
    "envelope": lambda fault: refuse(fault.param("code"), status=fault.param("status")),
    "too_many": lambda fault: Whole(429, None, headers=_retry_after(fault)),
    "unavailable": lambda fault: Whole(fault.param("status"), None, headers=_retry_after(fault)),
    "api_gateway": lambda fault: Whole(fault.param("status"), fault.param("error_code"), is_front=True),
    "redirect": lambda fault: Whole(
        fault.param("status"), None, headers=(("Location", fault.param("location")),)
    ),
}

_QUOTING_FAULTS: dict[str, Callable[[Results | Whole, Fault, Asked], Results | Whole]] = {
    "quoting_items": _quote_in_items,
    "quoting_codes": _quote_in_codes,
    "quoting_envelope": _quote_in_envelope,
}

_REPLY_FAULTS: dict[str, Callable[[Reply, Fault], Reply]] = {
    "garbage": _replace_body(_GARBAGE),
    "empty": _replace_body(b""),
    "wrong_shape": _replace_json,
    "false_encoding": _encode_falsely,
    "too_large": _pad,
    "reset_before_reading": _end(Ending.RESET),
    "reset_before_accepting": _end(Ending.RESET),
    "reset_after_accepting": _end(Ending.RESET),
    "hang_up": _end(Ending.HANG_UP),
    "cut_answer": _end(Ending.CUT),
    "close_after_answer": _end(Ending.DROP),
}
