"""Where a strategy that is to be added grows up: alone, on the prices there were, with nothing opened.

It is the account as it will be, with those that trade already asleep: they are shown nothing. So when the new one has
seen everything up to now, its memory and the bars that only it looks at lie where they will lie. Compiling goes on in
a process of its own and growing up in a thread of its own; meanwhile the account trades on.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.compilation import handler_of
from tradewind.data.calendar_rows import calendar_rows
from tradewind.errors import TradewindError
from tradewind.kernel.records import (
    ACCEPTED,
    DAY,
    EVENT,
    OPERATOR,
    QUOTE,
    SESSION_CLOSE,
    SESSION_OPEN,
    STRATEGIES,
    TIME,
)
from tradewind.kernel.refusals import WARMING_UP
from tradewind.live.grafting import wants_edges
from tradewind.live.prepare import FINEST, Prepared
from tradewind.markets.schedule import schedule
from tradewind.modes import Choice, starting_state
from tradewind.ports import Rows
from tradewind.strategy import load

if TYPE_CHECKING:
    from tradewind.trading.machine import Machine

CHUNK = 4_096
"""Events applied at once, so that a thread that trades beside this one is never kept waiting."""
READ_AT_ONCE = 1 << 18
RAW = np.dtype((np.void, EVENT.itemsize))


def joined(prepared: Prepared, choices: Sequence[Choice]) -> Prepared:
    """Return the same with more strategies behind those there are; nothing is compiled that was not before.

    Raises TradewindError for a file that does not load or compile, a wrong parameter, too many of them, or a strategy
    that the settings give no weight.
    """
    if len(prepared.strategies) + len(choices) > STRATEGIES:
        raise TradewindError(
            f"The account has {len(prepared.strategies)} strategies, and there is room for {STRATEGIES}.",
            "Trade others on an account of their own.",
        )
    loaded = [load(choice.path, compile_handlers=True) for choice in choices]
    params = [strategy.params(choice.overrides) for strategy, choice in zip(loaded, choices, strict=True)]
    request = replace(prepared.request, choices=[*prepared.request.choices, *choices])
    every = [*prepared.strategies, *loaded]
    starting_state(request, prepared.profile, prepared.listings, every, FINEST)
    compiled_apart(request.choices)
    return replace(
        prepared, request=request, strategies=every, params=[*prepared.params, *params], handler=handler_of(every)
    )


def compiled_apart(choices: Sequence[Choice]) -> None:
    """The machine code of these strategies together is in the cache, made by another process."""
    code = "from tradewind.live.nursery import compile_named; compile_named()"
    named = [str(choice.path) for choice in choices]
    done = subprocess.run([sys.executable, "-c", code, *named], capture_output=True, text=True, check=False)  # noqa: S603 - our own code; the files are those that are loaded here, too
    if done.returncode:
        told = done.stderr.strip().splitlines() or ["it ended without a word"]
        raise TradewindError(json.loads(told[-1]) if done.returncode == REFUSED else f"Compiling failed: {told[-1]}.")


REFUSED = 3


def compile_named() -> None:
    """The strategies named on the command line are compiled; one that cannot be is said, as JSON."""
    try:
        handler_of([load(path, compile_handlers=True) for path in sys.argv[1:]])
    except TradewindError as error:
        sys.stderr.write("\n" + json.dumps(str(error)))
        sys.exit(REFUSED)


class Nursery:
    """New strategies of an account on the way to the present."""

    def __init__(self, prepared: Prepared, before: int) -> None:
        """Nothing was shown yet to the strategies of `prepared` behind the first `before`."""
        self.prepared, self.before = prepared, before
        self.core: Machine = prepared.core(simulated=False)
        state = self.core.runner.state
        state["strategies"]["shown"][0, :before] = 0
        state["series"]["watchers"] &= ~((1 << before) - 1)
        self.core.hold(WARMING_UP, on=True)
        self.fed = 0
        """The number of the account's latest event that was seen here."""
        self.seen = 0
        """How many events there were to see."""
        self._new_edges = wants_edges(prepared) and not any(
            "on_session" in one.handlers for one in prepared.strategies[:before]
        )
        self._reached = 0

    def history(self, blocks: Iterable[Rows], until: int) -> None:
        """Stored prices before the moment `until` are seen, with their own calendar."""
        for block in blocks:
            self._apply(_picked(block, block["ts"] < until))

    def feed(self, rows: Rows) -> None:
        """The account's next events, in order, are seen: prices and the calendar, without what was its own."""
        if not len(rows):
            return
        self.fed = int(rows["number"][-1])
        rows = _picked(rows, (rows["kind"] < ACCEPTED) & (rows["kind"] != OPERATOR))
        if len(rows):
            self._apply(self._with_edges(rows) if self._new_edges else rows)

    def _apply(self, rows: Rows) -> None:
        self.seen += len(rows)
        for start in range(0, len(rows), CHUNK):
            self.core.apply(rows[start : start + CHUNK])
            self.core.drain()

    def _with_edges(self, rows: Rows) -> Rows:
        """Return the rows with the openings and closings of sessions that nobody wanted to hear of before.

        An edge comes behind everything else of its instant but a price of it, and the word that it has passed. One
        that no row has passed yet is left to whoever tells the calendar from here on.
        """
        late = (rows["kind"] == QUOTE) | (rows["kind"] == TIME)
        order = np.maximum.accumulate(np.maximum(2 * rows["ts"] + late, self._reached))
        first_ts = int(rows["ts"][0]) if self._reached == 0 else self._reached // 2
        instruments = [one.instrument for one in self.prepared.listings]
        told = schedule(instruments, first_ts, int(order[-1]) // 2, edges=True)
        edges = calendar_rows([one for one in told if one.kind in ("session open", "session close")])
        places = np.searchsorted(order, 2 * edges["ts"], side="right")
        wanted = (2 * edges["ts"] >= (self._reached or 2 * first_ts)) & (places < len(rows))
        self._reached = int(order[-1])
        raw = np.insert(rows.view(RAW), places[wanted], edges.view(RAW)[wanted])
        return np.ascontiguousarray(raw).view(EVENT)


def _picked(rows: Rows, which: Any) -> Rows:
    """Return some rows as a block."""
    kept: Rows = np.ascontiguousarray(rows.view(RAW)[which]).view(EVENT)
    return kept


def has_edges(rows: Rows) -> bool:
    """Return whether the rows tell openings or closings of sessions."""
    return bool(np.isin(rows["kind"], (SESSION_OPEN, SESSION_CLOSE)).any())


def events_since(read: Callable[[int], Rows], events: int, moment: int) -> Rows:
    """Return the account's events from the trading date that contains `moment` on, or all; there are `events`.

    `read` returns the rows of the log of events from a position on: every event of the account is in it.
    """
    start, step = events, READ_AT_ONCE
    while True:
        start, step = max(0, events - step), 4 * step
        rows = read(start)
        days = np.flatnonzero((rows["kind"] == DAY) & (rows["ts"] <= moment))
        if start == 0 or len(days):
            return rows[days[-1] :] if len(days) else rows
