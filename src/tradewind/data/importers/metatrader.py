"""MetaTrader 5 exports of the Symbols window: bars and ticks, split by tabs or commas, CRLF.

    <DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> <VOL> <SPREAD>
    <DATE> <TIME> <BID> <ASK> <LAST> <VOLUME> <FLAGS>

Times are the broker's server clock, whatever the file or its sender says. Bars are bids; their volume is the
number of price changes; their spread is one number a bar in *points*, the last digit of the price. The digits of a
symbol can change over the years, and old prices are then written with fewer: the point is the finest digit of the
whole file. Which bar size a file has, and what else may be in it, `sizes` knows.

A tick names what changed; an empty field means that it did not. So the other side is carried forward. What comes
before both sides are known is no quote yet, and a trade that changed neither is none.
"""

import re
from collections.abc import Iterable, Iterator

import polars as pl

from tradewind.data.checks import checked_columns
from tradewind.data.importers.parsed import (
    Part,
    Reading,
    Stated,
    Table,
    Times,
    numbers,
    stated_clock,
    stated_symbol,
    tables,
    utc_column,
    wall_times,
)
from tradewind.data.importers.sizes import Told, of_one_size
from tradewind.data.importers.sources import Source
from tradewind.data.series import BOTH, SPREAD_DIGITS, TICKS, Series, checked_side, seconds_of

NAME = "MetaTrader 5"
FEED = "mt5"

PRICES = ("open", "high", "low", "close")
_COLUMNS = {"<OPEN>": "open", "<HIGH>": "high", "<LOW>": "low", "<CLOSE>": "close", "<TICKVOL>": "volume"}
_OPTIONAL = ("<TIME>", "<VOL>", "<SPREAD>")
_FILE = re.compile(r"([A-Za-z0-9.#]+?)_(?:(M[1-9]\d?|H[1-9]\d?|D1|W1)(?=[_.]))?", re.IGNORECASE)


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return "<DATE>" in _header(source)[:40]


def local(_source: Source, _stated: Stated) -> bool:
    """Answer that nobody but the user knows the clock."""
    return True


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars or ticks of a file, at the clock stated."""
    clock = stated_clock(stated, source)
    header = _header(source)
    separator = "\t" if "\t" in header else ","
    symbol, seconds = named(source, stated)
    feed = stated.feed or FEED
    read_tables = tables(source, separator)
    if "<BID>" in header:
        series = Series(symbol, TICKS, 0, feed, BOTH)
        return quotes(series, _quotes(read_tables, source), clock)
    told = Told(symbol, seconds, feed, checked_side(stated.side or "bid"))
    return bars(told, _bars(read_tables, source), clock)


def named(source: Source, stated: Stated) -> tuple[str, int]:
    """Return the symbol, and the seconds of a bar or 0, as stated or as the file's name says."""
    name = _FILE.match(source.name)
    symbol = stated_symbol(stated, name[1].upper() if name else None, source)
    return symbol, stated.timeframe or (seconds_of(name[2]) if name and name[2] else 0)


def bars(told: Told, parts: Iterable[tuple[Times, pl.DataFrame, int]], clock: str) -> Reading:
    """Return bars whose spread is in points; each part has its walls, its columns and the digits of its prices."""
    read = list(parts)
    point = 10 ** max(digits for _, _, digits in read)
    spread = (pl.col("spread") / point).round(SPREAD_DIGITS)
    frames = [(walls, frame.with_columns(spread) if "spread" in frame.columns else frame) for walls, frame, _ in read]
    return of_one_size(told, frames, clock, 2)


def quotes(series: Series, parts: Iterator[tuple[Times, pl.DataFrame, int]], clock: str) -> Reading:
    """Return ticks whose empty fields mean unchanged; each part has its walls, bids and asks, and first row."""
    reading = Reading(clock, iter(()))
    reading.parts = _carried(series, parts, reading)
    return reading


def _carried(series: Series, parts: Iterator[tuple[Times, pl.DataFrame, int]], reading: Reading) -> Iterator[Part]:
    last: dict[str, float | None] = {"bid": None, "ask": None}
    for walls, changes, row in parts:
        known = [pl.col(side).forward_fill().fill_null(pl.lit(last[side], pl.Float64)) for side in last]
        frame = changes.select(known).insert_column(0, utc_column(walls, reading.clock))
        last = {side: frame[side][-1] for side in last}
        told = changes.select(pl.col("bid").is_not_null() | pl.col("ask").is_not_null()).to_series()
        told &= frame.select(pl.col("bid").is_not_null() & pl.col("ask").is_not_null()).to_series()
        if not told.all():
            reading.left_out += frame.height - int(told.sum())
            reading.notes[:] = [f"{reading.left_out} ticks that do not tell both sides left out"]
            frame = frame.filter(told)
        if frame.height:
            yield Part(series, frame, row)


def _header(source: Source) -> str:
    return source.head.replace(b"\x00", b"").partition(b"\n")[0].decode("latin-1")


def _bars(read: Iterator[Table], source: Source) -> Iterator[tuple[Times, pl.DataFrame, int]]:
    for table in read:
        found = table.frame.columns
        checked_columns(found, ("<DATE>", *_COLUMNS), _OPTIONAL, source.shown)
        spread = {"<SPREAD>": "spread"} if "<SPREAD>" in found else {}
        time = pl.col("<TIME>") if "<TIME>" in found else pl.lit("00:00:00")
        walls = wall_times(table, pl.concat_str("<DATE>", time, separator=" "), "%Y.%m.%d %H:%M:%S", source)
        yield walls, numbers(table, _COLUMNS | spread, source), digits(table.frame, [*_COLUMNS][:4])


def _quotes(read: Iterator[Table], source: Source) -> Iterator[tuple[Times, pl.DataFrame, int]]:
    columns = {"<BID>": "bid", "<ASK>": "ask"}
    for table in read:
        checked_columns(table.frame.columns, ("<DATE>", "<TIME>", *columns), (), source.shown)
        walls = wall_times(table, pl.concat_str("<DATE>", "<TIME>", separator=" "), "%Y.%m.%d %H:%M:%S%.f", source)
        yield walls, numbers(table, columns, source, absent=("bid", "ask")), table.row


def digits(table: pl.DataFrame, columns: Iterable[str]) -> int:
    """Return the most digits after the point of any price of the columns of text; more than 8 are noise."""
    texts = (pl.col(name).str for name in columns)
    after = [(text.len_bytes() - text.find(".", literal=True) - 1).cast(pl.Int64) for text in texts]
    most = (count.filter(count <= SPREAD_DIGITS).max() for count in after)
    return max((int(found) for found in table.select(most).row(0) if found is not None), default=0)
