"""Trades often, for tests: after every bar that closes well it enters that way, with a stop, a target and a time.

Every third entry waits for a price beyond the bar. Sizes come from the account's rule, so what one trade made changes
the next one.
"""

from typing import NamedTuple

from tradewind import buy, cancel_all, close, held, memory, sell


class Params(NamedTuple):
    """How far the stop is, in ranges of the bar; how many bars a trade may last; how many pass between two."""

    reach: float = 2.0
    bars: int = 6
    pause: int = 2


MEMORY = memory(seen=int, since=int, entries=int)


def on_bar(state, bar, memory, params):
    memory.seen += 1
    here = held(state, bar.instrument)
    if here != 0 and memory.seen - memory.since >= params.bars:
        close(state, bar.instrument)
        return
    if here != 0 or memory.seen - memory.since < params.pause:
        return
    cancel_all(state, bar.instrument)
    width = max(int((bar.high - bar.low) * params.reach), 4 * int(bar.spread), 20)
    memory.since = memory.seen
    memory.entries += 1
    trigger = 0
    if bar.close >= bar.open:
        if memory.entries % 3 == 0:
            trigger = bar.high + int(bar.spread) + 1
        level = trigger or bar.close
        buy(state, bar.instrument, trigger=trigger, stop_loss=level - width, take_profit=level + width)
    else:
        if memory.entries % 3 == 0:
            trigger = bar.low - 1
        level = trigger or bar.close
        sell(state, bar.instrument, trigger=trigger, stop_loss=level + width, take_profit=level - width)
