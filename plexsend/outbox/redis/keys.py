"""The names of the keys that the outbox keeps in Redis; dictionary.py says what each holds."""

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
    def format(self) -> str:
        """The number of the form in which keys and records are written."""
        return f"{self.prefix}format"

    @property
    def older(self) -> str:
        """The hash of when programs that do not know the newest form were seen last."""
        return f"{self.prefix}older"

    @property
    def accounts(self) -> str:
        """The set of all accounts' names."""
        return f"{self.prefix}accounts"

    @property
    def pauses(self) -> str:
        """The hash of services that are paused for every account."""
        return f"{self.prefix}pauses"

    @property
    def policy(self) -> str:
        """The hash of what the fleet agreed on, for all accounts."""
        return f"{self.prefix}policy"

    @property
    def policy_history(self) -> str:
        """The list of what persons changed of it."""
        return f"{self.prefix}policy:history"

    @property
    def held(self) -> str:
        """The set of accounts that a person held."""
        return f"{self.prefix}held"

    @property
    def alive(self) -> str:
        """The hash of the processes' signs of life."""
        return f"{self.prefix}alive"

    @property
    def fleet(self) -> str:
        """The hash of what processes announce."""
        return f"{self.prefix}fleet"

    @property
    def salt(self) -> str:
        """The key of the fingerprints."""
        return f"{self.prefix}salt"

    @property
    def fleet_nudge(self) -> str:
        """The channel on which processes learn that one announced something."""
        return f"{self.prefix}nudge"

    @property
    def events(self) -> str:
        """The list of events that wait to be posted."""
        return f"{self.prefix}events"

    @property
    def told(self) -> str:
        """The hash of what was noted and what was posted."""
        return f"{self.prefix}told"

    @property
    def walk(self) -> str:
        """The hash of who walks over everything, and how far that is."""
        return f"{self.prefix}walk"

    @property
    def notifier(self) -> str:
        """The lease of the process that looks for events and posts them."""
        return f"{self.prefix}notifier"

    @property
    def doors(self) -> str:
        """The hash of the processes that take receipts or serve metrics."""
        return f"{self.prefix}doors"

    @property
    def strays(self) -> str:
        """The list of receipts whose key no message has."""
        return f"{self.prefix}strays"

    @property
    def unread(self) -> str:
        """The list of posts that could not be read."""
        return f"{self.prefix}unread"

    @property
    def unread_counts(self) -> str:
        """The hash of how many posts were refused or could not be read, by why."""
        return f"{self.prefix}receipts:unread"

    @property
    def beat(self) -> str:
        """The hash of the signs of life of beats."""
        return f"{self.prefix}beat"

    @property
    def metrics(self) -> str:
        """The hash of what processes counted and timed."""
        return f"{self.prefix}metrics"

    @property
    def campaigns(self) -> str:
        """The set of the accounts that have a campaign."""
        return f"{self.prefix}campaigns"

    def account(self, account: str) -> str:
        """Return what every key of the account begins with; the scripts build the rest from it."""
        return f"{self.prefix}{{{account}}}:"

    def refused(self, account: str) -> str:
        """Return the key of the fingerprints of an account's secrets that the gateway refused."""
        return f"{self.account(account)}refused"

    def receipts(self, account: str) -> str:
        """Return the key of how many receipts came for an account, and when."""
        return f"{self.account(account)}receipts"

    def here(self, account: str) -> str:
        """Return the key that says that an account's messages are on this server."""
        return f"{self.account(account)}here"

    def lane_index(self, account: str) -> str:
        """Return the key of the index of an account's lanes."""
        return f"{self.account(account)}lanes"

    def routes(self, account: str) -> str:
        """Return the key of the set of an account's routes."""
        return f"{self.account(account)}routes"

    def in_force(self, account: str) -> str:
        """Return the key of the policies in force in an account."""
        return f"{self.account(account)}policy"

    def day(self, account: str, service: str) -> str:
        """Return the key of what a service with a daily limit has sent today."""
        return f"{self.account(account)}{service}:day"

    def stats(self, account: str) -> str:
        """Return the key of what is known of an account's counts by day."""
        return f"{self.account(account)}stats"

    def stats_of(self, account: str, day: str) -> str:
        """Return the key of what is counted of a day, YYYYMMDD."""
        return f"{self.account(account)}stats:{day}"

    def rate(self, account: str, service: str) -> str:
        """Return the key of the time at which the permits of a service's rate that are taken were due."""
        return f"{self.account(account)}{service}:rate"

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

    def forgotten(self, account: str) -> str:
        """Return the key of what a person is to decide where Redis went back in time."""
        return f"{self.account(account)}forgotten"

    def closed(self, account: str) -> str:
        """Return the key of an account's closed groups."""
        return f"{self.account(account)}closed"

    def kinds(self, account: str) -> str:
        """Return the key of what an account's groups hold: advertisements, or anything else."""
        return f"{self.account(account)}kinds"

    def suppressed(self, account: str, bucket: int | None = None) -> str:
        """Return the key of an account's suppressions, or of one bucket of the numbers."""
        return f"{self.account(account)}suppressed" + ("" if bucket is None else f":{bucket}")

    def suppressing(self, account: str) -> str:
        """Return the key of what persons changed in an account's suppressions."""
        return f"{self.account(account)}suppressing"

    def unanswered(self, account: str) -> str:
        """Return the key of how many refusals of an account were not answered yet, by day."""
        return f"{self.account(account)}unanswered"

    def results(self, account: str) -> str:
        """Return the key of the stream of what applications hear of an account's messages."""
        return f"{self.account(account)}results"

    def wake(self, account: str) -> str:
        """Return the key of the wake times of an account's lanes without a group."""
        return f"{self.account(account)}wake"

    def grouped_wake(self, account: str, route: str) -> str:
        """Return the key of the wake times of a route's lanes with a group."""
        return self.lane(account, route, "wake")

    def waking_routes(self, account: str) -> str:
        """Return the key of the routes of which a lane with a group wakes or is held."""
        return f"{self.account(account)}wake:routes"

    def readers(self, account: str) -> str:
        """Return the key of the names of an account's readers."""
        return f"{self.account(account)}readers"

    def reader(self, account: str, name: str) -> str:
        """Return the key of one reader of an account's results."""
        return f"{self.account(account)}readers:{name}"

    def replay(self, account: str, name: str) -> str:
        """Return the key of what a replay rebuilt for a reader."""
        return f"{self.account(account)}replay:{name}"

    def nudge(self, account: str) -> str:
        """Return the channel on which an account's sweeper learns that it should look sooner."""
        return f"{self.account(account)}nudge"

    def procs(self, account: str) -> str:
        """Return the key of the worker processes of an older program, as an account saw them."""
        return f"{self.account(account)}procs"

    def sweep(self, account: str) -> str:
        """Return the key of who sweeps an account."""
        return f"{self.account(account)}sweep"

    def pictures(self, account: str) -> str:
        """Return the key of the pictures that an account uploaded."""
        return f"{self.account(account)}pictures"

    def urls(self, account: str) -> str:
        """Return the key of the gateway's addresses that the first workers of an account had."""
        return f"{self.account(account)}urls"

    def policy_of(self, account: str) -> str:
        """Return the key of the policies in force in an account."""
        return f"{self.account(account)}policy"

    def campaigns_of(self, account: str) -> str:
        """Return the key of an account's campaigns."""
        return f"{self.account(account)}campaigns"

    def due(self, account: str) -> str:
        """Return the key of when runs of an account are planned."""
        return f"{self.account(account)}due"

    def runs(self, account: str) -> str:
        """Return the key of the groups of all runs of an account."""
        return f"{self.account(account)}runs"

    def live_runs(self, account: str) -> str:
        """Return the key of the runs of an account that ticks look at."""
        return f"{self.account(account)}live"

    def windows(self, account: str) -> str:
        """Return the key of the spans in which runs of an account may send."""
        return f"{self.account(account)}windows"

    def run(self, account: str, group: str) -> str:
        """Return the key of a run."""
        return f"{self.account(account)}run:{group}"

    def fates(self, account: str, group: str) -> str:
        """Return the key of the fates of a run's rows."""
        return f"{self.account(account)}fates:{group}"
