"""Defects put into clean bars on purpose: what `bench.doctor_score` asks the data doctor to find.

Each function takes a frame of bars (`ts` as ns UTC, sorted), the seconds of a bar and a seeded generator, and
returns the frame with one defect, or None where the bars have no room for it. `FOUND_AS` says under which
codes a defect counts as found.
"""

import numpy as np
import polars as pl

DAY = 86_400_000_000_000
HOUR = 3_600_000_000_000
NS = 1_000_000_000

PRICES = ("open", "high", "low", "close")


def _ts(frame):
    return frame["ts"].to_numpy()


def _span(frame, rng, shortest, longest):
    """Return the edges of a random stretch of so many days, aligned to days, away from both ends."""
    ts = _ts(frame)
    first, last = ts[0] // DAY + 2, ts[-1] // DAY - 2
    longest = min(longest, last - first - 1)
    if longest < shortest:
        return None
    days = int(rng.integers(shortest, longest + 1))
    start = int(rng.integers(first, last - days + 1))
    return start * DAY, (start + days) * DAY


def cut(frame, seconds, rng):
    """A hole of some hours inside the liquid part of a Tuesday, Wednesday or Thursday."""
    ts = _ts(frame)
    days = [day for day in np.unique(ts // DAY) if (day + 3) % 7 in (1, 2, 3) and (ts // DAY == day).sum() > 10]
    if not days:
        return None
    start = int(rng.choice(days)) * DAY + int(rng.integers(2, 14)) * HOUR
    hours = int(rng.integers(3, 7)) if seconds == 3600 else int(rng.integers(1, 5))
    gone = (ts >= start) & (ts < start + hours * HOUR)
    return frame.filter(~gone) if gone.any() else None


def lost_days(frame, _seconds, rng):
    """One to three whole working days are absent."""
    ts = _ts(frame)
    shifted = (ts + 2 * HOUR) // DAY
    days, counts = np.unique(shifted, return_counts=True)
    # Not a holiday: that would be missed by nobody.
    days = [
        d for d, n in zip(days[2:-4], counts[2:-4], strict=True) if (d + 3) % 7 in (1, 2) and n > 0.8 * counts.max()
    ]
    if not days:
        return None
    first = int(rng.choice(days))
    gone = (shifted >= first) & (shifted < first + int(rng.integers(1, 3)))
    return frame.filter(~gone)


def duplicates(frame, _seconds, rng):
    """One row in a hundred stands twice."""
    again = np.sort(rng.choice(frame.height, max(frame.height // 100, 3), replace=False))
    return pl.concat([frame, frame[again]]).sort("ts", maintain_order=True)


def unsorted(frame, _seconds, rng):
    """Two stretches have changed places."""
    third = frame.height // 3
    cut_at = int(rng.integers(third, 2 * third))
    return pl.concat([frame[cut_at:], frame[:cut_at]])


def coarsened(frame, seconds, rng):
    """Some days are of larger bars."""
    edges = _span(frame, rng, 4, 20)
    size = {60: 300, 300: 900, 900: 3600, 1800: 14_400, 3600: 14_400}.get(seconds)
    if edges is None or size is None:
        return None
    ts = _ts(frame)
    inside = (ts >= edges[0]) & (ts < edges[1])
    return pl.concat([frame.filter(ts < edges[0]), larger(frame.filter(inside), size), frame.filter(ts >= edges[1])])


def daily_front(frame, _seconds, _rng):
    """The first part is of daily bars."""
    ts = _ts(frame)
    half = (ts[0] + (ts[-1] - ts[0]) // 3) // DAY * DAY
    front = larger(frame.filter(ts < half), 86_400)
    return pl.concat([front, frame.filter(ts >= half)]) if front.height >= 4 else None


def larger(frame, size):
    """Return the bars joined to larger ones."""
    rest = [pl.col(name).sum() for name in ("volume",) if name in frame.columns]
    return (
        frame.group_by(pl.col("ts") // (size * NS) * (size * NS), maintain_order=True)
        .agg(pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(), *rest)
        .select(frame.columns)
    )


def shifted(frame, _seconds, rng):
    """Some weeks are an hour early or late."""
    edges = _span(frame, rng, 10, 60)
    if edges is None:
        return None
    ts = _ts(frame)
    # From weekend to weekend, as a vendor's mistake with summer time is.
    first, last = (edge // DAY - (edge // DAY + 3) % 7 + 5 for edge in edges)
    inside = (ts >= first * DAY) & (ts < last * DAY)
    if inside.sum() < 100:
        return None
    by = int(rng.choice([-1, 1])) * HOUR
    moved = frame.with_columns(ts=pl.Series(np.where(inside, ts + by, ts)))
    return moved.sort("ts", maintain_order=True).unique("ts", keep="first", maintain_order=True)


def close_stamped(frame, seconds, _rng):
    """Every bar is named by its close."""
    return frame.with_columns(ts=pl.col("ts") + seconds * NS)


def rescaled(frame, _seconds, rng):
    """Prices of a stretch are ten, a hundred or a thousand times too large or small."""
    edges = _span(frame, rng, 2, 40)
    if edges is None:
        return None
    return _times(frame, edges, float(rng.choice([10, 100, 1000, 0.1, 0.01])))


def split(frame, _seconds, rng):
    """Prices up to some day are those before a split."""
    ts = _ts(frame)
    at = int(rng.integers(ts[frame.height // 4], ts[frame.height * 3 // 4]))
    return _times(frame, (0, at // DAY * DAY), float(rng.choice([2, 3, 4, 5])))


def wrong_scale(frame, _seconds, rng):
    """All prices are a hundred times too large or small."""
    return _times(frame, (0, 2**62), float(rng.choice([100, 0.01, 1000, 0.001])))


def _times(frame, edges, factor):
    inside = (pl.col("ts") >= edges[0]) & (pl.col("ts") < edges[1])
    by = pl.when(inside).then(factor).otherwise(1.0)
    changed = frame.with_columns(pl.col(name) * by for name in PRICES)
    return None if changed.equals(frame) else changed


def copied(frame, _seconds, rng):
    """One day's prices are those of the day a week before."""
    ts = _ts(frame)
    days = [day for day in np.unique(ts // DAY)[8:-2] if (day + 3) % 7 in (1, 2, 3)]
    days = [day for day in days if (ts // DAY == day).sum() > 15 and (ts // DAY == day - 7).sum() > 15]
    if not days:
        return None
    day = int(rng.choice(days))
    source = frame.filter(pl.col("ts") // DAY == day - 7).with_columns(pl.col("ts") + 7 * DAY)
    return pl.concat([frame.filter(pl.col("ts") // DAY < day), source, frame.filter(pl.col("ts") // DAY > day)])


def spiked(frame, seconds, rng):
    """One bar's high or low leaps by two percent (of an hour: five) and comes back."""
    at = int(rng.integers(20, frame.height - 20))
    name, by = (("high", 1.0), ("low", -1.0))[int(rng.integers(2))]
    far = 1 + by * (0.05 if seconds >= 1800 else 0.02)
    row = pl.int_range(frame.height) == at
    return frame.with_columns(pl.when(row).then(pl.col(name) * far).otherwise(pl.col(name)).alias(name))


def no_price(frame, _seconds, rng):
    """A few prices are zero."""
    rows = pl.int_range(frame.height).is_in(rng.choice(frame.height, 3, replace=False).tolist())
    return frame.with_columns(pl.when(rows).then(0.0).otherwise(pl.col("low")).alias("low"))


def turned(frame, _seconds, rng):
    """A few bars have their high below their low."""
    wide = np.flatnonzero((frame["high"] > frame["low"]).to_numpy())
    rows = pl.int_range(frame.height).is_in(rng.choice(wide, 3, replace=False).tolist())
    high, low = pl.col("high"), pl.col("low")
    return frame.with_columns(high=pl.when(rows).then(low).otherwise(high), low=pl.when(rows).then(high).otherwise(low))


def flat_weekend(frame, seconds, _rng):
    """Weekends are filled with the last price."""
    ts = _ts(frame)
    gaps = np.flatnonzero((np.diff(ts) > DAY) & (np.diff(ts) < 4 * DAY))
    if not len(gaps):
        return None
    parts, done = [], 0
    for gap in gaps.tolist():
        parts.append(frame[done : gap + 1])
        times = np.arange(ts[gap] + seconds * NS, ts[gap + 1], seconds * NS)
        price = frame["close"][gap]
        columns = {"ts": times, **{name: np.full(len(times), price) for name in PRICES}}
        columns |= {name: np.zeros(len(times)) for name in frame.columns if name not in columns}
        parts.append(pl.DataFrame(columns).select(frame.columns))
        done = gap + 1
    return pl.concat([*parts, frame[done:]])


def constant_spread(frame, _seconds, _rng):
    """The spread was typed in."""
    return frame.with_columns(spread=pl.lit(3.0)) if frame.height > 250 else None


FOUND_AS = {
    cut: {"gaps", "clock-change-hour"},
    lost_days: {"missing-days", "gaps"},
    duplicates: {"duplicate-times"},
    unsorted: {"unsorted"},
    coarsened: {"mixed-sizes", "wrong-size"},
    daily_front: {"mixed-sizes", "wrong-size"},
    shifted: {"clock-changes", "wrong-clock"},
    close_stamped: {"close-stamped", "wrong-clock"},
    rescaled: {"scale-change"},
    split: {"contract-split"},
    wrong_scale: {"wrong-scale"},
    copied: {"repeated-stretch"},
    spiked: {"spikes"},
    no_price: {"bad-price"},
    turned: {"impossible-bars"},
    flat_weekend: {"flat-weekend"},
    constant_spread: {"constant-spread"},
}
"""Every defect, and the codes that mean it."""
