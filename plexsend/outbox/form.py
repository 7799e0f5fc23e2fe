"""In which form records and keys are written, and which a program understands.

A fleet writes one form, `p format`. It goes over to a newer one when no program that does not know it was
seen for ten minutes; until then all write the older. A program that does not know the form in force refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxUnsuitable
from plexsend.outbox.arguments import FORM as FORM_ARGUMENTS
from plexsend.outbox.redis.reads import insist
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

OLD_FORM = 1
"""How 0.2.0 writes, which announces nothing: lanes have no numbers, accounts are nowhere named."""
FORM = 4
"""The newest form that this program reads and writes."""
FORM_WITH_ADVERTISEMENTS = 3
"""From this form on there may be lanes of advertisements: an older program would send them at night."""
FORM_WITH_FALLBACKS = 3
"""From this form on messages may have fallbacks: an older program would neither make nor drop them."""

FORM_WITH_CAMPAIGNS = 4
"""From this form on there may be runs of campaigns: an older program would send outside their windows, and
take records away without noting what became of their rows."""

_KEPT_S = 1.0
"""How old what is known of the form may be. Records of older forms are read for as long as there are any."""

_known: WeakKeyDictionary[Store, tuple[float, int]] = WeakKeyDictionary()


def form_in_force(store: Store) -> int:
    """Return the form in which the fleet writes, as it was at most a second ago.

    Raises OutboxUnsuitable where this program does not know it.
    """
    read_at, form = _known.get(store, (float("-inf"), 0))
    if elapsed_s() - read_at <= _KEPT_S:
        return form
    written = insist(store, lambda pipe: pipe.get(store.keys.format))
    return (
        _ask(store, watches=False, saw_older=False) if written is None else _checked(store, number(written))
    )


def watch_form(store: Store, *, saw_older: bool) -> int:
    """Do the same at once, for a process that looks for programs which do not know FORM, every few seconds.

    Args:
        store: Where the fleet is.
        saw_older: Whether such a program runs.
    """
    return _ask(store, watches=True, saw_older=saw_older)


def _ask(store: Store, *, watches: bool, saw_older: bool) -> int:
    args = FORM_ARGUMENTS.write(newest=FORM, watches=int(watches), saw_older=int(saw_older))
    return _checked(store, number(store.run_for_fleet(Script.FORM, args)[0]))


def _checked(store: Store, form: int) -> int:
    if form > FORM:
        raise OutboxUnsuitable(
            f"The messages in Redis are of form {form}, which a newer version of plexsend writes; this one "
            f"knows forms up to {FORM}, so it does nothing. Install the version that the other workers run. "
            "There is no way back to an older form."
        )
    _known[store] = elapsed_s(), form
    return form
