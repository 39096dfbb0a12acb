"""A paper desk over days of the made-up market, in a process of its own: prints after each day what it holds."""

import gc
import json
import resource
import sys
from datetime import date, timedelta
from pathlib import Path

from oanda_desk import HERE, limits

from tradewind.data.series import SYNTHETIC
from tradewind.data.synthetic import write_synthetic
from tradewind.live.paper import run_tape
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import Choice, Request, open_history, plan_backtest
from tradewind.settings import Settings

FIRST = date(2025, 1, 6)
"""A Monday."""


def resident():
    """Return the resident memory of this process, bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def size_of(path):
    """Return the bytes of a file or of everything in a folder."""
    return sum(one.stat().st_size for one in ([path] if path.is_file() else path.rglob("*")) if one.is_file())


def run(folder, weekdays):
    """So many days from Monday on are traded; weekends between them are closed."""
    last = FIRST + timedelta(days=weekdays // 5 * 7 + weekdays % 5 - 1 - (2 if weekdays % 5 == 0 else 0))
    settings = Settings(data=folder)
    history = open_history(settings)
    write_synthetic(history, ["XAUUSD"], 1, (day_open(FIRST), day_close(last)), kind="ticks")
    request = Request([Choice(HERE / "turns.py")], ["XAUUSD"], bar="M15", settings=settings, risk=limits(loss_rules=()),
                      feed=SYNTHETIC, start=day_open(FIRST), end=day_close(last))  # fmt: skip
    desk, journal = open_account(prepare(request), "long", "paper", beats=False)
    seen = 0

    def look(one):
        nonlocal seen
        today = int(one.core.state["date"])
        if today == seen:
            return
        if seen:
            gc.collect()
            told = {
                "rss": resident(), "events": one.core.events, "journal": size_of(desk.folder.journal),
                "snapshots": size_of(desk.folder.root / "journal.snapshots"),
                "trades": sum(int(each["trades"]) for each in one.core.state["strategies"]),
                "tickets": len(one.book.tickets), "seen": len(one.book.seen),
                "descriptors": len(list(Path("/proc/self/fd").iterdir())),
            }  # fmt: skip
            print(json.dumps(told), flush=True)
        seen = today

    with journal:
        desk.begin(1, desk.start_document)
        run_tape(desk, plan_backtest(request, history).feed(), on_turn=look)


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
