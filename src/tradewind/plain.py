"""Strategies as plain Python: any library, any debugger, the same orders.

numpy's record attributes are slow (a microsecond and more each), so a handler gets light stand-ins: the bar as a
named tuple, and the memory as an object whose nested records are made once. Both read and write the same bytes that
compiled code would.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numba import from_dtype

from tradewind.kernel.compiled import JIT
from tradewind.kernel.loop import SHOW_BAR, SHOW_QUOTE
from tradewind.kernel.records import ACCEPTED, BAR_ROW, DAY, STATE
from tradewind.strategy import Strategy

Bar = NamedTuple("Bar", [(name, int) for name in BAR_ROW.names or ()])  # type: ignore[misc]


class PlainSlot(Protocol):
    """What is needed of a strategy in a run."""

    strategy: Strategy
    params: Any
    bar_seconds: int


class StateView:
    """The state as a handler sees it: fields by name, and something the compiled verbs accept.

    A plain numpy record of STATE cannot be handed to compiled code, because its events overlap their fields and
    numpy refuses a buffer for that. `data` and `_numba_type_` are what Numba asks of a record.
    """

    __slots__ = ("_row", "data")
    _numba_type_ = from_dtype(STATE)

    def __init__(self, state: np.ndarray[Any, Any]) -> None:
        """It looks at the one row of `state`."""
        self._row = state[0]
        self.data = memoryview(state.view("u1"))

    def __getattr__(self, name: str) -> Any:
        """Return the field `name`."""
        return getattr(self._row, name)


def memory_view(array: np.ndarray[Any, Any]) -> Any:
    """Return an object whose attributes are the fields of the one-row record `array`, read and written in place."""
    members: dict[str, Any] = {"__slots__": ("_row", "_nested")}
    for name in array.dtype.names or ():
        kind = array.dtype[name]
        members[name] = _nested(name) if kind.fields or kind.subdtype else _scalar(name)
    view = type("Memory", (), members)()
    row = array[0]
    view._row = array  # noqa: SLF001  the class was made four lines above
    view._nested = {name: row[name] for name in array.dtype.names or ()}  # noqa: SLF001
    return view


def _nested(name: str) -> property:
    return property(lambda self: self._nested[name])


def _scalar(name: str) -> property:
    def read(self: Any) -> Any:
        return self._row[name][0].item()

    def write(self: Any, value: Any) -> None:
        self._row[name][0] = value

    return property(read, write)


class PlainStrategies:
    """Handlers of plain-Python strategies, ready to be called with what the loop shows."""

    def __init__(
        self, state: np.ndarray[Any, Any], slots: Sequence[PlainSlot], views: Mapping[tuple[int, int], Any]
    ) -> None:
        """Every handler is bound to its strategy's memory, parameters and timeframe."""
        self._state = StateView(state) if JIT else state[0]
        self._pending = state["pending"][0]
        self._instruments = state["instruments"][0]
        self._slots = slots
        self._last = state["series"][0]["last"]
        self._timeframes = [int(value) for value in state["series"][0]["timeframe"]]
        self._memories = {key: memory_view(view) for key, view in views.items()}
        self._bar_handlers = [_bar_handlers(slot) for slot in slots]

    def call(self, shown: int, strategy: int, index: int) -> None:
        """The handlers of `strategy` that want what is shown have run."""
        slot = self._slots[strategy]
        handlers = slot.strategy.handlers
        if shown == SHOW_BAR:
            bar = Bar._make(self._last[index].item())
            memory = self._memories.get((strategy, bar.instrument))
            if memory is not None:
                for handler in self._bar_handlers[strategy].get(self._timeframes[index], ()):
                    handler(self._state, bar, memory, slot.params)
        elif shown == SHOW_QUOTE:
            memory = self._memories.get((strategy, index))
            if memory is not None:
                handlers["on_quote"](self._state, self._instruments[index], memory, slot.params)
        else:
            event = self._pending[index]
            memory = self._memories.get((strategy, int(event["instrument"])))
            name = "on_order" if event["kind"] >= ACCEPTED else "on_day" if event["kind"] == DAY else "on_session"
            if memory is not None and name in handlers:
                handlers[name](self._state, event, memory, slot.params)


def _bar_handlers(slot: PlainSlot) -> dict[int, list[Callable[..., Any]]]:
    """Return the bar handlers of a strategy by timeframe."""
    found: dict[int, list[Callable[..., Any]]] = {}
    for name, seconds in slot.strategy.timeframes.items():
        found.setdefault(seconds or slot.bar_seconds, []).append(slot.strategy.handlers[name])
    return found
