"""The values that go into each script and come out: calls and scripts are written from these orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.arguments_lists import IMPORT, IMPORT_ROW, SUPPRESS
from plexsend.outbox.arguments_pictures import PICTURES
from plexsend.outbox.arguments_results import PROOF, REPLAY, RESULTS, RESULTS_ANSWER
from plexsend.outbox.arguments_runs import DUE, RUN, RUN_ANSWER
from plexsend.outbox.orders import Order, Sort, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


def _order(name: str, *values: str | Value) -> Order:
    return Order(name, *(Value(value) if isinstance(value, str) else value for value in values))


def _number(name: str) -> Value:
    return Value(name, Sort.NUMBER)


def _flag(name: str) -> Value:
    return Value(name, Sort.FLAG)


ADVANCE = _order(
    "advance",
    "lane",
    "service",
    "drain",
    _number("sequence"),
    "mode",
    "bell",
    _number("stay_ms"),
    _flag("yields"),
    _number("most_items"),
    # Of the batch to settle. The ms of its take are 0 where they are not known.
    "settled_token",
    _number("settled_take"),
    _number("settled_ms"),
    _number("effect_count"),
    # Of the secret and of the gateway's address that the drain would send with; empty: not to be compared.
    "fingerprint",
    "product",
    "url",
    # The fingerprint of the secret that the gateway refused for the batch; empty: it refused none.
    "refused",
    # What the drain's process knows of the route: its last take, and `<here> <messages> <ms>` (see Seen).
    _number("seen_takes"),
    "seen",
)
"""After these the effects, then the verdicts, each followed by the keys of the messages that share it."""

EFFECT = _order("effect", "kind", _number("number"), "text")
VERDICT = _order(
    "verdict",
    "token",
    "outcome",
    _number("delay_ms"),
    _number("until_ms"),
    _flag("spent"),
    _flag("alone"),
    "code",
    "detail",
    _number("keys"),
)
"""`until_ms`: until when it may be sent again, 0 for ever; `keys`: how many follow."""

ADVANCE_ANSWER = _order(
    "answer",
    "status",
    _number("ms"),
    "reason",
    "token",
    _number("take"),
    _number("ok_take"),
    "bell",
    _number("epoch"),
    _number("went"),
    "here",
)
"""`ms`: how long there is nothing to do; for a batch: when it was taken, on Redis's clock. `epoch`: of
the policies under which it was taken. `went`: messages that went on this route so far; `here`: which
server this is, where the caller does not know. Where the server forgot something, `take` and `went` are how
much, and `ms` is the span."""

SUBMIT = _order(
    "submit",
    "lane",
    _number("most_items"),
    _number("send_at_ms"),
    _number("expires_at_ms"),
    "stamp",
    _number("mark"),
    _number("form"),
    _flag("announced"),
    "hashed_by",
    "fallback_lanes",
    _number("fallback_count"),
    _number("run_lease"),
    _number("run_since"),
    _number("run_fed"),
    _number("run_skipped"),
)
"""Times: 0 for none; `mark`: share of maxmemory; `form`: how records are written;
`hashed_by`: tells the key of the receivers' hashes, empty without one; `fallback_lanes`: with blanks between.
`run_lease`: of who feeds a run of a campaign, 0 for anybody else; `run_since`, `run_fed`: where its mark is
now, as far as that knows, and then, 0 where it stays; `run_skipped`: rows in between that are passed over.
Then come the fallbacks, as many as `fallback_count`, and the messages."""

KEPT = _order("kept", _number("place"), "text")
"""The fallback of a message, by the message's place, 1 the first; its text: see fallbacks.py."""

MESSAGE = _order("message", "msg_key", "body", "digests", "receiver")
"""`receiver`: see receivers.py; empty where it is not known."""

SWEEP = _order(
    "sweep",
    "process",
    "takes_from",
    "auth_field",
    _number("quota"),
    _number("service_count"),
    _number("gone_count"),
    _number("address_count"),
)
"""`takes_from`: the process whose lease does not count; `auth_field`: of the hold that refused secrets begin;
`quota`: doorbells in all. After these the services, then the processes whose leases are to be dropped, the
addresses, and the names of the lanes to look over."""

ADDRESS = _order("address", "product", "url")
"""The address that counts unless another was agreed on; empty: none."""

SERVICE = _order(
    "service",
    "name",
    _number("quota"),
    _flag("is_served"),
    _flag("is_fresh"),
    _number("most_items"),
)
"""`is_served`: whether a living process can send for it; `is_fresh`: for the first time since a while."""

SWEEP_ANSWER = _order(
    "answer",
    "status",
    _number("wait_ms"),
    "who",
    _flag("dropped"),
    *(
        Value(name, Sort.LIST)
        for name in ("rings", "abandoned", "processes", "spoilt", "aside", "refused", "urls", "unserved")
    ),
    "auth",
)

HEAL = _order("heal", "act")
"""After it the names of lanes and closed groups, or keys of messages."""

WALK = _order("walk", "process", "place", _flag("is_new"))
"""`place`: how far the caller's walk is now; empty: it has none. `is_new`: whether its process began."""

