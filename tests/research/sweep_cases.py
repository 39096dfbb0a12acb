"""A synthetic month for tests of sweeps, made once, and short ways to ask for things."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tradewind.data.synthetic import write_synthetic
from tradewind.modes import open_history
from tradewind.requests import backtest_request
from tradewind.settings import Settings

NOTHING = dict.fromkeys(("profile", "balance", "currency", "risk", "fraction", "lots", "mode", "cost_scale"))
PERIOD = ("2025-10-01", "2025-10-31")

QUARTER = ("2025-10-01", "2025-12-31")
BUSY = '''"""Turns with every bar that moves far enough, always with a stop; losing, so that risk rules have work."""

from typing import NamedTuple

from tradewind import buy, held, memory, sell
from tradewind.indicators import ATR, EMA, atr, ema


class Params(NamedTuple):
    """Lengths in bars, distances in ATR."""

    length: int = 10
    stop: float = 2.0
    target: float = 3.0
    fade: bool = False


MEMORY = memory(average=EMA, reach=ATR)
SPACE = {"length": range(5, 30, 5), "stop": "1.0:3.0:0.5", "fade": (True, False)}
WHERE = ("stop < target",)


def on_m5(state, bar, memory, params):
    average = ema(memory.average, bar.close, params.length)
    reach = atr(memory.reach, bar.high, bar.low, bar.close, 14)
    if not reach > 0.0 or held(state, bar.instrument) != 0:
        return
    side = 1 if bar.close > average else -1
    if params.fade:
        side = -side
    stop, target = int(params.stop * reach), int(params.target * reach)
    if abs(bar.close - average) > 0.5 * reach:
        if side > 0:
            price = bar.close + bar.spread
            buy(state, bar.instrument, 0.0, 0, 0, price - stop, price + target)
        else:
            price = bar.close
            sell(state, bar.instrument, 0.0, 0, 0, price + stop, price - target)
'''


@cache
def busy():
    """Return a strategy file that trades all day."""
    path = data() / "busy.py"
    path.write_text(BUSY)
    return path


@cache
def data():
    """Return a data folder with a synthetic history."""
    folder = Path(mkdtemp(prefix="tradewind-sweeps-"))
    write_synthetic(open_history(Settings(data=folder)))
    return folder


def history():
    """Return the synthetic history."""
    return open_history(Settings(data=data()))


def request(strategy, on=("XAUUSD",), sets=(), *, period=PERIOD, plain=False, settings=None, **given):
    """Return the request for a backtest on the synthetic history."""
    words = NOTHING | {"rate": []} | given
    settings = settings or Settings(data=data())
    return backtest_request([str(strategy)], on, period, sets, given=words, settings=settings, plain=plain)
