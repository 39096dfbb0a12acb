"""How much of each single limit is used, from what the gate has counted: the other half of a limit."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tradewind.risk.limits import OFF, Limits
from tradewind.views.heart import Heart

SECOND = 1_000_000_000
PERIODS = {
    "messages_per_second": ("spent_second", SECOND),
    "messages_per_minute": ("spent_minute", 60 * SECOND),
    "messages_per_day": ("spent_day", 86_400 * SECOND),
}  # fmt: skip


class Used(NamedTuple):
    """One limit and what is used of it, in one unit; cash in minor units."""

    limit: float
    used: float | None
    """None where it has no end: a stop is missing."""
    about: str = ""
    unit: str = "count"
    cash: bool = False
    higher: bool = False
    """Whether what is measured has to stay above the limit."""

    @property
    def share(self) -> float | None:
        """The share of the limit that is used; None where it cannot be said."""
        if self.used is None:
            return None
        if self.higher:
            return self.limit / self.used if self.used > 0 else None
        return self.used / self.limit if self.limit > 0 else None


def uses(limits: Limits, heart: Heart) -> dict[str, list[Used]]:
    """Return what is used of each limit that is used up between orders, by name; nothing without a heartbeat."""
    told = heart.told.get("risk")
    if not isinstance(told, Mapping) or not isinstance(heart.told.get("equity"), int):
        return {}
    found: dict[str, list[Used]] = {}
    for name, function in MEASURED.items():
        if getattr(limits, name) != OFF:
            found[name] = function(limits, heart.told, told)
    return found


Told = Mapping[str, Any]


def _open_risk(limits: Limits, beat: Told, risk: Told) -> list[Used]:
    heats = [one[side] for one in risk["instruments"].values() for side in ("heat_long", "heat_short")]
    used = None if None in heats else sum(heats)
    return [Used(limits.open_risk * beat["equity"], used, cash=True)]


def _gross(limits: Limits, beat: Told, risk: Told) -> list[Used]:
    worth = sum(one["worth_long"] + one["worth_short"] for one in risk["instruments"].values())
    return [Used(limits.gross_leverage * beat["equity"], worth, cash=True)]


def _margin(limits: Limits, beat: Told, risk: Told) -> list[Used]:
    pending = sum(one["pending_margin"] for one in risk["instruments"].values())
    return [Used(limits.margin_use * beat["equity"], beat["margin"] + pending, cash=True)]


def _margin_level(name: str) -> Callable[[Limits, Told, Told], list[Used]]:
    def measured(limits: Limits, beat: Told, _risk: Told) -> list[Used]:
        if not beat["margin"]:
            return []
        return [Used(getattr(limits, name), beat["equity"] / beat["margin"], unit="equity / margin", higher=True)]

    return measured


def _losses(limits: Limits, _beat: Told, risk: Told) -> list[Used]:
    return [
        Used(limits.consecutive_losses, place["losses"], f"{one['strategy']} {symbol}")
        for one in risk["strategies"]
        for symbol, place in one["instruments"].items()
    ]


def _losses_global(limits: Limits, _beat: Told, risk: Told) -> list[Used]:
    return [Used(limits.consecutive_losses_global, risk["losses"])]


def _block_trades(limits: Limits, _beat: Told, risk: Told) -> list[Used]:
    return [
        Used(limits.trades_per_block, place["block_trades"], f"{one['strategy']} {symbol}")
        for one in risk["strategies"]
        for symbol, place in one["instruments"].items()
    ]


def _day_trades(limits: Limits, _beat: Told, risk: Told) -> list[Used]:
    return [Used(limits.trades_per_day, one["trades_day"], symbol) for symbol, one in risk["instruments"].items()]


def _all_trades(limits: Limits, _beat: Told, risk: Told) -> list[Used]:
    return [Used(limits.trades_per_day_total, risk["trades_day"])]


def _messages(name: str) -> Callable[[Limits, Told, Told], list[Used]]:
    field, period = PERIODS[name]

    def measured(limits: Limits, beat: Told, risk: Told) -> list[Used]:
        limit = getattr(limits, name)
        back = min(max(0, beat["event_ts"] - risk["messages_at"]), period) * limit
        return [Used(limit, max(0, risk[field] - back) / period)]

    return measured


def _fills(limits: Limits, _beat: Told, risk: Told) -> list[Used]:
    return [Used(limits.fills_per_day, one["fills_day"], one["strategy"]) for one in risk["strategies"]]


MEASURED: Mapping[str, Callable[[Limits, Told, Told], list[Used]]] = {
    "open_risk": _open_risk,
    "gross_leverage": _gross,
    "margin_use": _margin,
    "margin_level_warning": _margin_level("margin_level_warning"),
    "margin_level_cut": _margin_level("margin_level_cut"),
    "consecutive_losses": _losses,
    "consecutive_losses_global": _losses_global,
    "trades_per_block": _block_trades,
    "trades_per_day": _day_trades,
    "trades_per_day_total": _all_trades,
    **{name: _messages(name) for name in PERIODS},
    "fills_per_day": _fills,
}
"""Each limit that is used up between orders, and how much of it is."""
