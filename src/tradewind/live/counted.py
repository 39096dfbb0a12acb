"""What the gate has counted so far, for the heartbeat: every limit's other half, so that people see what room is left.

Names are those of the kernel's records, amounts minor units of the account, prices in units of the price, moments ns
UTC. It is read from the state as it stands and changes nothing.
"""

from typing import TYPE_CHECKING, Any

from tradewind.kernel.records import INSTRUMENTS
from tradewind.kernel.refusals import REASONS
from tradewind.live.at_stake import stakes
from tradewind.results.facts import numbered

if TYPE_CHECKING:
    from tradewind.live.desk import Desk

WHOLE = (
    "kill", "ended", "hard_floor", "low_margin", "close_equity", "trades_day", "losses", "cool_until", "messages_at",
    "spent_second", "spent_minute", "spent_day", "rejects", "faults", "mismatch_since",
)  # fmt: skip
CONTROLS = ("kill_cause", "halted_by", "cancelling", "flattening")
OF_INSTRUMENT = ("trades_day", "flat_at", "news_flat_at")
OF_FLOOR = ("measured_from", "highest", "floor", "trips", "breached", "breached_at", "value")


def counted(desk: "Desk") -> dict[str, Any]:
    """Return what the gate knows of limits, floors, instruments and strategies."""
    state = desk.core.state
    risk, account = state["risk"], state["account"]
    limits = desk.limits()
    rules = [rule.name for rule in limits.loss_rules]
    return {
        "limits": limits.digest,
        "date": int(state["date"]),
        "day_opens": int(state["day_opens"]),
        "day_closes": int(state["day_closes"]),
        "initial": int(account["initial"]),
        "peak": int(account["peak"]),
        **{name: int(risk[name]) for name in WHOLE},
        **{name: REASONS.get(int(risk[name]), ("", ""))[0] for name in CONTROLS},
        "floors": {
            name: {field: int(risk["floors"][place][field]) for field in OF_FLOOR} for place, name in enumerate(rules)
        },
        "instruments": instruments_of(desk),
        "strategies": strategies_of(desk),
    }


def instruments_of(desk: "Desk") -> dict[str, Any]:
    """Return each traded instrument's latest price and what the gate counts in it, by symbol."""
    state, found = desk.core.state, {}
    listings = desk.prepared.listings[: desk.prepared.traded]
    for number, (listing, stake) in enumerate(zip(listings, stakes(desk), strict=True)):
        row, watched, one = state["instruments"][number], state["risk"]["instruments"][number], listing.instrument
        tick = float(one.tick_size)
        found[one.symbol] = {
            "bid": _price(int(row["bid"]), one.tick_size),
            "ask": _price(int(row["ask"]), one.tick_size),
            "quoted_at": int(row["quoted_at"]),
            "quoted_span": int(row["quoted_span"]),
            "lock_opens": int(row["lock_opens"]),
            "lock_closes": int(row["lock_closes"]),
            **{name: int(watched[name]) for name in OF_INSTRUMENT},
            **stake._asdict(),
            "usual_spread": float(watched["usual_spread"]) * tick if watched["usual_spread"] >= 0 else None,
        }
    return found


def _price(ticks: int, tick_size: Any) -> float | None:
    return float(ticks * tick_size) if ticks > 0 else None


def strategies_of(desk: "Desk") -> list[dict[str, Any]]:
    """Return each strategy: whether it may open, what it did, and its losses in a row by instrument."""
    state, found = desk.core.state, []
    symbols = [one.instrument.symbol for one in desk.prepared.listings[: desk.prepared.traded]]
    for number, name in enumerate(numbered([one.name for one in desk.prepared.strategies])):
        row, watched = state["strategies"][number], state["risk"]["strategies"][number]
        places = state["risk"]["positions"][number * INSTRUMENTS : number * INSTRUMENTS + len(symbols)]
        found.append({
            "strategy": name,
            "enabled": bool(row["enabled"]),
            **{field: int(row[field]) for field in ("orders", "refusals", "trades")},
            "fills_day": int(watched["fills_day"]),
            "instruments": {
                symbol: {
                    "losses": int(place["losses"]),
                    "cool_until": int(place["cool_until"]),
                    "block_trades": max(int(one) for one in place["block_trades"]),
                    "bare_since": int(place["bare_since"]),
                }
                for symbol, place in zip(symbols, places, strict=True)
            },
        })  # fmt: skip
    return found
