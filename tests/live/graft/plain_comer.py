"""Wants nothing that was not there: the bars of the account, and now and then a trade."""

from tradewind import close, held, memory, sell

MEMORY = memory(bars=int, total=int)


def on_bar(state, bar, memory, _params):
    """Every fifth bar something is done."""
    memory.bars += 1
    memory.total += bar.close
    if memory.bars % 5 != 0:
        return
    if held(state, bar.instrument) == 0:
        sell(state, bar.instrument, 1.0, stop_loss=bar.close + 4000)
    else:
        close(state, bar.instrument)
