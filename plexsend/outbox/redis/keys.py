"""The keys that the outbox keeps in Redis, and what each holds.

`p` is the key prefix (`plexsend:` unless set), `{a}` the account in braces: all keys of an account share
one hash tag, so a script touches one slot and accounts can be split over servers.

key                  type    content
-------------------  ------  ---------------------------------------------------------------------------------
p lanes              set     names of all lanes, added before the first submit to them
p held               set     accounts that a person held, whether they have a lane yet or not
p pauses             hash    service → hold (JSON) of services paused for every account, also later ones
p policy             hash    `<where> <name>` → JSON {value, by, reason, at} that a person set; `asked
                             <service> <name>` → the strictest value that processes asked for last; epoch:
                             goes up with each change
p{a}:policy          hash    what is in force, copied from there for the scripts: `<name>:<service>` or
                             `<name>` → value; epoch: that of the state it was copied from
p{a}:b:<msg_key>     string  body: the item exactly as it goes on the wire; gone once the message has ended,
                             kept for dead letters
p{a}:m:<msg_key>     hash    record, see below; values stay under 64 bytes so that the hash stays compact
p{a}:h:<msg_key>     list    history, at most 50 entries `ms|event|code|detail`, only for messages that left
                             the straight way
p{a}:<lane>:later    zset    msg_key → ms at which it is due                       (state scheduled)
p{a}:<lane>:ready    zset    msg_key → position                                    (state waiting)
p{a}:<lane>:sending  zset    msg_key → ms at which it counts as abandoned          (state sending)
p{a}:<lane>:uncertain zset   msg_key → ms at which it was parked                   (state uncertain)
p{a}:<lane>:dead     zset    msg_key → ms at which it ended                        (state rejected, failed)
p{a}:<lane>:drains   zset    running drains, and `bell:<id>` for outstanding doorbells → ms when each lapses
p{a}:<lane>:takes    hash    running drain → its last take: `<sequence> <ms> <number> <ok before it> <probe>`;
                             `*` → `<drain> <ms>`: the one that waits for permits, and how long that counts
p{a}:<lane>:counts   hash    submitted; s:<state> living and ended; a:<state> archived; c:<code> answers;
                             batches, fill (requests made, messages in them); takes (number of the last take);
                             ok (highest take of which a message was accepted); retries, reclaims, late
p{a}:<lane>:ended    list    `<ms>:<msg_key>` in the order of ending, for retention
p{a}:<service>:rate  string  GCRA theoretical arrival time in µs
p{a}:holds           hash    `<scope> <reason> <what>` → JSON: since, until (ms; 0: until a person), step (ms;
                             for `size` the batch size), by, why, probe (token of the take that tries)
p{a}:eased           hash    hold's field → ms at which it last ended: answers to older requests start none
p{a}:wake            zset    every lane with a message that has a next event → ms of that event
p{a}:procs           zset    `<process>|<pool size>|<services>` → ms when last seen
p{a}:sweep           hash    who sweeps, until, last sweep, next sweep (0 while one runs), quiet (nothing is
                             reclaimed before), gap (ms of the last gap)
p{a}:nudge           channel a lane became due before the next sweep; carries nothing

field of a record    content
-------------------  ---------------------------------------------------------------------------------
s l d v              state, lane, digest of the body (16 bytes), stamp
p                    position: µs at which the message first became ready, plus its place in the submit
t                    ms of the submit, where the message did not become ready with it
u                    ms until which it may be sent again, once a request with it was not answered
k                    token of the take it is or was last in: `<drain>.<sequence>`
n y x                attempts spent; uncertain tries; takes that ended without a verdict
g o                  ms of the first uncertain try; number of the lane's last take at the last failure
f                    flags, one letter each: m may have been sent, a goes alone, c cancel wanted,
                     l accepted by a late verdict while it was being sent again
c e q z              code of the last answer; ms of the end; send_at ms; expires_at ms
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """Names of keys under one prefix (`plexsend:`)."""

    prefix: str

    @property
    def lanes(self) -> str:
        """The set of all lanes' names."""
        return f"{self.prefix}lanes"

    @property
    def pauses(self) -> str:
        """The hash of services that are paused for every account."""
        return f"{self.prefix}pauses"

    @property
    def policy(self) -> str:
        """The hash of what the fleet agreed on, for all accounts."""
        return f"{self.prefix}policy"

    @property
    def held(self) -> str:
        """The set of accounts that a person held."""
        return f"{self.prefix}held"

    def account(self, account: str) -> str:
        """Return what every key of the account begins with; the scripts build the rest from it."""
        return f"{self.prefix}{{{account}}}:"

    def record(self, account: str, msg_key: str) -> str:
        """Return the key of a message's record."""
        return f"{self.account(account)}m:{msg_key}"

    def body(self, account: str, msg_key: str) -> str:
        """Return the key of a message's body."""
        return f"{self.account(account)}b:{msg_key}"

    def history(self, account: str, msg_key: str) -> str:
        """Return the key of a message's history."""
        return f"{self.account(account)}h:{msg_key}"

    def lane(self, account: str, lane: str, part: str) -> str:
        """Return the key of one of a lane's parts (`ready`, `counts`, ...)."""
        return f"{self.account(account)}{lane}:{part}"

    def holds(self, account: str) -> str:
        """Return the key of an account's holds."""
        return f"{self.account(account)}holds"

    def wake(self, account: str) -> str:
        """Return the key of an account's wake times."""
        return f"{self.account(account)}wake"

    def nudge(self, account: str) -> str:
        """Return the channel on which an account's sweeper learns that it should look sooner."""
        return f"{self.account(account)}nudge"

    def procs(self, account: str) -> str:
        """Return the key of the worker processes seen by an account."""
        return f"{self.account(account)}procs"
