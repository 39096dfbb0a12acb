"""Small worlds for tests: instruments in a trader's words, a state and a venue for them, events, and a run.

Prices, lots and cash are decimals here and integers behind `Instrument`; everything a test does not name has no cost,
no slippage and no latency, so that a row of a scenario can be checked in one's head.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np

from tradewind.adapters.memory import MemoryFeed, MemoryJournal
from tradewind.kernel import costs, loop, records
from tradewind.kernel.records import BAR, DAY, EVENT, NEVER, QUOTE, SERIES, STATE, TIME, VENUE
from tradewind.kernel.step import WANTS_QUOTES
from tradewind.money import MINOR_DIGITS
from tradewind.runner import Runner, Slot

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 3600 * SECOND
DAY_NS = 86_400 * SECOND
WEDNESDAY = np.datetime64("2025-01-15", "D").astype(int)
"""The day scenarios happen on: 2025-01-15, in New York winter (17:00 there is 22:00 UTC)."""

SPREADS = ("spread_open", "spread_high", "spread_low", "spread_close")
TRIPLE = {"wed": (1, 1, 3, 1, 1, 0, 0), "fri": (1, 1, 1, 1, 3, 0, 0), "none": (1, 1, 1, 1, 1, 0, 0)}


@dataclass(frozen=True)
class Instrument:
    """One instrument as a person would describe it."""

    name: str = "US30"
    tick: Decimal = Decimal("0.1")
    step: Decimal = Decimal("0.1")
    value: Decimal = Decimal(1)
    """P&L in quote currency of one lot for a move of 1.0."""
    currency: str = "USD"
    margin: float = 0.05
    minimum: Decimal = Decimal("0.1")
    maximum: Decimal = Decimal(100)
    stops: Decimal = Decimal(0)
    clip: Decimal = Decimal(0)
    stop_slippage: Decimal = Decimal(0)
    commission: tuple[str, float] = ("none", 0.0)
    swap: tuple[str, float, float, str] = ("none", 0.0, 0.0, "none")
    converts: str = ""
    """The currency whose rate to the account's this instrument gives."""
    inverse: bool = False
    tradable: bool = True

    def ticks(self, price):
        """Return a price or a distance in ticks."""
        count = Decimal(price) / self.tick
        assert count == int(count), f"{price} is not on the grid of {self.name}"
        return int(count)

    def steps(self, lots):
        """Return lots in steps."""
        return int(Decimal(lots) / self.step)

    def price(self, ticks):
        """Return ticks as a price."""
        return Decimal(int(ticks)) * self.tick

    def lots(self, steps):
        """Return steps as lots."""
        return Decimal(int(steps)) * self.step


@dataclass
class World:
    """A state, a venue and who is who in them."""

    instruments: list[Instrument]
    currency: str = "USD"
    balance: Decimal = Decimal(100_000)
    series: tuple[tuple[int, int], ...] = ()
    """(instrument, timeframe in seconds), large before small within an instrument."""
    strategies: int = 1
    sample_every: int = 0
    settings: dict = field(default_factory=dict)
    """Fields of VENUE and of STATE.sizing."""
    state: np.ndarray = field(init=False)
    venue: np.ndarray = field(init=False)

    def __post_init__(self):
        """State and venue are ready for the first event."""
        self.state = np.zeros(1, STATE)
        self.venue = np.zeros(1, VENUE)
        self.currencies = [self.currency]
        state = self.state[0]
        state.next_order = 1
        state.next_close = NEVER
        state.sample_due = NEVER
        if self.sample_every:
            state.sample_every = self.sample_every
            state.sample_due = 0
        state.instrument_count = len(self.instruments)
        state.strategy_count = self.strategies
        account = state.account
        for name in ("initial", "balance", "peak", "valley", "adverse_valley", "trough"):
            account[name] = self.minor(self.balance)
        account.stop_out = 0.5
        for number in range(self.strategies):
            state.strategies[number].enabled = 1
        state.sizing.method = 1
        state.sizing.fraction = 0.005
        state.sizing.cap = 0.01
        state.sizing.atr_multiple = 1.0
        for number, instrument in enumerate(self.instruments):
            self._place(state.instruments[number], number, instrument)
        state.currencies[0].rate_bid = state.currencies[0].rate_ask = 1.0
        state.currencies[0].known = 1
        self._place_series(state)
        venue = self.venue[0]
        for name in ("slippage_scale", "commission_scale", "financing_scale", "rough_multiple"):
            venue[name] = 1.0
        for name, value in self.settings.items():
            target = venue if name in VENUE.names else state.sizing if name in records.SIZING.names else account
            target[name] = value

    def show(self, strategies):
        """The kernel knows what each strategy wants to see."""
        for number, strategy in enumerate(strategies):
            self.state["strategies"]["shown"][0, number] = strategy.shown
            self.state["shows_quotes"] |= strategy.shown & WANTS_QUOTES

    def minor(self, amount):
        """Return an amount of the account's currency in minor units."""
        return int(Decimal(amount).scaleb(MINOR_DIGITS[self.currency]))

    def amount(self, minor):
        """Return minor units of the account's currency as an amount."""
        return Decimal(int(minor)).scaleb(-MINOR_DIGITS[self.currency])

    def number(self, name):
        """Return the index of an instrument."""
        return [one.name for one in self.instruments].index(name)

    def _currency(self, name):
        if name not in self.currencies:
            self.currencies.append(name)
        return self.currencies.index(name)

    def _place(self, row, number, instrument):
        digits = MINOR_DIGITS[instrument.currency]
        value = Fraction(instrument.value) * Fraction(instrument.tick) * Fraction(instrument.step) * 10**digits
        row.value_numerator, row.value_denominator = value.numerator, value.denominator
        row.quantity_minimum = instrument.steps(instrument.minimum)
        row.quantity_maximum = instrument.steps(instrument.maximum)
        row.stops_level = instrument.ticks(instrument.stops)
        row.clip_quantity = instrument.steps(instrument.clip)
        row.stop_slippage = instrument.ticks(instrument.stop_slippage)
        row.steps_per_lot = float(1 / instrument.step)
        row.ticks_per_price = float(1 / instrument.tick)
        row.margin_rate = instrument.margin
        row.instrument = number
        row.currency = self._currency(instrument.currency)
        row.tradable = instrument.tradable
        row.converts = self._currency(instrument.converts) if instrument.converts else -1
        if instrument.converts:
            row.rate_scale = 10.0 ** (MINOR_DIGITS[self.currency] - MINOR_DIGITS[instrument.converts])
            row.inverse = instrument.inverse
        model, amount = instrument.commission
        row.commission_model = ("none", "lot", "share").index(model)
        row.commission = amount * (10 ** MINOR_DIGITS[self.currency] if model == "lot" else 1)
        mode, long, short, triple = instrument.swap
        row.financing_model = ("none", "points", "currency", "percent360", "percent365").index(mode)
        scale = 10**digits if row.financing_model == costs.CURRENCY else 1
        row.financing_long, row.financing_short = long * scale, short * scale
        row.financing_days = TRIPLE[triple]

    def _place_series(self, state):
        state.series_count = len(self.series)
        for number in range(len(self.instruments)):
            own = [index for index, (owner, _) in enumerate(self.series) if owner == number]
            state.instruments[number].series_first = own[0] if own else 0
            state.instruments[number].series_count = len(own)
        for index, (owner, timeframe) in enumerate(self.series):
            row = state.series[index]
            row.timeframe = row.forming.timeframe = row.last.timeframe = timeframe
            row.forming.instrument = row.last.instrument = owner
            row.watchers = 2**self.strategies - 1
        assert len(self.series) <= SERIES


