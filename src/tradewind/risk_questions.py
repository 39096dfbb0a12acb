"""From words to a question about risk: which rules, which order, how the account stands, on which days to play.

Each answer comes from `risk` or `results`; here only what was said, or what a run and its history hold, is put
together for them.
"""

import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from tradewind import money
from tradewind.errors import BadData, BadSettings, TradewindError, UnknownName, nearest
from tradewind.markets.loading import load_profile
from tradewind.results.passing import Play
from tradewind.results.risk_status import FloorStatus, day_clock_of, floor_statuses, samples_of
from tradewind.results.trading_days import TradingDays, trading_days
from tradewind.risk.declared import Amount, Document
from tradewind.risk.file import load_document
from tradewind.risk.limits import DAILY, HALT, OFF, TERMINATE, Limits, LossRule
from tradewind.risk.loss_rules import in_cash
from tradewind.risk.resolving import NONE, Account, Rules, resolve
from tradewind.risk.standing import Holding, Standing, holding, terms_of
from tradewind.risk.units import read
from tradewind.settings import Settings

WEEK = 7 * 86_400_000_000_000
SIDES = {"buy": 1, "sell": -1}
ACCOUNT_KEYS = ("balance", "equity", "day_balance", "day_equity", "week_equity", "highest_balance", "highest_equity")
"""What an account file may say, in units of its currency; besides [[positions]]."""
POSITION_KEYS = ("side", "lots", "symbol", "price", "stop")


class Wanted(NamedTuple):
    """Which rules are asked about."""

    rules: str
    phase: str | None = None
    capital: Decimal | None = None


def rules_of(wanted: Wanted, settings: Settings) -> Rules:
    """Return the rules that are asked about, for the account of the settings; "none" has nothing to ask."""
    if wanted.rules == NONE:
        raise BadSettings("There are no risk rules to ask about.", "Name some: house, a firm's pack, or a risk file.")
    document = load_document(wanted.rules)
    said = {"phase": wanted.phase, "capital": wanted.capital}
    changed = {name: value for name, value in said.items() if value is not None}
    document = document._replace(header=document.header.model_copy(update=changed))
    account = settings.account
    server = load_profile(settings.profile).server_clock
    return resolve(document, Account(account.currency, _balance(document, settings), server))


def _balance(document: Document, settings: Settings) -> int:
    """Return the balance rules are resolved for: what they say the capital is, else the account's."""
    capital = document.header.capital
    if capital is None and document.header.sizes:
        capital = Decimal(document.header.sizes[0])
    return money.minor(settings.account.balance if capital is None else capital, settings.account.currency)


def limits_of(run: Mapping[str, Any]) -> Limits:
    """Return the limits a stored run was under."""
    risk = run.get("risk") or {"name": NONE}
    if risk["name"] == NONE:
        raise BadData(f"Run {run['id']} had no risk rules.", "Run it with --risk house, or name rules with --rules.")
    return Limits.from_tree(risk["limits"])


def number(text: object, what: str) -> Decimal:
    """Return a plain decimal number."""
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        raise BadData(f"The {what} {text!r} is not a number.", "Give a plain number.") from None
    if not value.is_finite():
        raise BadData(f"The {what} is {text}.", "Give a finite number.")
    return value


class Market(NamedTuple):
    """What turns words about an instrument into money."""

    settings: Settings
    rates: Mapping[str, Decimal]
    prices: Mapping[str, Decimal]
    """A bid of instruments whose price nobody said."""

    def holding(self, words: Sequence[str], stop: str | None, at: str | None) -> Holding:
        """Return what `buy 1.5 XAUUSD` means; without a price it is the latest the history has."""
        if len(words) != 3:
            raise TradewindError(f"{' '.join(words)!r} is no order.", "Write it as: buy 1.5 XAUUSD --stop 2380.")
        if words[0] not in SIDES:
            raise UnknownName("side", words[0], SIDES)
        instrument = load_profile(self.settings.profile).instrument(words[2])
        side, lots = SIDES[words[0]], number(words[1], "number of lots")
        spread = instrument.spread.new_york if side > 0 else Decimal(0)
        if at is None and instrument.symbol not in self.prices:
            raise BadData(f"No price of {instrument.symbol} is known.", "Give the entry: --at PRICE.")
        price = number(at, "price") if at is not None else self.prices[instrument.symbol] + spread
        slip = self.settings.fills.stop_slippage * self.settings.costs.slippage
        rates = {**self.settings.rates, **self.rates}
        terms = terms_of(instrument, self.settings.account.currency, price, rates, slip)
        return holding(terms, side, lots, price, None if stop is None else number(stop, "stop"))

    def position(self, text: str) -> Holding:
        """Return what `buy 0.5 XAUUSD 2390 2375` means: side, lots, instrument, price now, stop."""
        words = text.split()
        if len(words) not in (4, 5):
            raise TradewindError(
                f"--open {text!r} is no position.",
                "Write side, lots, instrument, price and stop: buy 1 US30 42000 41900.",
            )
        return self.holding(words[:3], words[4] if len(words) == 5 else None, words[3])


