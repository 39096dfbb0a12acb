"""The first decision that is not the same, and by how much.

Numbers are equal within 1e-9 of the larger one or of the column's usual size: libraries sum in another order when an
array has another length. Orders and words are equal or they are not.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.markets.clock import utc_datetime

TOLERANCE = 1e-9
SKIPPED = ("number", "limits")
"""Fields of a command that name no decision."""
KIND_WORDS = {1: "order", 2: "cancel", 3: "replace", 4: "refused order"}
TYPE_WORDS = {1: "market", 2: "limit", 3: "stop", 4: "stop-limit"}


class Change(NamedTuple):
    """A decision that changed."""

    moment: int
    """When it was made, ns UTC."""
    decision: str
    was: Any
    became: Any
    row: int = -1

    @property
    def size(self) -> float | None:
        """Return by how much a number changed."""
        numbers = isinstance(self.was, float) and isinstance(self.became, float)
        return abs(self.became - self.was) if numbers and np.isfinite([self.was, self.became]).all() else None


def unequal(first: NDArray[Any], second: NDArray[Any], tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    """Return where two columns differ; nothing equals nothing."""
    if first.dtype.kind != "f" or second.dtype.kind != "f":
        words: NDArray[np.bool_] = first.astype(str) != second.astype(str)
        return words
    finite = np.abs(first[np.isfinite(first)])
    usual = float(np.median(finite)) if len(finite) else 0.0
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.maximum(np.abs(first), np.abs(second)), usual)
        close = np.abs(first - second) <= tolerance * size
    different: NDArray[np.bool_] = ~(close | (np.isnan(first) & np.isnan(second)) | (first == second))
    return different


def change_of_columns(
    first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]], closes: NDArray[np.int64], rows: int
) -> Change | None:
    """Return the earliest of the first `rows` rows in which two answers differ, or None."""
    best: Change | None = None
    for name in [*first, *(name for name in second if name not in first)]:
        if name not in first or name not in second:
            there = "missing" if name in first else "there"
            return Change(int(closes[0]), f"column {name}", "there" if name in first else "missing", there, 0)
        one, other = first[name][:rows], second[name][:rows]
        places = np.flatnonzero(unequal(one, other))
        if len(places) and (best is None or places[0] < best.row):
            row = int(places[0])
            best = Change(int(closes[row]), name, _value(one[row]), _value(other[row]), row)
    return best


def _value(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating | float) else str(value)


def change_of_decisions(first: Mapping[str, Any], second: Mapping[str, Any], gates: tuple[str, ...]) -> Change | None:
    """Return the earliest command or gate in which two runs differ, or None."""
    found = [_first_row(first[log], second[log], log, gates) for log in ("commands", "gates")]
    return min((one for one in found if one is not None), key=lambda one: one.moment, default=None)


def _first_row(first: Any, second: Any, log: str, gates: tuple[str, ...]) -> Change | None:
    count = min(len(first), len(second))
    fields = [name for name in first.dtype.names if name not in SKIPPED]
    different = np.zeros(count, np.bool_)
    for name in fields:
        one, other = first[name][:count], second[name][:count]
        different |= unequal(one, other) if one.dtype.kind == "f" else one != other
    places = np.flatnonzero(different)
    place = int(places[0]) if len(places) else count
    if place == count and len(first) == len(second):
        return None
    rows = [log_rows[place] if place < len(log_rows) else None for log_rows in (first, second)]
    moment = min(int(row["ts"]) for row in rows if row is not None)
    told = [_told(row, log, gates) if row is not None and int(row["ts"]) == moment else "nothing" for row in rows]
    if told[0] == told[1]:
        told = [f"{text} ({', '.join(_fields(row, rows, fields))})" for text, row in zip(told, rows, strict=True)]
    name = next(text for text in told if text != "nothing")
    return Change(moment, name.split(":")[0] if log == "gates" else "command", told[0], told[1], row=place)


def _fields(row: Any, rows: list[Any], fields: list[str]) -> list[str]:
    return [f"{name} {row[name]}" for name in fields if rows[0][name] != rows[1][name]]


def _told(row: Any, log: str, gates: tuple[str, ...]) -> str:
    """Return a row in words: prices in ticks, sizes in lot steps."""
    if log == "gates":
        number = int(row["gate"])
        name = gates[number] if number < len(gates) else str(number)
        return f"gate {name}: {row['value']:.10g} {'passed' if row['passed'] else 'refused'}"
    words = [
        KIND_WORDS.get(int(row["kind"]), "command"),
        "buy" if row["side"] > 0 else "sell",
        TYPE_WORDS.get(int(row["type"]), "order"),
        f"{row['quantity']} steps",
    ]
    words += [f"{name} {row[name]}" for name in ("price", "trigger", "stop_loss", "take_profit") if row[name]]
    return " ".join(words)


def at(moment: int) -> str:
    """Return a moment as people write it, UTC."""
    return utc_datetime(moment).isoformat(timespec="seconds").replace("+00:00", "Z")
