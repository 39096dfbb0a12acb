"""Traders that fight for one account, on clocks that disagree, stopped and killed at any instant: one seed, one story.

A trader is stopped inside one of its own calls; meanwhile the others live on. The broker notes every request when it
arrives. What is asked of the story: requests of a newer leader are never followed by one of an older, and nothing of
an older epoch is ever committed.
"""

import contextlib
import random
from typing import NamedTuple

from tradewind.adapters.journal import Fenced, Note
from tradewind.adapters.lease import Lease

SECOND = 1_000_000_000
TTL_S, MARGIN_S, LATENESS_S = 4.0, 1.0, 4.0
DRIFT = 0.01
"""Clocks run at most so much too fast or too slow; it has to fit into the margin."""
LONGEST_REQUEST = round(0.8 * SECOND)


class Database:
    """The journal's database: blocks of (epoch, document)."""

    def __init__(self):
        self.blocks = []


class Journal:
    """A trader's connection to it, with the promises of SqliteJournal that a lease needs."""

    def __init__(self, database, stop):
        self._database, self._stop = database, stop
        self._known = 0
        self._pending = []

    def refresh(self):
        self._stop()
        self._known = len(self._database.blocks)
        return self._known

    def newest_epoch(self):
        return self._database.blocks[self._known - 1][0] if self._known else 0

    def last_note(self, kind):
        notes = [document for _, document in self._database.blocks[: self._known] if document is not None]
        return Note(len(notes), 0, 0, kind, notes[-1]) if notes else None

    def note(self, _kind, document):
        self._pending.append(document)
        return 0

    def append(self):
        self._pending.append(None)

    def commit(self, epoch):
        self._stop()
        self.confirm(epoch, stops=False)
        self._database.blocks += [(epoch, document) for document in self._pending]
        self._known = len(self._database.blocks)
        self._pending = []
        self._stop()

    def confirm(self, epoch, *, stops=True):
        if stops:
            self._stop()
        blocks = self._database.blocks
        if blocks and (blocks[-1][0] > epoch or len(blocks) != self._known):
            raise Fenced("another one leads")
        if stops:
            self._stop()


class Lock:
    """The lock of the operating system."""

    def __init__(self, world, owner):
        self._world, self.owner = world, owner
        self.identity = "boot-1-2"

    def still_there(self):
        return True

    def release(self):
        if self._world.locked_by is self.owner:
            self._world.locked_by = None


class Request(NamedTuple):
    """Something sent to the broker."""

    epoch: int
    sent: int
    arrived: int


