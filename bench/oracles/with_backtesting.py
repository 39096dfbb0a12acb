"""The list of orders executed by backtesting.py (AGPL, only run in its own environment)."""

import warnings
from importlib.metadata import version

import pandas as pd
from backtesting import Backtest, Strategy

from bench.oracles.exchange import arguments, read_bars, read_orders, write_fills

NOTES = [
    "A market order is filled at the next bar's open, and its stop and target are watched from that bar on.",
    "The stop is looked at before the target; a stop that is jumped over is filled at the open.",
    "Opposite orders reduce the oldest trade first; what is left at the end is closed at the last bar.",
]


class Listed(Strategy):
    """Sends the orders of a list, each when its bar has closed."""

    orders = ()

    def init(self):
        """Sort the orders by bar; a strategy without indicators is asked from the second bar on."""
        self.due = {}
        for order in self.orders:
            self.due.setdefault(order.row, []).append(order)

    def next(self):
        """Send what is due on this bar."""
        for order in self.due.pop(len(self.data) - 1, ()):
            if order.kind == "flat":
                self.position.close()
            else:
                send = self.buy if order.quantity > 0 else self.sell
                send(size=abs(order.quantity), sl=order.stop, tp=order.target, tag=order.id)


def main():
    """Write the fills of the list."""
    told = arguments()
    bars = read_bars(told.bars)
    Listed.orders = read_orders(told.orders, bars["ts"])
    columns = {name.title(): bars[name] for name in ("open", "high", "low", "close")}
    frame = pd.DataFrame(columns, index=pd.to_datetime(bars["ts"]))
    warnings.simplefilter("ignore")
    results = Backtest(frame, Listed, cash=1e9, finalize_trades=True).run()
    trades = results["_trades"]
    fills = []
    for trade in trades.itertuples():
        fills.append((bars["ts"][trade.EntryBar], trade.Size, trade.EntryPrice))
        fills.append((bars["ts"][trade.ExitBar], -trade.Size, trade.ExitPrice))
    write_fills(told.fills, ("backtesting.py", version("backtesting")), fills, trades["PnL"].sum(), NOTES)


if __name__ == "__main__":
    main()
