"""Every reason to hold, one row each: what begins the hold, what it lets go, and how it ends.

The scripts get the rows as data (`prelude.py` writes them), so a new reason is a row here, a kind of effect
that begins it, and the answer that means it (`codes.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plexsend.gateway.codes import Meaning


class Scope(StrEnum):
    """What a hold covers."""

    ACCOUNT = "account"
    SERVICE = "service"
    GROUP = "group"
    """All lanes of a group, whether it has one yet or not."""
    LANE = "lane"
    """A route with all its lanes; a person's pause of a lane with a group covers that lane alone."""


class Reason(StrEnum):
    """Why something is held."""

    PAUSE = "pause"
    REWOUND = "rewound"
    CREDIT = "credit"
    AUTH = "auth"
    FAULT = "fault"
    SHUT = "shut"
    SIZE = "size"


class EffectKind(StrEnum):
    """What a verdict does beyond its messages."""

    REQUEST = "request"
    """A request was made; number: messages in it."""
    ANSWERED = "answered"
    """The gateway answered item by item, so it is there."""
    SHUT = "shut"
    """Shut the lane; number: for at least this many ms (Retry-After), 0 where the gateway names no time."""
    SHUT_ALONE = "shut_alone"
    """The same from a message that went alone: it shuts nothing, unless the gateway named a time."""
    CREDIT = "credit"
    AUTH = "auth"
    FAULT = "fault"
    SMALLER = "smaller"
    """The batch was too large; number: its size."""


class Ends(StrEnum):
    """How a hold ends, unless a person resumes it before."""

    BY_PERSON = "person"
    """Only a person ends it."""
    BY_PROBE = "probe"
    """One message goes after a step of time; its answer ends the hold or doubles the step."""
    BY_TIME = "time"
    """It ends by itself, after a time."""


class Relief(StrEnum):
    """What a probe must bring for its hold to end."""

    ANSWERED = "answered"
    """Any answer, item by item."""
    ACCEPTED = "accepted"
    """An acceptance."""


@dataclass(frozen=True, slots=True)
class HoldRule:
    """One reason to hold. Each scope's `resume` ends the holds of that scope."""

    reason: Reason
    scopes: tuple[Scope, ...]
    ends: Ends
    most_at_once: int | None
    """The largest batch meanwhile: 0 nothing goes, 1 a probe; None: the hold's step, and nothing waits."""
    how_it_ends: str
    """For people."""
    resuming: str = "At once"
    """What the command does that ends it, for people."""
    begun_by: EffectKind | None = None
    """None: a person begins it."""
    hinted_by: EffectKind | None = None
    """An effect that begins it only where it has a number, and never makes it grow."""
    meant_by: Meaning | None = None
    """An answer of this meaning, for one item or the whole request, begins it; None: verdicts decide."""
    ended_by: Relief | None = None
    first_step: str = ""
    """The policy that says after how many seconds the first probe goes."""
    longest_step: str = ""
    """The policy that says how many seconds are the most between two probes."""
    lasts_ms: int = 0
    """How long one that ends by time lasts."""
    begins_again: bool = False
    """Whether an answer to a batch that was taken before the hold last ended may begin it again."""
    decided_by: str = ""
    """The command that ends it; empty: `plexsend resume`, with what is held."""

    @property
    def is_size(self) -> bool:
        """Whether it only makes batches smaller, with its step as the largest; nothing waits for it."""
        return self.most_at_once is None


HOLD_RULES = (
    HoldRule(
        Reason.PAUSE,
        (Scope.ACCOUNT, Scope.SERVICE, Scope.GROUP, Scope.LANE),
        Ends.BY_PERSON,
        most_at_once=0,
        how_it_ends="a person resumes it",
    ),
    HoldRule(
        Reason.REWOUND,
        (Scope.ACCOUNT,),
        Ends.BY_PERSON,
        most_at_once=0,
        how_it_ends="compare with the gateway's own list, then say what becomes of what may have gone",
        resuming="To have them sent again, or to count them as sent",
        decided_by="plexsend rewound settle --as sent|resend",
    ),
    HoldRule(
        Reason.AUTH,
        (Scope.ACCOUNT,),
        Ends.BY_PERSON,
        most_at_once=0,
        how_it_ends="by itself, once a living worker has a secret that the gateway did not refuse",
        resuming="To have refused secrets tried again",
        begun_by=EffectKind.AUTH,
        meant_by=Meaning.UNAUTHORIZED,
    ),
    HoldRule(
        Reason.FAULT,
        (Scope.LANE,),
        Ends.BY_PERSON,
        most_at_once=0,
        how_it_ends="correct the gateway's address or report the answer, then resume the lane",
        begun_by=EffectKind.FAULT,
        meant_by=Meaning.UNSUITABLE,
    ),
    HoldRule(
        Reason.CREDIT,
        (Scope.ACCOUNT,),
        Ends.BY_PROBE,
        most_at_once=1,
        how_it_ends="one message probes at the next time; the first that is accepted ends it, "
        "resuming the account ends it at once",
        begun_by=EffectKind.CREDIT,
        meant_by=Meaning.OUT_OF_CREDIT,
        ended_by=Relief.ACCEPTED,
        first_step="credit_hold_s",
        longest_step="credit_hold_longest_s",
    ),
    HoldRule(
        Reason.SHUT,
        (Scope.LANE,),
        Ends.BY_PROBE,
        most_at_once=1,
        how_it_ends="one message probes at the next time; the first answer ends it",
        begun_by=EffectKind.SHUT,
        hinted_by=EffectKind.SHUT_ALONE,
        ended_by=Relief.ANSWERED,
        first_step="shut_first_s",
        longest_step="shut_longest_s",
    ),
    HoldRule(
        Reason.SIZE,
        (Scope.LANE,),
        Ends.BY_TIME,
        most_at_once=None,
        how_it_ends="ends by itself; until then batches are smaller, nothing waits",
        begun_by=EffectKind.SMALLER,
        lasts_ms=600_000,
        # The size of a batch says the same whenever it was taken.
        begins_again=True,
    ),
)
"""In order: a lane that several holds keep is reported as held by the first of them."""

RULE_OF = {rule.reason: rule for rule in HOLD_RULES}
