"""What a block of an account's journal tells people: orders and reports, equity, alerts, prices."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.reading import note_in
from tradewind.kernel.records import ACCEPTED, BAR, EVENT_KINDS, QUOTE
from tradewind.kernel.refusals import REASONS
from tradewind.live.start import LAYOUTS
from tradewind.results.facts import RunFacts
from tradewind.results.orders import orders_table
from tradewind.results.tables import equity_table, trades_table
from tradewind.views.alerts import of_actions, of_note
from tradewind.views.pages import rows_of

Rows = np.ndarray[Any, Any]
Told = dict[str, list[dict[str, Any]]]
ORDERS, STATE, ALERTS = "orders", "state", "alerts"
STATES = ("start", "graft", "limits", "order of a person")
"""Notes after which an account is not what it was."""
MINUTE = 60_000_000_000


class Price(NamedTuple):
    """A price of an instrument, in price units."""

    symbol: str
    ts: int
    bid: float
    ask: float
    bar: dict[str, Any] | None
    """What it came in, where that was a bar."""


def told_by(block: Block, run: RunFacts | None, account: str) -> Told:
    """Return what a block tells by topic, empty where it is nothing of these; without a run, numbers mean nothing."""
    if block.log == "notes":
        return _of_a_note(block, account)
    if run is None or block.log not in ("commands", "events", "trades", "samples", "risk"):
        return {}
    rows = np.frombuffer(block.payload, LAYOUTS[block.log])
    if block.log == "events":
        topic, items = ORDERS, _reports(rows, run)
    elif block.log == "commands":
        topic, items = ORDERS, [{"what": "order", **one} for one in rows_of(orders_table(rows, _none("events"), run))]
    elif block.log == "trades":
        topic, items = ORDERS, [{"what": "trade", **one} for one in rows_of(trades_table(rows, run))]
    elif block.log == "samples":
        topic, items = STATE, [{"what": "equity", **one} for one in rows_of(equity_table(rows, run))]
    else:
        topic, items = ALERTS, of_actions(rows, block.start, run.symbols, account)
    return {topic: items} if items else {}


def _none(log: str) -> Rows:
    return np.zeros(0, LAYOUTS[log])


def _of_a_note(block: Block, account: str) -> Told:
    note = note_in(block)
    found: Told = {}
    if (alert := of_note(note, account)) is not None:
        found[ALERTS] = [alert]
    if note.kind in STATES:
        document = note.document
        words = {name: document[name] for name in ("mode", "epoch", "done", "text") if name in document}
        ts = int(document.get("ts") or note.ts)
        found[STATE] = [{"what": note.kind, "number": note.number, "ts": ts, **words}]
    return found


def _reports(rows: Rows, run: RunFacts) -> list[dict[str, Any]]:
    return [_report(row, run) for row in rows[rows["kind"] >= ACCEPTED]]


def _report(row: Any, run: RunFacts) -> dict[str, Any]:
    reason, sentence = REASONS.get(int(row["reason"]), ("", ""))
    found = {
        "what": "report", "number": int(row["number"]), "ts": int(row["ts"]), "order": int(row["order"]),
        "kind": str(EVENT_KINDS[int(row["kind"])]), "reason": reason, "sentence": sentence,
    }  # fmt: skip
    if 0 <= row["instrument"] < len(run.instruments):
        one = run.instruments[int(row["instrument"])]
        found["symbol"] = one.symbol
        found["lots"] = round(float(int(row["quantity"]) * one.lot_step), 10)
        found["price"] = round(float(int(row["price"]) * one.tick_size), 10)
    return found


def prices_in(block: Block, run: RunFacts | None) -> Sequence[Price]:
    """Return the last price of each instrument in a block, and the bar that it was."""
    if block.log != "events" or run is None:
        return ()
    rows = np.frombuffer(block.payload, LAYOUTS["events"])
    rows = rows[(rows["kind"] >= QUOTE) & (rows["kind"] <= BAR)]
    known = [number for number in np.unique(rows["instrument"]).tolist() if 0 <= number < len(run.instruments)]
    return [_price(rows[rows["instrument"] == number][-1], run.instruments[number]) for number in known]


def _price(row: Any, one: Any) -> Price:
    def units(ticks: Any) -> float:
        return round(float(int(ticks) * one.tick_size), 10)

    bid, ask = int(row["close"]), int(row["close"]) + int(row["spread_close"])
    bar: dict[str, Any] | None = None
    if int(row["kind"]) == BAR:
        bar = {"opens": int(row["ts"]) - int(row["span"]) * 1_000_000_000, "seconds": int(row["span"]), "closed": True}
        bar |= {name: units(row[name]) for name in ("open", "high", "low", "close")} | {"volume": int(row["volume"])}
    return Price(one.symbol, int(row["ts"]), units(bid), units(ask), bar)


def grown(bar: dict[str, Any] | None, price: Price) -> dict[str, Any]:
    """Return the minute's bar with a quote in it: the same one grown, or the next."""
    opens = price.ts // MINUTE * MINUTE
    if bar is None or bar["closed"] or bar["opens"] != opens:
        corners = dict.fromkeys(("open", "high", "low", "close"), price.bid)
        return {"opens": opens, "seconds": 60, "closed": False, **corners, "volume": 1}
    return {
        **bar, "high": max(bar["high"], price.bid), "low": min(bar["low"], price.bid), "close": price.bid,
        "volume": bar["volume"] + 1,
    }  # fmt: skip
