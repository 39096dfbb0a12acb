"""Strategies as plain Python: any library, any debugger, the same orders.

A handler gets light stand-ins for the kernel's records: objects whose attributes read and write the same bytes that
compiled code would. numpy's own records would do, but each attribute of theirs costs microseconds, and Numba finds out
the types of its arguments anew at every call; here both are remembered.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numba import from_dtype
from numba.core.dispatcher import Dispatcher

from tradewind.kernel.compiled import JIT, Inner
from tradewind.kernel.loop import SHOW_BAR, SHOW_QUOTE
from tradewind.kernel.records import ACCEPTED, DAY, STATE
from tradewind.strategy import Strategy


class PlainSlot(Protocol):
    """What is needed of a strategy in a run."""

    strategy: Strategy
    params: Any
    bar_seconds: int


@cache
def view_class(dtype: np.dtype[Any]) -> type[Any]:
    """Return the class of objects whose attributes are the fields of a record of `dtype`, read and written in place.

    Compiled functions take such an object for the record itself: `data` and `_numba_type_` are what Numba asks of one.
    """
    members: dict[str, Any] = {"__slots__": ("_nested", "_scalars", "data")}
    if JIT:
        members["_numba_type_"] = from_dtype(dtype)
    for place, name in enumerate(dtype.names or ()):
        nested = dtype[name].fields or dtype[name].subdtype
        members[name] = _nested(name) if nested else _scalar(place)
    return type("RecordView", (), members)


def _nested(name: str) -> property:
    return property(lambda self: self._nested[name])


def _scalar(place: int) -> property:
    def read(self: Any) -> Any:
        return self._scalars[place][0]

    def write(self: Any, value: Any) -> None:
        self._scalars[place][0] = value

    return property(read, write)


def record_view(array: np.ndarray[Any, Any]) -> Any:
    """Return an object that looks at the one row of `array`."""
    view: Any = view_class(array.dtype)()
    view.data = array.view("u1").data
    scalars: list[Any] = []
    nested: dict[str, Any] = {}
    for name in array.dtype.names or ():
        kind = array.dtype[name]
        if kind.fields:
            nested[name] = record_view(array[name])
        elif kind.subdtype:
            nested[name] = array[name][0]
        # A memory view of one number: the quickest way there is to read it as a Python number.
        scalars.append(None if kind.fields or kind.subdtype else array[name].data.cast("B").cast(kind.char))
    view._scalars, view._nested = tuple(scalars), nested  # noqa: SLF001  the class is ours
    return view


class Views:
    """The rows of an array of records, each looked at through a view that is made when it is first asked for."""

    def __init__(self, rows: np.ndarray[Any, Any]) -> None:
        """They look at `rows`."""
        self._rows = rows
        self._made: dict[int, Any] = {}

    def __getitem__(self, index: int) -> Any:
        """Return the view of row `index`."""
        view = self._made.get(index)
        if view is None:
            view = self._made[index] = record_view(self._rows[index : index + 1])
        return view


def remembering(function: Any) -> Callable[..., Any]:
    """Return a function that calls the compiled `function` and remembers its machine code for the types it meets."""
    known: dict[tuple[type, ...], Callable[..., Any]] = {}

    def call(*arguments: Any, **named: Any) -> Any:
        if named:
            return function(*arguments, **named)
        kinds = tuple(map(type, arguments))
        code = known.get(kinds)
        if code is not None:
            return code(*arguments)
        result = function(*arguments)
        types = tuple(function.typeof_pyval(argument) for argument in arguments)
        if types in function.overloads:
            known[kinds] = function.overloads[types].entry_point
        return result

    return call


def quicken(module: ModuleType) -> None:
    """The compiled functions that the strategy in `module` uses cost it as little as they can."""
    for name, value in list(vars(module).items()):
        function = value.public if isinstance(value, Inner) else value
        if isinstance(function, Dispatcher):
            setattr(module, name, remembering(function))


class PlainStrategies:
    """Handlers of plain-Python strategies, ready to be called with what the loop shows."""

    def __init__(
        self, state: np.ndarray[Any, Any], slots: Sequence[PlainSlot], views: Mapping[tuple[int, int], Any]
    ) -> None:
        """Every handler is bound to its strategy's memory, parameters and timeframe."""
        self._state = _state_view(state)
        self._pending = Views(state["pending"][0])
        self._instruments = Views(state["instruments"][0])
        self._slots = slots
        series = state["series"][0]
        self._bars = [record_view(series["last"][place : place + 1]) for place in range(len(series))]
        self._timeframes = series["timeframe"]
        self._memories = {key: record_view(view) for key, view in views.items()}
        self._bar_handlers = [_bar_handlers(slot) for slot in slots]
        self._bound: dict[tuple[int, int], list[tuple[Callable[..., Any], Any]]] = {}
        for slot in slots:
            quicken(slot.strategy.module)

    def show(self, shown: int, strategy: int, index: int) -> None:
        """The handlers of `strategy` that want what is shown have run."""
        if shown == SHOW_BAR:
            bound = self._bound.get((strategy, index))
            if bound is None:
                bound = self._bind(strategy, index)
            params, bar = self._slots[strategy].params, self._bars[index]
            for handler, memory in bound:
                handler(self._state, bar, memory, params)
        elif shown == SHOW_QUOTE:
            self._call(strategy, "on_quote", index, self._instruments[index])
        else:
            event = self._pending[index]
            name = "on_order" if event.kind >= ACCEPTED else "on_day" if event.kind == DAY else "on_session"
            self._call(strategy, name, event.instrument, event)

    def _bind(self, strategy: int, index: int) -> list[tuple[Callable[..., Any], Any]]:
        """Return the bar handlers of a strategy for a series, each with its memory, and remember them."""
        memory = self._memories.get((strategy, self._bars[index].instrument))
        handlers = self._bar_handlers[strategy].get(int(self._timeframes[index]), ())
        bound = [] if memory is None else [(handler, memory) for handler in handlers]
        self._bound[strategy, index] = bound
        return bound

    def _call(self, strategy: int, name: str, instrument: int, what: Any) -> None:
        """The handler `name` has run, if the strategy has it and trades the instrument."""
        slot = self._slots[strategy]
        memory = self._memories.get((strategy, instrument))
        if memory is not None and name in slot.strategy.handlers:
            slot.strategy.handlers[name](self._state, what, memory, slot.params)


def _state_view(state: np.ndarray[Any, Any]) -> Any:
    """Return what handlers are given as the state.

    numpy refuses a buffer of STATE, because its events overlap their fields; uncompiled nobody asks for one.
    """
    return StateView(state) if JIT else state[0]


class StateView:
    """The state as a handler sees it: fields by name, and something the compiled verbs accept."""

    __slots__ = ("_row", "data")
    _numba_type_ = from_dtype(STATE)

    def __init__(self, state: np.ndarray[Any, Any]) -> None:
        """It looks at the one row of `state`."""
        self._row = state[0]
        self.data = state.view("u1").data

    def __getattr__(self, name: str) -> Any:
        """Return the field `name`."""
        return getattr(self._row, name)


def _bar_handlers(slot: PlainSlot) -> dict[int, list[Callable[..., Any]]]:
    """Return the bar handlers of a strategy by timeframe."""
    found: dict[int, list[Callable[..., Any]]] = {}
    for name, seconds in slot.strategy.timeframes.items():
        found.setdefault(seconds or slot.bar_seconds, []).append(slot.strategy.handlers[name])
    return found
