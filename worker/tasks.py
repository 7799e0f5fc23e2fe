"""The drain task: the only task that Celery runs."""

from __future__ import annotations

from celery import shared_task

from plexsend.worker.process import DRAIN_TASK, current


@shared_task(name=DRAIN_TASK, ignore_result=True)
def drain(lane: str, bell: str) -> None:
    """Answer a doorbell: `lane` by name, `bell` as housekeeping recorded it. Nothing is raised."""
    current().answer(lane, bell)
