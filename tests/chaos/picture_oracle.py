"""Whether each picture was uploaded once, and nothing went that shows one which the gateway has deleted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.chaos.load import lane_of
from tests.chaos.promises import LEEWAY_S, POSTS_S, Break, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.chaos.evidence import Evidence, Told
    from tests.chaos.pictures import Taken

_NEVER_DEAD = "UploadFailed"


def judge_pictures(evidence: Evidence, accepted: Mapping[str, Sequence[float]]) -> Iterator[Break]:
    """Judge uploads, and the messages that show what was uploaded."""
    yield from _judge_uploads(evidence)
    for told in evidence.told.values():
        if told.picture:
            yield from _judge_message(evidence, told, accepted.get(told.key, ()))


def may_be_expired(told: Told, evidence: Evidence) -> bool:
    """Return whether a message may have expired since its picture was to be deleted."""
    lane = lane_of(told.key)
    return lane is not None and bool(evidence.pictures.aged_by(lane.account, told.picture))


# A second time it may go where no answer came to the first: nobody sees the first then. So also where the
# process that uploaded it was killed, and where Redis forgot, or was made to believe that it is old.
def _judge_uploads(evidence: Evidence) -> Iterator[Break]:
    pictures = evidence.pictures
    accounts = {user: account for account, user in evidence.users.items()}
    taken: dict[tuple[str, str], list[Taken]] = {}
    for each in pictures.taken:
        taken.setdefault((accounts.get(each.user, ""), each.content), []).append(each)
    unanswered = Counter((want.account, want.content) for want in pictures.wants if want.url is None)
    for (account, content), uploads in taken.items():
        allowed = 1 + unanswered[account, content]
        allowed += sum(each.answer != "whole" for each in uploads)
        allowed += len(pictures.aged_by(account, uploads[0].url))
        allowed += sum(each.restored_at >= uploads[0].at for each in evidence.restores)
        if len(uploads) > allowed:
            why = f"uploaded {len(uploads)} times, of which {allowed} can be explained"
            yield Break(Promise.PICTURE, content, why, uploads[-1].at, uploads[0].at - POSTS_S)
    urls = {(accounts.get(each.user, ""), each.content, each.url) for each in pictures.taken}
    for want in pictures.wants:
        if want.url is not None and (want.account, want.content, want.url) not in urls:
            yield Break(
                Promise.PICTURE, want.content, "told an address that the gateway never gave", want.asked_at
            )
        if want.error and want.error != _NEVER_DEAD and not want.error.startswith("Outbox"):
            yield Break(Promise.PICTURE, want.content, f"refused: {want.error}", want.asked_at)


def _judge_message(evidence: Evidence, told: Told, accepted: Sequence[float]) -> Iterator[Break]:
    lane = lane_of(told.key)
    if lane is None:
        return
    aged = [
        each
        for each in evidence.pictures.aged_by(lane.account, told.picture)
        if each.answered_at < told.asked_at
    ]
    if told.invalid and not evidence.pictures.aged_by(lane.account, told.picture):
        yield Break(Promise.PICTURE, told.key, "refused, though its picture is there", told.asked_at)
    if not aged or any(each.restored_at >= aged[-1].asked_at for each in evidence.restores):
        return
    # What was uploaded anew since has another address.
    gone_at = aged[-1].expires_at
    for at in accepted:
        if at > gone_at + POSTS_S + LEEWAY_S:
            why = f"accepted {at - gone_at:.1f} s after its picture was deleted"
            yield Break(Promise.PICTURE, told.key, why, at, aged[-1].asked_at)
