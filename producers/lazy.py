"""The one producer of a process, made from the environment when it is first needed."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.gateway.environment import read_settings
from plexsend.producers.producer import Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# An application has its own ways with logs, and most of them begin at the standard library.
_log = logging.getLogger("plexsend")


class LazyProducer:
    """A producer that is made when it is first needed: importing this package reads no environment.

    Args:
        make: Returns the producer. Called once, and again only after it raised.
    """

    def __init__(self, make: Callable[[], Producer]) -> None:
        self._make = make
        self._producer: Producer | None = None
        self._lock = threading.Lock()

    def get(self) -> Producer:
        """Return the one producer of this process."""
        with self._lock:
            if self._producer is None:
                self._producer = self._make()
            return self._producer

    @contextmanager
    def replaced(self, producer: Producer) -> Iterator[None]:
        """Return another producer meanwhile, to all threads: for tests of applications."""
        with self._lock:
            before, self._producer = self._producer, producer
        try:
            yield
        finally:
            with self._lock:
                self._producer = before


def make_producer() -> Producer:
    """Return a producer made from the environment, and log what is doubtful there: no command prints it here.

    Raises SettingsError with every wrong or missing setting.
    """
    settings = read_settings()
    producer = Producer(settings)
    for problem in settings.warnings:
        _log.warning("%s", problem)
    return producer


DEFAULT = LazyProducer(make_producer)
"""The producer of `plexsend.submit` and the functions beside it."""
