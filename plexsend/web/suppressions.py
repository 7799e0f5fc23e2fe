"""Posts of refusals, beside those of receipts: `POST /suppressions/<account>/<secret>`.

Providers of 080 numbers and applications push who refused advertisements. What is answered with 200 is in
Redis; anything else must come again, or be mended first: the answer says which entry, and never its number.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from plexsend.outbox.refusals import RefusedBecause
from plexsend.web.answers import UNAVAILABLE, json_answer
from plexsend.web.pushes import read_push
from plexsend.web.refusal_writer import NotTaken, WrongKey

if TYPE_CHECKING:
    from plexsend.web.answers import Answer
    from plexsend.web.pushes import Push
    from plexsend.web.refusal_writer import RefusalWriter, Taken
    from plexsend.web.refused import RefusedCounts

_OK, _NOT_JSON, _UNCLEAR = 200, 400, 422
_MOST_NAMED = 20
"""Entries that an answer names; all are counted."""


class RefusalPosts:
    """Takes pushes of refusals."""

    def __init__(self, refused: RefusedCounts, writer: RefusalWriter) -> None:
        self._refused = refused
        self._writer = writer

    async def take(self, accounts: tuple[str, ...], body: bytes) -> Answer:
        """Write a push for the account of its path, and answer once Redis has it."""
        push = read_push(body, int(time.time() * 1000))
        try:
            taken = await self._writer.write(accounts[0], push)
        except WrongKey:
            self._refused.note(RefusedBecause.NUMBER_KEY)
            return UNAVAILABLE
        except NotTaken:
            return UNAVAILABLE
        return _answer(push, taken)


def _answer(push: Push, taken: Taken) -> Answer:
    status = _OK
    facts: dict[str, object] = {"code": "100", "desc": "success"}
    if taken.unclear:
        status = _UNCLEAR if push.is_json else _NOT_JSON
        facts = {"code": str(status), "desc": "entries that cannot be read are not taken"}
    facts |= {str(became): count for became, count in sorted(taken.counts.items())}
    if taken.unclear:
        named = [
            {"entry": one.entry, "why": one.why, **({"remedy": one.remedy} if one.remedy else {})}
            for one in taken.unclear[:_MOST_NAMED]
        ]
        facts |= {"not_taken": len(taken.unclear), "entries": named}
    if push.ignored:
        facts["ignored"] = push.ignored[:_MOST_NAMED]
    return json_answer(status, json.dumps(facts, ensure_ascii=False).encode())
