"""What a bar can tell about orders: who is reached, at which price, and what is certain about the order of things.

A bar shows four prices and hides their order. Whatever is not certain is decided by the mode:

PESSIMISTIC  the worse of the possible outcomes for the position (default; what reported results use)
OPTIMISTIC   the better one (the other end of the band)
PATH         open - nearer extreme - other extreme - close, a convention of bar emulators

What is certain after an entry inside a bar (long; a short is the mirror image):

entry                        | follows the entry | may precede it | PESSIMISTIC            | OPTIMISTIC
already open, or at the open | the whole bar     | -              | stop if low <= stop    | target if high >= target
buy stop above the open      | high and close    | low            | stop if low <= stop    | stop only if close <= stop
buy limit below the open     | low and close     | high           | target if close >= it  | target if high >= target

A quote is a bar with four equal prices, so one set of rules serves both.
"""

from tradewind.kernel.compiled import inner
from tradewind.kernel.orders import ENTRY, LIMIT, MARKET, STOP, STOP_LIMIT, STOP_LOSS, TAKE_PROFIT

PESSIMISTIC = 0
OPTIMISTIC = 1
PATH = 2
MODES = ("pessimistic", "optimistic", "path")

# How an entry filled inside the present interval.
AT_OPEN = 0
BY_STOP = 1
BY_LIMIT = 2
AT_TRIGGER = 3
"""A stop-limit whose limit was already good when its stop was met: certain, and at the price of the stop."""


@inner
def open_side(event, side):
    """Return the open a buyer (+1: ask) or seller (-1: bid) sees, ticks."""
    return event.open + event.spread_open if side > 0 else event.open


@inner
def high_side(event, side):
    """Return the high a buyer or seller sees, ticks."""
    return event.high + event.spread_high if side > 0 else event.high


@inner
def low_side(event, side):
    """Return the low a buyer or seller sees, ticks."""
    return event.low + event.spread_low if side > 0 else event.low


@inner
def close_side(event, side):
    """Return the close a buyer or seller sees, ticks."""
    return event.close + event.spread_close if side > 0 else event.close


@inner
def works_as_limit(order):
    """Return whether the order waits for a better price (a limit), and not for a worse one (a stop)."""
    return order.type == LIMIT or (order.type == STOP_LIMIT and order.trigger == 0)


@inner
def level_of(order):
    """Return the price the order waits for, ticks."""
    return order.price if works_as_limit(order) else order.trigger


@inner
def beyond(order, price, through):
    """Return whether `price`, on the order's side, is at or beyond what the order waits for."""
    if works_as_limit(order):
        return (order.price - price) * order.side >= through
    return (price - order.trigger) * order.side >= 0


@inner
def reaching_price(event, order):
    """Return the corner of the bar, on the order's side, that comes nearest to filling it."""
    upward = (order.side > 0) != works_as_limit(order)
    return high_side(event, order.side) if upward else low_side(event, order.side)


@inner
def gapped(event, order, through):
    """Return whether the bar opened at or beyond what the order waits for."""
    return beyond(order, open_side(event, order.side), through)


@inner
def reached(event, order, through):
    """Return whether the bar comes to what the order waits for at all."""
    return beyond(order, reaching_price(event, order), through)


@inner
def passed_at_birth(leg):
    """Return whether the market already stood beyond a stop-loss when its entry filled inside the interval."""
    return leg.role == STOP_LOSS and leg.triggered != 0 and (leg.triggered - leg.trigger) * leg.side > 0


@inner
def certain_leg(event, leg, mode, through):
    """Return whether an order born inside this same bar (attached to its entry, or triggered) fills in it."""
    if leg.role == ENTRY:
        if leg.entry == AT_TRIGGER:
            return True
        return beyond(leg, close_side(event, leg.side), through) or (
            mode == OPTIMISTIC and reached(event, leg, through)
        )
    if passed_at_birth(leg):
        return True
    if leg.entry == BY_STOP and mode == OPTIMISTIC and leg.role == STOP_LOSS:
        return beyond(leg, close_side(event, leg.side), through)
    if leg.entry == BY_LIMIT and mode != OPTIMISTIC and leg.role == TAKE_PROFIT:
        return beyond(leg, close_side(event, leg.side), through)
    return reached(event, leg, through)


@inner
def rank(order, mode, interval, gap):
    """Return the order in which the venue looks at what a bar reached; smaller is first.

    What executes at the open comes first, whatever the mode. Inside the bar the pessimist lets stops run before
    entries and targets last, the optimist the other way round.
    """
    if order.type == MARKET or (gap and order.born != interval):
        return 0 if order.role != 0 else 1
    if order.born == interval and passed_at_birth(order):
        return 0
    if order.role == STOP_LOSS:
        return 2 if mode != OPTIMISTIC else 4
    if order.role == TAKE_PROFIT:
        return 4 if mode != OPTIMISTIC else 2
    return 3


@inner
def path_time(event, level, side, after):
    """Return when (0..3, one unit a leg of the path) the bar's path first meets `level` at or after `after`, or 9.

    Where the open is as near to the high as to the low, a falling bar goes to its high first, any other to its low.
    """
    first = high_side(event, side)
    second = low_side(event, side)
    start = open_side(event, side)
    lead = (event.high - event.open) - (event.open - event.low)
    if lead > 0 or (lead == 0 and event.close >= event.open):
        first, second = second, first
    end = close_side(event, side)
    begin = start
    for leg in range(3):
        finish = first if leg == 0 else (second if leg == 1 else end)
        if min(begin, finish) <= level <= max(begin, finish):
            share = 0.0 if finish == begin else float(level - begin) / float(finish - begin)
            if leg + share >= after:
                return leg + share
        begin = finish
    return 9.0


@inner
def fill_price(event, order, gap, born_now, slippage, improvement):
    """Return the price in ticks at which the order fills in this bar."""
    side = order.side
    opening = open_side(event, side)
    if order.type == MARKET:
        return opening + side * slippage
    if born_now and order.entry == AT_TRIGGER:
        worst = order.triggered + side * slippage
        return worst if (order.price - worst) * side >= 0 else order.price
    if works_as_limit(order):
        return opening if gap and improvement and not born_now else order.price
    if gap:
        return opening + side * slippage
    if born_now and passed_at_birth(order):
        return order.triggered + side * slippage
    return order.trigger + side * slippage


@inner
def is_stop(order):
    """Return whether the order becomes a market order when its trigger is met."""
    return order.type == STOP


@inner
def met_at_trigger(venue, order):
    """Return whether this is a stop-limit that fills where its stop was met in this interval."""
    return order.entry == AT_TRIGGER and order.born == venue.interval
