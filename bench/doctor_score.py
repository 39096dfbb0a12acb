"""How well the data doctor does: `python -m bench.doctor_score [--set tuning|held-out] [--spans N] [--seed N]`.

Clean series of $TRADEWIND_DATA are cut to spans of two weeks, a month and a year, and then (1) relabelled: their
times are written as some other clock shows them and offered as UTC, and as the clock they are most easily taken
for; (2) spoilt in all the ways of `bench.doctor_defects`; (3) left as they are. Printed are the share of wrong clocks
found and of those put right to the very row, the share of each defect found, and the share of clean spans in which
nothing that blocks a backtest was seen. A relabelling that leaves every time as it was counts for nothing.

The series were divided before the doctor was written: it was tuned on one part, and the other was held out.
"""

import argparse
import os
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from bench.doctor_defects import DAY, FOUND_AS, cut, lost_days
from tradewind.data.doctor import examine
from tradewind.data.doctor.evidence import utc_of, walls_of
from tradewind.data.series import seconds_of
from tradewind.markets.loading import load_profile

TUNING = (
    "XAUUSD_M1_mt5ny", "XAUUSD_M5_mt5eet", "XAUUSD_H1_oanda", "US30_M5_mt5ny", "US30_H1_mt5eet_bid_2016",
    "EURUSD_M5_duka", "EURUSD_M1_oanda", "XAGUSD_M1_duka", "GBPUSD_M1_fxcm", "XAUUSD_ticks_oanda",
)  # fmt: skip
HELD_OUT = (
    "XAUUSD_M1_mt5eet", "XAUUSD_M1_histdata", "XAUUSD_M1_oanda_mid", "XAUUSD_M15_mt5eet", "XAUUSD_M30_mt5eet",
    "XAUUSD_H1_mt5ny", "XAUUSD_M5_mt5ny", "XAUUSD_M1_oanda_bid", "US30_M1_mt5ny", "US30_H1_duka",
    "US30_H1_mt5eet_bid_2025", "NAS100_M1", "NAS100_M5", "NAS100_M15", "EURUSD_H1_oanda", "EURUSD_M1_histdata",
    "USDJPY_M1_fxcm", "EURUSD_ticks_oanda",
)  # fmt: skip
SOUND_FROM = {"NAS100_M15": np.datetime64("2021-04-12", "ns").astype(np.int64)}
"""Before this the file's own times are an hour off for months."""

ZONES = (
    "UTC+1", "UTC+2", "UTC+3", "UTC-5", "UTC-8", "UTC+8", "UTC+9", "UTC-3", "UTC+12", "UTC-11", "UTC+5:30", "UTC-3:30",
    "UTC+9:30", "Asia/Kathmandu", "NY+7", "America/New_York", "America/Chicago", "NY-3", "NY+6", "NY+8", "EET", "EET-1",
    "Europe/London", "EET-7", "EET+1", "America/St_Johns", "Australia/Sydney", "Pacific/Auckland", "Australia/Adelaide",
    "America/Santiago", "America/Sao_Paulo", "Asia/Jerusalem", "Asia/Tehran", "Europe/Moscow",
)  # fmt: skip
TAKEN_FOR = (
    ("NY+7", "EET"), ("EET", "NY+7"), ("NY+7", "UTC+2"), ("NY+7", "UTC+3"), ("EET", "UTC+2"),
    ("EET-7", "America/New_York"), ("America/New_York", "EET-7"),
    ("America/New_York", "UTC-5"), ("Europe/London", "UTC"), ("Europe/Berlin", "UTC+1"),
)  # fmt: skip
"""(what the clock is, what it is said to be)."""

SPANS = (14, 31, 366)
LATE = {"wrong-clock", "clock-changes", "close-stamped"}
PROFILE = load_profile("metatrader")
OTHER = {"GER30": "GER40"}


