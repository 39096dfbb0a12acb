"""An account at a glance: what it is worth, what it holds, what it risks against which limit, and why it may not open.

Every fact carries its age; one without fresh evidence is shown as stale, never as fine.
"""

import time
from pathlib import Path
from typing import Any

from tradewind.errors import TradewindError
from tradewind.live.folder import account_names
from tradewind.settings import Settings
from tradewind.views.clock import clock_of
from tradewind.views.halts import halts_of
from tradewind.views.heart import FRESH_S, Heart, folder_of, heart_of
from tradewind.views.limits import Row, limits_in_force, rows_of
from tradewind.views.past import Past, past_of
from tradewind.watchdog.killfile import MEANINGS

FRESH, STALE, MISSING = "fresh", "stale", "missing"


def accounts(data: Path) -> list[dict[str, Any]]:
    """Return every account of a data folder in a few words, by name."""
    return [brief(data, name) for name in account_names(data)]


def brief(data: Path, name: str) -> dict[str, Any]:
    """Return one account in a few words: mode, state, worth, positions, why it opens nothing."""
    folder = folder_of(data, name)
    heart, told = heart_of(folder), folder.read_status() or {}
    level = max(folder.kill_level(), int(told.get("kill", 0)))
    return {
        "account": name,
        "mode": told.get("mode"),
        "state": heart.state,
        "age_s": heart.age_s,
        "synthetic": told.get("synthetic", False),
        "speed": told.get("speed"),
        "epoch": told.get("epoch"),
        "now": told.get("event_ts"),
        "ready": heart.fresh and told.get("ready") is True and level == 0,
        "reasons": reasons_of(heart, level),
        "kill": {"level": level, "asked": folder.kill_level(), "means": MEANINGS[level]},
        "currency": heart.currency,
        "equity": heart.amount(told.get("equity")),
        "balance": heart.amount(told.get("balance")),
        "margin": heart.amount(told.get("margin")),
        "day": day_of(heart),
        "positions": len(told.get("positions", [])),
        "orders": len(told.get("orders", [])),
        "unknown": told.get("unknown", 0),
    }


def reasons_of(heart: Heart, level: int) -> list[dict[str, str]]:
    """Return why nothing may be opened; what is not known to be in order is a reason."""
    found = [{"name": name, "sentence": str(sentence)} for name, sentence in heart.told.get("reasons", {}).items()]
    if level and not any(one["name"] == "kill switch" for one in found):
        found.insert(0, {"name": "kill switch", "sentence": f"Level {level}: {MEANINGS[level]}."})
    if not heart.fresh:
        sentence = {
            "stale": "The trader has given no sign of life for too long; what is shown may not be so any more.",
            "stopped": "The trader was stopped. Start it again to trade.",
            "starting": "Its process loads; what was never compiled on this machine takes a minute the first time.",
        }.get(heart.state, "The account has never been started.")
        found.insert(0, {"name": heart.state, "sentence": sentence})
    return found


def day_of(heart: Heart) -> dict[str, Any]:
    """Return what the trading date has brought so far, from the equity it began with; None where that is not told."""
    told = heart.told.get("risk", {})
    began, equity = told.get("close_equity"), heart.told.get("equity")
    if not isinstance(began, int) or not isinstance(equity, int) or not told.get("date"):
        return {"result": None, "share": None, "began_with": None, "opens": None, "closes": None, "trades": None}
    return {
        "result": heart.amount(equity - began),
        "share": (equity - began) / began if began > 0 else None,
        "began_with": heart.amount(began),
        "opens": told["day_opens"],
        "closes": told["day_closes"],
        "trades": told["trades_day"],
    }


def overview(settings: Settings, account: str, wall: int | None = None) -> dict[str, Any]:
    """Return everything the first screen shows of an account; `wall` is what time it is, ns UTC."""
    now = time.time_ns() if wall is None else wall
    folder = folder_of(settings.data, account)
    heart, past, trouble = heart_of(folder), None, None
    try:
        past = past_of(settings, folder)
    except TradewindError as error:
        trouble = error.message
    limits = None if past is None else limits_in_force(past.notes, heart)
    rows = [] if limits is None else rows_of(limits, heart)
    symbols = list(heart.told.get("risk", {}).get("instruments", {}))
    if not symbols and past is not None and past.facts is not None:
        symbols = list(past.facts.run.symbols)
    profile = past.facts.document["profile"]["name"] if past is not None and past.facts is not None else None
    return {
        **brief(settings.data, account),
        "halts": [one._asdict() for one in halts_of(folder, heart, limits)],
        "limits": [row._asdict() for row in rows if in_use(row)],
        "positions": positions_of(heart),
        "orders": orders_of(heart),
        "strategies": heart.told.get("risk", {}).get("strategies", []),
        "instruments": instruments_of(heart),
        "clock": clock_of(settings, symbols, heart.now(now), profile),
        "facts": facts_of(heart, past, now),
        "trouble": trouble,
    }


def in_use(row: Row) -> bool:
    """Return whether a limit has a use that can be shown as a bar."""
    return row.limit is not None and (row.about == "" or bool(row.used))


def positions_of(heart: Heart) -> list[dict[str, Any]]:
    """Return open positions: prices in units of the price, amounts in units of the account."""
    prices = heart.told.get("risk", {}).get("instruments", {})
    found = []
    for one in heart.told.get("positions", []):
        quote = prices.get(one["symbol"], {})
        at = quote.get("bid") if one["lots"] > 0 else quote.get("ask")
        found.append({
            **one,
            "side": "long" if one["lots"] > 0 else "short",
            "price_now": at,
            "unrealised": heart.amount(one["unrealised"]),
            "risk": heart.amount(one["risk"]) if one.get("risk") else None,
            "r": one["unrealised"] / one["risk"] if one.get("risk") else None,
            "protected": bool(one["stops"]),
        })  # fmt: skip
    return found


def orders_of(heart: Heart) -> list[dict[str, Any]]:
    """Return living entries; a level that was not given is None."""
    levels = ("price", "trigger", "stop_loss", "expires")
    return [
        {**one, "side": "buy" if one["side"] > 0 else "sell", **{name: one.get(name) or None for name in levels}}
        for one in heart.told.get("orders", [])
    ]


def instruments_of(heart: Heart) -> list[dict[str, Any]]:
    """Return each traded instrument's latest price with its age by the account's own clock."""
    now = int(heart.told.get("event_ts", 0))
    return [
        {
            "symbol": symbol,
            **{name: one[name] for name in ("bid", "ask", "quoted_at", "usual_spread", "trades_day", "flat_at")},
            "age_s": max(0.0, (now - one["quoted_at"]) / 1e9) if one["quoted_at"] else None,
            "news_lock": [one["lock_opens"], one["lock_closes"]] if one["lock_closes"] else None,
        }
        for symbol, one in heart.told.get("risk", {}).get("instruments", {}).items()
    ]


def facts_of(heart: Heart, past: Past | None, now: int) -> list[dict[str, Any]]:
    """Return the age of each source of what is shown, and whether it is to be believed."""
    committed = None if past is None or not past.committed_ns else (now - past.committed_ns) / 1e9
    rows = [
        ("heartbeat", heart.age_s, FRESH_S, heart.fresh, bool(heart.told)),
        ("journal", committed, None, heart.fresh and past is not None, past is not None),
    ]
    return [
        {"fact": name, "age_s": age, "limit_s": limit, "state": FRESH if fresh else STALE if there else MISSING}
        for name, age, limit, fresh, there in rows
    ]
