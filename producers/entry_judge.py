"""The judge of entries: what one item becomes, or everything that is wrong with it. Nothing is added here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import InvalidItem
from plexsend.outbox.fallbacks import FALLBACK_MARK
from plexsend.producers.advertisements import advertise
from plexsend.producers.beside import beside
from plexsend.producers.fallbacks import NOTHING, judge_fallback, reserved_key, take_fallback, with_fallback
from plexsend.producers.guards import Guards, NoGuards
from plexsend.producers.item_lanes import ItemLanes
from plexsend.producers.moments import Moments, has_moments, take_moments
from plexsend.producers.pictures.no_pictures import NoPictures
from plexsend.producers.submissions import Invalid, Remark

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.errors import Problem
    from plexsend.gateway.items import Item, ItemLoader, KeyOf
    from plexsend.outbox.fallbacks import Fallback
    from plexsend.outbox.lanes import Lane
    from plexsend.producers.guards import GuardsAsked
    from plexsend.producers.pictures.item_pictures import ItemPictures
    from plexsend.producers.placing import Placed
    from plexsend.producers.submissions import Submission
    from plexsend.producers.terms import Terms


@dataclass(slots=True)
class JudgedEntry:
    """A valid item, and what follows from it."""

    item: Item
    lane: Lane
    moments: Moments
    placed: Placed | None
    """Its pictures, which are not brought yet."""
    fallback: Fallback | None
    has_key: bool
    """Whether the caller gave it its key."""


class EntryJudge:
    """Judges entries one by one, for one pass over one iterable.

    Args:
        terms: What holds for every item.
        loader: The rules.
        now_ms: Returns Redis's time, where items have moments of their own; None: not known.
        guards: What holds for the numbers of the account; None: nothing.
        pictures: What becomes of the pictures of items; None: they show none, or addresses alone.
    """

    def __init__(
        self,
        terms: Terms,
        loader: ItemLoader,
        now_ms: Callable[[], int | None] = lambda: None,
        guards: GuardsAsked | None = None,
        *,
        pictures: ItemPictures | None = None,
    ) -> None:
        self._terms = terms
        self._moments = Moments(terms.send_at_ms, terms.expires_at_ms)
        self.lanes = ItemLanes(terms)
        """Those of the items that were valid so far."""
        self.loader = loader
        self._beside = beside(loader.product.name)
        self.now_ms = now_ms
        self.guards: GuardsAsked = guards or NoGuards()
        self.pictures = pictures or NoPictures()
        self._guarded = Guards()

    def renew(self) -> None:
        """Go by the guards that are known now."""
        self._guarded = self.guards.known()

    def judge(
        self, index: int, raw: object, part: Submission, key_of: KeyOf | None = None
    ) -> JudgedEntry | None:
        """Return what a valid entry is; None where it is not, and `part` gets what is wrong with it.

        `part` gets the warnings and replacements of valid ones too. See Incoming for the others.
        """
        if isinstance(raw, InvalidItem):
            part.invalid.append(Invalid(index, raw.msg_key, raw.problems))
            return None
        # Asked once: it costs as much as the questions behind it.
        if not isinstance(raw, Mapping):
            part.invalid.append(Invalid(index, None, self._not_an_item(raw)))
            return None
        moments, terms, guarded = self._moments, self._terms, self._guarded
        wrong: tuple[Problem, ...] = ()
        if has_moments(raw):
            raw, moments, wrong = take_moments(
                raw, moments, self.now_ms, from_file=terms.from_file, zone=terms.zone
            )
        raw, placed, key_of = self.pictures.take_out(raw, key_of)
        wrong = wrong if placed is None else (*wrong, *placed.problems)
        raw, asked = take_fallback(raw)
        key_of = with_fallback(key_of, asked) if key_of and asked else key_of
        raw, advertised = advertise(raw, terms, guarded.marks)
        wrong = (*wrong, *advertised.problems) if advertised.problems else wrong
        given = raw.get("msg_key")
        lacks_key = not (isinstance(given, str) and given.strip())
        made_key = str(uuid.uuid4()) if lacks_key and key_of is None else None
        try:
            item = self.loader.load(
                raw,
                default_key=made_key,
                key_of=key_of,
                default_sender=guarded.default_sender,
                default_origin=guarded.origin_cid,
                variant=terms.variant,
                replace=terms.replace,
                mend_numbers=terms.mend_numbers,
                beside=self._beside,
            )
        except InvalidItem as exc:
            # The caller does not know a key that was made up here, so it would name nothing.
            own_key = None if lacks_key else exc.msg_key
            problems = (*map(advertised.counted, exc.problems), *wrong)
            part.invalid.append(Invalid(index, own_key, problems))
            return None
        msg_key = item.msg_key
        lane = self.lanes[item.variant, advertised.kind]
        instead = judge_fallback(asked, item, lane, terms, guarded) if asked else NOTHING
        # Most items have none of these, and three empty generators cost as much as the rest of this function.
        if asked or guarded.only_to or guarded.senders or msg_key.endswith(FALLBACK_MARK):
            wrong = (*wrong, *reserved_key(item), *guarded.problems(item), *instead.problems)
        if wrong:
            part.invalid.append(Invalid(index, None if lacks_key else msg_key, wrong))
            return None
        if item.warnings or item.replacements or asked:
            warnings = (*item.warnings, *instead.warnings)
            replacements = (*item.replacements, *instead.replacements)
            part.warnings.extend(Remark(index, msg_key, problem) for problem in warnings)
            part.replacements.extend(Remark(index, msg_key, problem) for problem in replacements)
        return JudgedEntry(item, lane, moments, placed, instead.fallback, not lacks_key)

    def _not_an_item(self, raw: object) -> tuple[Problem, ...]:
        try:
            self.loader.load(raw)
        except InvalidItem as exc:
            return exc.problems
        return ()
