"""Thirty-five kinds of bad quotes, each as what is put among good ones and what the guard must say of it."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.broker import Quote
from tradewind.liveness.quotes import Bounds
from tradewind.markets.clock import HOUR, SECOND

WEEK = ("XAUUSD_ticks_oanda_20140504_20140509.parquet", 0.001)


class Place(NamedTuple):
    """Where a bad quote is put: behind `last`, in front of `following`, in the guard's own band."""

    chance: np.random.Generator
    past: list[Quote]
    band: float
    now: int
    """A moment between the two good quotes."""

    @property
    def last(self):
        return self.past[-1]

    def quote(self, **changed):
        return self.last._replace(ts=self.now, **changed)

    def moved(self, bid, ask):
        return self.quote(bid=self.last.bid + bid, ask=self.last.ask + ask)

    def jump(self):
        """Return a jump that leaves the band by a little or by much, and is not yet absurd."""
        return int(min(self.band * self.chance.uniform(1.05, 30) + 1, 0.3 * self.last.bid))

    def scaled(self, factor):
        return self.quote(bid=int(self.last.bid * factor), ask=int(self.last.ask * factor))

    def older(self, least, most):
        return self.last.ts - int(self.chance.uniform(least, most))


def fields(name, value, kind):
    return lambda at: [at.quote(**{name: value})], kind


