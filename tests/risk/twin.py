"""The naive twin of the gate: domain rules 5 as obvious Python, slow and exact, written without the kernel's code.

Cash is in minor units of the account, prices in ticks, sizes in lot steps, times in nanoseconds; everything that is
divided is a Fraction. `decide` tries sizes one step at a time from the top, and every rule is a sentence of its own.
A refusal names every rule that refuses, because the order in which guards stand is the gate's own affair.
"""

# ruff: noqa: SIM102 - first whether the limit is on, then what it asks
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
NEW_YORK = ZoneInfo("America/New_York")
OFF = None
"""Here a limit that is off is None."""
EPOCH = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))


@dataclass
class Instrument:
    """What is traded, and what is known of it now."""

    symbol: str
    per_tick_step: Fraction
    """Minor units of the quote currency."""
    rate_gain: Fraction = Fraction(1)
    rate_loss: Fraction = Fraction(1)
    """Minor units of the account per minor unit of the quote currency: bid for gains, ask for losses."""
    steps_per_lot: int = 100
    smallest: int = 1
    largest: int = 10_000
    margin_rate: Fraction = Fraction(1, 20)
    commission: Fraction = Fraction(0)
    """Minor units of the account, one side of one step."""
    slippage: int = 0
    stops_level: int = 0
    bid: int = 0
    ask: int = 0
    quoted_at: int = 0
    bar_at: int = 0
    """When the newest finished minute bar ended."""
    atr: Fraction | None = None
    """ATR(14) of M5 bars, ticks."""
    day_atr: Fraction | None = None
    usual_spread: Fraction | None = None
    spread_cap: int | None = None
    """Ticks."""
    opens: int = 0
    closes: int = 2**62
    day_type: str = "full"
    early_close: bool = False
    asia: bool = False
    news_opens: int = 0
    news_closes: int = 0

    @property
    def middle(self) -> Fraction:
        return Fraction(self.bid + self.ask, 2)

    def cash(self, ticks_steps) -> Fraction:
        """Return what a move of so many ticks x steps is worth to the account."""
        quoted = Fraction(ticks_steps) * self.per_tick_step
        return quoted * (self.rate_gain if quoted > 0 else self.rate_loss)


@dataclass
class Position:
    """Something held, or an entry that waits and counts as if filled."""

    strategy: int
    instrument: Instrument
    steps: int
    """Signed."""
    stop: int | None
    price: int | None = None
    """Where a waiting entry is expected to be filled; None for what is held."""
    is_new: bool = False

    @property
    def side(self) -> int:
        return 1 if self.steps > 0 else -1

    @property
    def mark(self) -> int:
        """The price it could be closed at, or would be opened at."""
        if self.price is not None:
            return self.price
        return self.instrument.bid if self.steps > 0 else self.instrument.ask

    def loss_to_stop(self) -> Fraction | None:
        """Return what is lost from the mark to the stop, with slippage and the commission still to come."""
        if self.stop is None:
            return None
        ticks = max(0, (self.mark - self.stop) * self.side) + self.instrument.slippage
        sides = 1 if self.price is None else 2
        return -self.instrument.cash(-ticks * abs(self.steps)) + self.instrument.commission * abs(self.steps) * sides

    def value(self) -> Fraction:
        """Return its value without sign; of what waits, at the dearest price it may be filled at."""
        price = self.mark if self.price is None or self.is_new else max(self.mark, self.instrument.ask)
        return price * abs(self.steps) * self.instrument.per_tick_step * self.instrument.rate_loss


@dataclass
class Sent:
    """An order that was sent before."""

    strategy: int
    symbol: str
    side: int
    steps: int
    kind: str
    price: int


@dataclass
class Order:
    """What a strategy wants."""

    strategy: int
    instrument: Instrument
    side: int
    steps: int
    kind: str = "market"
    price: int = 0
    trigger: int = 0
    stop: int | None = None
    target: int | None = None
    reduces: bool = False
    flatten: bool = False

    @property
    def entry(self) -> int:
        """The price it is expected to be filled at."""
        if self.kind == "market":
            return self.instrument.ask if self.side > 0 else self.instrument.bid
        return self.trigger if self.kind == "stop" else self.price

    def as_position(self, steps: int) -> Position:
        return Position(self.strategy, self.instrument, self.side * steps, self.stop, self.entry, is_new=True)


