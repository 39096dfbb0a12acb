"""A function of a whole frame of bars is called, and what it answers is read row by row.

    def signals(bars): ...                  # one frame
    def signals(bars, h1, d1): ...          # and those of higher timeframes, by the names of its parameters

`bars` has one row a bar: `ts` (its open, UTC), `close_time`, `open`, `high`, `low`, `close`, `volume`. A pandas frame
is indexed by `ts`. Row i of the answer is a decision of the moment bar i closes. The answer is a frame, a series, an
array, a mapping or a tuple of them, each as long as `bars`; a frame with fewer rows is joined by its times.

Whether pandas or polars is wanted is told by the first parameter's annotation, else by FRAME = "pandas" in the file,
else by what the file imports.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import TradewindError

HIGHER = re.compile(r"^(m\d+|h\d+|d1|w1)$", re.IGNORECASE)
COLUMNS = ("open", "high", "low", "close", "volume")
Answer = dict[str, NDArray[Any]]


class Bars(NamedTuple):
    """Bars of one timeframe: times in ns UTC, prices in price units."""

    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float64]]

    def part(self, rows: Any) -> "Bars":
        """Return some of the rows."""
        return Bars(self.opens[rows], self.closes[rows], {name: one[rows] for name, one in self.columns.items()})


def timeframes_of(function: Callable[..., Any]) -> list[str]:
    """Return the higher timeframes a function asks for, by the names of its parameters after the first."""
    names = [
        name
        for name, one in inspect.signature(function).parameters.items()
        if one.default is inspect.Parameter.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]
    wrong = [name for name in names[1:] if not HIGHER.match(name)]
    if not names or wrong:
        raise TradewindError(
            f"{getattr(function, '__name__', 'it')}({', '.join(names)}) is no function of a frame.",
            "The first parameter is the frame of bars; others are named after timeframes (h1, d1) or have defaults.",
        )
    return names[1:]


def library_of(function: Callable[..., Any], module: ModuleType) -> str:
    """Return "pandas" or "polars": what the function wants its frames to be."""
    first = next(iter(inspect.signature(function).parameters.values()))
    words = str(first.annotation).lower()
    for library, short in (("pandas", "pd."), ("polars", "pl.")):
        if library in words or words.startswith(short):
            return library
    declared = getattr(module, "FRAME", None)
    if declared is not None:
        return str(declared)
    imported = {value.__name__ for value in vars(module).values() if isinstance(value, ModuleType)}
    return "polars" if "polars" in imported and "pandas" not in imported else "pandas"


def frame_of(bars: Bars, library: str) -> Any:
    """Return bars as a frame of the library."""
    if library == "polars":
        import polars as pl  # noqa: PLC0415  only where it is wanted

        times = {name: pl.Series(one).cast(pl.Datetime("ns", "UTC")) for name, one in _times(bars).items()}
        return pl.DataFrame(times | {name: bars.columns[name] for name in COLUMNS})
    try:
        import pandas as pd  # noqa: PLC0415  only where it is wanted
    except ImportError:
        raise TradewindError("A function of pandas frames needs pandas.", "Install it: pip install pandas.") from None
    times = {name: pd.to_datetime(one, utc=True) for name, one in _times(bars).items()}
    frame = pd.DataFrame(
        {name: np.array(bars.columns[name]) for name in COLUMNS}, index=pd.Index(times["ts"], name="ts")
    )
    frame.insert(0, "close_time", times["close_time"])
    return frame


def _times(bars: Bars) -> dict[str, NDArray[np.int64]]:
    return {"ts": bars.opens, "close_time": bars.closes}


def answer_of(given: Any, bars: Bars) -> Answer:
    """Return what a function answered as columns as long as `bars`: numbers as float64, anything else as text."""
    found: Answer = {}
    for name, values, times in _columns(given, "signal"):
        column = _plain(values)
        if len(column) != len(bars.opens):
            column = _joined(column, times, bars, name)
        found[name] = column
    if not found:
        raise TradewindError("The function answered nothing.", "Let it return a frame, a series or an array.")
    return found


def _columns(given: Any, name: str) -> list[tuple[str, Any, Any]]:
    """Return (name, values, times or None) of every column in an answer."""
    kind = type(given).__module__.split(".")[0]
    if isinstance(given, Mapping):
        return [one for key, value in given.items() for one in _columns(value, str(key))]
    if isinstance(given, tuple | list) and given and hasattr(given[0], "__len__") and not isinstance(given[0], str):
        return [one for place, value in enumerate(given) for one in _columns(value, f"{name}_{place}")]
    if kind == "pandas":
        if hasattr(given, "columns"):
            return [(str(key), given[key], given.index) for key in given.columns if key not in ("ts", "close_time")]
        return [(str(given.name or name), given, given.index)]
    if kind == "polars":
        if hasattr(given, "collect"):
            given = given.collect()
        if hasattr(given, "columns"):
            times = given["ts"].to_physical().to_numpy() if "ts" in given.columns else None
            return [(key, given[key], times) for key in given.columns if key not in ("ts", "close_time")]
        return [(given.name or name, given, None)]
    array = np.asarray(given)
    if array.ndim == 2:
        return [(f"{name}_{place}", array[:, place], None) for place in range(array.shape[1])]
    return [(name, array, None)]


def _plain(values: Any) -> NDArray[Any]:
    """Return a column as float64 where it is numbers (nothing is NaN), else as text."""
    if hasattr(values, "to_list") and hasattr(values, "dtype") and type(values).__module__.startswith("polars"):
        kind = values.dtype
        if kind.is_temporal():
            return np.asarray(
                values.to_physical().cast(type(kind)() if False else values.to_physical().dtype).to_list()
            )
        if kind.is_numeric() or str(kind) == "Boolean":
            import polars as pl  # noqa: PLC0415  it is there, the answer is its own

            return np.asarray(values.cast(pl.Float64).fill_null(np.nan).to_numpy(), np.float64)
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    if array.dtype.kind in "mM":
        return np.where(np.isnat(array), np.nan, array.astype(np.int64).astype(np.float64))
    try:
        return np.array([np.nan if one is None else float(one) for one in array.tolist()], np.float64)
    except (TypeError, ValueError):
        return np.array([str(one) for one in array.tolist()])


def _joined(column: NDArray[Any], times: Any, bars: Bars, name: str) -> NDArray[Any]:
    """Return a shorter column at its places among the bars, or say that it has none."""
    moments = None
    if times is not None and getattr(getattr(times, "dtype", None), "kind", "O") in "Mi":
        raw = np.asarray(times)
        moments = raw.astype("datetime64[ns]").astype(np.int64) if raw.dtype.kind == "M" else raw.astype(np.int64)
    elif times is not None and hasattr(times, "as_unit"):
        moments = np.asarray(times.as_unit("ns").asi8)
    if moments is None or not np.isin(moments, bars.opens).all():
        raise TradewindError(
            f"Column {name} has {len(column)} rows for {len(bars.opens)} bars, and no times to join them by.",
            "Return one row for each bar.",
        )
    empty: Any = np.nan if column.dtype.kind == "f" else ""
    made = np.full(len(bars.opens), empty, column.dtype)
    made[np.searchsorted(bars.opens, moments)] = column
    return made
