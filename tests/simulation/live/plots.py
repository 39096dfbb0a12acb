"""Several short stories for one strategy: its seed says which of them it plays."""

from typing import NamedTuple

from tradewind import buy, cancel_all, close, held, memory, on_the_way, sell

MANY, TURNING, PATIENT, STORM, ENDLESS = 1, 2, 3, 4, 5


class Params(NamedTuple):
    """Which story."""

    seed: int = 1


MEMORY = memory(bars=int, went=int)


def on_bar(state, bar, memory, params):
    """One step of the story at every bar."""
    memory.bars += 1
    here = held(state, bar.instrument)
    if params.seed == MANY:
        # A position, and fourteen entries that wait far below.
        if memory.bars == 3:
            buy(state, bar.instrument, 0.2, 0, 0, bar.close - 400, bar.close + 400)
        elif 3 < memory.bars <= 10:
            for number in range(2):
                price = bar.close - 500 - 30 * (2 * memory.bars - 8 + number)
                buy(state, bar.instrument, 0.2, price, 0, price - 100)
    elif params.seed == TURNING:
        # Long, and short as soon as it is flat again; it asks for nothing while it is long.
        if memory.bars >= 3 and memory.went == 0:
            memory.went = 1
            buy(state, bar.instrument, 0.2, 0, 0, bar.close - 400)
        elif memory.went == 1 and memory.bars > 4 and here == 0:
            memory.went = 2
            sell(state, bar.instrument, 0.2, 0, 0, bar.close + 400)
    elif params.seed == PATIENT:
        # A limit that is taken back, and one more order only if nothing came of the first and nothing works.
        if memory.bars == 3:
            price = bar.close - 100
            buy(state, bar.instrument, 0.2, price, 0, price - 400)
        elif memory.bars == 5:
            cancel_all(state, bar.instrument)
        elif (
            memory.bars > 5
            and memory.went == 0
            and here == 0
            and on_the_way(state, bar.instrument) == 0
            and cancel_all(state, bar.instrument) == 0
        ):
            memory.went = 1
            buy(state, bar.instrument, 0.2, 0, 0, bar.close - 400)
    elif params.seed == STORM:
        # An old flag means something else now: everything it can at every bar, for ever.
        for number in range(50):
            buy(state, bar.instrument, 0.1, bar.close - 500 - number, 0, bar.close - 900)
    elif here == 0:
        buy(state, bar.instrument, 0.2, 0, 0, bar.close - 400, bar.close + 400)
    else:
        close(state, bar.instrument)
