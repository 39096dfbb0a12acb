"""Which stored series an instrument's prices are taken from, and what to do where there is none."""

from collections.abc import Sequence

from tradewind.adapters.catalogue import SeriesInfo
from tradewind.adapters.histories import History
from tradewind.errors import BadData, UnknownName
from tradewind.kernel.bars import DAY_BAR
from tradewind.markets.clock import utc_datetime


def find_series(
    history: History, symbol: str, feed: str | None, span: tuple[int, int], tradable: bool
) -> list[SeriesInfo]:
    """Return the series of one feed to take an instrument's prices from, finest first.

    Where several feeds hold the instrument and none was named, the one that covers most of the period is taken, of
    equals the finer: prices of two brokers are never mixed.
    """
    found = [info for info in history.find(symbol, feed=feed) if info.side != "ask"]
    if not found and feed is not None:
        feeds = {info.feed for info in history.find(symbol)}
        raise UnknownName(f"feed of {symbol}", feed, feeds)
    if not found:
        purpose = "" if tradable else ", which turns cash into the account's currency"
        raise BadData(f"There is no history of {symbol}{purpose}.", _advice(history, symbol, tradable))
    found = [info for info in found if info.last >= span[0] and info.first < span[1]]
    if not found:
        raise BadData(f"No prices of {symbol} lie in the period asked for.", _held(history.find(symbol)))
    feeds = {info.feed for info in found}
    best = max(sorted(feeds), key=lambda feed: _merit([info for info in found if info.feed == feed], span))
    return [info for info in found if info.feed == best]


def _merit(infos: Sequence[SeriesInfo], span: tuple[int, int]) -> tuple[int, int]:
    """Return how much of the period the series of a feed cover, in whole days, and then how fine they are."""
    first = max(span[0], min(info.first for info in infos))
    last = min(span[1], max(info.last for info in infos))
    return (last - first) // (DAY_BAR * 1_000_000_000), -min(info.timeframe for info in infos)


def _advice(history: History, symbol: str, tradable: bool) -> str:
    """Return what to do when there is no history of an instrument."""
    symbols = sorted({info.symbol for info in history.series()})
    held = f" The history holds {', '.join(symbols)}." if symbols else " The history is empty."
    if tradable:
        return f"Import some with `tradewind data import FILE --as {symbol}`.{held}"
    return f"Import it, or give a fixed rate such as --rate {symbol}=1.1.{held}"


def _held(infos: Sequence[SeriesInfo]) -> str:
    """Return which periods the series cover, for an error."""
    spans = {f"{utc_datetime(info.first):%Y-%m-%d} to {utc_datetime(info.last):%Y-%m-%d}" for info in infos}
    return f"The history holds {', '.join(sorted(spans))}."
