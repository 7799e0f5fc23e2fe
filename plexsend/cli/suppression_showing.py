"""What `plexsend suppress` shows: what became of numbers, and how many are suppressed alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from plexsend.cli.number_lists import MARKED, write_marked
from plexsend.cli.opening import open_outbox
from plexsend.cli.targets import require_own_account
from plexsend.errors import UsageError
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.moments import utc
from plexsend.terminal.plurals import counted
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from plexsend.cli.number_lists import NumberList
    from plexsend.cli.suppressing import GivenNumber
    from plexsend.errors import Problem
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.suppression import (
        Suppressing,
        Suppression,
        Suppressions,
        SuppressionSource,
        Suppressor,
    )
    from plexsend.settings import Settings
    from plexsend.terminal.moments import WallClock
    from plexsend.terminal.screen import Screen

_MOST_NAMED = 20
"""Rows without a number that are named; all are counted."""


def suppressions_of(store: Store, account: str, settings: Settings) -> Suppressions:
    """Return the suppressions of an account, by the key of these settings; its changes are one in the log."""
    import secrets

    from plexsend.outbox.suppression import Suppressions

    require_own_account(settings, store, account)
    return Suppressions(store, account, settings.number_key, run=secrets.token_hex(6))


def origin_of(reason: str | None, source: SuppressionSource | None = None) -> Suppressor:
    """Return who suppresses: the one at this terminal. `source`: None: a person by hand."""
    from plexsend.cli.login import login_name
    from plexsend.outbox.suppression import SuppressionSource, Suppressor
    from plexsend.phone_numbers import mask_numbers

    # The reason is kept for good, and a number in it would be one that is not a hash.
    words = mask_numbers(reason or "", lambda digits: f"****{digits[-4:]}")
    return Suppressor(source or SuppressionSource.PERSON, login_name(), words)


def clock_for_account(store: Store, account: str) -> WallClock:
    """Return what shows times of an account."""
    from plexsend.outbox.policies.wall_clocks import clock_of

    return clock_of(store, account)


def digits_of(given: Iterable[GivenNumber]) -> list[str]:
    """Return the numbers that are some."""
    return [one.digits for one in given if not one.problem]


@dataclass(slots=True)
class NumberTally:
    """What became of many numbers. Of those that are wrong the first are named."""

    became: Counter[Suppressing] = field(default_factory=Counter)
    wrong: list[Problem] = field(default_factory=list)
    wrong_count: int = 0

    def note_wrong(self, problem: Problem | None) -> None:
        """Count what is not a number; None: it is one."""
        if problem:
            self.wrong_count += 1
            if len(self.wrong) < _MOST_NAMED:
                self.wrong.append(problem)

    def take(
        self, given: Sequence[GivenNumber], change: Callable[[list[str]], Iterable[Suppressing]]
    ) -> None:
        """Change the numbers that are some, and count what became of them."""
        for one in given:
            self.note_wrong(one.problem)
        self.became.update(change(digits_of(given)))

    def take_list(
        self,
        screen: Screen,
        numbers: NumberList,
        title: str,
        change: Callable[[list[str]], Iterable[Suppressing]],
    ) -> None:
        """Change the numbers of a list, 500 at a time, with a meter for people."""
        from plexsend.terminal.meter import meter

        count = 0
        with meter(screen, title, "rows") as report:
            for page in numbers.pages():
                self.take([number for number, _ in page], change)
                count += len(page)
                report(numbers.read_bytes, max(numbers.read_bytes, numbers.size_bytes), count=count)
        _say_reading(screen, numbers)

    def show(self, screen: Screen, words: str) -> int:
        """Show it, and return the exit code."""
        from plexsend.outbox.suppression import Suppressing

        facts = {str(each): self.became[each] for each in Suppressing if self.became[each]}
        screen.facts({**facts, **({"not_numbers": self.wrong_count} if self.wrong_count else {})})
        good = sum(self.became[each] for each in (Suppressing.ADDED, Suppressing.REMOVED, Suppressing.TOLD))
        other = {
            Suppressing.KNOWN: "known already",
            Suppressing.ABSENT: "not suppressed",
            Suppressing.FULL: "full: a number has at most 16 entries",
        }
        rest = "".join(f", {self.became[each]:,} {said}" for each, said in other.items() if self.became[each])
        screen.say(f"{counted(good, 'number')} {words}{rest}.")
        return self.complain(screen) or EXIT_REFUSED * bool(self.became[Suppressing.FULL])

    def complain(self, screen: Screen) -> int:
        """Report what is not a number; return the exit code."""
        for problem in self.wrong:
            screen.warn(problem)
        if self.wrong_count > len(self.wrong):
            screen.note(f"And {self.wrong_count - len(self.wrong):,} more that are not numbers.")
        return EXIT_REFUSED if self.wrong_count else 0


def _say_reading(screen: Screen, numbers: NumberList) -> None:
    if numbers.is_detected:
        screen.note(f"{numbers.path} was read as cp949, as its bytes show.")
    if numbers.chosen:
        screen.note(f"Numbers were read from its column {numbers.chosen!r}; --column names another.")


def show_marked(
    screen: Screen,
    numbers: NumberList,
    output: Path | None,
    own: Suppressions,
    clock: WallClock,
    *,
    only: Callable[[Suppression], bool] = lambda _: True,
) -> int:
    """Write a company's list with its marks, and say how many; return the exit code."""
    from plexsend.terminal.meter import meter

    target = output or numbers.path.with_name(f"{numbers.path.stem}.marked.csv")
    if target.exists() and output is None:
        raise UsageError(f"{target} is there already. Name another file with --output, or remove it.")
    tally, count = NumberTally(), 0
    with meter(screen, "mark", "rows") as report:

        def note(rows: int, problem: Problem | None) -> None:
            nonlocal count
            count = rows
            tally.note_wrong(problem)
            report(numbers.read_bytes, max(numbers.read_bytes, numbers.size_bytes), count=rows)

        marked = write_marked(numbers, target, own.look, clock, only=only, report=note)
    _say_reading(screen, numbers)
    screen.facts({"rows": count, "marked": marked, "not_numbers": tally.wrong_count, "file": str(target)})
    screen.say(f"{marked:,} of {counted(count, 'row')} marked in {target}.")
    return tally.complain(screen)