@dataclass
class Floor:
    """One loss rule at work (domain 5.4)."""

    name: str
    amount: int | None
    """Minor units; None where it is a share of the base."""
    initial: int
    share: Fraction = Fraction(0)
    base_mode: str = "initial"
    resets: str = "never"
    highest: str = "none"
    update: str = "tick"
    lock: int | None = None
    check: str = "tick"
    on: str = "equity"
    inclusive: bool = False
    severity: str = "terminate"
    base: int = 0
    top: int = 0

    def __post_init__(self):
        self.base = self.base or self.initial
        self.top = self.top or self.initial

    def level(self) -> int:
        """Return the floor as it lies now."""
        if self.highest == "none":
            return self.base - (int(self.base * self.share) if self.amount is None else self.amount)
        floor = max(self.top, self.initial) - self.amount
        return floor if self.lock is None else min(floor, self.lock)

    def is_breached(self, balance: int, equity: int, *, day_ends: bool = False) -> bool:
        """Return whether these break it now."""
        if self.check == "end of day" and not day_ends:
            return False
        tested = balance if self.on == "balance" else equity
        return tested <= self.level() if self.inclusive else tested < self.level()

    def mark(self, balance: int, equity: int) -> None:
        """A price was seen."""
        if self.highest == "equity" and self.update == "tick":
            self.top = max(self.top, equity)
        if self.highest == "balance" and self.update == "tick":
            self.top = max(self.top, balance)

    def trade_closed(self, balance: int, equity: int) -> None:
        """A trade was closed and its result booked."""
        if self.update == "trade close":
            self.top = max(self.top, equity if self.highest == "equity" else balance)

    def reset(self, balance: int, equity: int, *, monday: bool = False, close: int | None = None) -> None:
        """The rule's day clock begins a day; swap and dividends are booked already.

        `close` is the equity that the last close of the trading day, 17:00 New York, found.
        """
        if self.update == "end of day":
            self.top = max(self.top, equity if self.highest == "equity" else balance)
        if self.resets == "day" or (self.resets == "week" and monday):
            previous = equity if close is None else close
            found = {"balance": balance, "higher": max(balance, equity), "previous close equity": previous}
            self.base = found.get(self.base_mode, equity)


@dataclass
class Limits:
    """The house's limits, None where off."""

    risk_per_trade: Fraction | None = Fraction(1, 200)
    open_risk: Fraction | None = Fraction(2, 100)
    kappa: Fraction = Fraction(5, 4)
    kappa_break: Fraction = Fraction(2)
    kappa_weekend: Fraction = Fraction(3)
    groups: tuple[tuple[Fraction, dict[str, Fraction]], ...] = ()
    netting_credit: Fraction = Fraction(0)
    gross_leverage: Fraction | None = Fraction(10)
    net_leverage: Fraction | None = Fraction(5)
    margin_use: Fraction | None = Fraction(3, 10)
    margin_level_warning: Fraction | None = Fraction(2)
    floor_buffer: int | None = 0
    """Minor units; off it takes R8 with it."""
    flatten_cost_spreads: Fraction = Fraction(1)
    consecutive_losses: int | None = 3
    consecutive_losses_global: int | None = 5
    trades_per_block: int | None = 1
    trades_per_day: int | None = 2
    trades_per_day_total: int | None = 6
    last_entry_minutes: int | None = None
    flat_minute: int | None = 16 * 60 + 55
    friday_flat_minute: int | None = 16 * 60 + 30
    early_close_minutes: int | None = 15
    weekend_flat: bool = True
    day_types: tuple[str, ...] = ("full",)
    stop_required: bool = True
    collar_share: Fraction | None = Fraction(3, 1000)
    collar_atr: Fraction | None = Fraction(3)
    level_atr_day: Fraction | None = Fraction(5)
    order_lots_cap: Fraction | None = None
    order_median_multiple: Fraction | None = Fraction(3)
    order_value_share: Fraction | None = Fraction(5)
    order_value_cap: int | None = None
    position_lots_cap: Fraction | None = None
    messages_per_second: int | None = 5
    messages_per_minute: int | None = 60
    messages_per_day: int | None = 500
    quote_age: int | None = 2 * SECOND
    quote_age_asia: int | None = 5 * SECOND
    bar_age: int | None = 90 * SECOND
    spread_median_multiple: Fraction | None = Fraction(5, 2)
    duplicate: int | None = 10 * SECOND
    fills_per_5min: int | None = 3
    fills_per_day: int | None = 10
    broker_rejects: int | None = 3
    minutes_to_close: int | None = 2
    clock_skew: int | None = SECOND
    unknown_hold: bool = True


