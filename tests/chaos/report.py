"""The result of a run: the table of faults and promises, and the same as data."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.chaos.catalogue import FAULTS
from tests.chaos.promises import Promise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.chaos.oracle import Judgement
    from tests.chaos.run import Strike


@dataclass(slots=True)
class Act:
    """One world's part of a run."""

    fsync: str
    tmpfs: bool
    seconds: float
    strikes: list[Strike] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    restarts: int = 0
    """How often Valkey was started again."""
    bells_seen: int = 0
    failed: str = ""
    """What ended it early."""

    @property
    def verdict(self) -> Judgement | None:
        """The last judgement, which covers everything."""
        return self.judgements[-1] if self.judgements and not self.failed else None


@dataclass(slots=True)
class Result:
    """A whole run."""

    seed: int
    command: str
    acts: list[Act]
    not_run: Mapping[str, str]
    """Fault → what it needs and this machine lacks."""

    @property
    def kept(self) -> bool:
        """Whether every promise was kept, and everything was judged."""
        return bool(self.acts) and all(act.verdict is not None and self._kept(act) for act in self.acts)

    def _kept(self, act: Act) -> bool:
        return all(judgement.kept for judgement in act.judgements) and not any(
            strike.error for strike in act.strikes
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything, for a file."""
        return {
            "seed": self.seed,
            "command": self.command,
            "kept": self.kept,
            "promises": self.promises(),
            "faults": [row.as_json() for row in self.rows()],
            "not_run": dict(self.not_run),
            "acts": [
                {
                    "fsync": act.fsync,
                    "tmpfs": act.tmpfs,
                    "seconds": act.seconds,
                    "restarts": act.restarts,
                    "bells_seen": act.bells_seen,
                    "failed": act.failed or None,
                    "strikes": [asdict(strike) for strike in act.strikes],
                    "judgements": [judgement.as_json() for judgement in act.judgements],
                }
                for act in self.acts
            ],
        }

    def promises(self) -> dict[str, dict[str, int]]:
        """Return for each promise how often it was broken, and what a killed Redis forgot, by fsync."""
        found = {}
        for promise in Promise:
            row = Counter[str]()
            for act in self.acts:
                if act.judgements:
                    last = act.judgements[-1]
                    row[f"broken {act.fsync}"] += sum(each.promise is promise for each in last.breaks)
                    row[f"forgotten {act.fsync}"] += sum(each.promise is promise for each in last.forgotten)
            found[str(promise)] = dict(row)
        return found

    def rows(self) -> list[Row]:
        """Return a row for each fault that was played."""
        strikes = [strike for act in self.acts for strike in act.strikes]
        return [
            Row.of(fault.name, fault.what, [strike for strike in strikes if strike.fault == fault.name])
            for fault in FAULTS
            if any(strike.fault == fault.name for strike in strikes)
        ]


@dataclass(frozen=True, slots=True)
class Row:
    """One fault in all its rounds."""

    fault: str
    what: str
    rounds: int
    idle: int
    """Rounds in which it did nothing."""
    happened: int
    broken: Mapping[Promise, int]
    forgotten: int

    @classmethod
    def of(cls, fault: str, what: str, strikes: list[Strike]) -> Row:
        """Return the row of these strikes."""
        return cls(
            fault,
            what,
            len(strikes),
            sum(not strike.proof.count for strike in strikes),
            sum(strike.proof.count for strike in strikes),
            Counter(each.promise for strike in strikes for each in strike.breaks),
            sum(len(strike.forgotten) for strike in strikes),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the row as data."""
        broken = {str(promise): self.broken.get(promise, 0) for promise in Promise}
        return {
            "fault": self.fault,
            "what": self.what,
            "rounds": self.rounds,
            "idle_rounds": self.idle,
            "happened": self.happened,
            "broken": broken,
            "forgotten_by_redis": self.forgotten,
        }


def table(result: Result) -> Table:
    """Return the table of faults and promises: `·` where a promise was kept, else how many broke it."""
    found = Table(title="faults × promises", title_justify="left", caption_justify="left")
    for name in ("fault", "rounds", "happened"):
        found.add_column(name, justify="left" if name == "fault" else "right", no_wrap=True)
    for promise in Promise:
        found.add_column(str(promise), justify="center")
    found.add_column("forgotten by Redis", justify="center")
    for row in result.rows():
        idle = f" ({row.idle} idle)" if row.idle else ""
        cells = [_cell(row.broken.get(promise, 0)) for promise in Promise]
        found.add_row(row.fault, f"{row.rounds}{idle}", str(row.happened), *cells, _cell(row.forgotten))
    for name in result.not_run:
        found.add_row(name, "not run", "", *("" for _ in Promise), "")
    return found


def summary(result: Result) -> Iterable[str]:
    """Yield what stands below the table."""
    for act in result.acts:
        last = act.judgements[-1] if act.judgements else None
        where = "a small tmpfs" if act.tmpfs else "the disk"
        head = f"appendfsync {act.fsync}, on {where}: {len(act.strikes)} faults in {act.seconds:.0f} s"
        if last is None:
            yield f"{head}; NOT JUDGED. {act.failed}"
            continue
        yield (
            f"{head}, Valkey started again {act.restarts} times; {last.messages} messages: "
            + ", ".join(f"{n} {state}" for state, n in last.states.most_common())
            + f"; {last.refused} refused since their group was closed, {last.in_doubt} never told, "
            f"{last.resent} accepted again after an uncertain try, "
            f"{len(last.forgotten)} forgotten by Redis, {act.bells_seen} doorbells searched, worst second of "
            f"the limited service {last.worst_second}. {act.failed}"
        )
    for name, need in result.not_run.items():
        yield f"not run: {name}; needs {need}"
    yield (
        "Every promise was kept."
        if result.kept
        else "A PROMISE WAS BROKEN, or not everything could be judged."
    )


def _cell(n: int) -> str:
    return str(n) if n else "·"
