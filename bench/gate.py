"""What the gate costs: `python -m bench.gate`.

Nanoseconds of one decision about an order that passes, with every limit of the house on that does not count trades, as
positions and pending orders grow; and strategy B from first to last event without limits, with the house's, and with a
firm's besides.
"""

import time
from dataclasses import replace

import numpy as np

from bench.engine import Bench
from bench.events import history, instrument
from bench.ours import request_b
from bench.works import best_of
from tradewind.kernel.compiled import compiled, record_at
from tradewind.kernel.gate_entry import gate_decision
from tradewind.kernel.loop import NO_JOURNAL
from tradewind.kernel.orders import SENT, STOP, STOP_LOSS, WORKING
from tradewind.kernel.records import COMMAND, STATE
from tradewind.kernel.refusals import REASONS
from tradewind.kernel.risk import decide
from tradewind.limits_wiring import hold_limits
from tradewind.markets.loading import load_profile
from tradewind.risk.limits import OFF
from tradewind.risk.resolving import Account, load_rules
from tradewind.settings import Settings
from tradewind.wiring import Listing, first_state

CHECKS = 200_000
BALANCE = 10_000_000


@compiled
def decisions(state, command, count):
    """Return the sum of the quantities that `count` decisions about one command let pass; both are addresses."""
    total = 0
    for _ in range(count):
        total += decide(record_at(state, STATE), record_at(command, COMMAND))[2]
    return total


def ready(positions, pending):
    """Return a state under the house's limits, with so many positions and pending orders, and an order that passes."""
    declared = instrument()
    settings = Settings()
    state = first_state(load_profile(settings.profile), [Listing(declared)], settings, 16)
    limits = load_rules("house", Account("USD", BALANCE)).limits
    # With the trades of the day used up, most of the gate would not be asked.
    limits = limits._replace(trades_per_block=OFF, trades_per_day=OFF, trades_per_day_total=OFF)
    hold_limits(state, limits, [declared])
    row = state[0]
    row.now, row.day_opens, row.day_closes = 10**15, 10**15 - 36_000 * 10**9, 10**15 + 50_000 * 10**9
    row.risk.instruments[0].flat_at = 10**15 + 40_000 * 10**9
    market = row.instruments[0]
    market.bid, market.ask, market.quoted_at, market.day_type, market.day_atr = 420_000, 420_010, 10**15, 3, 4000.0
    market.sessions[0].closes = row.day_closes
    watched = row.risk.instruments[0]
    watched.range_atr, watched.usual_spread, watched.spread_hour = 200.0, 10.0, 1
    for number in range(positions + pending):
        order = row.orders[int(row.order_count)]
        row.order_count += 1
        order.id, order.strategy, order.quantity, order.status = number + 1, number + 1, 1, WORKING
        order.side, order.type, order.trigger = -1, STOP, 419_000
        if number < positions:
            row.positions[(number + 1) * 16].quantity = 1
            row.positions[(number + 1) * 16].cost = 420_010
            market.open_positions += 1
            order.role, order.reduce_only = STOP_LOSS, 1
        else:
            order.side, order.trigger, order.stop_loss, order.risk, order.status = 1, 420_500, 419_500, 100, SENT
    command = np.zeros(1, COMMAND)
    wanted = command[0]
    wanted.side, wanted.type, wanted.quantity, wanted.stop_loss = 1, 1, 1, 419_000
    return state, command


def measure_decisions():
    """Print the nanoseconds of a decision for a few sizes of the book."""
    for positions, pending in ((0, 0), (1, 0), (1, 1), (3, 2)):
        state, command = ready(positions, pending)
        first = decisions(state.ctypes.data, command.ctypes.data, 1)
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            decisions(state.ctypes.data, command.ctypes.data, CHECKS)
            best = min(best, time.perf_counter() - start)
        _, reason, quantity = gate_decision(state, command)
        verdict = f"passes with {quantity} of 1 steps" if first and not reason else f"meets: {REASONS[reason][0]}"
        print(
            f"{positions} positions, {pending} pending: {best / CHECKS * 1e9:6.0f} ns a decision; the order {verdict}"
        )


def measure_backtests():
    """Print the seconds of strategy B under no limits, the house's, and a firm's."""
    base = None
    for name in ("none", "house", "ftmo-2step"):
        rules = load_rules(name, Account("USD", BALANCE))
        request = replace(request_b(NO_JOURNAL), risk=rules and rules.limits)
        bench = Bench.of_request(request, history())
        seconds, _ = best_of(lambda _, bench=bench: bench.run(), 15)
        base = base or seconds
        print(f"strategy B, {name}: {seconds * 1000:.1f} ms for {len(bench.events):,} events, {seconds / base:.2f} x")


if __name__ == "__main__":
    measure_decisions()
    measure_backtests()
