"""Measure real data and write the constants of the synthetic market: `python -m bench.calibrate`.

Reads the Parquet files of $TRADEWIND_DATA and writes `shapes.csv`, `constants.toml` and `reference.csv` into the
package `tradewind.data.synthetic`: shares, logarithms and medians, and no price. Where the data are silent (the
first five minutes of the Dow's day, the widening of a spread at a release) the typical figures of the broker profile
stand in, and the files say so.

Volatility of a minute of the day is the mean size of its moves beside that of its date. How volatility lasts is
read from the logarithm of bar ranges, without the shape of the day: the covariance of the logarithm of two ranges
is that of the logarithm of their volatilities, because what else is in a range is independent (Alizadeh, Brandt,
Diebold, "Range-based estimation of stochastic volatility models", 2002). The covariances are fitted by waves that
each forget at a rate given in advance, with weights of 0 or more.
"""

from pathlib import Path

import polars as pl

from bench.constants import (
    DAY_SPANS,
    FILES,
    MINUTE_SPANS,
    PROFILE,
    dates,
    gaps,
    lasting,
    opening,
    quotes,
    shared,
    spreads,
    volatility,
)
from bench.measures import rounded, rows
from bench.reference import reference

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "tradewind" / "data" / "synthetic"

GIVEN = {
    "US30": {"anchor": 46_400.0, "step": 0.5},
    "XAUUSD": {"anchor": 3_860.0, "step": 0.01},
    "EURUSD": {"anchor": 1.17, "step": 0.00001},
}
"""Round numbers from which the made-up prices begin, and the step in which the Dow's bids mostly move."""

HEAD = """\
# What the synthetic market was calibrated on: written by `python -m bench.calibrate`, which says how. No price is in
# here. Sources: MetaTrader bars of US30 and XAUUSD (July 2025 to February 2026), Dukascopy bars of EURUSD (October
# 2025 to March 2026), hourly bars of 2006 to 2024 for what needs years, OANDA quotes of May 2014 for the number of
# EURUSD's. `widest` is from the broker profile (domain 4.3). `news` was read by eye from the ratios of moves after
# releases to those of other dates, in gold of 2024 and in all three of 2025 and 2026: 4 to 7 times in the first five
# minutes, 2 to 3 in the next ten, an hour and a half of 3 times after a rate decision. `headlines`, how many dates
# have unexpected news and how their strength varies, was chosen: without them the tails of gold and EURUSD are thin.
"""

NEWS = """
[news]
varies = 0.35
payrolls = {first = 7.0, tail = 3.0, fade = 12.0}
inflation = {first = 7.0, tail = 2.5, fade = 10.0}
decision = {first = 7.0, tail = 2.2, fade = 100.0}
conference = {first = 6.0, tail = 3.5, fade = 15.0}
headline = {first = 15.0, tail = 5.0, fade = 15.0}
headlines = [0.1, 0.5]
"""


def table_of(symbol, of_quotes, of_spread):
    """Return the TOML table of one instrument."""
    median, day_waves, weekdays, quiet = dates(symbol)
    minute_waves, surprise = lasting(symbol)
    pause, weekend = gaps(symbol, median)
    follow, slow, fast = of_spread
    values = {
        **GIVEN[symbol],
        "day": rounded(median),
        "weekdays": [rounded(value, 3) for value in weekdays],
        "quiet": rounded(quiet, 3),
        "days": [list(DAY_SPANS), [rounded(value, 3) for value in day_waves]],
        "minutes": [list(MINUTE_SPANS), [rounded(value, 3) for value in minute_waves]],
        "surprise": rounded(surprise, 3),
        "pause": [rounded(value, 3) for value in pause],
        "weekend": [rounded(value, 3) for value in weekend],
        "opening": rounded(opening(symbol), 2),
        "quotes_follow": rounded(of_quotes[0], 3),
        "quotes_vary": rounded(of_quotes[1], 3),
        "spread_follows": rounded(follow, 3),
        "spread_varies": [[30.0, 0.0], [rounded(slow, 3), rounded(fast, 3)]],
        "widest": float(PROFILE.instrument(symbol).spread.news_multiple),
    }
    return f"[{symbol}]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())


def correlation():
    """Return the TOML table of what instruments share."""
    text = "\n[correlation]\n"
    for kind, pairs in shared().items():
        inside = ", ".join(f'"{name}" = {rounded(value, 3)}' for name, value in pairs.items())
        text += f"{kind} = {{{inside}}}\n"
    return text


def main():
    """The three files are written anew."""
    starts = rows()
    columns, tables = {"minute": starts}, []
    for symbol in FILES:
        counted, *of_quotes = quotes(symbol, starts)
        usual, *of_spread = spreads(symbol, starts)
        columns[f"{symbol} volatility"] = [rounded(value) for value in volatility(symbol, starts)]
        columns[f"{symbol} quotes"] = [rounded(value, 3) for value in counted]
        columns[f"{symbol} spread"] = [rounded(value, 3) for value in usual]
        tables.append(table_of(symbol, of_quotes, of_spread))
    note = "# From which minute after 17:00 New York on; see constants.toml and bench/calibrate.py.\n"
    (PACKAGE / "shapes.csv").write_text(note + pl.DataFrame(columns).write_csv(), encoding="utf-8")
    (PACKAGE / "constants.toml").write_text(HEAD + "\n" + "\n".join(tables) + correlation() + NEWS, encoding="utf-8")
    lines = ["instrument,figure,low,high,files"]
    for symbol, figure, low, high, files in reference():
        lines.append(f"{symbol},{figure},{rounded(low)},{rounded(high)},{files}")
    (PACKAGE / "reference.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"Wrote shapes.csv, constants.toml and reference.csv into {PACKAGE}.")


if __name__ == "__main__":
    main()
