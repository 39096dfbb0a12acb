"""One commit of a journal, taken into the picture: a pure function of both.

Logs of one commit do not tell what came first between them, but a command carries the number of the last event before
it: by that, events and commands are put in their order again.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tradewind.adapters.projection import notes, orders, positions
from tradewind.adapters.projection.picture import Picture, Row
from tradewind.adapters.projection.plain import date_of, moment, number, text
from tradewind.kernel.records import ACCEPTED, CANCEL, FILLED, PLACE, REFUSED_COMMAND, REPLACE
from tradewind.kernel.rows import RISK_ACTIONS
from tradewind.ports import Rows

Content = Iterable[tuple[str, Any]]
"""What a commit holds: a log and its rows, or "notes" and a note (or a document with its `kind`)."""
WANTED = {PLACE: "place", CANCEL: "cancel", REPLACE: "replace", REFUSED_COMMAND: "refused"}


def take(picture: Picture, commit: int, content: Content) -> None:
    """The picture is that after the commit, and its changes are what the tables lack."""
    logs: dict[str, list[Any]] = {}
    for log, part in content:
        logs.setdefault(log, []).append(part)
    told_notes = [document_of(one) for one in logs.get("notes", [])]
    latest = _latest(picture, logs, told_notes)
    notes.begun(picture, latest)
    first = picture.number("notes", len(told_notes))
    for place, told in enumerate(told_notes):
        notes.note(picture, first + place, told, latest)
    _happened(picture, logs)
    for log, following in FOLLOWING.items():
        rows = [row for part in logs.get(log, []) for row in rows_of(part)]
        first = picture.number(log, len(rows))
        for place, row in enumerate(rows):
            following(picture, first + place, row)
    picture.commit = commit


def document_of(note: Any) -> Mapping[str, Any]:
    """Return a note as one document with its kind."""
    return note if isinstance(note, Mapping) else {**note.document, "kind": note.kind}


def rows_of(part: Rows) -> list[Row]:
    """Return the rows of a part of a log as plain values by name."""
    names = part.dtype.names or ()
    return [dict(zip(names, values, strict=True)) for values in part.tolist()]


def _latest(picture: Picture, logs: Mapping[str, list[Any]], told: list[Mapping[str, Any]]) -> int:
    """Return a moment for what tells none: that of the commit's last event or note, else of the last before."""
    moments = [int(part["ts"][-1]) for part in logs.get("events", []) if len(part)]
    moments += [one["ts"] for one in told if type(one.get("ts")) is int]
    before = picture.counts.get("latest", 0)
    picture.counts["latest"] = max([before, *moments])
    return picture.counts["latest"]


def _happened(picture: Picture, logs: Mapping[str, list[Any]]) -> None:
    """Orders, fills and positions have followed the commit's events, commands and executions."""
    explained: dict[int, Row] = {}
    for execution in (row for part in logs.get("executions", []) for row in rows_of(part)):
        orders.executed(picture, execution)
        if execution["number"] and execution["kind"] == FILLED:
            explained[execution["number"]] = execution
        elif execution["strategy"] < 0:
            positions.foreign(picture, execution)
    happened: list[tuple[int, int, Row]] = []
    for part in logs.get("events", []):
        happened += [(row["number"], 0, row) for row in rows_of(part[part["kind"] >= ACCEPTED])]
    commands = [row for part in logs.get("commands", []) for row in rows_of(part)]
    happened += [(row["number"], 1, row) for row in commands]
    for event, is_command, row in sorted(happened, key=lambda one: one[:2]):
        if is_command:
            orders.command(picture, row)
        else:
            if row["kind"] == FILLED:
                positions.filled(picture, row, explained.get(event))
            orders.event(picture, row)


def _signal(picture: Picture, place: int, row: Row) -> None:
    names = ("strategy", "instrument", "side", "quantity", "risk")
    picture.put("analytics.signals", row["ts"], {
        "account": picture.account, "number": place, "at": moment(row["ts"]), "at_ns": row["ts"],
        "event": row["number"], **{name: row[name] for name in names}, "wanted": WANTED[row["kind"]],
        "order_number": row["order"], "reason": orders.reason_of(row["reason"]),
    })  # fmt: skip


def _trade(picture: Picture, _place: int, row: Row) -> None:
    names = (
        "number", "strategy", "instrument", "side", "quantity", "entry_cost", "exit_cost", "risk", "gross",
        "commission", "financing", "spread_cost", "slippage_cost", "worst_price", "best_price", "fills", "ambiguous",
    )  # fmt: skip
    picture.put("trading.trades", row["closed_at"], {
        "account": picture.account, **{name: row[name] for name in names}, "reason": orders.reason_of(row["reason"]),
        "opened_at": moment(row["opened_at"]), "opened_ns": row["opened_at"],
        "closed_at": moment(row["closed_at"]), "closed_ns": row["closed_at"],
    })  # fmt: skip


def _sample(picture: Picture, place: int, row: Row) -> None:
    money = {name: row[name] for name in ("balance", "equity", "margin")}
    picture.put("analytics.equity", row["ts"], {
        "account": picture.account, "number": place, "at": moment(row["ts"]), "at_ns": row["ts"],
        "trading_date": date_of(row["date"]), "low_equity": row["low_equity"], **money,
    })  # fmt: skip
    picture.row.update(money, valued_ns=row["ts"])
    picture.put("trading.accounts", row["ts"], picture.row)


def _gate(picture: Picture, place: int, row: Row) -> None:
    names = ("strategy", "instrument", "gate")
    picture.put("analytics.gates", row["ts"], {
        "account": picture.account, "number": place, "at": moment(row["ts"]), "at_ns": row["ts"],
        **{name: row[name] for name in names}, "passed": bool(row["passed"]),
        **{name: number(row[name]) for name in ("value", "low", "high")},
    })  # fmt: skip


def _risk(picture: Picture, place: int, row: Row) -> None:
    picture.put("monitoring.risk_actions", row["ts"], {
        "account": picture.account, "number": place, "at": moment(row["ts"]), "at_ns": row["ts"],
        "event": row["number"], "control": orders.reason_of(row["rule"]), "action": text(RISK_ACTIONS[row["action"]]),
        "value": number(row["value"]), "bound": number(row["limit"]), "order_number": row["order"],
        "strategy": None if row["strategy"] < 0 else row["strategy"],
        "instrument": None if row["instrument"] < 0 else row["instrument"],
    })  # fmt: skip


FOLLOWING: Mapping[str, Callable[[Picture, int, Row], None]] = {
    "commands": _signal,
    "trades": _trade,
    "samples": _sample,
    "gates": _gate,
    "risk": _risk,
}
"""What becomes of the rows of the other logs; those left out have no table."""