def quote(ts, instrument, bid, ask):
    """Return a QUOTE in ticks as an array of one event."""
    return bar(ts, instrument, (bid, bid, bid, bid), (ask - bid,) * 4, span=0)


def bar(ts, instrument, prices, spreads, *, span=60, volume=1):
    """Return a BAR (or, with span 0, a QUOTE) that closes at `ts`, in ticks, as an array of one event."""
    event = np.zeros(1, EVENT)
    row = event[0]
    row.ts = ts
    row.kind = BAR if span else QUOTE
    row.instrument = instrument
    row.span = span
    row.open, row.high, row.low, row.close = prices
    row.spread_open, row.spread_high, row.spread_low, row.spread_close = spreads
    row.volume = volume
    return event


def clock(ts, kind=TIME, **fields):
    """Return a clock, calendar or operator event as an array of one."""
    event = np.zeros(1, EVENT)
    event["ts"] = ts
    event["kind"] = kind
    for name, value in fields.items():
        event[name] = value
    return event


def day(ts, length=DAY_NS):
    """Return the DAY event of the trading date that begins at `ts` (17:00 New York) as an array of one."""
    date = ts // DAY_NS + 1
    month = np.datetime64(int(date), "D").astype("datetime64[M]").astype(int) + 1970 * 12
    return clock(ts, DAY, date=date, opens=ts, closes=ts + length, week=(date + 3) // 7, month=month)


def bars_tape(ts, instrument, prices, spread, span=60, volume=None):
    """Return many BARs: `prices` are four columns of ticks, `ts` the closes, `spread` one number or a column."""
    events = np.zeros(len(ts), EVENT)
    events["ts"] = ts
    events["kind"] = BAR if span else QUOTE
    events["instrument"] = instrument
    events["span"] = span
    for name, column in zip(("open", "high", "low", "close"), prices, strict=True):
        events[name] = column
    for name in SPREADS:
        events[name] = spread
    events["volume"] = 1 if volume is None else volume
    return events


def joined(parts):
    """Return arrays of one record dtype as one; numpy's own concatenation repacks events, whose fields overlap."""
    parts = list(parts)
    dtype = parts[0].dtype
    return np.concatenate([part.view(f"V{dtype.itemsize}") for part in parts]).view(dtype)


def rows(journal, log):
    """Return the rows of a log of a MemoryJournal."""
    parts = journal._parts[log]
    return joined(parts) if parts else journal.read(log)


def merged(*parts):
    """Return the events of several tapes in time order: at one instant prices first, then the clock."""
    events = joined(parts)
    return events[np.lexsort((events["instrument"], events["kind"], events["ts"]))]


def run(world, slots, events, *, handler=None, journal_events=loop.EVERYTHING, blocks=None):
    """Return the runner and the journal after `events`, given in blocks of the lengths `blocks` (one block if None)."""
    assert events.dtype == EVENT
    journal = MemoryJournal()
    runner = Runner(world.state, world.venue, slots, journal, handler, journal_events)
    world.show([slot.strategy for slot in slots])
    if blocks is None:
        runner.run(MemoryFeed(events, max(1, len(events))))
    else:
        runner.run(pieces(events, blocks))
    return runner, journal


def pieces(events, blocks):
    """Yield `events` in blocks whose lengths follow the iterator `blocks`."""
    start = 0
    while start < len(events):
        length = next(blocks)
        yield events[start : start + length]
        start += length


def slot(strategy, instruments, params=None, bar_seconds=60):
    """Return a Slot for `strategy`."""
    return Slot(strategy, strategy.params() if params is None else params, instruments, bar_seconds)
