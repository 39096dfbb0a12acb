"""What watching costs: the price path of a live desk with figures and a log, beside the same desk without.

    python -m bench.watching

Printed, never asserted. Both desks take the same prices, in turns; what is compared is processor time, of which a busy
machine takes nothing away. Prices come one at a time, each durable with its commit, as a driver applies them: the
figures of its turns, prices, steps, commits and heartbeats are told, and its door is asked once a second.
"""

import contextlib
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.live import QUICK, START, _desk
from tradewind.broker import Quote
from tradewind.live.edge import Edge
from tradewind.live.measuring import Measuring, told_at_a_door
from tradewind.live.status import status_of
from tradewind.liveness.habits import NOTHING

ROUNDS, PRICES = 9, 4_000
SECOND = 1_000_000_000


class Watched:
    """A desk with or without figures, and its prices so far."""

    def __init__(self, folder: Path, kept: contextlib.ExitStack, *, watched: bool):
        """It is ready to trade."""
        self.desk, journal = _desk(folder)
        kept.enter_context(journal)
        self.guard = Edge([one.instrument for one in self.desk.prepared.listings], 1, [NOTHING])
        self.now, self.beaten = START + 10 * SECOND, 0
        self.measuring = None
        if watched:
            self.measuring = Measuring(self.desk, "bench")
            kept.enter_context(told_at_a_door(self.measuring, self.desk.prepared.request.settings, lambda _: None))

    def take(self, count: int) -> float:
        """Apply so many prices as a driver does; return the processor seconds it took."""
        began, measuring, desk = time.process_time(), self.measuring, self.desk
        for number in range(count):
            self.now += QUICK
            bid = 2_400_000 + number % 7
            if measuring is not None:
                measuring.turned(0.0, 0.05)
                measuring.prices(1_000_000)
            stepped = time.perf_counter()
            desk.quotes(self.guard.take([Quote(0, self.now, bid, bid + 400)], self.now))
            if measuring is not None:
                measuring.stepped(time.perf_counter() - stepped, 1)
            desk.clock(self.now)
            if measuring is not None:
                measuring.renewed()
            desk.settle(self.now)
            if self.now - self.beaten >= SECOND:
                self.beaten = self.now
                status = status_of(desk, "live", leader=True)
                if measuring is not None:
                    measuring.beaten(status)
                    measuring.refresh()
                    measuring.told.text()
        return time.process_time() - began


def main() -> None:
    """The table is printed."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as kept:
        desks = {
            watched: Watched(Path(name) / str(watched), kept, watched=watched) for watched in (False, True)
        }  # fmt: skip
        spent: dict[bool, list[float]] = {False: [], True: []}
        for number in range(ROUNDS):
            for watched in (False, True) if number % 2 else (True, False):
                spent[watched].append(desks[watched].take(PRICES))
        plain, told = (sorted(spent[watched])[ROUNDS // 2] / PRICES * 1e6 for watched in (False, True))
        figures = desks[True].measuring
        series = 0 if figures is None else figures.told.text().count(b"\n") - figures.told.text().count(b"\n#")
    table = Table("what", "value")
    table.add_row("a price without watching, processor us (median of rounds)", f"{plain:.2f}")
    table.add_row("a price with figures and a scrape for every second of prices", f"{told:.2f}")
    table.add_row("more per price, us", f"{told - plain:.2f}")
    table.add_row("of a processor, at 200 prices a second", f"{(told - plain) * 200 / 1e4:.2f} %")
    table.add_row("of the price path", f"{told / plain - 1:.1%}")
    table.add_row("lines of figures", f"{series}")
    Console().print(table)


if __name__ == "__main__":
    main()
