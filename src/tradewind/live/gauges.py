"""How an account stands, as figures: read from its heartbeat when somebody asks, so that trading pays nothing for it.

The heartbeat is about a second old. What it does not tell is not told here either.
"""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind import money
from tradewind.metrics.told import Told
from tradewind.risk.limits import DAILY, NO_HIGHEST, Limits

if TYPE_CHECKING:
    from tradewind.live.desk import Desk

MODES = ("paper", "live")
STATES = ("running", "held", "halted", "disabled")


def tell_status(told: Told, desk: "Desk", status: Mapping[str, Any], venue: str) -> None:
    """Everything a heartbeat says of the account stands among the figures."""
    currency = str(status["currency"])
    told.one_of("tradewind_mode", str(status["mode"]), MODES)
    told.gauge("tradewind_kill_state", "account").set(max(int(status["kill"]), int(status["kill_file_seen"])))
    told.gauge("tradewind_leader").set(status.get("leader") is True and not status.get("ended"))
    told.gauge("tradewind_leader_epoch").set(int(status["epoch"]))
    told.gauge("tradewind_journal_seq").set(int(status["event"]))
    for name, amount in (("balance", status["balance"]), ("equity", status["equity"])):
        told.gauge(f"tradewind_{name}", currency).set(_units(amount, currency))
    initial, peak = int(status["risk"]["initial"]), int(status["risk"]["peak"])
    told.gauge("tradewind_pnl_realized", currency).set(_units(int(status["balance"]) - initial, currency))
    told.gauge("tradewind_drawdown_ratio").set(max(0.0, 1 - int(status["equity"]) / peak) if peak > 0 else 0.0)
    told.gauge("tradewind_orders_open", venue).set(len(status["orders"]))
    told.gauge("tradewind_orders_unknown", venue).set(int(status["unknown"]))
    told.gauge("tradewind_positions_open").set(len(status["positions"]))
    bare = [one for one in status["positions"] if not one["stops"]]
    told.gauge("tradewind_unprotected_positions").set(len(bare))
    _tell_strategies(told, desk, status)
    for name, share in usage(desk.limits(), status).items():
        told.gauge("tradewind_risk_limit_usage_ratio", name).set(share)


def usage(limits: Limits, status: Mapping[str, Any]) -> dict[str, float]:
    """Return how much of each loss rule is used, 1 where it is reached; the nearest daily one also as `daily_loss`."""
    found: dict[str, float] = {}
    equity, floors = int(status["equity"]), status["risk"]["floors"]
    for rule in limits.loss_rules:
        floor = floors.get(rule.name)
        if floor is None:
            continue
        trails = rule.highest_source != NO_HIGHEST
        base = max(int(floor["highest"]), limits.capital) if trails else int(floor["measured_from"])
        most = base - int(floor["floor"])
        share = max(0, base - equity) / most if most > 0 else 0.0
        found[rule.name] = max(share, 1.0) if floor["breached"] else share
        if rule.resets == DAILY:
            found["daily_loss"] = max(found.get("daily_loss", 0.0), found[rule.name])
    return found


def _tell_strategies(told: Told, desk: "Desk", status: Mapping[str, Any]) -> None:
    """Each strategy's state, and what its positions are worth beside the account."""
    equity, stopped = max(1, int(status["equity"])), int(status["kill"]) > 0
    worth = {symbol: _unit_worth(one) for symbol, one in status["risk"]["instruments"].items()}
    held = bool(status["reasons"])
    for one in status["risk"]["strategies"]:
        name = str(one["strategy"])
        state = "halted" if stopped else "disabled" if not one["enabled"] else "held" if held else "running"
        for other in STATES:
            told.gauge("tradewind_strategy_state", name, other).set(state == other)
        mine = [row for row in status["positions"] if row["strategy"] == name]
        steps = {row["symbol"]: _steps(desk, row) for row in mine}
        exposed = sum(abs(count) * worth[symbol] for symbol, count in steps.items())
        told.gauge("tradewind_position_exposure_ratio", name).set(exposed / equity)


def _steps(desk: "Desk", position: Mapping[str, Any]) -> float:
    """Return a position in lot steps."""
    listing = next(one for one in desk.prepared.listings if one.instrument.symbol == position["symbol"])
    return float(position["lots"]) / float(listing.instrument.volume_step)


def _unit_worth(one: Mapping[str, Any]) -> float:
    """Return what a lot step is worth, minor units of the account, from what the gate measured of all of them."""
    steps = int(one["steps_long"]) + int(one["steps_short"])
    return (float(one["worth_long"]) + float(one["worth_short"])) / steps if steps else 0.0


def tell_disk(told: Told, folder: Path) -> None:
    """How much of the disk is free stands among the figures, and how large the journal is."""
    disk = shutil.disk_usage(folder)
    told.gauge("tradewind_disk_free_ratio").set(disk.free / disk.total)
    sizes = [path.stat().st_size for path in folder.glob("journal.sqlite*")]
    told.gauge("tradewind_journal_bytes").set(sum(sizes))


def tell_watchdog(told: Told, age_s: float | None) -> None:
    """When the watchdog last showed that it lives stands among the figures; nothing where it never did."""
    if age_s is not None:
        told.gauge("tradewind_watchdog_heartbeat_timestamp_seconds").set(time.time() - age_s)


def _units(minor: Any, currency: str) -> float:
    return float(money.amount(int(minor), currency))
