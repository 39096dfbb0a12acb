"""A twin run as plain data: exact amounts as decimal text, moments as ISO text, nothing that needs the program."""

from collections.abc import Mapping
from typing import Any

from tradewind import money
from tradewind.markets.clock import utc_datetime
from tradewind.twin.beginning import Day
from tradewind.twin.chain import CAUSES
from tradewind.twin.pairs import Trade
from tradewind.twin.played import Deal

MEANING = {
    "feed": "prices that came late, wrong or not at all",
    "clock": "prices, timers and calendar at other times than they should have had",
    "signal": "decisions the strategies, shown the same, would not make today",
    "spread": "wider quotes than expected, and fills wider than the quotes",
    "slippage": "fills worse than the market at that moment allows for",
    "latency": "orders that arrived later than assumed",
    "size": "other sizes than were decided, sent or filled",
    "swap": "financing booked otherwise than expected",
    "commission": "commission booked otherwise than expected",
    "missed": "orders that never came to the broker, and trades nobody here decided",
    "unexplained": "what the recorded trades made beyond the recorded events: must be nothing",
}
SECOND = 1_000_000_000


def document(day: Day) -> dict[str, Any]:
    """Return the twin run as JSON takes it."""
    twin = day.twin
    return {
        "day": day.day.isoformat(),
        "account": day.start.account,
        "currency": day.currency,
        "digits": money.minor_digits(day.currency),
        "strategies": list(day.strategies),
        "instruments": [one.symbol for one in day.instruments],
        "reference": day.reference,
        "backtest": text(day, twin.backtest),
        "live": text(day, twin.live),
        "difference": text(day, twin.difference),
        "causes": {cause: text(day, twin.causes[cause]) for cause in CAUSES},
        "trades": [_trade(day, trade) for trade in twin.trades],
        "found": dict(twin.found),
        "remarks": remarks(day),
    }


def text(day: Day, amount: int) -> str:
    """Return cash in minor units as a decimal number with all its digits."""
    return str(money.amount(amount, day.currency))


def _trade(day: Day, trade: Trade) -> dict[str, Any]:
    known = trade.known
    return {
        "strategy": day.strategies[known.strategy],
        "symbol": day.instruments[known.instrument].symbol,
        "side": "long" if known.side > 0 else "short",
        "decided": _moment(known.decided),
        "backtest": _deal(day, trade.backtest),
        "live": _deal(day, trade.live),
        "difference": text(day, (trade.live.net if trade.live else 0) - (trade.backtest.net if trade.backtest else 0)),
        "causes": {cause: text(day, trade.causes[cause]) for cause in CAUSES if trade.causes.get(cause)},
    }


def _deal(day: Day, deal: Deal | None) -> dict[str, Any] | None:
    if deal is None:
        return None
    one = day.instruments[deal.instrument]
    entry = float(deal.entry_cost / deal.quantity * float(one.tick_size)) if deal.quantity else None
    return {
        "lots": str(money.lots(deal.quantity, one.lot_step)),
        "opened": _moment(deal.opened),
        "closed": _moment(deal.closed) if deal.closed else None,
        "entry": entry,
        "exit": deal.exit_cost / deal.quantity * float(one.tick_size) if deal.closed and deal.quantity else None,
        "gross": text(day, deal.gross),
        "commission": text(day, deal.commission),
        "financing": text(day, deal.financing),
        "net": text(day, deal.net),
    }


def _moment(ts: int) -> str:
    return utc_datetime(ts).isoformat(timespec="milliseconds")


def remarks(day: Day) -> list[str]:
    """Return in sentences what was counted on the way to the money."""
    found = day.twin.found
    told = [
        f"{each} is not what ran: the strategy, or the program under it, was changed since." for each in day.changed
    ]
    if found["dropped"]:
        told.append(f"{found['dropped']:,} of {found['prices']:,} prices of the reference never came.")
    if found["foreign"]:
        told.append(f"{found['foreign']:,} prices came that the reference has not.")
    if found["shift_ns"]:
        told.append(f"The clock of the prices was {found['shift_ns'] / SECOND:+,.3f} s off the reference's.")
    if found["latency_ns"] != found["assumed_latency_ns"]:
        told.append(f"Orders took {_latency(found)}; the backtest assumes {found['assumed_latency_ns'] / 1e6:,.0f} ms.")
    if found["size_permille"] != 1000:
        told.append(f"Entries had {found['size_permille'] / 10:.1f} % of the size that was decided.")
    if found["missed"]:
        told.append(f"{found['missed']:,} of {found['orders']:,} orders never came to the broker.")
    if found["strays"]:
        told.append(f"{found['strays']:,} fills belong to orders nobody here gave.")
    if found["decisions"]:
        told.append(f"{found['decisions']:,} decisions are not those the strategies make today of the same events.")
    return told


def _latency(found: Mapping[str, int]) -> str:
    """Return how long orders took, as closely as the prices between them tell."""
    low, high = (found[name] / 1e6 for name in ("latency_above_ns", "latency_upto_ns"))
    if low >= high:
        return f"about {found['latency_ns'] / 1e6:,.0f} ms, not all the same"
    return f"more than {max(low, 0):,.0f} and at most {high:,.0f} ms"
