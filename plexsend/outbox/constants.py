"""Numbers that the scripts need, written once: each becomes a local of every script that names it.

Times are in ms, as all times in Redis are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.services import REQUEST_DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Mapping

LEASE_MS = round((REQUEST_DEADLINE_S + 5) * 1000)
"""How long a drain keeps its place in its lane after its last call: for a request, and to settle it."""
LONGEST_SLEEP_MS = 5_000
"""No lane sleeps longer than this without being looked at again, whatever was lost."""
SWEEP_LEASE_MS = 2_000
"""How long a process sweeps before another may: a crash delays doorbells by at most this."""
QUIET_LOOK_MS = 60_000
"""How long a lane of advertisements sleeps in quiet hours at most: a person may change them."""
PACE_AHEAD_MS = 1_000
"""So far ahead of its own rate a run may send: a doorbell that comes late costs no pace."""
FULL_AGAIN_MS = 50
"""Until the next sweep while lanes with a group wait for a free thread or connection."""
UNHEARD_EVERY_MS = 5_000
"""How often a sweep looks for receipts that did not come in time, and how long records wait for theirs."""
TIDY_AGAIN_MS = 20
"""Until the next sweep while more records are old enough to be taken away than one takes."""
LONGEST_ROUND_MS = 250
"""The longest time until the next sweep. A lane due before it causes a nudge, and nudges can be lost."""
IDLE_ROUND_MS = 4_000
"""The same of an account in which nothing has a next event: less than the silence that counts as a gap."""
OLDER_ROUND_MS = 1_000
"""The same while an older program is there, which takes a lease of more than two seconds for a wrong one."""
SILENT_MS = 5_000
"""A process that was not seen for longer is gone."""
DECLINED_MS = 200
"""Until a lane is looked at again whose doorbell came to a process that cannot send for its account."""
PROBE_RECLAIMS = 2
"""A probe counts as lapsed after this many times the time of a reclaim, even if it is never settled."""
RATE_KEPT_MS = 60_000
"""How long the state of a rate is kept after the moment from which it has no effect."""
TAKES_KEPT_MS = 900_000
"""How long the last take of a drain that is gone is remembered."""
POLICY_CHANGES = 1_000
"""Changes of policies by persons that are remembered; the oldest are dropped."""
OLDER_COUNTS_MS = 600_000
"""For how long a program that was seen counts as running, where it does not know the newest form."""
LONGEST_GAP_MS = 60_000
"""Where nobody looked for such programs for longer, one may have come and gone: the time begins again."""
REFUSAL_NOTED_MS = 3_600_000
"""How often it is written down that a closed group refused a message, which keeps the group closed."""
FIRST_WALK_MS = 5_000
"""From the beginning of a worker process until all lanes and messages are looked over; a fleet that starts
together shares one walk."""
WALK_EVERY_MS = 3_600_000
"""From the end of such a walk over all that Redis has until the next."""
WALK_LEASE_MS = 15_000
"""How long a process may be silent in the middle of a walk before another goes on with it."""
LATE_WAKE_MS = 120_000
"""A lane that wakes later than this after its next event was lost: a minute is the longest that an older
program lets one oversleep."""
LONGEST_POSTPONE_MS = 604_800_000
"""The longest wait before another try that a policy can ask for: a week."""
FAR_AHEAD_MS = 3_600_000
"""What is this much later than the latest time that plexsend gives was written by another program, or comes
from before the clock was set back. Shorter, and a policy that changes would look like it."""
IMPORT_RESTS_MS = 12 * 3_600_000
"""After so long without an import under its name, a file may be another list: a person says which it is."""
UNDER_WAY_COUNTS_MS = 60_000
"""For how long messages that were under way when a server went back are counted by the first to notice."""
REWOUND_MS = 30_000
"""A server that forgot as much is not sent from before a person has decided; of less it is warned."""
IMPORT_PENDING_MS = 60_000
"""A run that noted rows so long ago and is over has added them or never will: no call takes as long."""
DAY_OFFSET_MS = 9 * 3_600_000
"""How far ahead of UTC days are counted where nobody said yet in which zone: as in Korea."""
STATS_MONTHS = 26
"""For so many months before this one, counts by day are kept: two years, and the month in which one looks."""
STOCK_AFTER_MS = 3_600_000
"""From the first look at an account of which nobody counted days until what no day has is counted."""
FLUSHED_KEPT_MS = 600_000
"""How long it is remembered what a process counted last, so that it is not added twice: a process that could
write nothing for as long is as good as gone."""
PICTURE_KEPT_MS = 89 * 86_400_000
"""How long the gateway keeps a picture: three months, of which the shortest have 89 days."""
PICTURE_SPARE_MS = 7 * 86_400_000
"""A picture that is deleted sooner is uploaded anew: what shows it may have to wait behind a hold."""
PICTURE_KNOWN_MS = 30 * 86_400_000
"""For how long a picture that was deleted is known: what names it is refused with that reason."""
LATE_START_MS = 60_000
"""What starts within this time of its plan is not late: ticks are a second apart, and workers may be away."""
RUN_LEASE_MS = 60_000
"""The longest lease of a run: one that ends later is from before the clock was set back."""
PICTURE_CLAIM_MS = 45_000
"""For how long others wait for a process that uploads a picture: its deadline, and time to write it down."""
HISTORY_LENGTH = 50
"""Entries of one message's history; the oldest are dropped."""

