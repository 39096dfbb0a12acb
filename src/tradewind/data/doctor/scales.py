"""Prices on the wrong scale, digits that change, contracts that were split.

A price that jumps to ten or a hundred times itself and stays there was rescaled; one that jumps to a half or a
third was split. Where the whole series is on a wrong scale (silver at 0.14) only what the instrument has
ever cost can tell: the bands below are wide, and count only if moving the point puts the price inside.
"""

from itertools import pairwise

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import BLOCKER, NOTE, WARNING, Finding, Prices, Subject, fix, moment, places, window
from tradewind.markets.clock import DAY, utc_datetime

Band = tuple[int, float, float]

BANDS: dict[str, tuple[Band, ...]] = {
    "US30": ((2000, 6300, 15_000), (2013, 13_000, 21_000), (2017, 17_500, 38_000), (2022, 28_000, 46_000),
             (2024, 36_000, 90_000)),
    "XAUUSD": ((2000, 240, 1100), (2009, 800, 2150), (2020, 1400, 2900), (2025, 2500, 9000)),
    "XAGUSD": ((2000, 3.9, 22), (2008, 8, 51), (2025, 25, 200)),
    "NAS100": ((2000, 780, 5000), (2010, 1650, 13_000), (2020, 6500, 60_000)),
    "SPX500": ((2000, 650, 1600), (2010, 1000, 3400), (2020, 2100, 12_000)),
    "GER40": ((2000, 2100, 8200), (2010, 5000, 14_000), (2020, 8200, 40_000)),
    "USOIL": ((2000, 6, 200),), "EURUSD": ((2000, 0.8, 1.7),), "GBPUSD": ((2000, 1.0, 2.2),),
    "USDJPY": ((2000, 70, 180),), "AUDUSD": ((2000, 0.45, 1.15),), "USDCHF": ((2000, 0.65, 1.85),),
    "USDCAD": ((2000, 0.88, 1.65),), "NZDUSD": ((2000, 0.38, 0.92),), "EURJPY": ((2000, 85, 200),),
    "GBPJPY": ((2000, 110, 260),),
}  # fmt: skip
"""From which year on one unit cost between what and what, with room to spare [K]."""

JUMP = 0.55
"""Logarithm of the ratio between two bars from which a jump is looked at: 1.73 times."""
WEEKS = 10 * DAY


def check_scale(prices: Prices, subject: Subject) -> list[Finding]:
    """Return where prices change their scale inside, and whether the whole series is on a wrong one."""
    if len(prices.ts) < 3:
        return []
    inside = _jumps(prices, subject)
    if any(one.code == "scale-change" for one in inside):
        return inside
    return inside + _band(prices, subject)


def _jumps(prices: Prices, subject: Subject) -> list[Finding]:
    step = np.log(prices.open[1:] / prices.close[:-1])
    # Over a hole of weeks a price may double by itself.
    at = np.flatnonzero((np.abs(step) > JUMP) & (np.diff(prices.ts) < WEEKS)) + 1
    if not len(at):
        return []
    edges = [0, *at.tolist(), len(prices.ts)]
    # The level of each part beside the level of most rows: the longest part is taken to be right.
    levels = np.array([np.median(prices.close[a:b]) for a, b in pairwise(edges)])
    lengths = np.diff(edges)
    right = int(lengths.argmax())
    found = []
    factor = 1.0
    factors = np.ones(len(levels))
    for part in [*range(right + 1, len(levels)), *range(right - 1, -1, -1)]:
        before = part - 1 if part > right else part + 1
        here, there = _ends(prices, edges, part, before)
        factor = factors[before] * _round(here / there)
        factors[part] = factor
    for part, (start, end) in enumerate(pairwise(edges)):
        if abs(np.log(factors[part])) < 0.1:
            continue
        found.append(_as_finding(prices, subject, (start, end), float(factors[part])))
    return found


def _ends(prices: Prices, edges: list[int], part: int, other: int) -> tuple[float, float]:
    """Return the prices on both sides of the jump between two neighbouring parts: of `part`, of `other`."""
    if part > other:
        return float(prices.open[edges[part]]), float(prices.close[edges[part] - 1])
    return float(prices.close[edges[other] - 1]), float(prices.open[edges[other]])


