"""A strategy is a file: a thesis, `Params`, `MEMORY`, and `on_*` functions. This module loads it.

Which functions exist says when the strategy is woken: `on_m5`, `on_h1`, ... for closed bars of that timeframe,
`on_bar` for the run's own, `on_quote`, `on_order` (reports about its orders), `on_day`, `on_session`. The same text
runs as plain Python or compiled into the kernel's loop; a small file is written beside the compiled code that takes
apart what the loop passes (addresses) and calls the handlers by name.
"""

import hashlib
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, get_type_hints

import numpy as np

from tradewind.errors import TradewindError, nearest
from tradewind.kernel.bars import DAY_BAR, MONTH_BAR, WEEK_BAR
from tradewind.kernel.compiled import CACHE_FOLDER, compiled
from tradewind.kernel.layout import RESERVED
from tradewind.kernel.records import record
from tradewind.kernel.step import WANTS_DAYS, WANTS_ORDERS, WANTS_QUOTES, WANTS_SESSIONS

FORMATS: dict[object, str] = {int: "i8", float: "f8", bool: "i8"}

OTHER_HANDLERS = {
    "on_quote": WANTS_QUOTES,
    "on_order": WANTS_ORDERS,
    "on_day": WANTS_DAYS,
    "on_session": WANTS_SESSIONS,
}

TIMEFRAME = re.compile(r"(mn|[smhdw])([1-9][0-9]*)", re.IGNORECASE)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY_BAR, "w": WEEK_BAR, "mn": MONTH_BAR}


class _NoParams(NamedTuple):
    """The parameters of a strategy that has none."""


def memory(**fields: Any) -> np.dtype[Any]:
    """Return the record of what a strategy keeps between events: indicator records, `int`, `float` or `bool`."""
    if not fields:
        raise TradewindError("memory() needs at least one field, for example memory(fast=EMA, armed=int)")
    kept: np.dtype[Any] = record([(name, FORMATS.get(kind, kind)) for name, kind in fields.items()])
    return kept


def gates(*names: str) -> Any:
    """Return a number for each named condition, to be read as a field such as `GATES.trend`."""
    from collections import namedtuple  # noqa: PLC0415  only here, and typing.NamedTuple cannot be made of names

    return namedtuple("Gates", names)(*range(len(names)))  # noqa: PYI024  the names are only known here


def timeframe_seconds(name: str) -> int:
    """Return the seconds (or calendar code) of a timeframe such as M5, H4, D1, W1 or MN1."""
    match = TIMEFRAME.fullmatch(name)
    if match is None:
        raise TradewindError(f"timeframe {name!r} is not known; use for example S10, M1, M5, M15, H1, H4, D1, W1, MN1")
    unit, count = match[1].lower(), int(match[2])
    if unit in ("d", "w", "mn") and count != 1:
        raise TradewindError(f"timeframe {name!r}: days, weeks and months come one at a time (D1, W1, MN1)")
    seconds = UNITS[unit] * count
    if unit in ("s", "m", "h") and seconds >= DAY_BAR:
        raise TradewindError(f"timeframe {name!r} is a day or longer; use D1, W1 or MN1")
    return seconds


def timeframe_name(seconds: int) -> str:
    """Return the name of a timeframe: 300 is M5."""
    for code, name in ((MONTH_BAR, "MN1"), (WEEK_BAR, "W1"), (DAY_BAR, "D1")):
        if seconds == code:
            return name
    for unit, size in (("H", 3600), ("M", 60)):
        if seconds % size == 0:
            return f"{unit}{seconds // size}"
    return f"S{seconds}"


@dataclass(frozen=True)
class Strategy:
    """A loaded strategy file."""

    name: str
    path: Path
    digest: str
    module: ModuleType
    parameters: type[Any]
    memory: np.dtype[Any]
    gate_names: tuple[str, ...]
    handlers: Mapping[str, Callable[..., Any]]
    timeframes: Mapping[str, int]
    """Of each bar handler; 0 stands for the run's own timeframe."""
    thesis: str = field(default="", repr=False)

    @property
    def shown(self) -> int:
        """The bits of the other things it wants to see."""
        return sum(bit for name, bit in OTHER_HANDLERS.items() if name in self.handlers)

    def params(self, overrides: Mapping[str, str] | None = None) -> Any:
        """Return its parameters with `overrides` (text) for defaults; raise TradewindError for a bad name or value."""
        hints = get_type_hints(self.parameters)
        values: dict[str, Any] = {}
        for name, text in (overrides or {}).items():
            if name not in hints:
                raise TradewindError(
                    f"strategy {self.name} has no parameter {name!r}.{nearest(name, hints)} It has: "
                    + (", ".join(hints) or "none")
                )
            values[name] = _parse(self.name, name, text, hints[name])
        return self.parameters(**values)

    def parameter_record(self, params: Any, bar_seconds: int) -> np.ndarray[Any, Any]:
        """Return `params` and the run's own timeframe as the record that compiled code reads."""
        row = np.zeros(1, parameter_dtype(self.parameters))
        row["bar_seconds_"] = bar_seconds
        for name in params._fields:
            row[name] = getattr(params, name)
        return row