LARGEST_NUMBER = 9_000_000_000_000_000
"""Above all times and counts; what Redis and Lua both hold exactly."""
LONGEST_EDGE = 4_096
"""Bytes of keys that a reader remembers of the ms of the entry it was given last."""
MOST_STATS = 1_000
"""Fields of one day's counts for lanes, states, codes and carriers as they are: some 90 kB. Beyond, they are
counted together."""
MOST_COUNTS = 128
"""Fields of a lane's counts, of which some twenty are not codes; the others are counted as `*`."""

# How much one call does at most, so that no other script waits long for it.
MOST_SUBMITTED = 500
"""Messages that one submit adds."""
MOST_DUE = 50
"""Scheduled messages that one take makes ready."""
MOST_LANES = 100
"""Due lanes without a group that one sweep looks at, and as many of the others."""
MOST_IN_PASSING = 25
"""Due lanes of a route without a free thread or connection that one sweep looks at, in turn."""
MOST_BROUGHT_BACK = 200
"""Lanes that one sweep brings back when what held them is over."""
MOST_CUT = 200
"""Lanes that one sweep looks at after the clock was set back."""
MOST_FILLED_FROM = 30
"""Lanes of a route that one take looks at to fill its batch."""
MOST_CLAIMED = 20
"""Planned starts that one look answers."""
MOST_ABANDONED = 100
"""Abandoned messages that one sweep answers."""
MOST_TIDIED = 100
"""Ended records that one sweep takes away."""
MOST_OVERDUE = 100
"""Fallbacks that one sweep makes for which no receipt came in time."""
MOST_ENDED = 25
"""Lanes with a group of which it takes some away and which may end with that: about 45 µs each."""
MOST_OF_GROUP = 100
"""Messages of a group that one call ends or gives another time: about 2 ms."""
ENDED_A_PAGE = 100
"""Ended messages that one call of a proof or a replay looks at."""
MOST_OF_A_SPAN = 1_000
"""Entries that a process of a reader is given at once."""
MOST_STATS_DAYS = 100
"""Days of counts that one call takes away."""
MOST_STOCKED = 2_000
"""Lanes that an account may have where what no day has is counted: about 20 ms, once."""
PICTURES_LOOKED_AT = 50
"""Fields of an account's pictures that one call looks through for those that are over."""
SUPPRESSED_BUCKETS = 16_384
"""Hashes over which the numbers that must not be written to are spread: compact up to some millions."""
SUPPRESSED_HASH = 8
"""Bytes of a keyed hash of a number."""
SUPPRESSED_AGAIN_MS = 60_000
"""How long a message waits whose suppression cannot be read."""
SEEN_MS = 90 * 86_400_000
"""Two receipts within this time say that nobody has a number."""
MOST_SUPPRESSIONS = 16
"""Entries of one number: kinds times scopes."""
MOST_SCOPES = 255
"""Senders and refusal numbers of an account for which somebody refused."""
MOST_ORIGINS = 65_535
"""Sources, persons and reasons that are told apart."""
MOST_SUPPRESSION_LOG = 1_000
"""Changes of suppressions by persons that are remembered."""
MOST_TAKES = 64
"""Drains whose last takes a lane remembers before old takes are looked for and dropped."""


def given() -> Mapping[str, int]:
    """Return the constants by their names."""
    return {name: value for name, value in globals().items() if name.isupper() and type(value) is int}
