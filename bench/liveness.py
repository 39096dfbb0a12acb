"""How soon a dead feed is noticed, and how often a living one is called dead: `python -m bench.liveness DATA_FOLDER`.

Real recordings are replayed: weeks of ticks, and years of minutes whose volume counts price changes (these are spread
evenly over the minute, in at most 60 places moved by chance, so that only missing minutes make a silence). False
alarms are counted on the recording as it is, weekends, breaks and holidays included; a hole in the recording counts as
one too. Then the feed is stopped at seeded moments of open hours, and the delay is the time from the stop to the alarm.
Beside the learned model stand a fixed 60 seconds and the fixed time that gives as few false alarms as the model.

Habits of minutes are those of the weeks before; the one week of ticks has to do for learning and replaying, which
flatters. Delays are given for all hours and for New York's morning: by night little is due, and much may be missed.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.liveness.habits import NOTHING, Habits, counts_of, learn, ordinary_minutes, with_gaps
from tradewind.liveness.silence import NEVER, Silence
from tradewind.markets.clock import DAY, HOUR, MINUTE, NEW_YORK, SECOND, wall
from tradewind.markets.hours import open_intervals
from tradewind.markets.loading import load_profile

TICKS = ("XAUUSD_ticks_oanda_20140504_20140509", "EURUSD_ticks_oanda_20140504_20140509")
MINUTES = (
    "XAGUSD_M1_duka_bid_20120102_20151231",
    "XAUUSD_M1_oanda_mid_20240101_20240221",
    "XAUUSD_M1_mt5ny_bid_20251203_20260220",
    "US30_M1_mt5ny_bid_20251202_20260220",
)
WEEK = 7 * DAY
WARM = 4
"""Weeks of minutes that are only learned from."""
STOPS = 600
PLACES = 60
FIXED_S = 60.0
BUSY = (8, 12)
SHARES = (0.1, 0.5, 0.9)


class Replay(NamedTuple):
    """What a recording came to."""

    name: str
    weeks: float
    alarms: int
    fixed_alarms: int
    equal_s: float
    """The fixed time with no more false alarms."""
    delays: np.ndarray
    """Seconds, of all stops."""
    busy: np.ndarray
    """Of the stops between 08:00 and 12:00 New York."""


def arrivals_of_minutes(frame, seed):
    """Return (moments, quotes each stands for): every minute's quotes at up to 60 seeded places of it."""
    chance = np.random.default_rng(seed)
    opens, volume = frame["ts"].to_physical().to_numpy(), np.maximum(frame["volume"].to_numpy(), 1).astype(np.int64)
    places = np.minimum(volume, PLACES)
    minute = np.repeat(np.arange(len(opens)), places)
    step = np.arange(len(minute)) - np.repeat(np.cumsum(places) - places, places)
    within = (step + chance.random(len(minute))) / places[minute]
    counts = volume[minute] // places[minute] + (step < volume[minute] % places[minute])
    return opens[minute] + (within * MINUTE).astype(np.int64), counts


def open_gaps(instrument, moments):
    """Return the gaps between arrivals in seconds, counted from the opening where one lies between."""
    opens = np.array([interval[0] for interval in open_intervals(instrument, int(moments[0]), int(moments[-1]))])
    since = np.maximum(moments[:-1], opens[np.maximum(np.searchsorted(opens, moments[1:], side="right") - 1, 0)])
    return (moments[1:] - since) / SECOND


def replay(silence, moments, counts, stops):
    """Return (false alarms, each stop with the delay of its alarm in seconds) of one stretch."""
    alarms, delays, place = 0, [], 0
    for moment, count in zip(moments.tolist(), counts.tolist(), strict=True):
        while place < len(stops) and stops[place] <= moment:
            at = silence.alarm_at(stops[place])
            if at != NEVER:  # a stop just before the close ends with it
                delays.append((stops[place], (at - stops[place]) / SECOND))
            place += 1
        silence.quote(moment, count)
        alarms += silence.alarmed
    return alarms, delays


