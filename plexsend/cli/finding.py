"""Finding messages by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.targets import did_you_mean, names_of
from plexsend.errors import NotPossible
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.queries import find, lanes, only_account
from plexsend.outbox.reading.why import why

if TYPE_CHECKING:
    from datetime import tzinfo

    from plexsend.outbox.reading.why import Why
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store


def find_records(store: Store, key: str, account: str | None, *, as_name: bool = False) -> list[Record]:
    """Return the messages with this key, at least one; in all accounts where none is named.

    Raises NotPossible where there is none. `as_name`: it may have been meant as the name of a lane, a service
    or an account, and one that is near is named.
    """
    found = find(store, key, account)
    if not found:
        keep_days = read_to_show(store).of(account or "main").account_wide("keep_days")
        meant = did_you_mean(key, names_of(lanes(store))) if as_name else ""
        or_name = ", or the name of the lane, service or account" if as_name else ""
        raise NotPossible(
            f"No message {key!r} is known {f'in account {account}' if account else 'in any account'}.{meant} "
            f"Check the key{or_name}; a message that has ended is forgotten after {keep_days:g} days "
            "(the policy keep_days)."
        )
    return found


def find_record(store: Store, key: str, account: str | None) -> Record:
    """Return the one message with this key.

    Raises UsageError where several accounts know it and none is named.
    """
    found = find_records(store, key, account)
    only_account(key, (record.lane.account for record in found), remedy="Name one with --account.")
    return found[0]


def zone_of(store: Store, account: str) -> tzinfo | None:
    """Return the zone of an account's days; None where this machine does not know it."""
    return find_zone(read_to_show(store).of(account).zone)


def explain_record(store: Store, record: Record) -> Why:
    """Return what keeps a message from going, or what it waits for since it went."""
    in_force = read_to_show(store).of(record.lane.account)
    return why(store, record, in_force.service(record.lane.service), find_zone(in_force.zone))