def account_file(path: Path, market: Market) -> Standing:
    """Return how the account stands by a TOML file of its amounts and [[positions]]."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"The account file {path} cannot be read: {error}.", "Correct it.") from None
    positions = said.pop("positions", [])
    for key in said:
        if key not in ACCOUNT_KEYS:
            raise BadSettings(
                f"{path}: there is no {key!r}.{nearest(key, ACCOUNT_KEYS)}", f"Known: {', '.join(ACCOUNT_KEYS)}."
            )
    holdings = []
    for row in positions:
        if unknown := sorted(set(row) - set(POSITION_KEYS)):
            raise BadSettings(f"{path}: a position has no {unknown[0]!r}.{nearest(unknown[0], POSITION_KEYS)}")
        if missing := [key for key in POSITION_KEYS[:4] if key not in row]:
            raise BadSettings(f"{path}: a position lacks its {missing[0]}.", "Say side, lots, symbol and price.")
        words = [str(row["side"]), str(row["lots"]), str(row["symbol"])]
        stop = str(row["stop"]) if "stop" in row else None
        holdings.append(market.holding(words, stop, str(row["price"])))
    return standing(market.settings, said, holdings)


def standing(settings: Settings, said: Mapping[str, Any], holdings: Sequence[Holding]) -> Standing:
    """Return how the account stands: what was said, in units of its currency, and its balance where nothing was."""
    currency = settings.account.currency
    amounts: dict[str, Any] = {
        name: money.minor(number(value, name), currency) for name, value in said.items() if value is not None
    }
    balance = amounts.pop("balance", amounts.get("equity", money.minor(settings.account.balance, currency)))
    return Standing(balance, amounts.pop("equity", balance), tuple(holdings), **amounts)


class Stored(NamedTuple):
    """A saved run, as far as risk is asked about."""

    document: Mapping[str, Any]
    tables: Mapping[str, Any]

    @property
    def digits(self) -> int:
        """Digits of amounts in its tables."""
        return money.minor_digits(self.document["account"]["currency"])

    @property
    def initial(self) -> int:
        """Its capital, minor units."""
        account = self.document["account"]
        return money.minor(account["balance"], account["currency"])

    def statuses(self, limits: Limits) -> list[FloorStatus]:
        """Where the floors of rules stood at its end."""
        return floor_statuses(limits, samples_of(self.tables["equity"], self.digits))

    def standing(self, limits: Limits, market: Market) -> Standing:
        """How its account stood at its end, with what was still open."""
        samples = samples_of(self.tables["equity"], self.digits)
        if not samples.when.size:
            raise BadData("The run has no samples of its account.", "Run it over at least a day.")
        bases = {one.rule.name: one.base for one in self.statuses(limits)}
        return Standing(int(samples.balance[-1]), int(samples.equity[-1]), self.open_positions(market), bases=bases)

    def open_positions(self, market: Market) -> tuple[Holding, ...]:
        """What was still open at its end: by strategy and instrument, with the stop of its latest entry."""
        held: dict[tuple[str, str], Decimal] = {}
        stops: dict[tuple[str, str], float | None] = {}
        attached = dict(self.tables["orders"].select("order", "stop_loss").iter_rows())
        for row in self.tables["fills"].iter_rows(named=True):
            key = row["strategy"], row["symbol"]
            lots = Decimal(str(round(row["lots"], 8))) * (1 if row["side"] == "buy" else -1)
            held[key] = held.get(key, Decimal(0)) + lots
            if row["role"] == "entry":
                stops[key] = attached.get(row["order"])
        found = []
        for (strategy, symbol), lots in held.items():
            if lots:
                side = "buy" if lots > 0 else "sell"
                stop = stops.get((strategy, symbol))
                at = market.prices.get(symbol)
                words = [side, f"{abs(lots):f}", symbol]
                found.append(
                    market.holding(words, None if stop is None else repr(stop), None if at is None else str(at))
                )
        return tuple(found)


def play_of(rules: Rules, target: str | None, days: int | None, block: float) -> Play:
    """Return how the days of a run are played under the firm's own rules."""
    chosen = tuple(rule for rule in rules.limits.loss_rules if is_firms(rule, rules.packs))
    if not chosen:
        raise BadData(
            "These rules have no floor of a firm that could be broken.", "Name a firm's pack: --pack ftmo-2step."
        )
    goals = rules.goals
    if target is not None:
        goals = goals._replace(profit_target=_target(target, rules.limits))
    length = days or (goals.time_limit_days if goals.time_limit_days != OFF else 250)
    return Play(chosen, goals, rules.limits.capital, length, block)


def is_firms(rule: LossRule, packs: Sequence[str]) -> bool:
    """Return whether a rule is the firm's own: it ends the account, or its day."""
    return rule.severity == TERMINATE or (rule.severity == HALT and rule.control in packs)


def _target(text: str, limits: Limits) -> int:
    try:
        amount = Amount(share=float(read("share", text))) if "%" in text else Amount(cash=number(text, "profit target"))
    except ValueError as error:
        raise BadData(f"--profit-target {text}: {error}.", 'Write it as "8 %" or as an amount.') from None
    return in_cash(amount, limits.capital, limits.currency)


def days_of(stored: Stored, rules: Rules, play: Play) -> TradingDays:
    """Return the days of a run by the firm's clock, as large as its account is."""
    first = next((rule for rule in play.rules if rule.resets == DAILY), play.rules[0])
    day_clock = day_clock_of(rules.limits.clocks[first.clock])
    made = trading_days(stored.tables["equity"], stored.tables["trades"], stored.initial, stored.digits, day_clock)
    return made.scaled(play.capital / stored.initial)


def last_price(history: Any, symbol: str, before: int) -> Decimal | None:
    """Return the latest bid of an instrument in the history before a moment, ns UTC; None where it holds none."""
    for info in history.find(symbol):
        if info.side == "ask" or info.first >= before:
            continue
        start, end = min(before, info.last) - WEEK, min(before, info.last + 1)
        frames = list((history.ticks if info.timeframe == 0 else history.bars)(info.series, start, end))
        rows = [frame for frame in frames if frame.height]
        if rows:
            column = "bid" if info.timeframe == 0 else "close"
            return Decimal(repr(round(float(rows[-1][column][-1]), 8)))
    return None
