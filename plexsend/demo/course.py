"""The demo's course: processes started, the sample imported, everything watched to its end, and proved."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.demo import terms
from plexsend.demo.coupon import NAME
from plexsend.demo.intake import take_in
from plexsend.demo.night import Night
from plexsend.demo.sample import write_sample
from plexsend.demo.sample_ads import write_ads
from plexsend.demo.shows import LanePicture, Picture
from plexsend.demo.standin import StandIn
from plexsend.demo.story import Story, what_goes_on
from plexsend.demo.summary import Imported, Summary, gather
from plexsend.errors import PlexsendError
from plexsend.extras import is_complete
from plexsend.gateway.environment import read_settings
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.snapshot import Watch
from plexsend.outbox.redis.store import Store
from plexsend.outbox.states import FINAL, State
from plexsend.producers.producer import Producer
from plexsend.stack.environment import with_sandbox
from plexsend.stack.stack import PartFailed
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plexsend.demo.campaign import CampaignSeen
    from plexsend.demo.sample_file import SampleFile
    from plexsend.demo.shows import Show
    from plexsend.outbox.reading.queries import LaneView
    from plexsend.outbox.reading.snapshot import Sight
    from plexsend.settings import Settings
    from plexsend.stack.stack import Stack
    from plexsend.stack.stops import Stops

_ROUND_S = 0.1
_FOUND_OUT_S = 1.0
"""How long a process that has died may take to be seen as ended, once its server does not answer."""

_NOT_WELL = tuple(state for state in FINAL if state not in (State.ACCEPTED, State.DELIVERED))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What there is to work with once the servers run."""

    store: Store
    settings: Settings
    gateway: StandIn
    watch: Watch
    story: Story
    night: Night