def clean_bars(path):
    """Return (symbol, seconds, bars with `ts` as ns) of a curated file; ticks as one-minute bars of bids."""
    frame = pl.read_parquet(path).with_columns(ts=pl.col("ts").to_physical().cast(pl.Int64))
    symbol, size = path.stem.split("_")[:2]
    if size == "ticks":
        minute = (pl.col("ts") // 60_000_000_000 * 60_000_000_000).alias("ts")
        bid = pl.col("bid")
        frame = frame.group_by(minute, maintain_order=True).agg(
            open=bid.first(), high=bid.max(), low=bid.min(), close=bid.last(), volume=pl.len().cast(pl.Float64)
        )
        return symbol, 60, frame
    return symbol, seconds_of(size), frame


def spans_of(path, frame, count, rng):
    """Yield (days, part) for random stretches of a series; all of it where it is short."""
    ts = frame["ts"].to_numpy()
    since = max([ts[0], *(edge for name, edge in SOUND_FROM.items() if path.stem.startswith(f"{name}_"))])
    frame = frame.filter(pl.col("ts") >= since)
    ts = frame["ts"].to_numpy()
    fitting = [days for days in SPANS if ts[-1] - ts[0] > (days + 1) * DAY]
    if not fitting:
        yield int((ts[-1] - ts[0]) // DAY) + 1, frame
    for days in fitting:
        for _ in range(count if days < 300 else max(count // 2, 1)):
            start = int(rng.integers(ts[0] // DAY, ts[-1] // DAY - days)) * DAY
            part = frame.filter((pl.col("ts") >= start) & (pl.col("ts") < start + days * DAY))
            if part.height > 100:
                yield days, part


class Tally:
    """Tries and successes by name, and the failures to look at."""

    def __init__(self):
        self.tried, self.right, self.exact, self.missed = Counter(), Counter(), Counter(), []

    def count(self, name, right, what, exact=None):
        """One more try is counted."""
        self.tried[name] += 1
        self.right[name] += right
        self.exact[name] += bool(exact)
        if not right:
            self.missed.append(f"{name}: {what}")

    def rows(self):
        """Yield (name, tries, successes, exact successes)."""
        for name in sorted(self.tried):
            yield name, self.tried[name], self.right[name], self.exact[name]


def blockers(done):
    return sorted({one.code for one in done.blockers})


def score_clocks(tally, alarms, given, label):
    """Count the wrong clocks found in one span, and alarms where the clock is said rightly."""
    symbol, seconds, part = given
    true = part["ts"].to_numpy()
    cases = [(zone, "UTC") for zone in ZONES] + list(TAKEN_FOR)
    for zone, said in cases:
        walls = walls_of(true, zone)
        frame = part.with_columns(ts=pl.Series(walls))
        wrong = bool((utc_of(walls, said) != true).any())
        if not wrong:
            continue
        done = examine(frame, symbol, clock=said, seconds=seconds, profile=PROFILE)
        found = bool(LATE & {one.code for one in done.blockers})
        kept = np.isin(done.prices.ts, true).mean() > 0.9999
        kind = "as UTC" if said == "UTC" else "as its double"
        tally.count(f"{kind}, {label}", found, f"{symbol} {seconds} {zone} said {said} {when(true)}", kept)
    for zone in ("UTC", "NY+7", "EET", "EET-7", "UTC+5:30", "Australia/Sydney"):
        frame = part.with_columns(ts=pl.Series(walls_of(true, zone)))
        done = examine(frame, symbol, clock=zone, seconds=seconds, profile=PROFILE)
        codes = [code for code in blockers(done) if not (code in {"duplicate-times", "unsorted"} and zone != "UTC")]
        alarms.count(f"clean, {label}", not codes, f"{symbol} {seconds} {zone} {when(true)}: {codes}")


def score_defects(tally, given, rng):
    """Count which defects are found in one span: as what they are, and where they are if rows are gone."""
    symbol, seconds, part = given
    before = examine(part, symbol, seconds=seconds, profile=PROFILE)
    for spoil, codes in FOUND_AS.items():
        frame = spoil(part, seconds, rng)
        if frame is None or frame.height < 50:
            continue
        done = examine(frame, symbol, seconds=seconds, profile=PROFILE)
        if spoil in (cut, lost_days):
            right = found_at(done, np.setdiff1d(part["ts"].to_numpy(), frame["ts"].to_numpy()), codes)
        else:
            right = counted(done, codes) > counted(before, codes)
        seen = sorted({one.code for one in done.findings})
        tally.count(spoil.__name__, right, f"{symbol} {seconds} {when(part['ts'].to_numpy())}: {seen}")


def found_at(done, gone, codes):
    """Return whether findings of these codes cover most of the times at which rows were taken out."""
    places = [place for one in done.findings if one.code in codes for place in one.values["places"]]
    covered = np.zeros(len(gone), dtype=bool)
    for first, last in places:
        covered |= (gone >= first) & (gone <= last)
    return covered.mean() > 0.5


def counted(done, codes):
    return sum(one.number for one in done.findings if one.code in codes)


def when(ts):
    return f"{np.datetime64(int(ts[0]), 'ns')!s:.10}..{np.datetime64(int(ts[-1]), 'ns')!s:.10}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="held-out", choices=["tuning", "held-out", "both"])
    parser.add_argument("--spans", type=int, default=2, help="stretches of each length and series")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="pattern of file names")
    parser.add_argument("--misses", type=int, default=40, help="how many misses to print")
    asked = parser.parse_args()
    folder = Path(os.environ["TRADEWIND_DATA"])
    names = {"tuning": TUNING, "held-out": HELD_OUT, "both": TUNING + HELD_OUT}[asked.set]
    files = [
        path for path in sorted(folder.glob("*.parquet")) if path.stem.startswith(names) and "_ask_" not in path.stem
    ]
    rng = np.random.default_rng(asked.seed)
    clocks, alarms, defects = Tally(), Tally(), Tally()
    started = time.perf_counter()
    for path in files:
        if not re.search(asked.only, path.stem):
            continue
        symbol, seconds, frame = clean_bars(path)
        symbol = OTHER.get(symbol, symbol)
        for days, part in spans_of(path, frame, asked.spans, rng):
            label = f"{next((span for span in SPANS if days <= span + 1), 366)} days or less"
            score_clocks(clocks, alarms, (symbol, seconds, part), label)
            score_defects(defects, (symbol, seconds, part), rng)
    print(f"{asked.set}, seed {asked.seed}, {asked.spans} spans a length, {time.perf_counter() - started:.0f} s")
    for title, tally in (
        ("wrong clocks found", clocks),
        ("clean spans without a blocker", alarms),
        ("defects found", defects),
    ):
        tried, right, exact = (sum(each.values()) for each in (tally.tried, tally.right, tally.exact))
        print(f"\n{title}: {right} of {tried} ({right / max(tried, 1):.2%})"
              + (f"; every time put right: {exact} ({exact / max(tried, 1):.2%})" if exact else ""))  # fmt: skip
        for name, tries, hits, exacts in tally.rows():
            extra = f"   put right {exacts / tries:8.2%}" if exact else ""
            print(f"  {name:38} {hits:6} of {tries:6}  {hits / tries:8.2%}{extra}")
        for line in tally.missed[: asked.misses]:
            print(f"    missed {line}")


if __name__ == "__main__":
    main()
