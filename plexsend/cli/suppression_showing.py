"""What `plexsend suppress` shows: what became of numbers, and how many are suppressed alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from plexsend.cli.opening import open_outbox
from plexsend.cli.suppressing import MARKED, mark_cells, write_marked
from plexsend.errors import UsageError
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.moments import utc
from plexsend.terminal.plurals import counted
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from plexsend.cli.suppressing import GivenNumber, NumberList
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.suppression import Suppressing, Suppression, Suppressions
    from plexsend.settings import Settings
    from plexsend.terminal.moments import WallClock
    from plexsend.terminal.screen import Screen


def suppressions_of(store: Store, account: str, settings: Settings) -> Suppressions:
    """Return the suppressions of an account, by the key of this environment."""
    from plexsend.outbox.suppression import Suppressions

    return Suppressions(store, account, settings.number_key)


def clock_for_account(store: Store, account: str) -> WallClock:
    """Return what shows times of an account."""
    from plexsend.outbox.policies.wall_clocks import clock_of

    return clock_of(store, account)


def digits_of(given: Iterable[GivenNumber]) -> list[str]:
    """Return the numbers that are some."""
    return [one.digits for one in given if not one.problem]


def show_became(
    screen: Screen, given: Sequence[GivenNumber], became: Sequence[Suppressing], words: str
) -> int:
    """Show what became of numbers; return the exit code."""
    from plexsend.outbox.suppression import Suppressing

    counts = Counter(became)
    screen.facts({str(each): counts[each] for each in Suppressing if counts[each]})
    good = sum(counts[each] for each in (Suppressing.ADDED, Suppressing.REMOVED, Suppressing.TOLD))
    other = {
        Suppressing.KNOWN: "known before",
        Suppressing.ABSENT: "not suppressed",
        Suppressing.FULL: "full: a number has at most 16 entries",
    }
    rest = "".join(f", {counts[each]:,} {said}" for each, said in other.items() if counts[each])
    screen.say(f"{counted(good, 'number')} {words}{rest}.")
    return complain_of(screen, given) or EXIT_REFUSED * bool(counts[Suppressing.FULL])


def complain_of(screen: Screen, given: Iterable[GivenNumber]) -> int:
    """Report what is not a number; return the exit code."""
    wrong = [one.problem for one in given if one.problem]
    for problem in wrong:
        screen.warn(problem)
    return EXIT_REFUSED if wrong else 0


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
    target = output or numbers.path.with_name(f"{numbers.path.stem}.marked.csv")
    if target.exists() and output is None:
        raise UsageError(f"{target} is there already. Name another file with --output, or remove it.")
    count, marked, problems = write_marked(numbers, target, own.look, clock, only=only)
    screen.facts({"rows": count, "marked": marked, "not_numbers": len(problems), "file": str(target)})
    screen.say(f"{marked:,} of {counted(count, 'row')} marked in {target}.")
    for problem in problems:
        screen.warn(problem)
    return EXIT_REFUSED if problems else 0


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

    with open_outbox(screen) as (_, store):
        clock, now_ms = clock_for_account(store, account), server_ms(store)
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for entries in every(store, account):
            for one in filter(only, entries):
                kind, scope, _, *rest = mark_cells(one, clock)
                groups[kind, scope, *rest].append(one.since_ms)
    late = 0
    rows = []
    for key, times in sorted(groups.items()):
        first, last = min(times), max(times)
        late += sum(since + ANSWER_MS < now_ms for since in times) if due else 0
        facts = dict(zip(("kind", "scope", "source", "by", "why"), key, strict=True))
        screen.facts(
            {
                **facts,
                "numbers": len(times),
                "first": utc(first),
                "last": utc(last),
                **({"answer_by": utc(first + ANSWER_MS)} if due else {}),
            }
        )
        ends = [clock.cell(first + ANSWER_MS)] if due else [clock.cell(first), clock.cell(last)]
        rows.append([key[0], f"{len(times):,}", *ends, *key[1:]])
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
