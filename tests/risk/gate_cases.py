"""Random moments told twice: as a STATE and a COMMAND for the gate, and as a World and an Order for its naive twin.

Every number of a case is drawn once and written into both. What the case does not vary is as quiet as in an empty
account at noon, so that each rule gets its turn at being the one that speaks.
"""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import twin

from tradewind.kernel import refusals
from tradewind.kernel.costs import NO_COMMISSION, PER_LOT
from tradewind.kernel.orders import ENTRY, LIMIT, MARKET, STOP, STOP_LOSS, UNKNOWN, WORKING
from tradewind.kernel.records import COMMAND, INSTRUMENTS, PLACE
from tradewind.limits_wiring import hold_limits
from tradewind.markets.loading import load_profile
from tradewind.markets.sessions import SESSION_IDS
from tradewind.risk.limits import HALT, LATCH, OFF, Limits
from tradewind.risk.resolving import Account, load_rules
from tradewind.settings import Settings
from tradewind.wiring import Listing, first_state

SECOND, MINUTE, HOUR = 10**9, 60 * 10**9, 3600 * 10**9
PROFILE = load_profile("metatrader")
SYMBOLS = ("US30", "XAUUSD", "USDJPY")
PRICES = {"US30": "42000", "XAUUSD": "2400", "USDJPY": "149.6"}
SPREADS = {"US30": "2", "XAUUSD": "0.2", "USDJPY": "0.01"}
BALANCE = 10_000_000
HOUSE = load_rules("house", Account("USD", BALANCE)).limits
STRATEGIES = 2

RULES = {
    refusals.NO_PRICE: "NO PRICE", refusals.TRADING_HALTED: "HALTED", refusals.STRATEGY_DISABLED: "C10",
    refusals.MARKET_CLOSED: "C12", refusals.MARKET_CLOSING: "C12", refusals.QUANTITY_ABOVE_MAXIMUM: "C3",
    refusals.TRIGGER_ALREADY_PASSED: "C2", refusals.LIMIT_ALREADY_PASSED: "C2",
    refusals.STOP_LOSS_ON_WRONG_SIDE: "C2", refusals.TAKE_PROFIT_ON_WRONG_SIDE: "C2", refusals.STOP_TOO_CLOSE: "C2",
    refusals.KILL_SWITCH: "R17", refusals.DAILY_SOFT_LOSS: "R6", refusals.COOL_DOWN: "R12",
    refusals.TRADES_PER_BLOCK: "R13", refusals.TRADES_PER_DAY: "R13", refusals.TRADES_PER_DAY_TOTAL: "R13",
    refusals.DAY_TYPE: "R14", refusals.FLAT_TIME: "R14", refusals.STOP_MISSING: "R15", refusals.PRICE_TOO_FAR: "C1",
    refusals.LEVEL_TOO_FAR: "C1", refusals.VOLATILITY_UNKNOWN: "C1", refusals.ORDER_TOO_LARGE: "C3",
    refusals.ORDER_VALUE: "C4", refusals.POSITION_TOO_LARGE: "C5", refusals.TOO_MANY_MESSAGES: "C6",
    refusals.STALE_PRICE: "C7", refusals.SPREAD_TOO_WIDE: "C8", refusals.DUPLICATE_ORDER: "C9",
    refusals.UNKNOWN_ORDER: "C14", refusals.RISK_PER_TRADE: "R1", refusals.OPEN_RISK: "R2", refusals.GROUP_RISK: "R3",
    refusals.GROSS_LEVERAGE: "R4", refusals.NET_LEVERAGE: "R4", refusals.MARGIN_USE: "R5",
    refusals.FLOOR_AHEAD: "R8",
}  # fmt: skip
"""What the gate's refusals are called in the domain rules."""


SOMETIMES_OFF = (
    "collar_share", "collar_atr", "level_atr_day", "stop_required", "duplicate_s", "quote_age_s", "bar_age_s",
    "spread_median_multiple", "trades_per_block", "trades_per_day", "trades_per_day_total", "unknown_hold",
    "minutes_to_close", "order_median_multiple", "messages_per_second", "messages_per_minute", "day_types",
    "flat_minute", "friday_flat_minute", "early_close_minutes",
)  # fmt: skip


class Case(NamedTuple):
    """One moment, told twice."""

    state: np.ndarray
    command: np.ndarray
    order: twin.Order
    world: twin.World