KINDS = {
    "bid is NaN": fields("bid", float("nan"), "malformed"),
    "ask is NaN": fields("ask", float("nan"), "malformed"),
    "bid is infinite": fields("bid", float("inf"), "malformed"),
    "ask is minus infinite": fields("ask", float("-inf"), "malformed"),
    "bid is absent": fields("bid", None, "malformed"),
    "ask is text": fields("ask", "1300.5", "malformed"),
    "bid is true": fields("bid", True, "malformed"),
    "ask is not whole": fields("ask", 1300.5, "malformed"),
    "bid overflows": fields("bid", 2**63, "malformed"),
    "ask has ten thousand digits": fields("ask", 10**10_000, "malformed"),
    "the time is NaN": (lambda at: [at.quote()._replace(ts=float("nan"))], "malformed"),
    "the time is absent": (lambda at: [at.quote()._replace(ts=None)], "malformed"),
    "bid is zero": fields("bid", 0, "not positive"),
    "ask is zero": fields("ask", 0, "not positive"),
    "both are zero": (lambda at: [at.quote(bid=0, ask=0)], "not positive"),
    "bid is negative": fields("bid", -5, "not positive"),
    "both have a sign too many": (lambda at: [at.quote(bid=-at.last.ask, ask=-at.last.bid)], "not positive"),
    "bid and ask are swapped": (lambda at: [at.quote(bid=at.last.ask, ask=at.last.bid)], "crossed"),
    "crossed by a tick": (lambda at: [at.quote(bid=at.last.ask + 1)], "crossed"),
    "locked": (lambda at: [at.quote(ask=at.last.bid)], "locked"),
    "both jump up": (lambda at: [at.moved(*[at.jump()] * 2)], "spike"),
    "both jump down": (lambda at: [at.moved(*[-at.jump()] * 2)], "spike"),
    "only the ask jumps": (lambda at: [at.moved(0, min(at.jump(), int(0.049 * at.last.bid)))], "spike"),
    "the same jump is sent twice": (lambda at: [at.moved(*[at.jump()] * 2)] * 2, "spike"),
    "a jump up and one down": (
        lambda at: [at.moved(*[at.jump()] * 2), at.moved(*[-at.jump()] * 2)._replace(ts=at.now + 1)],
        "spike",
    ),
    "only the bid falls away": (lambda at: [at.quote(bid=int(at.last.bid * 0.8))], "absurd"),
    "a digit too many": (lambda at: [at.scaled(10)], "absurd"),
    "a digit too few": (lambda at: [at.scaled(0.1)], "absurd"),
    "the price of another instrument": (lambda at: [at.quote(bid=110_000, ask=110_008)], "absurd"),
    "the ask of another instrument": (lambda at: [at.quote(ask=4_000_000)], "absurd"),
    "it is sent twice": (lambda at: [at.last._replace()], "duplicate"),
    "it comes after a younger one": (lambda at: [at.quote()._replace(ts=at.older(1, SECOND))], "late"),
    "it is an hour late": (lambda at: [at.quote()._replace(ts=at.older(HOUR, 2 * HOUR))], "late"),
    "it is of next year": (lambda at: [at.quote()._replace(ts=at.now + 365 * 24 * HOUR)], "future"),
    "its time is a few seconds ahead": (lambda at: [at.quote()._replace(ts=at.now + 3 * SECOND)], "future"),
    "its time is in milliseconds": (lambda at: [at.quote()._replace(ts=at.now // 1_000_000)], "late"),
    "no time at all": (lambda at: [at.quote()._replace(ts=0)], "late"),
    "of no instrument": fields("instrument", 7, "instrument"),
    "of instrument minus one": fields("instrument", -1, "instrument"),
    "nobody can trade on it": fields("tradable", False, "not tradable"),
    "tradable is no word of ours": fields("tradable", "yes", "not tradable"),
}
"""What is put in, and the finding it must leave. Replays, weekends and stalls take more than one: see the tests."""


def market(seed, count, start):
    """Return a seeded walk of quotes that anybody would call good: whole, in order, and never far from the last."""
    chance = np.random.default_rng(seed)
    ts = start + np.cumsum(chance.exponential(0.3 * SECOND, count).astype(np.int64) + 1)
    bid = 200_000 + np.cumsum(chance.integers(-4, 5, count))
    ask = bid + 25 + chance.integers(0, 8, count)
    return [Quote(0, *values) for values in zip(ts.tolist(), bid.tolist(), ask.tolist(), strict=True)]


def real_week(folder):
    """Return a recorded week of gold as quotes."""
    name, tick = WEEK
    frame = pl.read_parquet(folder / name)
    bid, ask = (np.rint(frame[side].to_numpy() / tick).astype(np.int64).tolist() for side in ("bid", "ask"))
    return [Quote(0, *values) for values in zip(frame["ts"].to_physical().to_list(), bid, ask, strict=True)]


class Outcome(NamedTuple):
    """What became of good and bad quotes."""

    injected: int
    passed: list[str]
    """Bad ones that were let through, by kind."""
    unnamed: list[str]
    """Bad ones that did not leave the finding they should."""
    lost: int
    """Good ones that were not let through."""


def inject(guard, quotes, chance, every):
    """Return what becomes of quotes among which a bad one is put about every `every`, kind after kind."""
    bounds, names = Bounds(), list(KINDS)
    bad, passed, unnamed, good, injected = {}, [], [], 0, 0
    past = []

    def take(quote, now):
        through = guard.take(quote, now)
        passed.extend(bad[id(one)][0] for one in through if id(one) in bad)
        return sum(id(one) not in bad for one in through)

    for quote, following in pairwise([*quotes, quotes[-1]]):
        good += take(quote, quote.ts)
        past.append(quote)
        if chance.random() * every >= 1 or following.ts - quote.ts < 2:
            continue
        name = names[injected % len(names)]
        now = quote.ts + 1 + int(chance.integers(0, min(following.ts - quote.ts, SECOND) - 1))
        band = guard._lanes[0].band(now, bounds.multiple, bounds.spreads)  # spikes are made to its measure
        make, kind = KINDS[name]
        injected += 1
        counted = sum(count for (what, _), count in guard.counts.items() if what == kind)
        made = make(Place(chance, past[-1:], band, now))
        bad.update((id(one), (name, one)) for one in made)
        for one in made:
            good += take(one, now)
        if kind == "spike":
            continue  # known by the next good quote
        if sum(count for (what, _), count in guard.counts.items() if what == kind) == counted:
            unnamed.append(name)
    return Outcome(injected, passed, unnamed, len(quotes) - good)
