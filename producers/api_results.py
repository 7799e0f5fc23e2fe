"""Results for applications set up by their environment: `results` and `aresults`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.producers.lazy import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.states import State
    from plexsend.producers.listening import AsyncResults, Results
    from plexsend.producers.wanted import OnMissed, Stop


def results(
    reader: str,
    *,
    account: str | Iterable[str] | None = None,
    state: State | Iterable[State] | None = None,
    service: str | Iterable[str] | None = None,
    group: str | Iterable[str] | None = None,
    from_start: bool = False,
    follow: bool = True,
    stop: Stop | None = None,
    on_missed: OnMissed | None = None,
    lease_s: float = 60.0,
    patience_s: float | None = None,
) -> Results:
    """Return the results of messages, to loop over: each time a message is accepted, parked or ends.

    Each result comes at least once, to one process of the reader, and is done with when the loop comes round
    for the next one. So write down what you did by its `id`, or compare its `rank`. A reader's loop begins
    where its last one ended. While Redis is away the loop waits.

    Args:
        reader: The reader's name, such as `billing`. Processes that give the same name share its results, and
            each result goes to one of them; readers of other names hear everything too.
        account: The account, or several, to hear of; None: all, those that come later too.
        state: The state, or several, to hear of; None: all. What is left out counts as heard.
        service: As `state`.
        group: As `state`: of its groups, without what belongs to none.
        from_start: Where this reader's name is new, begin with the oldest results that are kept, instead of
            those that come from now on.
        follow: Wait for more. False: end once all that is there was given.
        stop: An event that ends the loop soon after it is set, within half a second where it waits. What is
            not done with is given back.
        on_missed: Called where the reader fell behind what is kept, with the error that says what it missed;
            then the loop goes on. None: that error is raised.
        lease_s: For how long a process has results before others are given them too, where it died or is
            slow: at least twice what the loop needs for one result, or one list of `batches`.
        patience_s: For how many seconds the loop waits for a Redis that is away before it raises; None: for
            ever, and logs it once.

    Raises:
        UsageError: an argument is not what it must be; raised by this call itself. All others are raised by
            the loop.
        ResultsMissed: the reader fell behind what is kept. A loop that begins again goes on behind that.
        OutboxUnavailable: Redis was away for longer than `patience_s`.
        OutboxFull: as OutboxUnavailable.
        OutboxUnsuitable: Redis refuses the login, or a call.
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().results(
        reader,
        account=account,
        state=state,
        service=service,
        group=group,
        from_start=from_start,
        follow=follow,
        stop=stop,
        on_missed=on_missed,
        lease_s=lease_s,
        patience_s=patience_s,
    )


def aresults(
    reader: str,
    *,
    account: str | Iterable[str] | None = None,
    state: State | Iterable[State] | None = None,
    service: str | Iterable[str] | None = None,
    group: str | Iterable[str] | None = None,
    from_start: bool = False,
    follow: bool = True,
    stop: Stop | None = None,
    on_missed: OnMissed | None = None,
    lease_s: float = 60.0,
    patience_s: float | None = None,
) -> AsyncResults:
    """Return the results of messages, to loop over with `async for`; otherwise as `results`.

    Redis is waited for in a thread. A task that is cancelled, or leaves the loop, gives back what it has in
    hand.

    Args:
        reader: The reader's name, such as `billing`. Processes that give the same name share its results, and
            each result goes to one of them; readers of other names hear everything too.
        account: The account, or several, to hear of; None: all, those that come later too.
        state: The state, or several, to hear of; None: all. What is left out counts as heard.
        service: As `state`.
        group: As `state`: of its groups, without what belongs to none.
        from_start: Where this reader's name is new, begin with the oldest results that are kept, instead of
            those that come from now on.
        follow: Wait for more. False: end once all that is there was given.
        stop: An event that ends the loop soon after it is set, within half a second where it waits. What is
            not done with is given back.
        on_missed: Called where the reader fell behind what is kept, with the error that says what it missed;
            then the loop goes on. None: that error is raised.
        lease_s: For how long a process has results before others are given them too, where it died or is
            slow: at least twice what the loop needs for one result, or one list of `batches`.
        patience_s: For how many seconds the loop waits for a Redis that is away before it raises; None: for
            ever, and logs it once.

    Raises:
        UsageError: an argument is not what it must be; raised by this call itself. All others are raised by
            the loop.
        ResultsMissed: the reader fell behind what is kept. A loop that begins again goes on behind that.
        OutboxUnavailable: Redis was away for longer than `patience_s`.
        OutboxFull: as OutboxUnavailable.
        OutboxUnsuitable: Redis refuses the login, or a call.
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().aresults(
        reader,
        account=account,
        state=state,
        service=service,
        group=group,
        from_start=from_start,
        follow=follow,
        stop=stop,
        on_missed=on_missed,
        lease_s=lease_s,
        patience_s=patience_s,
    )