class Course:
    """One run of the demo, over a stack that is not started yet.

    With `takes_receipts` the stack has a server for receipts.
    """

    def __init__(self, stack: Stack, stops: Stops, show: Show, folder: Path, *, takes_receipts: bool) -> None:
        self._stack = stack
        self._stops = stops
        self._show = show
        self._folder = folder
        self._takes_receipts = takes_receipts
        self._began_s = time.monotonic()
        self._added = 0

    def run(self) -> Summary:
        """Run to the end. PartFailed where a process dies on the way."""
        server = ", a server for its receipts" if self._takes_receipts else ""
        self._say(
            f"Starting Valkey (with an append-only file), a stand-in gateway{server}, two Celery workers and "
            "beat."
        )
        self._stack.start()
        redis_url, sandbox_url = self._stack.redis_url, self._stack.sandbox_url or ""
        values = terms.settings_in(self._folder)
        settings = read_settings(with_sandbox(values, redis_url=redis_url, sandbox_url=sandbox_url))
        store = Store.connect(settings.redis, settings.key_prefix)
        try:
            watch, gateway = Watch(store, terms.ACCOUNT), StandIn(sandbox_url)
            story = Story(gateway, store, watch, self._say)
            night = Night(store, settings, gateway, self._say)
            return self._run(_Ground(store, settings, gateway, watch, story, night))
        except PartFailed:
            raise
        except PlexsendError:
            # A server does not answer: the person wants to know which process has ended.
            self._find_out()
            raise
        finally:
            store.close()

    def _run(self, ground: _Ground) -> Summary:
        ground.night.fall()
        advertisements = write_ads(self._folder)
        files = (*write_sample(self._folder, with_picture=is_complete("images")), advertisements)
        imported = self._import(ground, files)
        ground.night.begin(advertisements, read_to_show(ground.store))
        self._stack.wait_for_workers()
        sight = self._watch_to_the_end(ground)
        campaign = self._play_campaign(ground) if is_complete("campaigns") else None
        if campaign is not None:
            sight = self._go_round(ground)
        self._say("Stopping the workers; then every record is compared with the gateway's own list.")
        self._stack.stop_workers()
        return gather(
            ground.store,
            ground.gateway,
            files,
            account=terms.ACCOUNT,
            sight=sight,
            imported=imported,
            receipts=self._takes_receipts,
            holds=ground.watch.holds,
            limit_per_s=lambda service: ground.settings.service(service).rate_per_s,
            took_s=self._passed_s(),
            night=ground.night.seen,
            campaign=campaign,
        )

    def _import(self, ground: _Ground, files: Sequence[SampleFile]) -> Imported:
        imported = Imported()
        producer = Producer(ground.settings, ground.store)

        def note(added: int) -> None:
            self._added = imported.added + added
            self._go_round(ground)

        for file in files:
            found = take_in(producer, file, account=terms.ACCOUNT, on_added=note)
            imported = imported.plus(found)
            rows = counted(found.invalid, "row is invalid and stays", "rows are invalid and stay")
            out = f"; {rows} out." if found.invalid else "."
            self._say(f"Imported {file.path.name}: {counted(found.added, 'message')} for {file.service}{out}")
        shown = sum(file.pictures for file in files)
        if shown:
            uploads = ground.gateway.count_pictures()
            times = "once" if uploads == 1 else f"{uploads} times"
            self._say(f"Uploaded {NAME} {times}: {counted(shown, 'row')} of two files show it.")
        return imported

    def _watch_to_the_end(self, ground: _Ground) -> Sight:
        while True:
            sight = self._go_round(ground)
            awaited = sight.count(State.ACCEPTED) if self._takes_receipts else 0
            if sight.ended - awaited + sight.count(State.UNCERTAIN) >= self._added + sight.fallbacks:
                return sight
            if self._passed_s() > terms.LONGEST_S:
                self._say(f"Giving up after {terms.LONGEST_S:g} s.")
                return sight
            time.sleep(_ROUND_S)

    def _play_campaign(self, ground: _Ground) -> CampaignSeen:
        from plexsend.demo.campaign import CampaignPlay

        play = CampaignPlay(ground.store, ground.settings, self._folder, self._say)
        self._added += play.begin()
        while not play.is_over():
            self._go_round(ground)
            if self._passed_s() > terms.LONGEST_S:
                self._say(f"Giving up after {terms.LONGEST_S:g} s.")
                break
            time.sleep(_ROUND_S)
        return play.end()

    def _go_round(self, ground: _Ground) -> Sight:
        self._stops.check()
        self._look_after_children()
        sight, changed = ground.watch.look()
        ground.story.go_on(sight, changed)
        ground.night.go_on(sight)
        self._show.draw(self._picture(ground, sight))
        return sight

    def _look_after_children(self) -> None:
        for child in self._stack.ended():
            raise PartFailed(child, f"ended in the middle of the demo ({child.how_it_ended()})")

    def _find_out(self) -> None:
        deadline = time.monotonic() + _FOUND_OUT_S
        while time.monotonic() < deadline:
            self._look_after_children()
            time.sleep(_ROUND_S)

    def _picture(self, ground: _Ground, sight: Sight) -> Picture:
        def lane(view: LaneView) -> LanePicture:
            return LanePicture(
                name=view.lane.name,
                ready=view.ready,
                later=view.later,
                sending=view.sending,
                accepted=view.counts.get(f"s:{State.ACCEPTED}", 0),
                delivered=view.counts.get(f"s:{State.DELIVERED}", 0),
                refused=sum(view.counts.get(f"s:{state}", 0) for state in _NOT_WELL),
                pace_per_s=ground.watch.pace_per_s(view.lane.name),
                limit_per_s=ground.settings.service(view.lane.service).rate_per_s,
            )

        return Picture(
            at_s=self._passed_s(),
            now=what_goes_on(sight),
            total=self._added + sight.fallbacks,
            ended=sight.ended,
            lanes=tuple(lane(view) for view in sight.lanes),
            holds=sight.holds,
            now_ms=sight.now_ms,
            receipts=self._takes_receipts,
        )

    def _passed_s(self) -> float:
        return time.monotonic() - self._began_s

    def _say(self, sentence: str) -> None:
        self._show.say(self._passed_s(), sentence)
