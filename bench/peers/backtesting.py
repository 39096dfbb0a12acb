"""backtesting.py: a strategy in plain Python, the comparison for our own uncompiled strategy.

Timed: `Backtest.run()`, that is indicators, the simulation bar by bar and its statistics, from a frame
already in memory. Its profit differs a little: it starts one bar after both averages are known, and closes
what is left at the open of the last bar.
"""

import warnings
from importlib.metadata import version

import pandas as pd
from backtesting import Backtest, Strategy

from bench.tape import tape_of
from bench.works import SETTINGS, arguments, best_of, report


def average(values, length):
    """Return the simple moving average, unknown until `length` values are there."""
    return pd.Series(values).rolling(length).mean()


class Crossing(Strategy):
    """W1: one unit long while the fast average is above the slow one, else one unit short."""

    def init(self):
        """Declare both averages; backtesting.py does not start before both are known."""
        self.fast = self.I(average, self.data.Close, SETTINGS["W1"]["fast"])
        self.slow = self.I(average, self.data.Close, SETTINGS["W1"]["slow"])

    def next(self):
        """Turn round when the averages have crossed; exclusive orders close what is open."""
        if self.fast[-1] > self.slow[-1]:
            if not self.position.is_long:
                self.buy(size=1)
        elif not self.position.is_short:
            self.sell(size=1)


def main():
    """Report W1."""
    told = arguments(["W1"])
    tape = tape_of("W1", told.rows)
    columns = {"Open": tape.open, "High": tape.high, "Low": tape.low, "Close": tape.close}
    frame = pd.DataFrame(columns, index=pd.to_datetime(tape.ts)).astype(float)
    warnings.simplefilter("ignore")
    backtest = Backtest(frame, Crossing, cash=1e8, exclusive_orders=True, finalize_trades=True)

    def run(_):
        results = backtest.run()
        return results["_trades"]["PnL"].sum(), len(results["_trades"])

    seconds, answer = best_of(run, told.repeat)
    report(told, seconds, version("backtesting"), answer, "plain Python strategy")


if __name__ == "__main__":
    main()