def some_limits(rng) -> Limits:
    """Return the house's limits with some of them scaled, and some switched off."""
    changes = {}
    for name in ("risk_per_trade", "open_risk", "margin_use"):
        changes[name] = _scaled(rng, getattr(HOUSE, name), (0.2, 3), most=1.0)
    for name in ("gross_leverage", "net_leverage", "order_value_share"):
        changes[name] = _scaled(rng, getattr(HOUSE, name), (0.05, 2))
    changes["netting_credit"] = OFF if rng.random() < 0.5 else round(float(rng.random()), 3)
    changes["floor_buffer"] = _scaled(rng, HOUSE.floor_buffer, (0.1, 20))
    changes["flatten_cost_spreads"] = _scaled(rng, 1.0, (0.1, 5))
    for name in ("order_lots_cap", "position_lots_cap"):
        changes[name] = OFF if rng.random() < 0.7 else round(float(rng.uniform(0.05, 2)), 2)
    changes["order_value_cap"] = OFF if rng.random() < 0.8 else int(rng.integers(10**5, 10**8))
    changes["spread_cap"] = OFF if rng.random() < 0.8 else round(float(rng.uniform(0.05, 4)), 2)
    changes["last_entry_minutes"] = OFF if rng.random() < 0.5 else int(rng.integers(1, 120))
    for name in SOMETIMES_OFF:
        if rng.random() < 0.08:
            changes[name] = OFF
    groups = tuple(one._replace(limit=round(float(one.limit * rng.uniform(0.2, 2)), 5)) for one in HOUSE.groups)
    return HOUSE._replace(groups=groups, **changes)


def _scaled(rng, value, bounds, most=1e9):
    return OFF if rng.random() < 0.15 else min(most, round(float(value * rng.uniform(*bounds)), 6))


def some_case(seed) -> Case:
    """Return the case of a seed."""
    rng = np.random.default_rng(seed)
    limits = some_limits(rng)
    instruments = [PROFILE.instrument(symbol) for symbol in SYMBOLS]
    state = first_state(PROFILE, [Listing(one) for one in instruments], Settings(), STRATEGIES)
    row = state[0]
    world = twin.World(0, BALANCE, int(rng.integers(-150_000, 150_000)), twin_limits(limits))
    _write_time(rng, row, world)
    known = [_write_instrument(rng, row, number, one) for number, one in enumerate(instruments)]
    row.account.unrealised = world.unrealised
    hold_limits(state, limits, instruments)
    _write_market(rng, row, known, limits, world)
    _write_holdings(rng, row, known, world)
    world.floors = [_floor(rule) for rule in limits.loss_rules]
    _write_counts(rng, row, known, limits, world)
    command, order = _order(rng, row, known)
    _write_memory(rng, row, order, world, limits)
    return Case(state, command, order, world)


def twin_limits(limits: Limits) -> twin.Limits:
    """Return the same limits in the twin's words."""
    exact = {
        name: _exact(getattr(limits, name))
        for name in ("risk_per_trade", "open_risk", "kappa", "kappa_break", "kappa_weekend", "gross_leverage",
                     "net_leverage", "margin_use", "margin_level_warning", "collar_share", "collar_atr",
                     "level_atr_day", "order_lots_cap", "order_median_multiple", "order_value_share",
                     "position_lots_cap", "spread_median_multiple")
    }  # fmt: skip
    counts = {
        name: None if getattr(limits, name) == OFF else getattr(limits, name)
        for name in ("trades_per_block", "trades_per_day", "trades_per_day_total", "last_entry_minutes", "flat_minute",
                     "friday_flat_minute", "early_close_minutes", "messages_per_second", "messages_per_minute",
                     "messages_per_day", "minutes_to_close", "order_value_cap")
    }  # fmt: skip
    spans = {
        ours: None if getattr(limits, name) == OFF else int(getattr(limits, name) * SECOND)
        for ours, name in (("quote_age", "quote_age_s"), ("quote_age_asia", "quote_age_asia_s"),
                           ("bar_age", "bar_age_s"), ("duplicate", "duplicate_s"))
    }  # fmt: skip
    names = ("closed", "thin", "half", "full")
    days = names if limits.day_types == OFF else tuple(n for bit, n in enumerate(names) if limits.day_types >> bit & 1)
    return twin.Limits(
        **exact, **counts, **spans, day_types=days,
        groups=tuple((_exact(one.limit), {s: Fraction(str(w)) for s, w in one.members}) for one in limits.groups),
        netting_credit=_exact(limits.netting_credit) or Fraction(0),
        floor_buffer=None if limits.floor_buffer == OFF else Fraction(str(limits.floor_buffer)) * limits.capital,
        flatten_cost_spreads=_exact(limits.flatten_cost_spreads) or Fraction(0),
        unknown_hold=limits.unknown_hold != OFF,
        # Without a stop nothing that is about risk can be measured, so the gate asks for one.
        stop_required=any(getattr(limits, name) != OFF for name in NEED_A_STOP),
    )  # fmt: skip


