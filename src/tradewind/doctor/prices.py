"""The history: every series can be read as its manifest says, and none has a blocker that nobody waived.

Files are opened and their rows counted; that prices make sense is the data doctor's question (`tradewind data doctor`),
whose last answer is told here.
"""

import time

from tradewind.data.doctor.stored import known
from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding
from tradewind.errors import TradewindError
from tradewind.modes import open_history
from tradewind.settings import Settings

AREA = "prices"
DAY_NS = 86_400_000_000_000
OLD_DAYS = 7
LAST = 50
"""Series that are opened; others are counted."""


def prices(settings: Settings) -> list[Finding]:
    """Return whether what is stored can be read."""
    if "://" in settings.ports.history:
        return [Finding(AREA, "history", UNUSED, "the history lies in a database, which is looked at there")]
    if not settings.data.is_dir():
        return [Finding(AREA, "history", UNUSED, "there is no data folder")]
    try:
        held = open_history(settings).series()
    except TradewindError as error:
        return [Finding(AREA, "history", BAD, error.message, error.hint or "Import it again: tradewind data import")]
    if not held:
        return [Finding(AREA, "history", UNUSED, "nothing is stored yet")]
    traded = {*settings.trader.symbols}
    missing = traded - {one.symbol for one in held} if settings.trader.source == "tape" else set()
    found = [
        Finding(AREA, symbol, BAD, f"There are no prices of {symbol}.", "Import some: tradewind data import")
        for symbol in sorted(missing)
    ]
    for one in held[:LAST]:
        found += _series(settings, one, traded)
    wrong = [one for one in found if one.state != GOOD]
    return wrong or [Finding(AREA, "history", GOOD, f"{len(held)} series, the newest month of each can be read")]


def _series(settings: Settings, one: "object", traded: set[str]) -> list[Finding]:
    from tradewind.adapters.catalogue import SeriesInfo  # noqa: PLC0415 - a type of the store, only known here

    if not isinstance(one, SeriesInfo):
        return []
    history, name = open_history(settings), f"{one.symbol} {one.feed} {one.side}"
    try:
        read = history.ticks if one.kind == "ticks" else history.bars
        rows = sum(frame.height for frame in read(one.series, one.last - 31 * DAY_NS, one.last + 1, ["ts"]))
        told = known(history, one.series)
    except TradewindError as error:
        return [Finding(AREA, name, BAD, error.message, error.hint or "Import it again: tradewind data import")]
    except Exception as error:  # noqa: BLE001 - readers of Parquet have errors of many kinds for a damaged file
        says = f"Its files cannot be read: {type(error).__name__}: {' '.join(str(error).split())[:120]}."
        return [Finding(AREA, name, BAD, says, "Import it again: tradewind data import")]
    found = [Finding(AREA, name, GOOD, f"{rows:,} rows in its last month")]
    if told is not None and told.open_blockers:
        says = f"{len(told.open_blockers)} blockers, such as {told.open_blockers[0].code}"
        found.append(Finding(AREA, name, BAD, says, "Read and mend or waive them: tradewind data doctor"))
    age = (time.time_ns() - one.last) / DAY_NS
    if one.symbol in traded and settings.trader.source == "tape" and age > OLD_DAYS:
        says = f"Its last price is {age:.0f} days old."
        found.append(Finding(AREA, name, WARNING, says, "Bring it up to date: tradewind data download",
                             age * 86_400, f"{OLD_DAYS} days"))  # fmt: skip
    return found