def _round(ratio: float) -> float:
    """Return the power of ten near a ratio, or the ratio of a split, or the ratio as it is."""
    power = round(np.log10(ratio))
    if power and abs(np.log10(ratio) - power) < 0.08:
        return float(10.0**power)
    whole = round(ratio) if ratio > 1 else round(1 / ratio)
    near = whole if ratio > 1 else 1 / whole
    return float(near) if whole > 1 and abs(np.log(ratio / near)) < 0.06 else float(ratio)


def _as_finding(prices: Prices, subject: Subject, part: tuple[int, int], factor: float) -> Finding:
    start, end = part
    first, last = int(prices.ts[start]), int(prices.ts[end - 1])
    power = np.log10(factor)
    tenfold = abs(power - round(power)) < 1e-6
    code = "scale-change" if tenfold else "contract-split"
    what = "have another scale than the rest" if tenfold else "look like those of a split contract"
    evidence = (
        f"{end - start:,} prices from {moment(first)} to {moment(last)} {what}: {factor:.6g} times "
        f"(at {prices.close[start]:.8g})."
    )
    options = f"--scale {1 / factor:.10g} {window(first, last)}"
    values = {"factor": factor, "places": places([first], [last])}
    return Finding(code, BLOCKER, first, last, end - start, evidence, values, fix(subject, code, options))


def _band(prices: Prices, subject: Subject) -> list[Finding]:
    symbol = subject.instrument.symbol if subject.instrument is not None else subject.series.symbol
    first, last = int(prices.ts[0]), int(prices.ts[-1])
    year = utc_datetime((first + last) // 2).year
    bands = [band for band in BANDS.get(symbol.upper(), ()) if band[0] <= year]
    middle = float(np.median(prices.close))
    if not bands or bands[-1][1] <= middle <= bands[-1][2]:
        return []
    _, low, high = bands[-1]
    fits = [power for power in range(-6, 7) if power and low <= middle * 10.0**power <= high]
    evidence = f"{symbol} at {middle:.8g} is outside all it cost in those years ({low:g} to {high:g})"
    values = {"median": middle, "powers": fits}
    if len(fits) != 1:
        evidence += f"; times {' or '.join(f'{10.0**power:g}' for power in fits)} it fits." if fits else ": is it it?"
        severity = BLOCKER if fits else WARNING
        return [Finding("wrong-scale", severity, first, last, len(prices.ts), evidence, values)]
    scale = 10.0 ** fits[0]
    evidence += f"; times {scale:g} it is {middle * scale:.6g}."
    command = fix(subject, "wrong-scale", f"--scale {scale:g}")
    return [Finding("wrong-scale", BLOCKER, first, last, len(prices.ts), evidence, values, command)]


def check_digits(prices: Prices) -> list[Finding]:
    """Return a note where the number of decimals of the prices changes for good."""
    months = prices.ts.astype("M8[ns]").astype("M8[M]").astype(np.int64)
    starts = np.flatnonzero(np.diff(months, prepend=months[:1] - 1))
    if len(starts) < 2:
        return []
    ends = np.append(starts[1:], len(prices.ts))
    digits = [_digits(prices.close[start:end]) for start, end in zip(starts, ends, strict=True)]
    # A change counts if two months on either side agree.
    turns = [n for n in range(1, len(digits)) if digits[n] != digits[n - 1]
             and len(set(digits[max(n - 2, 0) : n])) == 1 and len(set(digits[n : n + 2])) == 1]  # fmt: skip
    if not turns:
        return []
    at = [int(prices.ts[starts[n]]) for n in turns]
    told = ", ".join(
        f"{moment(ts)[:7]} from {digits[n - 1]} to {digits[n]}" for ts, n in zip(at[:4], turns, strict=False)
    )
    often = "once" if len(at) == 1 else f"{len(at)} times"
    evidence = f"The decimals of prices change {often}: {told}."
    values = {"digits": [[digits[n - 1], digits[n]] for n in turns], "places": places(at, at)}
    return [Finding("digits-change", NOTE, at[0], at[-1], len(at), evidence, values)]


def _digits(column: Numbers) -> int:
    """Return the least decimals in which 999 of 1000 prices can be written."""
    some = column[:: max(len(column) // 2000, 1)]
    for digits in range(8):
        if (
            np.abs(some * 10**digits - np.rint(some * 10**digits)) < 1e-6 * np.maximum(some * 10**digits, 1)
        ).mean() >= 0.999:
            return digits
    return 8