NEED_A_STOP = ("stop_required", "risk_per_trade", "open_risk", "floor_buffer")


def _exact(value):
    return None if value == OFF else Fraction(str(value))


def _write_time(rng, row, world):
    """A moment of a New York weekday between 09:00 and 16:59, in winter or summer."""
    date = datetime(2025, 1 if rng.random() < 0.5 else 7, 13 if rng.random() < 0.5 else 14, tzinfo=UTC)
    day = (date - datetime(1970, 1, 1, tzinfo=UTC)).days
    day += int(rng.integers(0, 5)) - (day + 3) % 7
    closes = day * 24 * HOUR + (22 if date.month == 1 else 21) * HOUR
    row.date, row.day_opens, row.day_closes = day, closes - 24 * HOUR, closes
    row.week = (day + 3) // 7
    back = HOUR if rng.random() < 0.2 else 8 * HOUR
    row.now = closes - int(rng.integers(1, back // SECOND)) * SECOND
    world.now, world.day_began = int(row.now), int(row.day_opens)


def _write_instrument(rng, row, number, declared):
    """One instrument with its price and its day, for both."""
    place = row.instruments[number]
    tick = declared.tick_size
    middle = int(Decimal(PRICES[declared.symbol]) / tick * Decimal(str(round(rng.uniform(0.95, 1.05), 4))))
    spread = max(1, int(Decimal(SPREADS[declared.symbol]) / tick * Decimal(str(round(rng.uniform(0.3, 1.5), 2)))))
    place.bid, place.ask = middle, middle + spread
    if rng.random() < 0.01:
        place.bid = 0
    place.quoted_span = 0 if rng.random() < 0.5 else 60
    allowed = 2 if place.quoted_span == 0 else 90
    place.quoted_at = row.now - (int(rng.integers(0, 4 * allowed)) if rng.random() < 0.1 else 0) * SECOND
    place.day_atr = 0.0 if rng.random() < 0.02 else float(round(middle * rng.uniform(0.004, 0.02)))
    place.day_type = 3 if rng.random() < 0.9 else int(rng.integers(1, 4))
    closes = row.day_closes - (0 if rng.random() < 0.7 else int(rng.integers(0, 6 * 60)) * MINUTE)
    if rng.random() < 0.05:
        closes = row.now + int(rng.integers(0, 5 * 60)) * SECOND
    place.sessions[SESSION_IDS["MARKET"]].opens = row.day_opens
    place.sessions[SESSION_IDS["MARKET"]].closes = closes
    place.sessions[SESSION_IDS["NY_AM"]].opens = row.day_opens
    place.sessions[SESSION_IDS["NY_AM"]].closes = row.day_closes
    rates = Fraction(1), Fraction(1)
    if declared.quote_currency == "JPY":
        rates = _write_rate(row, place)
    fresh = int(row.now)
    return twin.Instrument(
        declared.symbol, Fraction(int(place.value_numerator), int(place.value_denominator)), *rates,
        steps_per_lot=int(1 / declared.volume_step), smallest=int(place.quantity_minimum),
        commission=_commission(place), largest=int(place.quantity_maximum),
        margin_rate=Fraction(float(place.margin_rate)),
        slippage=int(place.stop_slippage), stops_level=int(place.stops_level), bid=int(place.bid), ask=int(place.ask),
        quoted_at=int(place.quoted_at) if place.quoted_span == 0 else fresh,
        bar_at=fresh if place.quoted_span == 0 else int(place.quoted_at),
        day_atr=None if place.day_atr == 0 else Fraction(float(place.day_atr)),
        opens=int(row.day_opens), closes=int(closes), day_type=("closed", "thin", "half", "full")[place.day_type],
        early_close=bool(place.day_type != 3 and 0 < closes < row.day_closes),
    )  # fmt: skip


def _commission(place):
    """Return what one side of a step costs; only commissions per lot occur here."""
    assert place.commission_model in (NO_COMMISSION, PER_LOT)
    per_lot = Fraction(float(place.commission)) if place.commission_model == PER_LOT else Fraction(0)
    return per_lot / int(place.steps_per_lot)


def _write_rate(row, place):
    """The rate of yen to cents follows from the pair: gains at its ask, losses at its bid."""
    bid, ask = max(int(place.bid), 100_000), int(place.ask)
    currency = row.currencies[place.currency]
    currency.rate_bid, currency.rate_ask, currency.known = 100_000.0 / ask, 100_000.0 / bid, 1
    return Fraction(float(currency.rate_bid)), Fraction(float(currency.rate_ask))


def _write_market(rng, row, known, limits, world):
    """What the gate measured of each market: short ATR, usual spread, trades of the day, news ahead."""
    for number, one in enumerate(known):
        watched = row.risk.instruments[number]
        if rng.random() < 0.95:
            watched.range_atr = float(round(one.ask * rng.uniform(0.0003, 0.002)))
            one.atr = Fraction(float(watched.range_atr))
        watched.spread_hour = 5
        watched.usual_spread = -1.0
        if rng.random() < 0.97:
            watched.usual_spread = float(max(1, round((one.ask - one.bid) * rng.uniform(0.35, 1.5))))
            one.usual_spread = Fraction(float(watched.usual_spread))
        if rng.random() < 0.15:
            watched.trades_day = int(rng.integers(0, 3))
            world.trades_in_day[one.symbol] = int(watched.trades_day)
        cap = row.limits.caps[number].spread
        one.spread_cap = None if cap < 0 else int(cap)
    row.risk.trades_day = sum(world.trades_in_day.values())
    del limits


def _write_holdings(rng, row, known, world):
    """Positions with a stop, now and then a naked one, and entries that wait."""
    margin = Fraction(0)
    for strategy in range(STRATEGIES):
        for number, one in enumerate(known):
            if rng.random() < 0.25 and one.bid > 0:
                margin += _write_position(rng, row, (strategy, number), one, world)
            if rng.random() < 0.15 and one.bid > 0:
                _write_entry(rng, row, (strategy, number), one, world)
    row.account.margin = round(margin)
    world.margin = Fraction(0)  # the warning level is drawn apart, as the kernel keeps it


def _write_position(rng, row, where, one, world):
    """A position and its stop; return its margin."""
    strategy, number = where
    steps = int(rng.integers(1, 40)) * (1 if rng.random() < 0.5 else -1)
    side = 1 if steps > 0 else -1
    place = row.positions[strategy * INSTRUMENTS + number]
    place.quantity = steps
    place.cost = steps * (one.ask if side > 0 else one.bid)
    place.opened_at = row.now - HOUR
    row.instruments[number].open_positions += 1
    stop = None
    if rng.random() < 0.98:
        away = int(one.ask * rng.uniform(-0.001, 0.006))
        stop = (one.bid if side > 0 else one.ask) - side * away
        order = _new_order(row, strategy, number, -side, abs(steps))
        order.role, order.type, order.trigger, order.reduce_only = STOP_LOSS, STOP, stop, 1
    held = twin.Position(strategy, one, steps, stop)
    world.positions.append(held)
    return held.value() * one.margin_rate


def _write_entry(rng, row, where, one, world):
    """A limit or stop entry that waits, with its stop."""
    strategy, number = where
    side, steps = (1 if rng.random() < 0.5 else -1), int(rng.integers(1, 30))
    waits_below = rng.random() < 0.5
    price = int(one.ask * (1 - 0.002 * side)) if waits_below else int(one.ask * (1 + 0.002 * side))
    order = _new_order(row, strategy, number, side, steps)
    order.role, order.type = ENTRY, LIMIT if waits_below else STOP
    order.price, order.trigger = (price, 0) if waits_below else (0, price)
    stop = price - side * int(one.ask * rng.uniform(0.001, 0.006))
    order.stop_loss = stop
    waiting = twin.Position(strategy, one, side * steps, stop, price)
    order.risk = round(waiting.loss_to_stop())
    if rng.random() < 0.03:
        order.status = UNKNOWN
        world.unknown_in.add(one.symbol)
    world.pending.append(waiting)


def _new_order(row, strategy, number, side, steps):
    order = row.orders[row.order_count]
    row.order_count += 1
    order.id = row.next_order
    row.next_order += 1
    order.strategy, order.instrument, order.side, order.quantity = strategy, number, side, steps
    order.status, order.sent_at = WORKING, row.now - MINUTE
    return order


def _floor(rule):
    severity = "halt" if rule.severity == HALT else "latch" if rule.severity == LATCH else "no entries"
    return twin.Floor(rule.name, rule.amount, BALANCE, inclusive=bool(rule.inclusive), severity=severity)


def _write_counts(rng, row, known, limits, world):
    """Kill switch, halts, cool-downs, messages, sizes: mostly nothing, sometimes one of them."""
    risk = row.risk
    if rng.random() < 0.01:
        risk.kill = world.kill_level = 1
    if rng.random() < 0.01:
        risk.halted_by = refusals.DAILY_SOFT_LOSS
        world.no_entries = True
    if rng.random() < 0.01:
        row.halted = 1
        world.halted = True
    if rng.random() < 0.02:
        row.strategies[0].enabled = 0
        world.disabled.add(0)
    if rng.random() < 0.03:
        until = int(row.now) + int(rng.integers(-5, 5)) * SECOND
        risk.positions[0].cool_until = until
        world.cooling_until[0, known[0].symbol] = until
    if rng.random() < 0.02:
        risk.cool_until = world.cooling_all_until = int(row.now) + int(rng.integers(-5, 5)) * SECOND
    if rng.random() < 0.1:
        _write_messages(rng, row, limits, world)
    for number, one in enumerate(known):
        if rng.random() < 0.3:
            middle = int(rng.integers(2, 30))
            risk.instruments[number].sizes, risk.instruments[number].middle_size = 50, float(middle)
            world.sizes[one.symbol] = [middle] * 50
        if rng.random() < 0.05:
            count = int(rng.integers(0, 2))
            risk.positions[number].block_trades[SESSION_IDS["NY_AM"]] = count
            world.trades_in_block[0, one.symbol] = count


def _write_messages(rng, row, limits, world):
    """So many messages at one moment: the buckets have spent as many tokens as they have."""
    count, when = int(rng.integers(1, 80)), int(row.now) - int(rng.integers(0, 3 * SECOND))
    world.messages = [when] * count
    row.risk.messages_at = when
    for name, most, span in (("spent_second", limits.messages_per_second, SECOND),
                             ("spent_minute", limits.messages_per_minute, MINUTE),
                             ("spent_day", limits.messages_per_day, 24 * HOUR)):  # fmt: skip
        row.risk[name] = 0 if most == OFF else min(count, most) * span


def _order(rng, row, known):
    """The order that is asked about, for both."""
    number = int(rng.integers(0, len(known)))
    one, side = known[number], 1 if rng.random() < 0.5 else -1
    steps = int(rng.integers(1, 60))
    kind = ("market", "limit", "stop")[int(rng.integers(0, 3))]
    away = int(one.ask * rng.uniform(-0.0003, 0.004))
    price = one.ask - side * away if kind == "limit" else 0
    trigger = one.ask + side * away if kind == "stop" else 0
    reference = price or trigger or (one.ask if side > 0 else one.bid)
    stop = None if rng.random() < 0.03 else reference - side * int(one.ask * rng.uniform(-0.0002, 0.008))
    target = reference + side * int(one.ask * rng.uniform(-0.0005, 0.02)) if rng.random() < 0.4 else None
    command = np.zeros(1, COMMAND)
    place = command[0]
    place.ts, place.kind, place.strategy, place.instrument = row.now, PLACE, 0, number
    place.side, place.quantity, place.price, place.trigger = side, steps, price, trigger
    place.type = {"market": MARKET, "limit": LIMIT, "stop": STOP}[kind]
    place.stop_loss, place.take_profit = stop or 0, target or 0
    order = twin.Order(0, one, side, steps, kind, price, trigger, stop, target)
    return command, order


def _write_memory(rng, row, order, world, limits):
    """Now and then the same order, or nearly, was sent a moment ago."""
    if rng.random() >= 0.1:
        return
    when = int(row.now) - int(rng.integers(0, 15)) * SECOND
    near = int(rng.integers(-2, 3))
    sent = row.risk.orders[0]
    row.risk.sent = 1
    sent.ts, sent.quantity, sent.price = when, order.steps, order.entry + near
    sent.strategy, sent.instrument, sent.side = 0, SYMBOLS.index(order.instrument.symbol), order.side
    sent.type = {"market": MARKET, "limit": LIMIT, "stop": STOP}[order.kind]
    old = twin.Sent(0, order.instrument.symbol, order.side, order.steps, order.kind, order.entry + near)
    world.sent.append((when, old))
    del limits