def show_groups(
    screen: Screen,
    account: str,
    *,
    wide: bool,
    only: Callable[[Suppression], bool],
    empty: str,
    due: bool = False,
) -> int:
    """Show how many numbers are suppressed alike; return the exit code."""
    from plexsend.outbox.reading.queries import server_ms
    from plexsend.outbox.suppression import ANSWER_MS, every

    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, account)
        clock, now_ms = clock_for_account(store, account), server_ms(store)
        # There may be millions of numbers, but only so many hours.
        groups: dict[tuple[str, str, Suppressor], Counter[int]] = defaultdict(Counter)
        for entries in every(store, account):
            for one in filter(only, entries):
                groups[one.kind, one.scope, one.origin][one.since_ms] += 1
    late = 0
    rows = []
    for key, hours in sorted(((_words(*each), hours) for each, hours in groups.items()), key=itemgetter(0)):
        first, last = min(hours), max(hours)
        late += sum(count for since, count in hours.items() if since + ANSWER_MS < now_ms) if due else 0
        facts = dict(zip(("kind", "scope", "source", "by", "why"), key, strict=True))
        screen.facts(
            {
                **facts,
                "numbers": hours.total(),
                "first": utc(first),
                "last": utc(last),
                **({"answer_by": utc(first + ANSWER_MS)} if due else {}),
            }
        )
        of_hour = clock.cell_of_hour
        ends = [of_hour(first + ANSWER_MS)] if due else [of_hour(first), of_hour(last)]
        rows.append([key[0], f"{hours.total():,}", *ends, *key[1:]])
    titles = ["answer by"] if due else ["first", "last"]
    columns = [
        Column("kind", style="bold"),
        Column("numbers", right=True),
        *(Column(clock.title(title)) for title in titles),
        *(Column(name, leave_out=place) for place, name in enumerate(("scope", "source", "by", "why"), 1)),
    ]
    screen.table(columns, rows, empty=empty, wide=wide)
    if late:
        screen.say(f"{counted(late, 'refusal')} should have been answered by now: 14 days are over.")
    return EXIT_REFUSED if late else 0


def _words(kind: str, scope: str, origin: Suppressor) -> tuple[str, ...]:
    return (str(kind), scope or "account", str(origin.source), origin.by, origin.why)


def facts_of(one: Suppression) -> dict[str, object]:
    """Return a suppression for programs."""
    return {
        "kind": str(one.kind),
        "scope": one.scope or None,
        "since": utc(one.since_ms),
        "source": str(one.origin.source),
        "by": one.origin.by or None,
        "why": one.origin.why or None,
        "told": one.told,
    }


def columns_for(clock: WallClock) -> list[Column]:
    """Return the columns of a table of suppressions."""
    titles = [clock.title(name) if name == "since" else name for name in MARKED]
    return [
        Column("number", style="bold"),
        Column(titles[0]),
        *(Column(title, leave_out=place) for place, title in enumerate(titles[1:], 1)),
    ]
