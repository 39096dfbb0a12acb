"""The orders of an oracle's list, each when its bar has closed; `bench.oracles.with_tradewind` fills in ORDERS."""

from tradewind import buy, close, sell

ORDERS = {}
"""(kind, signed lots, stop and target in ticks or 0) by the opening time of the bar."""


def on_m1(state, bar, memory, params):  # noqa: ARG001  as every handler
    for kind, lots, stop, target in ORDERS.get(bar.open_time, ()):
        if kind == "flat":
            close(state, bar.instrument)
        elif lots > 0:
            buy(state, bar.instrument, lots, stop_loss=stop, take_profit=target)
        else:
            sell(state, bar.instrument, -lots, stop_loss=stop, take_profit=target)