class Trader:
    """One process: takes the lease when it finds reason to, renews it and sends."""

    def __init__(self, world, number):
        chance = world.chance
        self.world, self.number = world, number
        self.rate = 1 + chance.uniform(-DRIFT, DRIFT)
        self.offset = chance.randrange(10**6) * SECOND
        self.wakes = chance.randrange(3 * SECOND)
        self.stopped = self.sending = False
        self.begin()

    def begin(self):
        """It is a new process."""
        self.lease = None
        self.journal = Journal(self.world.database, self.maybe_stop)

    def monotonic(self):
        self.maybe_stop()
        now = int(self.world.now * self.rate) + self.offset
        if self.world.locks or not self.sending:
            self.maybe_stop()
        else:
            self.stop_within_the_margin()
        return now

    def stop_within_the_margin(self):
        """Sometimes it is stopped between its last look at the clock and the request, which no lease can prevent.

        Without a lock of the system that must be shorter than the margin allows.
        """
        if self.world.chance.random() < 0.1:
            self.world.stop(self, self.world.chance.randrange(1, LONGEST_REQUEST // 2), at_most=True)

    def maybe_stop(self):
        """Sometimes it is stopped here, for 1 ms to 20 s, and the others live on."""
        if self.world.chance.random() < 0.03:
            self.world.stop(self, round(20 * SECOND * 10 ** -self.world.chance.uniform(0, 4.3)))

    def turn(self):
        world, chance = self.world, self.world.chance
        if self.lease is None:
            if chance.random() < (0.25 if world.locks else 0.08):
                self.take()
            return None
        try:
            if chance.random() < 0.9:
                self.lease.renew()
            if chance.random() < 0.08:
                return self.end()
            if self.lease.may_write(MARGIN_S):
                if chance.random() < 0.5:  # a lease that only holds with a commit before each request is none
                    self.journal.append()
                    self.journal.commit(self.lease.epoch)
                self.sending = True
                if self.lease.may_write(MARGIN_S):
                    self.send()
        except Fenced:
            self.end(killed=True)
        finally:
            self.sending = False

    def send(self):
        """The request is on its way."""
        if self.world.locks:
            self.maybe_stop()
        else:
            self.stop_within_the_margin()
        delay = round(LATENESS_S * SECOND * self.world.chance.random() ** 0.3)
        self.world.requests.append(Request(self.lease.epoch, self.world.now, self.world.now + delay))

    def take(self):
        world = self.world
        lock = None
        if world.locks:
            if world.locked_by is not None:
                return
            world.locked_by = self
            lock = Lock(world, self)
        try:
            self.lease = Lease.take(
                self.journal, str(self.number), TTL_S, self.monotonic, lock=lock, lateness_s=LATENESS_S
            )
        except Fenced:
            self.end(killed=True)

    def end(self, *, killed=False):
        """It ends, orderly or by a kill; another process begins in its place later."""
        if self.lease is not None and not killed and self.world.chance.random() < 0.5:
            if any(request.epoch == self.lease.epoch for request in self.world.requests):
                self.rest_until_answered()
            with contextlib.suppress(Fenced):
                self.lease.release()
        if self.world.locked_by is self:
            self.world.locked_by = None
        self.begin()

    def rest_until_answered(self):
        """Whoever says that it is done has no request under way."""
        self.world.stop(self, round(LATENESS_S * SECOND))


class World:
    """Some traders, one database, one broker."""

    def __init__(self, seed, *, locks):
        self.chance = random.Random(seed)
        self.locks = locks
        self.locked_by = None
        self.now = 0
        self.requests = []
        self.limit = None
        self.stops = 0
        self.database = Database()
        self.traders = [Trader(self, number) for number in range(self.chance.choice((2, 2, 3)))]

    def run(self, until):
        """Everybody who is not stopped lives until then."""
        while True:
            awake = [trader for trader in self.traders if not trader.stopped]
            if not awake:
                break
            trader = min(awake, key=lambda each: each.wakes)
            if trader.wakes >= until:
                break
            self.now = max(self.now, trader.wakes)
            trader.wakes = self.now + self.chance.randrange(1, SECOND)
            trader.stopped = True  # it does not run inside itself
            trader.turn()
            trader.stopped = False
        self.now = max(self.now, until)

    def stop(self, trader, duration, *, at_most=False):
        """The trader stands still for so long; the others do not.

        While one stands still for a time that is `at_most` so long, nobody stops for longer: stories are told inside
        one another, and the inner one ends first.
        """
        until = self.now + duration if self.limit is None else min(self.now + duration, self.limit)
        self.stops += 1
        before, self.limit = self.limit, until if at_most else self.limit
        self.run(until)
        self.limit = before
        trader.wakes = max(trader.wakes, self.now)

    def offences(self):
        """Return pairs of requests that two leaders made, the older one too late.

        Where a lock proves that the older leader is dead, what it sent may still arrive; the newer one knows of it,
        because it stands in the journal. Elsewhere it must have arrived.
        """
        first = {}
        for request in self.requests:
            first.setdefault(request.epoch, request)
        return [
            (request, newer)
            for request in self.requests
            for newer in first.values()
            if newer.epoch > request.epoch and (request.sent if self.locks else request.arrived) > newer.sent
        ]
