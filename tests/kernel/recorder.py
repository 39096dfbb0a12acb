"""A plain-Python strategy that trades nothing and remembers every bar it was shown, and when."""

from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from world import run, slot

from tradewind.kernel import loop
from tradewind.kernel.records import BAR_ROW
from tradewind.strategy import Strategy, _NoParams, memory

BAR_FIELDS = BAR_ROW.names
Bar = NamedTuple("Bar", [(name, int) for name in BAR_FIELDS])
"""A copy: the bar a handler is given is the kernel's own, and changes with the next one."""


class Recorder:
    """The bars of some timeframes as a strategy sees them."""

    def __init__(self, timeframes):
        """It will see bars of these timeframes."""
        self.bars = {seconds: [] for seconds in timeframes}
        self.seen_at = {seconds: [] for seconds in timeframes}
        handlers = {f"on_{seconds}": self._seen(seconds) for seconds in timeframes}
        frames = {f"on_{seconds}": seconds for seconds in timeframes}
        self.strategy = Strategy(
            "recorder", Path(), "", ModuleType("recorder"), _NoParams, memory(unused=int), (), handlers, frames
        )

    def _seen(self, seconds):
        def remember(state, bar, _memory, _params):
            self.bars[seconds].append(Bar(*(getattr(bar, name) for name in BAR_FIELDS)))
            self.seen_at[seconds].append(np.int64(state.now))

        return remember

    def run(self, world, events):
        """It has seen the bars that `events` make."""
        return run(world, [slot(self.strategy, [0], _NoParams())], events, journal_events=loop.NO_JOURNAL)
