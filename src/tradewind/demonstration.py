"""`tradewind demo`: the main job, on real bars where there are some and on a synthetic series where not."""

import os
from collections.abc import Iterator
from pathlib import Path

from tradewind.data.importers import import_files
from tradewind.data.synthetic import FEED, write_synthetic
from tradewind.modes import Choice, Request, open_history
from tradewind.requests import strategy_path
from tradewind.settings import Settings

REAL = ("XAUUSD_M1_mt5ny*.parquet", "US30_M1_mt5ny*.parquet")
STRATEGIES = ("opening_range", "half_hour_momentum")
SYMBOLS = ("XAUUSD", "US30")


def demonstrate(folder: Path | None) -> Iterator[tuple[Request | None, str]]:
    """Yield what to say and what to backtest next; the history is filled first."""
    settings = Settings(data=folder or Path("tradewind-data") / "demo")
    history = open_history(settings)
    source = os.environ.get("TRADEWIND_DATA")
    files = [path for pattern in REAL for path in sorted(Path(source).glob(pattern))] if source else []
    if files:
        summaries = import_files(files, history)
        feed = summaries[0].series.feed
        yield None, f"Real bars from {source}: {', '.join(path.name for path in files)}."
    else:
        if source:
            yield None, f"No gold or Dow minute bars in TRADEWIND_DATA={source}; using a synthetic series."
        write_synthetic(history, SYMBOLS)
        feed = FEED
        yield (
            None,
            "SYNTHETIC DATA: prices were made up. Point TRADEWIND_DATA at a folder of real bars for real results.",
        )
    for name in STRATEGIES:
        request = Request([Choice(strategy_path(name))], SYMBOLS, feed=feed, settings=settings)
        yield request, f"\n{name} on {' and '.join(SYMBOLS)}, costs included:"
