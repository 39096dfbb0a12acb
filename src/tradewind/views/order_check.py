"""An order to an account asked about before it is sent: its limits, its positions and floors, and the latest prices."""

from decimal import Decimal
from typing import Any

from tradewind.errors import TradewindError
from tradewind.risk.limits import NO_HIGHEST, Limits
from tradewind.risk.standing import Holding, Standing
from tradewind.risk_questions import Market
from tradewind.settings import Settings
from tradewind.views.heart import Heart, folder_of, heart_of
from tradewind.views.risk_answers import Checked, checked, market_of
from tradewind.views.rules import held_limits, of_account


def order_check(settings: Settings, account: str, order: list[str], levels: dict[str, str | None]) -> dict[str, Any]:
    """Return what every rule says of an order (side, lots, symbol) to an account as it stands; `levels` stop and at."""
    folder = folder_of(settings.data, account)
    heart, limits = heart_of(folder), held_limits(settings, folder)
    found = ask(of_account(settings, folder), heart, limits, (order, levels.get("stop"), levels.get("at")))
    return {"account": account, "state": heart.state, "age_s": heart.age_s, **found.document()}


def ask(
    settings: Settings, heart: Heart, limits: Limits, order: tuple[list[str], str | None, str | None]
) -> Checked:  # fmt: skip
    """Return what every rule says of an order to the account of a heartbeat."""
    if not isinstance(heart.told.get("equity"), int):
        raise TradewindError("The account has not said what it is worth.", "Start it first.")
    words, stop, at = order
    market = market_here(settings, heart, words)
    return checked(limits, standing_of(heart, limits, market), market.holding(words, stop, at))


def market_here(settings: Settings, heart: Heart, words: list[str]) -> Market:
    """Return what turns words into money, with the account's own prices before those of the history."""
    market = market_of(settings, [], words)
    told = heart.told.get("risk", {}).get("instruments", {})
    own = {symbol: Decimal(str(one["bid"])) for symbol, one in told.items() if one["bid"]}
    return market._replace(prices={**market.prices, **own})


def standing_of(heart: Heart, limits: Limits, market: Market) -> Standing:
    """Return how the account of a heartbeat stands: worth, positions with their stops, and the bases of its floors."""
    told, risk = heart.told, heart.told.get("risk", {})
    bases = {}
    for rule in limits.loss_rules:
        floor = risk.get("floors", {}).get(rule.name)
        if floor is not None:
            bases[rule.name] = floor["highest"] if rule.highest_source != NO_HIGHEST else floor["measured_from"]
    holdings = tuple(_holding(one, risk, market) for one in told.get("positions", []))
    return Standing(told["balance"], told["equity"], holdings, bases=bases)


def _holding(one: dict[str, Any], risk: dict[str, Any], market: Market) -> Holding:
    lots = Decimal(str(round(one["lots"], 8)))
    quote = risk.get("instruments", {}).get(one["symbol"], {})
    price = quote.get("bid") if lots > 0 else quote.get("ask")
    stops = one["stops"]
    # The farthest of several: which of them will be hit is not known.
    stop = None if not stops else repr(min(stops) if lots > 0 else max(stops))
    words = ["buy" if lots > 0 else "sell", f"{abs(lots):f}", one["symbol"]]
    return market.holding(words, stop, None if price is None else repr(price))
