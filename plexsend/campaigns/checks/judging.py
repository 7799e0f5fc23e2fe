"""Judging: what becomes of the rows of a run, by the producers' own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.producers.pipelines import Pipelines
from plexsend.producers.redis_outbox import RedisOutbox
from plexsend.producers.terms import Terms

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.outbox.redis.store import Store
    from plexsend.producers.chunks import Taker
    from plexsend.producers.pipeline import Pipeline
    from plexsend.settings import NumberKey, Settings


def run_terms(
    definition: Definition,
    account: str,
    group: str | None,
    number_key: NumberKey | None,
    *,
    expires_at_ms: int | None = None,
) -> Terms:
    """Return what holds for every item of a run. Whether they are advertisements, each says itself.

    `group`: None for a check, which adds nothing.
    """
    return Terms(
        service=definition.service,
        account=account,
        group=group,
        expires_at_ms=expires_at_ms,
        mend_numbers=True,
        from_file=True,
        number_key=number_key,
    )


def run_pipeline(
    definition: Definition,
    account: str,
    group: str,
    *,
    store: Store,
    settings: Settings,
    taker: Taker,
    folder: Path,
    expires_at_ms: int | None = None,
) -> Pipeline:
    """Return the pipeline that feeds a run. A check judges by the same terms, rules and guards.

    Args:
        definition: As the run keeps it.
        account: The account of the run.
        group: The run.
        store: Where its messages go.
        settings: With the account's secret, where pictures are to be uploaded.
        taker: Takes the messages.
        folder: That of the run, in which its pictures are.
        expires_at_ms: When its messages expire; None: never.

    Raises UsageError where it has expired, and as `Producer.submit` does.
    """
    terms = run_terms(definition, account, group, settings.number_key, expires_at_ms=expires_at_ms)
    outbox = RedisOutbox(store, is_owned=False, number_key=settings.number_key)
    return Pipelines(settings, outbox).pipeline_by(terms, folder=folder, taker=taker)
