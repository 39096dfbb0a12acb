"""Orders, fills, trades and what the gate did, from an account's journal, in the words of a backtest's tables."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tradewind.kernel.records import EVENT_KINDS, FILLED, PLACE, REFUSED_COMMAND
from tradewind.kernel.refusals import REASONS
from tradewind.results.columns import Integers
from tradewind.results.facts import RunFacts
from tradewind.results.orders import fills_table, orders_table
from tradewind.results.risk_log import risk_table
from tradewind.results.tables import equity_table, trades_table
from tradewind.settings import Settings
from tradewind.views.heart import folder_of
from tradewind.views.pages import EMPTY, Cut, Page, page_of, rows_of
from tradewind.views.past import Past, Rows, past_of


class About(NamedTuple):
    """Whose rows are wanted; None stands for everybody's."""

    strategy: str | None = None
    symbol: str | None = None


ALL = About()


def orders(settings: Settings, account: str, cut: Cut | None = None, about: About = ALL, *, kind: str = "") -> Page:
    """Return orders with what became of each; `kind` sent or refused leaves the others out."""
    kinds = {"sent": (PLACE,), "refused": (REFUSED_COMMAND,)}.get(kind, (PLACE, REFUSED_COMMAND))

    def show(past: Past, run: RunFacts, chosen: Integers) -> Any:
        return outcomes_known(past, orders_table(past.log("commands")[chosen], past.log("events"), run))

    def wanted(rows: Rows) -> Any:
        return np.isin(rows["kind"], kinds)

    return _shown(settings, account, (cut or Cut(), about), ("commands", wanted, show))


NOT_READ = "not read yet"
"""The status of an order whose reports stand in a part of the journal that is still being read."""


def outcomes_known(past: Past, table: Any) -> Any:
    """Return orders without a guess at what became of those whose reports are not known yet."""
    if not past.first_commit:
        return table
    older = (table["number"] < past.first_event) & table["status"].is_in(["sent", "working"])
    return table.with_columns(status=table["status"].set(older, NOT_READ))


def fills(settings: Settings, account: str, cut: Cut | None = None, about: About = ALL) -> Page:
    """Return fills, each with its order and the role that played; their sequence is the number of the event."""

    def show(past: Past, run: RunFacts, chosen: Integers) -> Any:
        return fills_table(past.log("commands"), past.log("events")[chosen], run)

    return _shown(settings, account, (cut or Cut(), about), ("events", lambda rows: rows["kind"] == FILLED, show))


def trades(settings: Settings, account: str, cut: Cut | None = None, about: About = ALL) -> Page:
    """Return finished trades, each from flat to flat, with costs apart."""

    def show(past: Past, run: RunFacts, chosen: Integers) -> Any:
        return trades_table(past.log("trades")[chosen], run)

    return _shown(settings, account, (cut or Cut(), about), ("trades", None, show))


def actions(settings: Settings, account: str, cut: Cut | None = None, about: About = ALL) -> Page:
    """Return what the gate did: refusals, reductions, cancels, halts, latches, changes of limits."""

    def show(past: Past, run: RunFacts, chosen: Integers) -> Any:
        return risk_table(past.log("risk")[chosen], run)

    return _shown(settings, account, (cut or Cut(), about), ("risk", None, show))


def equity(settings: Settings, account: str, cut: Cut | None = None) -> Page:
    """Return balance, equity, lowest equity and margin, every hour and at the end of every trading date."""

    def show(past: Past, run: RunFacts, chosen: Integers) -> Any:
        return equity_table(past.log("samples")[chosen], run)

    return _shown(settings, account, (cut or Cut(), ALL), ("samples", None, show))


def executions(settings: Settings, account: str, cut: Cut | None = None, about: About = ALL) -> Page:
    """Return what the broker reported, in its own words; a simulated venue has none."""

    def show(past: Past, run: RunFacts, chosen: Integers) -> Any:
        return [_execution(row, run) for row in past.log("executions")[chosen]]

    return _shown(settings, account, (cut or Cut(), about), ("executions", None, show))