WALK_ANSWER = _order("answer", "place", _number("wait_ms"))
"""`place`: from where the caller is to go on, empty: nothing is due for it in `wait_ms`."""

AUDIT = _order("audit", "act", "lane", "part", _number("since_ms"))
"""`since_ms`: what ended since is answered by itself. After it the names of lanes, or keys."""

FIGURES = _order("figures", "lane")
"""After it the names of more lanes."""

PRUNE = _order("prune", _number("older_ms"), "lane", _number("place"))
"""`lane`: one whose own list is looked through, as in form 1; empty: the account's. `place`: from where
on, as the call before answered; 0: from the beginning."""

STATS = _order("stats", "act")

RECEIPTS = _order("receipts")
"""Nothing but the receipts."""

RECEIPT = _order("receipt", "msg_key", "code", "carrier", "done", "kind", "rcs_kind")
"""`done`: ms, empty where it is not known; `kind`: the class of the code if the message is not RCS,
`rcs_kind` if it is."""

STEER = _order("steer", "act", "subject", "text", _flag("is_early"))
"""`is_early`: whether the account may have no message yet."""

ADOPT = _order("adopt", _flag("may_write_here"))
"""After it the names of the account's lanes."""

FORM = _order("form", _number("newest"), _flag("watches"), _flag("saw_older"))

GROUP = _order("group", "act", "group", "lane", "text", _number("at_ms"), "stage", _number("after"))
"""Of these each act needs some; group.lua says which. Times in ms."""

GROUP_ANSWER = _order(
    "answer",
    "status",
    _number("done"),
    _number("wanted"),
    _number("after"),
    "text",
    Value("left", Sort.LIST),
)
"""`done`, `wanted`: messages; `after`: where the next call goes on; `left`: keys of messages that stay as
they are, for a reschedule each with the reason."""

REWOUND = _order(
    "rewound",
    "act",
    "lane",
    "text",
    "by",
    "here",
    _number("seen_ms"),
    _number("from_ms"),
    _flag("is_known"),
)
"""Of these each act needs some; rewound.lua says which. Times in ms."""

KNOWN = _order("known", "route", _number("takes"), _number("went"))
"""What a process knows of a route: its last take, and the messages that went by then."""

REWOUND_ANSWER = _order(
    "answer", "status", _number("takes"), _number("messages"), _number("from_ms"), _number("to_ms")
)

POLICY = _order("policy", _number("epoch"), _flag("is_early"), _number("count"))
"""`is_early`: as for steer; `count`: how many values follow, names and texts in turn."""

AGREE = _order("agree", _number("expected"), _number("count"), _number("gone"))
"""`expected`: an epoch; `count`: values that follow, each behind its name; `gone`: names behind these."""

ALIVE = _order("alive", "process", _number("busy"), _number("revision"), "announced")
"""`busy`: threads that send; `revision`: which of the process's announcements counts; `announced`: one to be
written, else empty."""

TALLY = _order("tally", "process", _number("sequence"))
"""`sequence`: of the call, by which one that is made again is known. After it fields, each followed by what
is added to it."""

PUT = _order("put", "command", "key")
"""`key`: what follows the prefix. After it the values."""


@dataclass(frozen=True, slots=True)
class Signature:
    """All orders of one script."""

    arguments: Order
    groups: tuple[Order, ...] = ()
    """Orders that come any number of times after the arguments."""
    answer: Order | None = None

    def as_lua(self) -> str:
        """Return what a script needs to read its arguments and to write its answer."""
        parts = [self.arguments.as_locals(), *(group.as_reader() for group in self.groups)]
        return "\n".join(parts if self.answer is None else [*parts, self.answer.as_answer()])


LAYOUTS: Mapping[str, Signature] = {
    "advance": Signature(ADVANCE, (EFFECT, VERDICT), ADVANCE_ANSWER),
    "submit": Signature(SUBMIT, (KEPT, MESSAGE)),
    "sweep": Signature(SWEEP, (SERVICE, ADDRESS), SWEEP_ANSWER),
    "steer": Signature(STEER),
    "policy": Signature(POLICY),
    "agree": Signature(AGREE),
    "group": Signature(GROUP, answer=GROUP_ANSWER),
    "rewound": Signature(REWOUND, (KNOWN,), REWOUND_ANSWER),
    "adopt": Signature(ADOPT),
    "form": Signature(FORM),
    "heal": Signature(HEAL),
    "walk": Signature(WALK, answer=WALK_ANSWER),
    "audit": Signature(AUDIT),
    "figures": Signature(FIGURES),
    "prune": Signature(PRUNE),
    "stats": Signature(STATS),
    "alive": Signature(ALIVE),
    "tally": Signature(TALLY),
    "imports": Signature(IMPORT, (IMPORT_ROW,)),
    "results": Signature(RESULTS, answer=RESULTS_ANSWER),
    "proof": Signature(PROOF),
    "replay": Signature(REPLAY),
    "receipts": Signature(RECEIPTS, (RECEIPT,)),
    "pictures": Signature(PICTURES),
    "suppress": Signature(SUPPRESS),
    "run": Signature(RUN, answer=RUN_ANSWER),
    "due": Signature(DUE),
    "put": Signature(PUT),
}
"""Script → its orders."""
