"""What an order is judged against: the account as it stands, and what a price move of each instrument is worth.

Amounts are minor units of the account and prices decimals, calculated as exact fractions: an answer about a limit
should not hang on the last bit of a float. The gate calculates for itself; this is for people who ask beforehand.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tradewind import money
from tradewind.errors import BadData, TradewindError
from tradewind.markets.instruments import Instrument
from tradewind.risk.limits import BALANCE, HIGHER, HIGHEST_EQUITY, NEVER, NO_HIGHEST, OFF, WEEKLY, LossRule


class Terms(NamedTuple):
    """An instrument in the account's currency."""

    instrument: Instrument
    per_price: Fraction
    """Minor units that one lot gains when the price rises by 1."""
    commission: Fraction
    """Minor units that one lot costs to open and close."""
    slippage: Fraction
    """How far a stop is expected to slip, price units."""
    spread: Fraction
    """Price units."""


class Holding(NamedTuple):
    """An open position, or an order that is asked about."""

    terms: Terms
    side: int
    """1 long, -1 short."""
    lots: Decimal
    price: Decimal
    """Where it could be closed now; for an order, where it is expected to be filled."""
    stop: Decimal | None

    @property
    def symbol(self) -> str:
        """The instrument's name."""
        return self.terms.instrument.symbol

    def gain_to(self, price: Decimal | Fraction) -> Fraction:
        """Return what it gains when it is closed at another price, minor units."""
        return (Fraction(price) - Fraction(self.price)) * self.side * Fraction(self.lots) * self.terms.per_price

    def loss_to_stop(self) -> Fraction | None:
        """Return what it loses from here to its stop, slippage and commission included; None without a stop."""
        if self.stop is None:
            return None
        leaving = self.terms.slippage * self.terms.per_price + self.terms.commission
        return max(Fraction(0), -self.gain_to(self.stop)) + leaving * Fraction(self.lots)

    def value(self) -> Fraction:
        """Return the value of what is held, minor units, without sign."""
        return Fraction(self.price) * Fraction(self.lots) * self.terms.per_price


class Standing(NamedTuple):
    """The account as it stands, minor units; what a reset or a peak found is the capital where nobody says else."""

    balance: int
    equity: int
    holdings: tuple[Holding, ...] = ()
    day_balance: int = OFF
    day_equity: int = OFF
    week_equity: int = OFF
    highest_balance: int = OFF
    highest_equity: int = OFF
    bases: Mapping[str, int] = {}
    """The base of single rules by name, where it is known; for trailing rules the highest so far."""


def terms_of(instrument: Instrument, currency: str, price: Decimal, rates: Mapping[str, Decimal], slip: float) -> Terms:
    """Return the terms of an instrument at about `price`; `slip` is the share of the spread a stop is slipped by."""
    rate = rate_of(instrument.quote_currency, currency, rates, (instrument, price))
    scale = 10 ** money.minor_digits(currency)
    per_price = Fraction(instrument.contract_size) * rate * scale
    spread = Fraction(instrument.spread.new_york)
    slipped = math.ceil(spread * Fraction(str(slip)) / Fraction(instrument.tick_size)) * Fraction(instrument.tick_size)
    return Terms(instrument, per_price, _commission(instrument, currency, price, rates) * scale, slipped, spread)


def _commission(instrument: Instrument, currency: str, price: Decimal, rates: Mapping[str, Decimal]) -> Fraction:
    """Return what one lot costs to open and close, units of the account's currency."""
    charged = instrument.commission
    sides = 2 if charged.per_side else 1
    if charged.model == "none":
        return Fraction(0)
    if charged.model == "percent":
        rate = rate_of(instrument.quote_currency, currency, rates, (instrument, price))
        return Fraction(charged.amount) / 100 * Fraction(price) * Fraction(instrument.contract_size) * sides * rate
    per_lot = Fraction(charged.amount) * (Fraction(instrument.contract_size) if charged.model == "per_unit" else 1)
    return per_lot * sides * rate_of(charged.currency, currency, rates, (instrument, price))


def rate_of(
    quoted: str, currency: str, rates: Mapping[str, Decimal], beside: tuple[Instrument, Decimal]
) -> Fraction:  # fmt: skip
    """Return how much of the account's currency one unit of `quoted` is; a pair's own price is its rate."""
    if quoted == currency:
        return Fraction(1)
    instrument, price = beside
    known = dict(rates)
    if instrument.asset_class == "fx":
        known.setdefault(instrument.base_currency + instrument.quote_currency, price)
    for pair in (currency + quoted, quoted + currency):
        if pair in known and known[pair] <= 0:
            raise BadData(f"A rate of {known[pair]} for {pair} is not above zero.", "Correct it.")
    if currency + quoted in known:
        return 1 / Fraction(known[currency + quoted])
    if quoted + currency in known:
        return Fraction(known[quoted + currency])
    raise TradewindError(
        f"The rate from {quoted} to {currency} is not known.", f"Give it: --rate {currency}{quoted}=RATE."
    )


def base_of(rule: LossRule, standing: Standing, capital: int) -> int:
    """Return what a rule measures from now, minor units: the base of its day or week, or the highest so far."""
    if rule.name in standing.bases:
        return standing.bases[rule.name]
    if rule.highest_source != NO_HIGHEST:
        said = standing.highest_equity if rule.highest_source == HIGHEST_EQUITY else standing.highest_balance
        return max(capital, said)
    if rule.resets == NEVER:
        return capital
    if rule.resets == WEEKLY:
        return capital if standing.week_equity == OFF else standing.week_equity
    balance = capital if standing.day_balance == OFF else standing.day_balance
    equity = balance if standing.day_equity == OFF else standing.day_equity
    return {BALANCE: balance, HIGHER: max(balance, equity)}.get(rule.base_mode, equity)


def floor_of(rule: LossRule, base: int, capital: int) -> int:
    """Return the floor of a rule measured from `base`, minor units."""
    amount = math.floor(base * Fraction(str(rule.share))) if rule.amount == OFF else rule.amount
    floor = base - amount if rule.highest_source == NO_HIGHEST else max(base, capital) - amount
    if rule.lock != OFF and rule.highest_source != NO_HIGHEST:
        floor = min(floor, rule.lock)
    return floor


def safe_from(rule: LossRule, floor: int) -> int:
    """Return the lowest equity that does not break a rule whose floor lies there, minor units."""
    return floor + rule.inclusive


def holding(terms: Terms, side: int, lots: Decimal, price: Decimal, stop: Decimal | None) -> Holding:
    """Return a position or order whose numbers make sense; raise BadData for the first that does not."""
    if lots <= 0:
        raise BadData(f"{lots} lots of {terms.instrument.symbol} is no size.", "Give a size above zero.")
    if price <= 0 or (stop is not None and stop <= 0):
        raise BadData(f"A price of {terms.instrument.symbol} is not above zero.", "Correct the price.")
    return Holding(terms, side, lots, price, stop)