def notes(settings: Settings, account: str, cut: Cut | None = None) -> Page:
    """Return the documents of the journal: starts, alerts, orders of people, changed limits, differences."""
    past = past_of(settings, folder_of(settings.data, account))
    if past is None:
        return EMPTY
    with past.lock:
        found = past.notes
        numbers = np.array([note.number for note in found], np.int64)

        def show(places: Integers) -> list[dict[str, Any]]:
            return [{"ts": note.ts, "kind": note.kind, "document": note.document}
                    for note in (found[place] for place in places)]  # fmt: skip

        return page_of(numbers, cut or Cut(), show)


Show = Callable[[Past, RunFacts, Integers], Any]
Wanted = Callable[[Rows], Any] | None


def _shown(
    settings: Settings, account: str, what: tuple[Cut, About], how: tuple[str, Wanted, Show]
) -> Page:  # fmt: skip
    """Return a page of a log: of the rows that are wanted and about whom is asked."""
    cut, about = what
    log, wanted, show = how
    past = past_of(settings, folder_of(settings.data, account))
    if past is None or past.facts is None:
        return EMPTY
    with past.lock:
        run, rows = past.facts.run, past.log(log)
        mask = np.ones(len(rows), np.bool_) if wanted is None else np.asarray(wanted(rows))
        for field, value, names in (
            ("strategy", about.strategy, run.strategy_names), ("instrument", about.symbol, run.symbols)
        ):  # fmt: skip
            if value is not None:
                mask &= rows[field] == (names.index(value) if value in names else -2)
        places = np.flatnonzero(mask)
        sequences = rows["number"][places] if log == "events" else places
        return page_of(sequences.astype(np.int64), cut, lambda chosen: _plain(show(past, run, places[chosen])))


def _plain(shown: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shown if isinstance(shown, list) else rows_of(shown)
    return found


def journey(settings: Settings, account: str, order: int) -> dict[str, Any] | None:
    """Return one order with its fills and the reports about it; None where it is not known."""
    past = past_of(settings, folder_of(settings.data, account))
    if past is None or past.facts is None:
        return None
    with past.lock:
        run, commands, events = past.facts.run, past.log("commands"), past.log("events")
        mine = np.flatnonzero((commands["kind"] == PLACE) & (commands["order"] == order))
        if not len(mine):
            return None
        command = commands[mine[-1]]
        numbers = [int(command[name]) for name in ("order", "stop_order", "target_order") if command[name]]
        told = events[np.isin(events["order"], numbers)]
        rows = rows_of(orders_table(commands[mine[-1:]], events, run))
        return {**rows[0], "sequence": int(mine[-1]), "fills": rows_of(fills_table(commands, told, run)),
                "reports": [_report(row) for row in told]}  # fmt: skip


def _execution(row: Any, run: RunFacts) -> dict[str, Any]:
    strategy, number = int(row["strategy"]), int(row["instrument"])
    one = run.instruments[number] if 0 <= number < len(run.instruments) else None
    size, step = (one.tick_size, one.lot_step) if one else (0, 0)
    texts = {name: bytes(row[name]).decode("ascii", "replace")
             for name in ("id", "execution", "broker_order", "position", "text")}  # fmt: skip
    return {
        "number": int(row["number"]),
        "order": int(row["order"]),
        "occurred": int(row["occurred"]),
        "kind": str(EVENT_KINDS.get(int(row["kind"]), row["kind"])),
        "strategy": run.strategy_names[strategy] if 0 <= strategy < len(run.strategies) else None,
        "symbol": one.symbol if one else None,
        "side": {1: "buy", -1: "sell"}.get(int(row["side"])),
        "lots": float(int(row["quantity"]) * step),
        "price": float(int(row["price"]) * size) or None,
        "amount": int(row["amount"]) / run.minor_per_unit,
        "realised": int(row["realised"]) / run.minor_per_unit,
        **texts,
    }


def _report(row: Any) -> dict[str, Any]:
    name, sentence = REASONS.get(int(row["reason"]), ("", ""))
    return {"number": int(row["number"]), "ts": int(row["ts"]), "order": int(row["order"]),
            "kind": str(EVENT_KINDS[int(row["kind"])]), "reason": name, "sentence": sentence}  # fmt: skip
