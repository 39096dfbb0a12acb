"""The three works as NautilusTrader strategies."""

from nautilus_trader.indicators import ExponentialMovingAverage, SimpleMovingAverage
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from bench.tape import DAY, MINUTE
from bench.works import SETTINGS


class Work(Strategy):
    """What all three need: the instrument, and market orders of whole lots."""

    def __init__(self, instrument_id, bar_type):
        super().__init__()
        self.instrument_id = instrument_id
        self.bar_type = bar_type
        self.held = 0

    def market(self, side, lots):
        """Send a market order."""
        order = self.order_factory.market(self.instrument_id, side, Quantity.from_int(lots))
        self.submit_order(order)


class Crossing(Work):
    """W1: long while the fast average is above the slow one, else short."""

    def on_start(self):
        """Register the indicators with the bars."""
        self.fast = SimpleMovingAverage(SETTINGS["W1"]["fast"])
        self.slow = SimpleMovingAverage(SETTINGS["W1"]["slow"])
        self.register_indicator_for_bars(self.bar_type, self.fast)
        self.register_indicator_for_bars(self.bar_type, self.slow)
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar):  # noqa: ARG002  the indicators have seen it
        """Turn round when the averages have crossed."""
        if not self.slow.initialized:
            return
        wanted = 1 if self.fast.value > self.slow.value else -1
        if wanted != self.held:
            self.market(OrderSide.BUY if wanted > 0 else OrderSide.SELL, abs(wanted - self.held))
            self.held = wanted


class OpeningRange(Work):
    """W2: the range, the first close beyond it, a bracket, flat at a fixed time."""

    def on_start(self):
        """Subscribe; the range is kept here."""
        self.first, minutes, self.flat = SETTINGS["W2"].values()
        self.end = self.first + minutes
        self.top = self.bottom = 0.0
        self.traded = True
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar):
        """Build the range, then watch for the break, then be flat."""
        minute = (bar.ts_event // MINUTE - 1) % DAY
        if minute == self.first:
            self.top, self.bottom = bar.high.as_double(), bar.low.as_double()
            self.traded = False
        elif self.first < minute < self.end:
            self.top = max(self.top, bar.high.as_double())
            self.bottom = min(self.bottom, bar.low.as_double())
        elif minute == self.flat - 1:
            self.cancel_all_orders(self.instrument_id)
            self.close_all_positions(self.instrument_id)
        elif not self.traded and self.end <= minute < self.flat - 1:
            close = bar.close.as_double()
            if close > self.top:
                self.enter(OrderSide.BUY, self.bottom, 2 * self.top - self.bottom)
            elif close < self.bottom:
                self.enter(OrderSide.SELL, self.top, 2 * self.bottom - self.top)

    def enter(self, side, stop, target):
        """Send the bracket: a market order, and a stop and a target that cancel each other."""
        self.traded = True
        orders = self.order_factory.bracket(
            instrument_id=self.instrument_id,
            order_side=side,
            quantity=Quantity.from_int(1),
            sl_trigger_price=Price(stop, 1),
            tp_price=Price(target, 1),
            tp_post_only=False,
        )
        self.submit_order_list(orders)


class EveryThousandth(Work):
    """W4: an average of the mid on every quote, a market order on every 1,000th."""

    def on_start(self):
        """Subscribe to quotes."""
        length, self.every, self.limit = SETTINGS["W4"].values()
        self.average = ExponentialMovingAverage(length)
        self.seen = 0
        self.subscribe_quote_ticks(self.instrument_id)

    def on_quote_tick(self, tick):
        """Update the average; when it is time, trade."""
        middle = (tick.bid_price.as_double() + tick.ask_price.as_double()) / 2.0
        self.average.update_raw(middle)
        self.seen += 1
        if self.seen % self.every == 0:
            side = 1 if middle > self.average.value else -1
            if self.held * side >= self.limit:
                side = -side
            self.market(OrderSide.BUY if side > 0 else OrderSide.SELL, 1)
            self.held += side


STRATEGIES = {"W1": Crossing, "W2": OpeningRange, "W4": EveryThousandth}
