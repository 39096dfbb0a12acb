"""What prices are stored, over which months, and what the data doctor found in them when it last looked."""

from typing import Any

from tradewind.data.doctor.stored import Record, known
from tradewind.modes import open_history
from tradewind.settings import Settings


def coverage(settings: Settings) -> list[dict[str, Any]]:
    """Return every stored series with its reach in ns UTC and the months it has prices of."""
    return [
        {
            "symbol": one.symbol,
            "kind": one.kind,
            "timeframe": one.timeframe,
            "feed": one.feed,
            "side": one.side,
            "rows": one.rows,
            "first": one.first,
            "last": one.last,
            "months": list(one.months),
            "updated": one.updated,
        }
        for one in open_history(settings).series()
    ]


def quality(settings: Settings, symbol: str | None = None) -> list[dict[str, Any]]:
    """Return what was found in each series; a series that nobody examined as it is now has no moment and no findings.

    Nothing is examined here: that reads all prices, and is work for `tradewind data doctor`.
    """
    history = open_history(settings)
    found = history.series() if symbol is None else history.find(symbol)
    return [document(one.series, known(history, one.series)) for one in found]


def document(series: Any, record: Record | None) -> dict[str, Any]:
    """Return what is known of a series as the command line prints it."""
    named = dict(zip(("symbol", "kind", "timeframe", "feed", "side"), series, strict=True))
    if record is None:
        return {"series": named, "examined": None, "findings": [], "open_blockers": None}
    findings = [
        {**finding._asdict(), "waived": waiver._asdict() if (waiver := record.waiver(finding)) else None}
        for finding in record.findings
    ]
    return {"series": record.series._asdict(), "examined": record.examined, "findings": findings,
            "open_blockers": len(record.open_blockers)}  # fmt: skip
