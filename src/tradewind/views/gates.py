"""Why a strategy did or did not trade: the gates it asked at its last bars, and which bar came nearest to a trade.

A gate is a named condition with a value and the bounds between which it passes. A bar at which all passed is a signal;
the nearest miss is the bar at which the fewest failed, and of those the one whose values lay least beyond their bounds.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tradewind.errors import UnknownName
from tradewind.results.facts import RunFacts
from tradewind.results.orders import fills_table, orders_table
from tradewind.results.printing import plain
from tradewind.results.tables import gates_table
from tradewind.results.why import why
from tradewind.settings import Settings
from tradewind.views.heart import folder_of
from tradewind.views.orders import ALL, About
from tradewind.views.pages import EMPTY, MOST, Cut, Page
from tradewind.views.past import Past, Rows, past_of

LATEST = 60_000
"""Rows of gates that are looked through for bars and misses."""


def bars(settings: Settings, account: str, cut: Cut | None = None, about: About = ALL) -> Page:
    """Return bars at which gates were asked, newest first; the sequence is that of the first gate's row."""
    past = past_of(settings, folder_of(settings.data, account))
    if past is None or past.facts is None:
        return EMPTY
    cut = cut or Cut()
    limit = min(max(cut.limit, 1), MOST)
    with past.lock:
        run, rows = past.facts.run, past.log("gates")
        if cut.after is None:
            end = len(rows) if cut.before is None else min(cut.before, len(rows))
            span = max(0, end - LATEST), end
        else:
            span = 0, len(rows)
        edges = _edges(rows, span, run, about)
        if cut.after is None:
            shown, more = edges[-limit:][::-1], len(edges) > limit
        else:
            later = [one for one in edges if one[0] > cut.after]
            shown, more = later[:limit], len(later) > limit
        found = [_bar(rows[start:end], start, run) for start, end in shown]
    newest = edges[-1][0] if edges else None
    return Page(found, found[-1]["sequence"] if more else None, newest)


def _edges(rows: Rows, span: tuple[int, int], run: RunFacts, about: About) -> list[tuple[int, int]]:
    """Return where the bars among rows of gates begin and end, oldest first, of those asked about."""
    rows, offset = rows[span[0] : span[1]], span[0]
    if not len(rows):
        return []
    changed = np.zeros(len(rows), np.bool_)
    changed[0] = True
    for name in ("ts", "strategy", "instrument"):
        changed[1:] |= rows[name][1:] != rows[name][:-1]
    starts = np.flatnonzero(changed)
    ends = np.append(starts[1:], len(rows))
    wanted = np.ones(len(starts), np.bool_)
    for field, value, names in (
        ("strategy", about.strategy, run.strategy_names), ("instrument", about.symbol, run.symbols)
    ):  # fmt: skip
        if value is not None:
            wanted &= rows[field][starts] == (names.index(value) if value in names else -2)
    return list(zip((starts[wanted] + offset).tolist(), (ends[wanted] + offset).tolist(), strict=True))


def _bar(rows: Rows, sequence: int, run: RunFacts) -> dict[str, Any]:
    """Return one bar with its gates."""
    first, strategy = rows[0], int(rows["strategy"][0])
    names = run.strategies[strategy].gates
    gates = [_gate(row, names) for row in rows]
    failed = [one for one in gates if not one["passed"]]
    return {
        "sequence": sequence,
        "ts": int(first["ts"]),
        "strategy": run.strategy_names[strategy],
        "symbol": run.symbols[int(first["instrument"])],
        "asked": len(gates),
        "failed": len(failed),
        "passed": not failed,
        "blocked_by": failed[0]["gate"] if failed else None,
        "gates": gates,
    }


def _gate(row: Any, names: Sequence[str]) -> dict[str, Any]:
    value, low, high, number = float(row["value"]), float(row["low"]), float(row["high"]), int(row["gate"])
    passed = bool(row["passed"])
    missing = 0.0 if passed else (low - value if value < low else high - value)
    return {
        "gate": gate_name(names, number),
        "value": value if math.isfinite(value) else None,
        "low": low if math.isfinite(low) else None,
        "high": high if math.isfinite(high) else None,
        "passed": passed,
        "missing": missing if math.isfinite(missing) else None,
    }


