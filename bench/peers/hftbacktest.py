"""hftbacktest: quotes become depth events, the strategy is compiled by Numba into its loop.

It has no event for "best bid and ask are now", so a quote is up to four depth events: the new levels, and
the old ones emptied. Building them is not timed. Timed: from the first event to the last, no latency, no
fees.
"""

from importlib.metadata import version

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LOCAL_EVENT,
    MARKET,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit

from bench.tape import tape_of
from bench.works import SETTINGS, arguments, best_of, report

BOTH = EXCH_EVENT | LOCAL_EVENT | DEPTH_EVENT
MARGIN_TICKS = 1000.0


@njit
def depth_events(ts, bid, ask, rows):
    """Write the events of every quote into `rows` and return how many there are."""
    count = 0
    for i in range(len(ts)):
        for side, prices in ((BUY_EVENT, bid), (SELL_EVENT, ask)):
            for level, quantity in ((i, 1e6), (i - 1, 0.0)):
                if level == i or (i > 0 and prices[level] != prices[i]):
                    rows[count].ev = BOTH | side
                    rows[count].exch_ts = ts[i]
                    rows[count].local_ts = ts[i]
                    rows[count].px = prices[level]
                    rows[count].qty = quantity
                    count += 1
    # The peer ends when the last event is read, before the strategy sees it: say the last one once more.
    rows[count] = rows[count - 1]
    rows[count].exch_ts += 1
    rows[count].local_ts += 1
    return count + 1


@njit
def trade(market, length, every, limit):
    """Run W4 and return (profit in ticks, fills, quotes seen); the position is what the peer says it is."""
    alpha = 2.0 / (length + 1.0)
    average = 0.0
    seen = 0
    forever = np.int64(10) ** 15
    while market.wait_next_feed(False, forever) == 2:
        depth = market.depth(0)
        middle = float(depth.best_bid_tick + depth.best_ask_tick)
        average = middle if seen == 0 else average + alpha * (middle - average)
        seen += 1
        if seen % every == 0:
            market.clear_inactive_orders(0)
            side = 1 if middle > average else -1
            if market.position(0) * side >= limit:
                side = -side
            if side > 0:
                market.submit_buy_order(0, seen, depth.best_ask, 1.0, GTC, MARKET, False)
            else:
                market.submit_sell_order(0, seen, depth.best_bid, 1.0, GTC, MARKET, False)
    depth = market.depth(0)
    state = market.state_values(0)
    middle = (depth.best_bid + depth.best_ask) / 2.0
    return state.balance + state.position * middle, state.num_trades, seen


def main():
    """Report W4."""
    told = arguments(["W4"])
    tape = tape_of("W4", told.rows)
    rows = np.zeros(4 * len(tape.ts) + 1, dtype=event_dtype)
    events = rows[: depth_events(*tape, rows)]

    def prepare():
        asset = (
            BacktestAsset()
            .data(events)
            .linear_asset(1.0)
            .constant_order_latency(0, 0)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0)
            .tick_size(1.0)
            .lot_size(1.0)
            .roi_lb(float(tape.bid.min()) - MARGIN_TICKS)
            .roi_ub(float(tape.ask.max()) + MARGIN_TICKS)
        )
        return ROIVectorMarketDepthBacktest([asset])

    def run(market):
        answer = trade(market, *SETTINGS["W4"].values())
        market.close()
        return answer

    seconds, (profit, fills, seen) = best_of(run, told.repeat, prepare)
    note = f"{len(events):,} depth events, woken {seen:,} times"
    report(told, seconds, version("hftbacktest"), (profit, fills), note)


if __name__ == "__main__":
    main()
