"""From declared instruments and settings to the kernel's first state: every decimal becomes an integer here.

A market is described once, in `markets`; the kernel's rows are written from it by `money` and by nothing else.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from tradewind import money
from tradewind.errors import BadSettings, TradewindError
from tradewind.kernel import costs, fills, sizing
from tradewind.kernel.records import (
    CURRENCIES,
    INSTRUMENTS,
    NEVER,
    ORDERS,
    SERIES,
    STATE,
    STRATEGIES,
    VENUE,
)
from tradewind.markets.blackout import NewsRules
from tradewind.markets.instruments import Instrument, Profile
from tradewind.settings import Settings

SAMPLE_EVERY = 3600 * 1_000_000_000
FINANCING_MODELS = {
    "points": costs.POINTS,
    "currency": costs.CURRENCY,
    "percent360": costs.PERCENT_360,
    "percent365": costs.PERCENT_365,
}


@dataclass(frozen=True)
class Listing:
    """An instrument of a run: traded, or only there to convert a currency."""

    instrument: Instrument
    tradable: bool = True


def first_state(profile: Profile, listings: Sequence[Listing], settings: Settings, strategies: int) -> Any:
    """Return the state before the first event: instruments, currencies and account, without series."""
    _fits("instruments", len(listings), INSTRUMENTS)
    _fits("strategies", strategies, STRATEGIES)
    state = np.zeros(1, STATE)
    row = state[0]
    row.next_order = 1
    row.next_close = NEVER
    row.sample_every = SAMPLE_EVERY
    row.instrument_count = len(listings)
    row.strategy_count = strategies
    row.strategies["enabled"][:strategies] = 1
    currencies = _currencies(listings, settings.account.currency)
    _write_account(row, profile, settings)
    for number, listing in enumerate(listings):
        _write_instrument(row.instruments[number], number, listing, currencies, settings)
    row.currencies[0].rate_bid = row.currencies[0].rate_ask = 1.0
    row.currencies[0].known = 1
    return state


def _fits(what: str, count: int, most: int) -> None:
    if count > most:
        raise TradewindError(f"{count} {what} in one run, but there is room for {most}.", "Split the run.")


def _currencies(listings: Iterable[Listing], account: str) -> list[str]:
    """Return the currencies of a run, the account's first."""
    found = [account]
    for listing in listings:
        for currency in (listing.instrument.quote_currency, listing.instrument.commission.currency):
            if listing.tradable and currency not in found:
                found.append(currency)
    _fits("currencies", len(found), CURRENCIES)
    return found


def _write_account(row: Any, profile: Profile, settings: Settings) -> None:
    """The account and its sizing rule are those of the settings."""
    account, balance = row.account, money.minor(settings.account.balance, settings.account.currency)
    for name in ("initial", "balance", "peak", "trough", "valley", "adverse_valley"):
        account[name] = balance
    account.stop_out = float(profile.stop_out_level)
    account.netting = int(settings.account.mode == "netting")
    row.sizing.method = sizing.METHODS.index(settings.sizing.method)
    row.sizing.fraction = settings.sizing.fraction
    row.sizing.cap = settings.sizing.cap
    row.sizing.lots = settings.sizing.lots
    row.sizing.atr_multiple = settings.sizing.atr_multiple
    row.sizing.volatility_target = settings.sizing.volatility_target
    row.sizing.drawdown_scaling = settings.sizing.drawdown_scaling or 0.0


def write_weights(state: Any, settings: Settings, strategies: Sequence[str], symbols: Sequence[str]) -> None:
    """The state has the weight of every strategy in every symbol traded, if the settings give weights at all."""
    weights, row = settings.portfolio.weights, state[0]
    if settings.sizing.method == "fixed_lots" and (weights or settings.sizing.drawdown_scaling):
        raise BadSettings(
            "Fixed lots have no risk fraction that portfolio.weights or sizing.drawdown_scaling could scale.",
            "Choose another sizing.method, or take these two out.",
        )
    if not weights:
        return
    row.sizing.weighted = 1
    for number, strategy in enumerate(strategies):
        for place, symbol in enumerate(symbols):
            if symbol not in weights.get(strategy, {}):
                named = ", ".join(f"{name} {one}" for name, own in weights.items() for one in own)
                raise BadSettings(
                    f"portfolio.weights gives no weight to {strategy} in {symbol}; it names {named or 'nothing'}.",
                    "Give every strategy and instrument of the run a weight, 1.0 where nothing should change.",
                )
            row.sizing.weights[number * INSTRUMENTS + place] = weights[strategy][symbol]


def _write_instrument(row: Any, number: int, listing: Listing, currencies: list[str], settings: Settings) -> None:
    """The kernel's row says what the declared instrument says, in integers."""
    declared = listing.instrument
    row.instrument = number
    row.tradable = int(listing.tradable)
    row.value_numerator, row.value_denominator = money.tick_value(declared)
    step = declared.volume_step
    row.quantity_minimum = money.steps(declared.volume_min, step)
    row.quantity_maximum = money.steps(declared.volume_max, step)
    row.clip_quantity = money.steps(declared.max_clip, step)
    row.steps_per_lot = float(1 / step)
    row.ticks_per_price = float(1 / declared.tick_size)
    row.stops_level = math.ceil(declared.stops_level * declared.point / declared.tick_size)
    row.margin_rate = float(declared.margin.initial)
    legs = {"net": Fraction(0), "larger": declared.margin.initial, "full": 2 * declared.margin.initial}
    row.hedged_rate = float(legs.get(settings.account.hedged_margin or "", declared.margin.hedged))
    row.stop_slippage = _expected_slippage(declared, settings)
    if listing.tradable:
        row.currency = currencies.index(declared.quote_currency)
        _write_commission(row, declared, currencies, settings)
        _write_financing(row, declared)
    _write_conversion(row, declared, currencies)


