"""Tradewind's side of the table: each function makes a work ready and returns what is timed.

What is timed takes no arguments and gives (profit in ticks, number of fills), or None where there is
nothing to compare: from the first state to the last, making the runner and its logs included. Making ready
(imports, rows of events, compiling) is not timed. A function that raises ImportError is told as "not wired"
and the table goes on without it.

W1, W2 and W4 cost nothing, so that their answers can be compared, but every check and every model of a cost
runs. The first run keeps a journal, from which fills are counted; the timed ones keep none and must end in
the same state.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import tradewind
from bench.engine import Bench, count_fills
from bench.events import events_of, history
from bench.tape import BARS, QUOTES
from bench.works import SETTINGS
from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel.loop import EVERYTHING
from tradewind.modes import Choice, Request

NOT_WIRED = "not wired"
FILES = Path(__file__).parent / "strategies"
STRATEGY_B = Path(tradewind.__file__).parent / "strategies" / "opening_range.py"


class Ready(NamedTuple):
    """What is timed; `rows` where it runs fewer than the work has, its time is then scaled and said to be."""

    run: Callable[[], tuple[float, int] | None]
    rows: int | None = None
    rule: str | None = None
    """The loop whose answer is to be met, where it is not the one beside us in the table."""
    note: str = ""


def ready(bench, **told):
    """Return the bench as something to be timed, with an answer that was counted from a journal."""
    checked, journal = bench.journalled()
    fills = count_fills(journal)

    def run():
        runner = bench.run()
        return bench.profit(runner), fills

    if bench.run().snapshot() != checked.snapshot():
        raise AssertionError("the journal changed the result")
    return Ready(run, **told)


def w1():
    """W1 as a compiled strategy in the kernel, with order checks and account on."""
    return ready(Bench.of_file(FILES / "w1.py", events_of("W1", BARS), SETTINGS["W1"]))


def w2():
    """W2 as a compiled strategy with a bracket."""
    first, minutes, flat = SETTINGS["W2"].values()
    params = {"first": first, "minutes": minutes, "flat_at": flat}
    return ready(Bench.of_file(FILES / "w2.py", events_of("W2", BARS), params))


def w4():
    """W4 on quotes; no order is filled at the quote it answers, so the loop to be met fills at the next."""
    bench = Bench.of_file(FILES / "w4.py", events_of("W4", QUOTES), SETTINGS["W4"])
    return ready(bench, rule="W4 next quote", note="fills at the next quote")


def plain_w1():
    """W1 with the strategy left as plain Python, against backtesting.py."""
    return ready(Bench.of_file(FILES / "w1.py", events_of("W1", BARS), SETTINGS["W1"], plain=True))


def strategy_b():
    """The shipped strategy B with all costs, its calendar and every event in a journal in memory."""
    if not STRATEGY_B.exists():
        raise ImportError(NOT_WIRED)
    bench = Bench.of_request(request_b(EVERYTHING), history())

    def run():
        bench.run(MemoryJournal(), EVERYTHING)

    return Ready(run, note=f"{len(bench.events):,} events, all journalled")


def request_b(journal_events):
    """Return the request that backtests strategy B."""
    return Request([Choice(STRATEGY_B)], ["US30"], journal_events=journal_events)
