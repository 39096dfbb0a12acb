"""A flood of log lines beside a trader: what it does to the price path, to the disk, and to the audit trail.

    python -m bench.flood

Printed, never asserted. The same desk takes prices with a quiet log, then with as many lines a price as make a million
a second be attempted, from the trading thread itself, which is the worst place for them. Then another process floods a
log of its own on the same disk, and writes into the audit trail meanwhile.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.live import QUICK, START, _desk, _shown
from tradewind.adapters.entrance.audit import newest, note
from tradewind.adapters.entrance.database import Entrance
from tradewind.broker import Quote
from tradewind.live.edge import Edge
from tradewind.liveness.habits import NOTHING
from tradewind.logs.log import open_log
from tradewind.settings import Logs, Settings

PRICES = 8_000
LINES = 50
"""A price, from the trading thread."""
FLOOD_S = 10.0
CAP = Logs(bytes=1_000_000, pieces=3)


def flood(folder: Path) -> None:
    """Another process: as many lines as it can for so long, and a deed of a person every thousand; say how many."""
    settings, count, deeds = Settings(data=folder, logs=CAP), 0, 0
    entrance = Entrance(folder)
    with open_log(settings, "flood", lambda _text: None) as log:
        end = time.monotonic() + FLOOD_S
        while time.monotonic() < end:
            for _ in range(10_000):
                log.note("order_sent", "a line of a flood", client_order_id="TWAAAA-1-0-1-E0")
            note(entrance, (time.time_ns(), "bench", "flood", "done"), {"count": count})
            count, deeds = count + 10_000, deeds + 1
    print(count, deeds)


def _prices(desk, guard, start, log=None, lines=0):
    """Return ns of every price, lines of the log included, and how many of those seconds were spent on lines."""
    ticks, spent = [], 0
    for number in range(PRICES):
        quote = Quote(0, start + number * QUICK, 2_400_000 + number % 7, 2_400_400 + number % 7)
        began = time.perf_counter_ns()
        desk.quotes(guard.take([quote], quote.ts))
        ticks.append(time.perf_counter_ns() - began)
        if log is not None:
            began = time.perf_counter_ns()
            for _ in range(lines):
                log.note("order_sent", "a line of a flood", client_order_id="TWAAAA-1-0-1-E0")
            spent += time.perf_counter_ns() - began
        desk.settle(quote.ts)
    return ticks, spent


def main() -> None:
    """The table is printed."""
    table = Table("what", "p50 us", "p99 us", "count")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as kept:
        folder = Path(name)
        desk, journal = _desk(folder)
        kept.enter_context(journal)
        guard, start = Edge([one.instrument for one in desk.prepared.listings], 1, [NOTHING]), START + 10**10
        log = kept.enter_context(open_log(Settings(data=folder, logs=CAP), "trader", lambda _text: None))
        for title, lines in (
            ("warming", 0),
            ("quiet", 0),
            (f"{LINES} lines a price, same thread", LINES),
            ("quiet", 0),
        ):
            ticks, spent = _prices(desk, guard, start, log, lines)
            start += (PRICES + 1) * QUICK
            table.add_row(f"price: {title}", *(str(value) for value in _shown(ticks)))
            if lines:
                each = spent / (PRICES * lines)
                table.add_row("a line that is let go, ns", f"{each:.0f}", f"{1e3 / each:.2f} M/s", str(PRICES * lines))
        other = subprocess.Popen(
            [sys.executable, "-m", "bench.flood", "flood", str(folder)], stdout=subprocess.PIPE, text=True
        )
        time.sleep(1.5)
        ticks, _ = _prices(desk, guard, start)
        table.add_row("price: another process floods", *(str(value) for value in _shown(ticks)))
        count, deeds = map(int, other.communicate()[0].split())
        size = sum(path.stat().st_size for path in (folder / "logs").iterdir())
        there = newest(Entrance(folder), deeds + 10)
        chained = all(one.before == older.hash for one, older in pairwise(there))
        table.add_row("lines the other process attempted", "", f"{count / FLOOD_S / 1e6:.2f} M/s", str(count))
        table.add_row("log files, bytes of 2 caps of 3 MB", "", "", f"{size:,}")
        table.add_row("audit lines kept, chain whole", "", str(chained), f"{len(there)} of {deeds}")
    Console().print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        flood(Path(sys.argv[2]))
    else:
        main()