def _expected_slippage(declared: Instrument, settings: Settings) -> int:
    """Return the ticks a stop is expected to lose: the venue's share of the typical New York spread."""
    spread = declared.spread.new_york / declared.tick_size
    return math.ceil(float(spread) * settings.fills.stop_slippage * settings.costs.slippage)


def _write_commission(row: Any, declared: Instrument, currencies: list[str], settings: Settings) -> None:
    """What one side of a fill costs."""
    charged = declared.commission
    amount = charged.amount if charged.per_side else charged.amount / 2
    amount *= Decimal(str(settings.costs.commission))
    row.commission_currency = currencies.index(charged.currency)
    if charged.model == "none" or amount == 0:
        return
    if charged.model == "percent":
        row.commission_model = costs.SHARE_OF_NOTIONAL
        row.commission = float(amount / 100)
        return
    row.commission_model = costs.PER_LOT
    per_lot = amount * (declared.contract_size if charged.model == "per_unit" else 1)
    row.commission = float(per_lot * 10 ** money.minor_digits(charged.currency))


def _write_financing(row: Any, declared: Instrument) -> None:
    """What a night costs or brings."""
    swap = declared.swap
    row.financing_model = FINANCING_MODELS[swap.mode]
    scale = {
        "points": declared.point / declared.tick_size,
        "currency": Decimal(10) ** money.minor_digits(declared.quote_currency),
        "percent360": Decimal(1),
        "percent365": Decimal("0.01"),
    }[swap.mode]
    row.financing_long = float(swap.long * scale)
    row.financing_short = float(swap.short * scale)
    row.financing_days[:] = swap.nights


def _write_conversion(row: Any, declared: Instrument, currencies: list[str]) -> None:
    """The instrument gives the rate of a currency of the run, if it is the pair of that and the account's."""
    account = currencies[0]
    pair = (declared.base_currency, declared.quote_currency)
    if declared.asset_class != "fx" or account not in pair:
        return
    other = pair[0] if pair[1] == account else pair[1]
    if other in currencies:
        row.converts = currencies.index(other)
        row.inverse = int(pair[0] == account)
        row.rate_scale = 10.0 ** (money.minor_digits(account) - money.minor_digits(other))


def conversion_pairs(profile: Profile, listings: Sequence[Listing], account: str) -> list[Instrument]:
    """Return the pairs a run needs beside its listings to turn their cash into the account's currency."""
    missing: list[Instrument] = []
    have = [listing.instrument for listing in listings]
    for currency in _currencies(listings, account)[1:]:
        if any({one.base_currency, one.quote_currency} == {currency, account} for one in [*have, *missing]):
            continue
        pairs = [one for one in profile.rows if {one.base_currency, one.quote_currency} == {currency, account}]
        pairs = [one for one in pairs if one.asset_class == "fx"]
        if not pairs:
            raise TradewindError(
                f"Cash in {currency} has to become {account}, but profile {profile.name} has no such pair.",
                f"Choose an account in {currency}, or add the pair to the profile.",
            )
        missing.append(pairs[-1])
    return missing


def add_series(state: Any, wanted: Sequence[set[int]], watchers: dict[tuple[int, int], int]) -> None:
    """The state has a series for each instrument and timeframe wanted; `watchers` says which strategies see it.

    Large timeframes lie before small ones, because that is the order in which strategies are shown closed bars.
    """
    row = state[0]
    _fits("bar series", sum(len(timeframes) for timeframes in wanted), SERIES)
    index = 0
    for number, timeframes in enumerate(wanted):
        row.instruments[number].series_first = index
        row.instruments[number].series_count = len(timeframes)
        for seconds in sorted(timeframes, reverse=True):
            series = row.series[index]
            series.timeframe = seconds
            series.watchers = watchers.get((number, seconds), 0)
            for bar in (series.forming, series.last):
                bar.instrument = number
                bar.timeframe = seconds
            index += 1
    row.series_count = index


def news_rules(settings: Settings) -> NewsRules:
    """Return the rules of news windows that the settings ask for."""
    wanted = settings.news
    return NewsRules(
        wanted.impacts, wanted.release, wanted.fomc, wanted.eia, wanted.lock, flatten_before=wanted.flatten_before
    )


def simulated_venue(settings: Settings) -> Any:
    """Return the simulated venue before its first event."""
    venue = np.zeros(1, VENUE)
    row, wanted = venue[0], settings.fills
    row.mode = fills.MODES.index(wanted.mode)
    row.latency = round(wanted.latency_ms * 1_000_000)
    row.limit_through = wanted.limit_through
    row.limit_improvement = int(wanted.limit_improvement)
    row.cancel_if_gapped = int(wanted.cancel_if_gapped)
    row.market_slippage = wanted.market_slippage
    row.stop_slippage = wanted.stop_slippage
    row.stop_slippage_atr = wanted.stop_slippage_atr
    row.rough_multiple = wanted.rough_multiple
    row.slippage_scale = settings.costs.slippage
    row.commission_scale = 1.0
    row.financing_scale = settings.costs.financing
    assert len(venue["orders"][0]) == ORDERS  # noqa: S101  the venue holds every order the state may have
    return venue