def gate_name(names: Sequence[str], number: int) -> str:
    """Return the name of a gate; its number where the strategy's file does not write it out."""
    return names[number] if number < len(names) else f"gate {number}"


def nearest_miss(settings: Settings, account: str, since: int | None = None, about: About = ALL) -> dict[str, Any]:
    """Return the bar since a moment (ns UTC; else of the last date with any) that came nearest without a signal."""
    past = past_of(settings, folder_of(settings.data, account))
    if past is None or past.facts is None:
        return {"bar": None, "bars": 0, "signals": 0, "since": since}
    with past.lock:
        rows = past.log("gates")
        begins = since if since is not None else _last_day(past)
        first = max(int(np.searchsorted(rows["ts"], begins)), len(rows) - LATEST)
        run = past.facts.run
        edges = _edges(rows, (first, len(rows)), run, about)
        found = [_bar(rows[start:end], start, run) for start, end in edges]
    missed = [one for one in found if not one["passed"]]
    best = min(missed, key=_distance, default=None)
    return {"bar": best, "bars": len(found), "signals": len(found) - len(missed), "since": begins}


def _last_day(past: Past) -> int:
    """Return when the last day on which gates were asked began, by the clock of UTC."""
    rows = past.log("gates")
    day = 86_400_000_000_000
    return int(rows["ts"][-1]) // day * day if len(rows) else 0


def _distance(bar: Mapping[str, Any]) -> tuple[float, float, int]:
    """Return how far a bar was from a signal: gates failed, how far beyond their bounds in all, gates not reached."""
    total = 0.0
    for one in bar["gates"]:
        if not one["passed"]:
            bound = one["low"] if one["missing"] is not None and one["missing"] > 0 else one["high"]
            scale = max(abs(bound or 0.0), 1e-9)
            total += 1e9 if one["missing"] is None else abs(one["missing"]) / scale
    return float(bar["failed"]), total, -int(bar["asked"])


def summary(settings: Settings, account: str, since: int | None = None) -> list[dict[str, Any]]:
    """Return for each strategy and gate how often it was asked and how often it let nothing pass, worst first."""
    past = past_of(settings, folder_of(settings.data, account))
    if past is None or past.facts is None:
        return []
    with past.lock:
        run, rows = past.facts.run, past.log("gates")
        rows = rows[rows["ts"] >= (_last_day(past) if since is None else since)]
        keys, place = np.unique(np.stack([rows["strategy"], rows["gate"]]), axis=1, return_inverse=True)
        asked = np.bincount(place.reshape(-1), minlength=keys.shape[1])
        failed = np.bincount(place.reshape(-1), rows["passed"] == 0, minlength=keys.shape[1]).astype(np.int64)
    found = [
        {
            "strategy": run.strategy_names[strategy],
            "gate": gate_name(run.strategies[strategy].gates, gate),
            "asked": int(asked[column]),
            "failed": int(failed[column]),
        }
        for column, (strategy, gate) in enumerate(keys.T.tolist())
    ]
    return sorted(found, key=lambda one: (one["strategy"], -one["failed"]))


def why_at(settings: Settings, account: str, about: About, ts: int | None = None) -> dict[str, Any]:
    """Return what a strategy asked, held and wanted in an instrument at a moment, ns UTC; else at its last bar."""
    past = past_of(settings, folder_of(settings.data, account))
    if past is None or past.facts is None:
        raise UnknownName("account with a journal", account, [])
    with past.lock:
        run = past.facts.run
        strategy = about.strategy or run.strategy_names[0]
        symbol = about.symbol or run.symbols[0]
        gates = past.log("gates")
        events, commands = past.log("events"), past.log("commands")
        if ts is None:
            ts = int(gates["ts"][-1]) if len(gates) else int(events["ts"][-1]) if len(events) else 0
        end = int(np.searchsorted(gates["ts"], ts, "right"))
        near = gates[max(0, end - LATEST) : end + LATEST]
        tables = {
            "gates": gates_table(near, run),
            "orders": orders_table(commands, events, run),
            "fills": fills_table(commands, events, run),
        }
        document = {
            "strategies": run.strategy_names,
            "instruments": run.symbols,
            "gates": {name: one.gates for name, one in zip(run.strategy_names, run.strategies, strict=True)},
        }
    answer: dict[str, Any] = plain(why(document, tables, strategy, symbol, ts))
    return answer