@dataclass
class World:
    """Everything the gate may look at."""

    now: int
    balance: int
    unrealised: int
    limits: Limits
    positions: list[Position] = field(default_factory=list)
    pending: list[Position] = field(default_factory=list)
    floors: list[Floor] = field(default_factory=list)
    margin: Fraction = Fraction(0)
    kill_level: int = 0
    halted: bool = False
    no_entries: bool = False
    """A soft floor was broken and its day is not over."""
    disabled: set[int] = field(default_factory=set)
    cooling_until: dict[tuple[int, str], int] = field(default_factory=dict)
    cooling_all_until: int = 0
    trades_in_block: dict[tuple[int, str], int] = field(default_factory=dict)
    trades_in_day: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, list[int]] = field(default_factory=dict)
    """The latest orders' steps, oldest first."""
    messages: list[int] = field(default_factory=list)
    """When each was sent."""
    day_began: int = 0
    sent: list[tuple[int, Sent]] = field(default_factory=list)
    fills: list[tuple[int, int]] = field(default_factory=list)
    """Moment and strategy."""
    rejects: list[int] = field(default_factory=list)
    latched: set[str] = field(default_factory=set)
    """C10 by strategy is in `disabled`; C11 and C13 stay until re-armed."""
    skew: int = 0
    unknown_in: set[str] = field(default_factory=set)
    """Instruments with an order whose outcome is not known."""

    @property
    def equity(self) -> int:
        return self.balance + self.unrealised

    def new_york(self) -> datetime:
        return datetime.fromtimestamp(self.now // SECOND, NEW_YORK)


@dataclass
class Decision:
    """What becomes of an order."""

    action: str
    """passed, reduced or refused."""
    steps: int
    reasons: set[str]


def decide(order: Order, world: World, slack: Fraction = Fraction(0)) -> Decision:
    """Return what domain 5.3 and 5.5 say of a new order; `slack` minor units are added to every budget.

    Worst case: an order counts as opening in full, also against what is held, unless it says that it only reduces.
    """
    reasons = set(refusals(order, world))
    if order.steps < order.instrument.smallest and not order.reduces:
        reasons.add("MINIMUM")
    if reasons:
        return Decision("refused", 0, reasons)
    if order.reduces or order.flatten:
        return Decision("passed", order.steps, set())
    why = set()
    for steps in range(order.steps, 0, -1):
        too_much = set(excesses(order, steps, world, slack))
        if not too_much:
            if steps < order.instrument.smallest:
                break
            return Decision("passed" if steps == order.steps else "reduced", steps, why)
        why |= too_much
    return Decision("refused", 0, why)


def refusals(order: Order, world: World) -> Iterable[str]:
    """Yield every rule that refuses the order whatever its size."""
    if order.flatten:
        yield from outside_hours(order, world, opens=False)
        return
    yield from broken_inputs(order)
    yield from outside_hours(order, world, opens=not order.reduces)
    if order.reduces:
        yield from sides(order)
        return
    yield from switched_off(order, world)
    yield from sides(order)
    yield from stale_prices(order, world)
    yield from unsent(order, world)
    yield from standstill(order, world)
    yield from time_rules(order, world)
    yield from trade_counts(order, world)
    yield from levels(order, world)
    yield from fixed_sizes(order, world)
    yield from spread_guard(order, world)


def broken_inputs(order: Order) -> Iterable[str]:
    """Fail closed: a price that is missing or crossed."""
    one = order.instrument
    if one.bid <= 0 or one.ask < one.bid:
        yield "NO PRICE"


def stale_prices(order: Order, world: World) -> Iterable[str]:
    """C7: the quote or the newest bar is too old."""
    one, limits = order.instrument, world.limits
    oldest = limits.quote_age_asia if one.asia else limits.quote_age
    if oldest is not None and world.now - one.quoted_at > oldest:
        yield "C7"
    if limits.bar_age is not None and world.now - one.bar_at > limits.bar_age:
        yield "C7"


def outside_hours(order: Order, world: World, *, opens: bool) -> Iterable[str]:
    """C12: open, and at least so long to the close; what opens nothing may go until the close itself."""
    one, limits = order.instrument, world.limits
    if not one.opens <= world.now < one.closes:
        yield "C12"
    elif limits.minutes_to_close is not None and opens:
        if one.closes - world.now < limits.minutes_to_close * MINUTE:
            yield "C12"


def unsent(order: Order, world: World) -> Iterable[str]:
    """C6, C9 and C14: too many messages, the same again, an outcome that is not known."""
    limits = world.limits
    for most, span in (
        (limits.messages_per_second, SECOND),
        (limits.messages_per_minute, MINUTE),
        (limits.messages_per_day, 24 * 60 * MINUTE),
    ):
        if most is not None and tokens(world, most, span) < 1:
            yield "C6"
    for when, old in world.sent:
        same = (old.strategy, old.symbol, old.side, old.steps, old.kind) == (
            order.strategy, order.instrument.symbol, order.side, order.steps, order.kind,
        )  # fmt: skip
        near = abs(old.price - order.entry) <= 1
        if limits.duplicate is not None and world.now - when <= limits.duplicate and same and near:
            yield "C9"
    if limits.unknown_hold and order.instrument.symbol in world.unknown_in:
        yield "C14"


def tokens(world: World, most: int, span: int) -> Fraction:
    """Return what a bucket of `most` tokens holds, which fills within `span` and loses one with every message."""
    left, last = Fraction(most), world.now
    for when in world.messages:
        left = min(Fraction(most), left + Fraction(max(0, when - last) * most, span))
        left, last = max(Fraction(0), left - 1), when
    return min(Fraction(most), left + Fraction((world.now - last) * most, span))


def switched_off(order: Order, world: World) -> Iterable[str]:
    """A halt, and C10: only what says that it reduces still passes."""
    if world.halted:
        yield "HALTED"
    if order.strategy in world.disabled:
        yield "C10"


def standstill(order: Order, world: World) -> Iterable[str]:
    """R5 at the warning, R6, R7, R9 to R12, R17, C10, C11 and C13: no entries at all now."""
    limits = world.limits
    if world.kill_level >= 1:
        yield "R17"
    if world.no_entries:
        yield "R6"
    recent = [when for when, strategy in world.fills if strategy == order.strategy]
    if (
        limits.fills_per_5min is not None
        and sum(world.now - when < 5 * MINUTE for when in recent) >= limits.fills_per_5min
    ):
        yield "C10"
    if limits.fills_per_day is not None and sum(when >= world.day_began for when in recent) >= limits.fills_per_day:
        yield "C10"
    if "C11" in world.latched:
        yield "C11"
    if limits.broker_rejects is not None:
        if sum(world.now - when < MINUTE for when in world.rejects) >= limits.broker_rejects:
            yield "C11"
    if "C13" in world.latched or (limits.clock_skew is not None and abs(world.skew) > limits.clock_skew):
        yield "C13"
    if limits.margin_level_warning is not None and world.margin > 0:
        if world.equity / world.margin < limits.margin_level_warning:
            yield "R5"
    if world.now < world.cooling_until.get((order.strategy, order.instrument.symbol), 0):
        yield "R12"
    if world.now < world.cooling_all_until:
        yield "R12"


def time_rules(order: Order, world: World) -> Iterable[str]:
    """R14: day types, the time before everything is closed, early closes, releases."""
    one, limits = order.instrument, world.limits
    if one.day_type not in limits.day_types:
        yield "R14"
    if any(world.now >= flat - (limits.last_entry_minutes or 0) * MINUTE for flat in flat_moments(one, world)):
        yield "R14"
    if one.news_opens <= world.now < one.news_closes:
        yield "R14"


def flat_moments(one: Instrument, world: World) -> Iterable[int]:
    """Yield when everything has to be closed today: by the clock, before the weekend, before an early close."""
    limits, now = world.limits, world.new_york()
    friday = now.weekday() == 4
    minutes = [limits.flat_minute, limits.friday_flat_minute if friday else None]
    if friday and limits.weekend_flat and minutes == [None, None]:
        minutes = [16 * 60 + 55]
    for minute in minutes:
        if minute is not None:
            yield world.now + (minute - now.hour * 60 - now.minute) * MINUTE - now.second * SECOND
    if one.early_close and limits.early_close_minutes is not None:
        yield one.closes - limits.early_close_minutes * MINUTE


def trade_counts(order: Order, world: World) -> Iterable[str]:
    """R13; an entry that waits is a trade already: the position it may add to can be closed before it fills."""
    limits, symbol = world.limits, order.instrument.symbol
    waiting = [(p.strategy, p.instrument.symbol) for p in world.pending]
    own = (order.strategy, symbol)
    for most, count in (
        (limits.trades_per_block, world.trades_in_block.get(own, 0) + waiting.count(own)),
        (limits.trades_per_day, world.trades_in_day.get(symbol, 0) + sum(key[1] == symbol for key in waiting)),
        (limits.trades_per_day_total, sum(world.trades_in_day.values()) + len(waiting)),
    ):
        if most is not None and count >= most:
            yield "R13"


def sides(order: Order) -> Iterable[str]:
    """C2: prices stand on the side of the market where they belong."""
    one, side = order.instrument, order.side
    if order.kind == "limit" and (one.ask - order.price) * side <= 0 and side > 0:
        yield "C2"
    if order.kind == "limit" and (order.price - one.bid) <= 0 and side < 0:
        yield "C2"
    if order.kind == "stop" and (order.trigger - (one.ask if side > 0 else one.bid)) * side <= 0:
        yield "C2"
    leaving = order.entry - side * (one.ask - one.bid) if order.kind != "limit" else order.entry
    if order.stop is not None:
        if (leaving - order.stop) * side <= 0 or (leaving - order.stop) * side < one.stops_level:
            yield "C2"
    if order.target is not None and (order.target - leaving) * side <= 0:
        yield "C2"


def levels(order: Order, world: World) -> Iterable[str]:
    """R15 and C1: a stop is there; nothing lies absurdly far away."""
    one, limits = order.instrument, world.limits
    if limits.stop_required and order.stop is None:
        yield "R15"
    if order.kind != "market" and (limits.collar_share is not None or limits.collar_atr is not None):
        widths = [limits.collar_share * one.middle] if limits.collar_share is not None else [Fraction(0)]
        if limits.collar_atr is not None and one.atr is not None:
            widths.append(limits.collar_atr * one.atr)
        if abs(order.entry - one.middle) > max(widths):
            yield "C1"
    if limits.level_atr_day is not None:
        for level in (order.stop, order.target):
            if level is not None and (
                one.day_atr is None or abs(level - one.middle) > limits.level_atr_day * one.day_atr
            ):  # fmt: skip
                yield "C1"


def fixed_sizes(order: Order, world: World) -> Iterable[str]:
    """C3 to C5: sizes that are refused and not reduced."""
    one, limits = order.instrument, world.limits
    lots = Fraction(order.steps, one.steps_per_lot)
    if order.steps > one.largest or (limits.order_lots_cap is not None and lots > limits.order_lots_cap):
        yield "C3"
    known = world.sizes.get(one.symbol, [])[-50:]
    if limits.order_median_multiple is not None and len(known) == 50:
        if order.steps > limits.order_median_multiple * median(known):
            yield "C3"
    value = order.as_position(order.steps).value()
    if limits.order_value_share is not None and value > limits.order_value_share * world.equity:
        yield "C4"
    if limits.order_value_cap is not None and value > limits.order_value_cap:
        yield "C4"
    if limits.position_lots_cap is not None:
        held = [p.steps * order.side for p in (*world.positions, *world.pending) if p.instrument.symbol == one.symbol]
        after = sum(max(0, steps) for steps in held) + order.steps
        if Fraction(after, one.steps_per_lot) > limits.position_lots_cap:
            yield "C5"


def median(values: list[int]) -> Fraction:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return Fraction(ordered[middle]) if len(ordered) % 2 else Fraction(ordered[middle - 1] + ordered[middle], 2)


def spread_guard(order: Order, world: World) -> Iterable[str]:
    """C8."""
    one, limits = order.instrument, world.limits
    spread = one.ask - one.bid
    if limits.spread_median_multiple is not None:
        if one.usual_spread is None or spread > limits.spread_median_multiple * one.usual_spread:
            yield "C8"
    if one.spread_cap is not None and spread > one.spread_cap:
        yield "C8"


def excesses(order: Order, steps: int, world: World, slack: Fraction = Fraction(0)) -> Iterable[str]:
    """Yield every rule that a size breaks and a smaller one might not: R1 to R5 and R8."""
    limits, new = world.limits, order.as_position(steps)
    everything = [*world.positions, *world.pending, new]
    loss = new.loss_to_stop()
    if limits.risk_per_trade is not None:
        if loss is None or loss > limits.risk_per_trade * min(world.balance, world.equity) + slack:
            yield "R1"
    risk = heat(everything, world)
    if limits.open_risk is not None and (risk is None or risk > limits.open_risk * world.equity + slack):
        yield "R2"
    for share, weights in limits.groups:
        if order.instrument.symbol in weights:
            group = group_risk(everything, weights, world)
            before = group_risk(everything[:-1], weights, world)
            # A group above its limit is not brought below it by opening the other side.
            if before is not None and before > share * world.equity + slack:
                yield "R3"
            if group is None or group > share * world.equity + slack:
                yield "R3"
            toward = order.side * (1 if weights[order.instrument.symbol] > 0 else -1)
            signed = [toward * p.value() * p.side * weights.get(p.instrument.symbol, 0) for p in everything]
            # Of what waits only that counts which makes it worse.
            worst = sum(
                value if p.price is None else max(value, 0) for value, p in zip(signed, everything, strict=True)
            )
            if limits.net_leverage is not None and worst > limits.net_leverage * world.equity + slack:
                yield "R4"
    if limits.gross_leverage is not None:
        if sum(p.value() for p in everything) > limits.gross_leverage * world.equity + slack:
            yield "R4"
    if limits.margin_use is not None:
        used = sum(p.value() * p.instrument.margin_rate for p in everything)
        if used > limits.margin_use * world.equity + slack:
            yield "R5"
    cost = sum(p.instrument.cash((p.instrument.ask - p.instrument.bid) * abs(p.steps)) for p in everything)
    for floor in world.floors:
        if floor.severity in ("halt", "latch", "terminate"):
            if limits.floor_buffer is None:
                continue
            least = floor.level() + limits.floor_buffer
            if risk is None or world.equity - risk - cost * limits.flatten_cost_spreads + slack < least:
                yield "R8"


def kappa(one: Instrument, world: World) -> Fraction:
    """Return how far a stop may slip: more if nothing closes the position before the break, a release, the weekend."""
    limits, never_flat = world.limits, world.limits.flat_minute is None
    if world.new_york().weekday() == 4 and never_flat and limits.friday_flat_minute is None and not limits.weekend_flat:
        return limits.kappa_weekend
    return limits.kappa_break if never_flat or one.news_opens <= world.now < one.news_closes else limits.kappa


def heat(positions: Iterable[Position], world: World) -> Fraction | None:
    """Return the sum of kappa x loss to the stop; None where one has no stop."""
    total = Fraction(0)
    for one in positions:
        loss = one.loss_to_stop()
        if loss is None:
            return None
        total += kappa(one.instrument, world) * loss
    return total


def group_risk(positions: Iterable[Position], weights: dict[str, Fraction], world: World) -> Fraction | None:
    """Return the larger side of a group less the credit for the smaller."""
    long = short = Fraction(0)
    for one in positions:
        weight = weights.get(one.instrument.symbol, 0) * one.side
        if weight == 0:
            continue
        risk = heat([one], world)
        if risk is None:
            return None
        if weight > 0:
            long += weight * risk
        else:
            short += -weight * risk
    return max(long, short) - world.limits.netting_credit * min(long, short)


def size(world: World, order: Order) -> int:
    """Return the steps of domain 5.1: the share of capital at the stop, rounded down; 0 below the smallest size."""
    risk = world.limits.risk_per_trade * min(world.balance, world.equity)
    steps = 0
    while (loss := order.as_position(steps + 1).loss_to_stop()) is not None and loss <= risk:
        steps += 1
    return steps if steps >= order.instrument.smallest else 0


def breaches(world: World, worst_equity: int, *, day_ends: bool = False) -> list[Floor]:
    """Return every floor that the mark breaks; on bars it is the worst equity inside the bar that counts."""
    return [one for one in world.floors if one.is_breached(world.balance, worst_equity, day_ends=day_ends)]


def after_loss(world: World, closed: tuple[int, str, Fraction], row: dict, block_ends: int) -> None:
    """R12: a trade closed with so many R; three losses in a row cool strategy and instrument down, five everything."""
    strategy, symbol, multiple = closed
    lost = multiple <= Fraction(-1, 4)
    for key, most in (
        ((strategy, symbol), world.limits.consecutive_losses),
        ("all", world.limits.consecutive_losses_global),
    ):
        row[key] = row.get(key, 0) + 1 if lost else 0
        if most is not None and row[key] >= most:
            until = max(world.now + 120 * MINUTE, block_ends)
            if key == "all":
                world.cooling_all_until = until
            else:
                world.cooling_until[key] = until
