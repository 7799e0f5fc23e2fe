"""The path of refusals, beside that of receipts: `POST /suppressions/<account>/<secret>`.

Providers of 080 numbers and applications push who refused advertisements. What is answered with 200 is in
Redis; anything else must come again, or be mended first: the answer says which entry, and never its number.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import falcon

from plexsend.logs import get_logger
from plexsend.outbox.refusals import RefusedBecause
from plexsend.web.answers import unavailable
from plexsend.web.posting import Posting
from plexsend.web.pushes import read_push
from plexsend.web.refusal_writer import NotTaken, WrongKey

if TYPE_CHECKING:
    from falcon.asgi import Response

    from plexsend.web.parts import Parts
    from plexsend.web.paths import Paths
    from plexsend.web.pushes import Push
    from plexsend.web.refusal_writer import RefusalWriter, Taken

_MOST_NAMED = 20
"""Entries that an answer names; all are counted."""


class SuppressionPosts(Posting):
    """Takes pushes of refusals."""

    def __init__(self, parts: Parts, paths: Paths, writer: RefusalWriter) -> None:
        super().__init__(parts, paths)
        self._writer = writer
        if parts.settings.number_key is None:
            get_logger("web.refusals").warning(
                "refusals are not taken", remedy="set PLEXSEND_NUMBER_KEY, the one that the others have"
            )

    async def take(self, accounts: tuple[str, ...], body: bytes, resp: Response) -> None:
        """Write a push, and answer once Redis has it."""
        push = read_push(body, int(time.time() * 1000))
        try:
            taken = await self._writer.write(accounts[0], push)
        except WrongKey:
            self.refused.note(RefusedBecause.NUMBER_KEY)
            unavailable(resp)
        except NotTaken:
            unavailable(resp)
        else:
            _answer(resp, push, taken)


def _answer(resp: Response, push: Push, taken: Taken) -> None:
    facts: dict[str, object] = {"code": "100", "desc": "success"}
    if taken.unclear:
        resp.status = falcon.HTTP_422 if push.is_json else falcon.HTTP_400
        facts = {"code": resp.status[:3], "desc": "entries that cannot be read are not taken"}
    facts |= {str(became): count for became, count in sorted(taken.counts.items())}
    if taken.unclear:
        named = [
            {"entry": one.entry, "why": one.why, **({"remedy": one.remedy} if one.remedy else {})}
            for one in taken.unclear[:_MOST_NAMED]
        ]
        facts |= {"not_taken": len(taken.unclear), "entries": named}
    if push.ignored:
        facts["ignored"] = push.ignored[:_MOST_NAMED]
    resp.content_type = falcon.MEDIA_JSON
    resp.data = json.dumps(facts, ensure_ascii=False).encode()
