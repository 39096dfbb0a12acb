"""The heartbeat: once a second, what a person and the watchdog must know, as one small document.

Who the process is and that it lives stands in every beat anyway: `watchdog.beats.write_beat` adds it.
"""

from typing import TYPE_CHECKING, Any

from tradewind.kernel.orders import ENTRY, HELD, STATUSES, STOP_LOSS, UNKNOWN
from tradewind.kernel.records import INSTRUMENTS
from tradewind.kernel.refusals import LAST_HOLD, REASONS, STARTING
from tradewind.results.facts import numbered

if TYPE_CHECKING:
    from tradewind.live.desk import Desk


def status_of(desk: "Desk", mode: str, **more: Any) -> dict[str, Any]:
    """Return the heartbeat of a desk: who, when, what is held and protected, and why nothing may be opened."""
    state, account = desk.core.state, desk.core.state["account"]
    kill = int(state["risk"]["kill"])
    reasons = reasons_of(desk)
    return {
        "account": desk.folder.name,
        "mode": mode,
        "epoch": desk.epoch,
        "event": desk.core.events,
        "event_ts": desk.core.now,
        "ready": not reasons,
        "reasons": reasons,
        "kill": kill,
        "kill_file_seen": desk.killed,
        "balance": int(account["balance"]),
        "equity": int(account["balance"]) + int(account["unrealised"]),
        "margin": int(account["margin"]),
        "positions": positions_of(desk),
        "orders": orders_of(desk),
        "unknown": sum(int(row["status"]) == UNKNOWN for row in _living(desk)),
        **more,
    }


def reasons_of(desk: "Desk") -> dict[str, str]:
    """Return why nothing may be opened, by name; empty where everything may."""
    state, found = desk.core.state, {}
    for number, listing in enumerate(desk.prepared.listings[: desk.prepared.traded]):
        bits = desk.core.held(number)
        for place in range(LAST_HOLD - STARTING + 1):
            if bits >> place & 1:
                name, sentence = REASONS[STARTING + place]
                found[f"{name} {listing.instrument.symbol}"] = sentence
    if int(state["risk"]["kill"]):
        found["kill switch"] = f"Level {int(state['risk']['kill'])}; `tradewind rearm` lowers it."
    if int(state["risk"]["halted_by"]):
        name, sentence = REASONS[int(state["risk"]["halted_by"])]
        found[name] = sentence
    return found


def positions_of(desk: "Desk") -> list[dict[str, Any]]:
    """Return open positions in lots and price units, with their stop."""
    state, names = desk.core.state, numbered([one.name for one in desk.prepared.strategies])
    found = []
    for strategy, name in enumerate(names):
        for number, listing in enumerate(desk.prepared.listings[: desk.prepared.traded]):
            row = state["positions"][strategy * INSTRUMENTS + number]
            quantity = int(row["quantity"])
            if quantity == 0:
                continue
            one = listing.instrument
            stops = [
                float(int(order["trigger"]) * one.tick_size)
                for order in _living(desk)
                if (int(order["strategy"]), int(order["instrument"])) == (strategy, number)
                and int(order["role"]) == STOP_LOSS
                and int(order["status"]) != HELD
            ]
            found.append(
                {
                    "strategy": name,
                    "symbol": one.symbol,
                    "lots": float(quantity * one.volume_step),
                    "price": float(int(row["cost"]) / quantity * float(one.tick_size)),
                    "stops": stops,
                    "unrealised": int(row["unrealised"]),
                }
            )
    return found


def orders_of(desk: "Desk") -> list[dict[str, Any]]:
    """Return living entries."""
    names = numbered([one.name for one in desk.prepared.strategies])
    return [
        {
            "order": int(row["id"]),
            "strategy": names[int(row["strategy"])],
            "symbol": desk.prepared.listings[int(row["instrument"])].instrument.symbol,
            "side": int(row["side"]),
            "status": STATUSES[int(row["status"])],
        }
        for row in _living(desk)
        if int(row["role"]) == ENTRY
    ]


def _living(desk: "Desk") -> Any:
    return desk.core.state["orders"][: int(desk.core.state["order_count"])]
