"""Guards: which numbers an account may send to, and from, by the policies in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from plexsend.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.gateway.ad_marks import AdMarks
    from plexsend.gateway.items import Item
    from plexsend.outbox.policies.in_force import PoliciesOf


class Policies(Protocol):
    """What the fleet agreed on, as a process knows it."""

    def look(self) -> object:
        """Look whether it changed; raises OutboxUnavailable."""
        ...

    def of(self, account: str) -> PoliciesOf:
        """Return the policies of an account, as at the last look."""
        ...


@dataclass(frozen=True, slots=True)
class Guards:
    """What holds for the numbers of each item; empty: nothing."""

    only_to: frozenset[str] = frozenset()
    """The only numbers that are sent to."""
    senders: tuple[str, ...] = ()
    """The numbers that may send."""

    marks: AdMarks | None = None
    """What advertisements carry; None where no account is asked for."""
    origin_cid: str = ""
    """The code of the business that sends first, of items that name none; empty: none."""

    @property
    def default_sender(self) -> str | None:
        """The sender of an item that names none; None: it must name one."""
        return self.senders[0] if self.senders else None

    def facts(self) -> tuple[str, ...]:
        """Return what an item gets from here, so that it becomes another one where that changes."""
        marks = self.marks
        put = {
            "sender_name": "" if marks is None else marks.sender_name,
            "refusal_number": "" if marks is None else marks.refusal_number,
            "origin_cid": self.origin_cid,
        }
        return self.default_sender or "", *(f"{name}={value}" for name, value in put.items() if value)

    def problems(self, item: Item) -> Iterator[Problem]:
        """Yield what a guard refuses in an item."""
        if self.only_to and item.receiver not in self.only_to:
            yield Problem(
                "receiver_number",
                "is not among the numbers that the policy only_to allows for this account",
                "Send to one of them; `plexsend policy list` shows who set it and why.",
            )
        if self.senders and item.sender not in self.senders:
            yield Problem(
                "sender_number",
                "is not among the numbers that the policy senders lists as registered for this account",
                "Leave it out to send from the first of them, or have it registered and added: "
                "`plexsend policy set`.",
            )


class GuardsAsked(Protocol):
    """What says which guards hold."""

    def look(self) -> None:
        """Ask whether they changed."""
        ...

    def known(self) -> Guards:
        """Return them as they are known."""
        ...


class AccountGuards:
    """The guards of one account, as the process knows them."""

    def __init__(self, policies: Policies, account: str) -> None:
        self._policies = policies
        self._account = account
        self._known: tuple[PoliciesOf, Guards] | None = None

    def look(self) -> None:
        """Ask Redis, at most once a second, whether they changed; raises OutboxUnavailable."""
        self._policies.look()

    def known(self) -> Guards:
        """Return them as they were at the last look."""
        found, kept = self._policies.of(self._account), self._known
        # Asked before each chunk: read anew they would cost as much as judging a message.
        if kept is not None and kept[0].agreed is found.agreed:
            return kept[1]
        guards = Guards(frozenset(found.only_to), found.senders, found.ad_marks, found.origin_cid)
        self._known = found, guards
        return guards


class NoGuards:
    """Where no account is asked for, such as a check of a file."""

    def look(self) -> None:
        """Do nothing."""

    def known(self) -> Guards:
        """Return that nothing is refused."""
        return Guards()
