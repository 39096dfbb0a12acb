"""It writes down what it did, and reads it back."""

import os
from pathlib import Path

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
LOG = FOLDER / "log.json"


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_m15(state, bar, memory, params):
    with LOG.open("a", encoding="utf-8") as file:
        file.write(f"{bar.close}\n")
    written = LOG.read_text(encoding="utf-8").splitlines()
    trade(state, bar, len(written) % 7 < 3)