def _parse(strategy: str, name: str, text: str, kind: type[Any]) -> Any:
    """Return `text` as a value of `kind`."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return words[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        raise TradewindError(f"strategy {strategy}: {name}={text!r} is not {_article(kind)}") from None


def _article(kind: type[Any]) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, kind.__name__)


def parameter_dtype(parameters: type[Any]) -> np.dtype[Any]:
    """Return the record dtype of a Params class; its fields must be int, float or bool."""
    fields: list[tuple[str, str]] = [("bar_seconds_", "i8")]
    for name, kind in get_type_hints(parameters).items():
        if kind not in FORMATS:
            raise TradewindError(f"parameter {name!r} has type {kind}; use int, float or bool")
        if name in RESERVED:
            raise TradewindError(f"parameter {name!r} has a name that numpy uses; choose another word")
        fields.append((name, FORMATS[kind]))
    dtype: np.dtype[Any] = record(fields)
    return dtype


def load(path: str | Path, *, compile_handlers: bool = False) -> Strategy:
    """Return the strategy in the file `path`; with `compile_handlers` its functions are Numba's.

    Raises TradewindError with file and line for a file that does not load, has no handler or an unknown one.
    """
    path = Path(path)
    if not path.is_file():
        raise TradewindError(f"no strategy file {path}; give a path such as strategies/opening_range.py")
    source = path.read_bytes()
    digest = hashlib.sha256(CACHE_FOLDER.name.encode() + source).hexdigest()[:20]
    module = _execute(path, f"tradewind_strategy_{digest}{'_compiled' if compile_handlers else ''}")
    functions = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
    }
    if compile_handlers:
        for name, function in functions.items():
            functions[name] = compiled(folder=CACHE_FOLDER / digest)(function)
            setattr(module, name, functions[name])
    handlers = {name: function for name, function in functions.items() if name.startswith("on_")}
    timeframes = _timeframes(path, handlers)
    return Strategy(
        name=path.stem,
        path=path,
        digest=digest,
        module=module,
        parameters=getattr(module, "Params", _NoParams),
        memory=getattr(module, "MEMORY", record([("unused", "i8")])),
        gate_names=tuple(getattr(getattr(module, "GATES", None), "_fields", ())),
        handlers=handlers,
        timeframes=timeframes,
        thesis=(module.__doc__ or "").strip(),
    )


def _timeframes(path: Path, handlers: Mapping[str, Callable[..., Any]]) -> dict[str, int]:
    """Return the timeframe of each bar handler; an unknown handler is named with the nearest that exists."""
    found: dict[str, int] = {}
    known = ["on_bar", *OTHER_HANDLERS]
    for name in handlers:
        if name == "on_bar":
            found[name] = 0
        elif TIMEFRAME.fullmatch(name[3:]):
            found[name] = timeframe_seconds(name[3:])
        elif name not in OTHER_HANDLERS:
            raise TradewindError(
                f"{path}: {name} is no handler.{nearest(name, known)} Use on_bar, on_m5 (or another timeframe), "
                + ", ".join(OTHER_HANDLERS)
            )
    if not handlers:
        raise TradewindError(f"{path} has no handler; write a function such as on_m5(state, bar, memory, params)")
    return found


def _execute(path: Path, name: str) -> ModuleType:
    """Return the module in the file; what goes wrong in it is said in one line."""
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TradewindError(f"{path} is not a Python file")
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise TradewindError(f"{path}:{error.lineno}: {error.msg}: {(error.text or '').strip()}") from None
    except TradewindError:
        raise
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        raise TradewindError(f"{path}:{line}: {type(error).__name__}: {error}") from error
    return module
