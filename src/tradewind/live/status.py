"""The heartbeat: once a second, what a person and the watchdog must know, as one small document.

Who the process is and that it lives stands in every beat anyway: `watchdog.beats.write_beat` adds it.
"""

from typing import TYPE_CHECKING, Any

from tradewind.kernel.orders import ENTRY, HELD, STATUSES, STOP_LOSS, TAKE_PROFIT, UNKNOWN
from tradewind.kernel.records import INSTRUMENTS
from tradewind.kernel.refusals import LAST_HOLD, REASONS, STARTING
from tradewind.live.counted import counted
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
        "currency": desk.prepared.request.settings.account.currency,
        "positions": positions_of(desk),
        "orders": orders_of(desk),
        "unknown": sum(int(row["status"]) == UNKNOWN for row in _living(desk)),
        "risk": counted(desk),
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
            found.append(
                {
                    "strategy": name,
                    "symbol": one.symbol,
                    "lots": float(quantity * one.volume_step),
                    "price": float(int(row["cost"]) / quantity * float(one.tick_size)),
                    "stops": _levels(desk, (strategy, number, STOP_LOSS), "trigger", one.tick_size),
                    "targets": _levels(desk, (strategy, number, TAKE_PROFIT), "price", one.tick_size),
                    "unrealised": int(row["unrealised"]),
                    "risk": int(row["risk"]),
                    "opened_at": int(row["opened_at"]),
                }
            )
    return found


def _levels(desk: "Desk", whose: tuple[int, int, int], field: str, tick_size: Any) -> list[float]:
    """Return the prices of living attached orders: strategy, instrument and role say whose."""
    return [
        float(int(order[field]) * tick_size)
        for order in _living(desk)
        if (int(order["strategy"]), int(order["instrument"]), int(order["role"])) == whose
        and int(order["status"]) != HELD
    ]


def orders_of(desk: "Desk") -> list[dict[str, Any]]:
    """Return living entries, in lots and price units; a price or moment of 0 is none."""
    names = numbered([one.name for one in desk.prepared.strategies])
    found = []
    for row in _living(desk):
        if int(row["role"]) != ENTRY:
            continue
        one = desk.prepared.listings[int(row["instrument"])].instrument
        found.append(
            {
                "order": int(row["id"]),
                "strategy": names[int(row["strategy"])],
                "symbol": one.symbol,
                "side": int(row["side"]),
                "status": STATUSES[int(row["status"])],
                "lots": float(int(row["quantity"]) * one.volume_step),
                "filled": float(int(row["filled"]) * one.volume_step),
                **{name: float(int(row[name]) * one.tick_size) for name in ("price", "trigger", "stop_loss")},
                "sent_at": int(row["sent_at"]),
                "expires": int(row["expires"]),
            }
        )
    return found


def _living(desk: "Desk") -> Any:
    return desk.core.state["orders"][: int(desk.core.state["order_count"])]