def stops_in(instrument, moments, number, seed):
    """Return seeded moments within open hours at which the feed is stopped."""
    chance = np.random.default_rng(seed)
    drawn = np.sort(chance.integers(moments[0], moments[-1], 3 * number))
    spans = np.array(list(open_intervals(instrument, int(moments[0]), int(moments[-1]))))
    inside = drawn < spans[np.maximum(np.searchsorted(spans[:, 0], drawn, side="right") - 1, 0), 1]
    return np.sort(chance.permutation(drawn[inside])[:number]).tolist()


def of_ticks(folder, name, profile):
    """Return the replay of a week of ticks, with the habits of that same week."""
    moments = pl.read_parquet(folder / f"{name}.parquet")["ts"].to_physical().to_numpy()
    instrument = profile.instrument(name.split("_")[0])
    minutes = ordinary_minutes(instrument, int(moments[0]), int(moments[-1]))
    habits = with_gaps(learn(NOTHING, minutes, counts_of(moments, minutes)), moments)
    counts = np.ones_like(moments)
    stops = stops_in(instrument, moments, STOPS, 1)
    alarms, delays = replay(Silence(instrument, habits), moments, counts, stops)
    return summed(name, instrument, moments, alarms, delays)


def of_minutes(folder, name, profile):
    """Return the replay of a series of minutes, week after week, each with the habits of the weeks before."""
    frame = pl.read_parquet(folder / f"{name}.parquet")
    instrument = profile.instrument(name.split("_")[0])
    opens, volume = frame["ts"].to_physical().to_numpy(), frame["volume"].to_numpy().astype(np.int64)
    moments, counts = arrivals_of_minutes(frame, 1)
    edges = np.arange(moments[0], moments[-1] + WEEK, WEEK)
    stops = np.array(stops_in(instrument, moments[moments >= edges[WARM]], STOPS, 2))
    habits: Habits = NOTHING
    alarms, delays = 0, []
    for week, (start, end) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        if week >= WARM:
            inside = (moments >= start) & (moments < end)
            silence = Silence(instrument, habits)
            found = replay(silence, moments[inside], counts[inside], stops[(stops >= start) & (stops < end)].tolist())
            alarms, delays = alarms + found[0], delays + found[1]
        minutes = ordinary_minutes(instrument, start, end)
        place = np.minimum(np.searchsorted(opens, minutes), len(opens) - 1)
        habits = learn(habits, minutes, np.where(opens[place] == minutes, volume[place], 0))
    return summed(name, instrument, moments[moments >= edges[WARM]], alarms, delays)


def summed(name, instrument, moments, alarms, delays):
    """Return what a replay came to, beside fixed times."""
    gaps = np.sort(open_gaps(instrument, moments))[::-1]
    weeks = (int(moments[-1]) - int(moments[0])) / WEEK
    hours = np.array([wall(stop, NEW_YORK) % DAY // HOUR for stop, _ in delays])
    took = np.array([delay for _, delay in delays])
    busy = took[(hours >= BUSY[0]) & (hours < BUSY[1])]
    equal = float(gaps[min(alarms, len(gaps) - 1)])
    return Replay(name, max(weeks, 1.0), alarms, int((gaps > FIXED_S).sum()), equal, took, busy)


def main():
    """Print one line a recording."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    profile = load_profile("metatrader")
    print(f"{'':38} {'':>6} {'false alarms a week':>20} {'delay s, 10 / 50 / 90 %':>37} {'as few':>8}")
    print(f"{'recording':38} {'weeks':>6} {'model':>10} {'60 s':>9} {'all hours':>18} {'08-12 NY':>18} {'fixed s':>8}")
    for name, of in [*((name, of_ticks) for name in TICKS), *((name, of_minutes) for name in MINUTES)]:
        if not (folder / f"{name}.parquet").is_file():
            continue
        found = of(folder, name, profile)
        everywhere, busy = (
            " / ".join(f"{value:.0f}" for value in np.quantile(one, SHARES)) for one in (found.delays, found.busy)
        )
        alarms, fixed = found.alarms / found.weeks, found.fixed_alarms / found.weeks
        print(
            f"{name:38} {found.weeks:6.1f} {alarms:10.2f} {fixed:9.1f} {everywhere:>18} {busy:>18} {found.equal_s:8.0f}"
        )


if __name__ == "__main__":
    main()
