"""What a lying gateway decides about the items of a request, and what it says about that."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from tests.chaos.gateway_faults import Fault

ACCEPTED = "C100"
KNOWN = "71003"
BAD_ITEM = "G140"

_NAMES = {
    ACCEPTED: "success",
    KNOWN: "duplicate key",
    "C400_2": "Invalid Parameter",
    "C401_3": "Unknown Authorization",
    "C500_1": "Internal Server Error",
    "G150": "insufficient credit",
}
_MOST_PADDING_BYTES = 1_200_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided and what shall leave.

    Attributes:
        codes: One for each item, in their order. C100: it is accepted and would be delivered.
        left: `whole`, `part` or `none`: how much of a usable answer shall leave.
    """

    codes: tuple[str, ...]
    status: int
    body: bytes
    left: str
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(keys: Sequence[str], known: Callable[[str], bool], fault: Fault | None) -> Answer:
    """Return what the gateway decides on these keys, and what it says, under this fault."""
    name = "" if fault is None else fault.name
    codes = tuple(KNOWN if known(key) else ACCEPTED for key in keys)
    if fault is not None and name in _LIES:
        return _LIES[name](keys, codes, fault)
    left = {"reset_after": "none", "read_timeout": "none", "cut_answer": "part"}.get(name, "whole")
    if fault is not None and not fault.options.get("accepted", True):
        codes = ("",) * len(keys)
    return Answer(codes, 200, _results(zip(keys, codes, strict=True)), left)


def _results(pairs: Any, desc: str | None = None) -> bytes:
    results = [
        {"code": code, "desc": desc or _NAMES.get(code, "no words"), "msg_key": key} for key, code in pairs
    ]
    return json.dumps({"results": results}).encode()


def _envelope(code: str) -> bytes:
    return json.dumps({"code": code, "name": _NAMES[code], "description": "said by the gateway"}).encode()


def _for_all(code: str, status: int) -> Callable[..., Answer]:
    def lie(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
        decided = tuple(codes) if fault.options.get("accepted") else (code,) * len(keys)
        return Answer(decided, status, _envelope(code), "whole")

    return lie


def _busy(status: int) -> Callable[..., Answer]:
    def lie(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
        after = fault.options["retry_after"]
        headers = {} if after is None else {"Retry-After": str(after)}
        decided = tuple(codes) if fault.options.get("accepted") else (str(status),) * len(keys)
        return Answer(decided, status, b"", "whole", headers)

    return lie


def _garbage(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
    kind = fault.options["kind"] or fault.dice.choice(tuple(_NONSENSE))
    body = _NONSENSE[kind](_results(zip(keys, codes, strict=True)), fault.dice)
    decided = tuple(codes) if fault.options["accepted"] else ("",) * len(keys)
    return Answer(decided, 200, body, "none")


_WRONG_TYPES = (
    b'{"results": "C100"}',
    b'{"results": [1, null, ["C100"]]}',
    b'["C100"]',
    b'"C100"',
    b"null",
    b'{"results": [{"code": {"C": 100}, "desc": [], "msg_key": 7}]}',
)

# Each makes a body of nonsense from the one that would have been right.
_NONSENSE: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes": lambda _right, dice: dice.randbytes(300),
    "html": lambda _right, _dice: b"<html><body><h1>Bad Gateway</h1></body></html>",
    "truncated": lambda right, dice: right[: dice.randrange(1, len(right) - 1)],
    "types": lambda _right, dice: dice.choice(_WRONG_TYPES),
}


def _half_answer(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
    told = _some(list(zip(keys, codes, strict=True)), fault.dice)
    return Answer(tuple(codes), 200, _results(told), "part")


def _foreign_keys(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
    told = _some(list(zip(keys, codes, strict=True)), fault.dice)
    foreign = [(f"foreign-{fault.dice.randrange(10**12)}", ACCEPTED) for _ in range(len(keys) - len(told))]
    return Answer(tuple(codes), 200, _results([*foreign, *told]), "part")


def _doubled_keys(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
    told = list(zip(keys, codes, strict=True))
    twice = fault.dice.choice(told)[0] if told else ""
    return Answer(tuple(codes), 200, _results([*told, (twice, fault.options["second"])]), "whole")


def _no_credit(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
    paid = fault.options.get("k", 0)
    decided = tuple(code if place < paid else "G150" for place, code in enumerate(codes))
    return Answer(decided, 200, _results(zip(keys, decided, strict=True)), "whole")


def _for_one(code: str) -> Callable[..., Answer]:
    def lie(keys: Sequence[str], codes: Sequence[str], fault: Fault) -> Answer:
        struck = fault.dice.randrange(max(1, len(keys)))
        decided = tuple(code if place == struck else usual for place, usual in enumerate(codes))
        return Answer(decided, 200, _results(zip(keys, decided, strict=True)), "whole")

    return lie


def _huge(keys: Sequence[str], codes: Sequence[str], _fault: Fault) -> Answer:
    padding = "x" * (_MOST_PADDING_BYTES // max(1, len(keys)))
    return Answer(tuple(codes), 200, _results(zip(keys, codes, strict=True), padding), "whole")


# At least one is left out, perhaps all.
def _some(pairs: list[tuple[str, str]], dice: random.Random) -> list[tuple[str, str]]:
    told = set(dice.sample(range(len(pairs)), dice.randrange(len(pairs)))) if pairs else set()
    return [pair for place, pair in enumerate(pairs) if place in told]


def refuse_secret(keys: Sequence[str]) -> Answer:
    """Return what is said to credentials that are not known."""
    return Answer(("C401_3",) * len(keys), 401, _envelope("C401_3"), "whole")


UNREADABLE = Answer((), 400, _envelope("C400_2"), "whole")
"""What is said to a request that cannot be read."""

_LIES: dict[str, Callable[[Sequence[str], Sequence[str], Fault], Answer]] = {
    "http_500": _for_all("C500_1", 500),
    "http_503": _busy(503),
    "http_504": _busy(504),
    "http_429": _busy(429),
    "garbage": _garbage,
    "half_answer": _half_answer,
    "foreign_keys": _foreign_keys,
    "doubled_keys": _doubled_keys,
    "no_credit": _no_credit,
    "credit_part": _no_credit,
    "unauthorized": _for_all("C401_3", 401),
    "c400": _for_all("C400_2", 400),
    "unknown_code": _for_one("X999"),
    "bad_item": _for_one(BAD_ITEM),
    "contradict": _for_one(BAD_ITEM),
    "huge": _huge,
}
