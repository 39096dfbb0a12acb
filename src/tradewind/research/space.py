"""What is varied: each parameter with the values it may take, and conditions between them.

A range is written `low:high:step` (both ends included where the step meets them), `low:high` (every whole number, or
any number between), `low:high:log` (the same on a logarithmic scale) or `a,b,c`. A strategy file may declare its own:

    SPACE = {"fast": range(5, 60, 5), "slow": "60:240:20", "filter": (True, False), "stop": "0.5:3:log"}
    WHERE = ("fast < slow",)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, get_type_hints

from tradewind.errors import TradewindError, UnknownName
from tradewind.research.conditions import Condition, Value

MOST_POINTS = 1_000_000
"""Of one parameter: more values than this are no list any more."""


@dataclass(frozen=True)
class Axis:
    """One parameter and its values: a list of them, or everything from `low` to `high`."""

    name: str
    kind: type
    """int, float or bool."""
    points: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    ordered: bool = True
    """Whether the points lie on a scale; choices do not."""

    @property
    def continuous(self) -> bool:
        """Whether it has no list of values."""
        return not self.points

    def at(self, share: float) -> Value:
        """Return the value that lies `share` (0 to 1, exclusive) of the way from the lowest to the highest."""
        if self.points and not self.log:
            return self.points[min(int(share * len(self.points)), len(self.points) - 1)]
        if self.log:
            # Whole numbers get their share of the scale: from half below to half above.
            margin = 0.5 if self.kind is int else 0.0
            low, high = math.log(self.low - margin), math.log(self.high + margin)
            value = math.exp(low + share * (high - low))
        else:
            value = self.low + share * (self.high - self.low)
        if self.kind is int:
            return int(min(max(round(value), self.low), self.high))
        return rounded(value)

    def __str__(self) -> str:
        """Return the range as it is written on the command line."""
        if self.points and not self.log:
            return f"{self.name}={','.join(text_of(one) for one in self.points)}"
        return f"{self.name}={text_of(self.kind(self.low))}:{text_of(self.kind(self.high))}{':log' if self.log else ''}"


def rounded(value: float) -> float:
    """Return a number to six significant digits: no strategy knows more, and a person can read and type it."""
    return float(f"{value:.6g}")


def text_of(value: Value) -> str:
    """Return a value as it is written on the command line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


@dataclass(frozen=True)
class Space:
    """All axes, and what must hold between the parameters."""

    axes: Sequence[Axis]
    conditions: Sequence[Condition]
    fixed: Mapping[str, Value]
    """The parameters that are not varied."""

    def allows(self, values: Mapping[str, Value]) -> bool:
        """Return whether every condition holds."""
        whole = {**self.fixed, **values}
        return all(condition(whole) for condition in self.conditions)

    def words(self) -> dict[str, list[str]]:
        """Return the space as the words of a command line, to be stored."""
        return {"vary": [str(axis) for axis in self.axes], "where": [one.text for one in self.conditions]}


def texts(values: Mapping[str, Value]) -> dict[str, str]:
    """Return values as the overrides of a choice."""
    return {name: text_of(value) for name, value in values.items()}


def space_of(strategy: Any, base: Mapping[str, str], vary: Sequence[str], where: Sequence[str]) -> Space:
    """Return what `--vary` and `--where` say of a loaded strategy; without any --vary what its file declares.

    `base` is what is set besides. Raises TradewindError for what is no parameter, no range or no condition.
    """
    hints = get_type_hints(strategy.parameters)
    declared = getattr(strategy.module, "SPACE", {})
    conditions = [*getattr(strategy.module, "WHERE", ()), *where]
    if vary:
        axes = [_written(text, hints, declared) for text in vary]
    else:
        axes = [axis_of(name, values, _kind(name, hints)) for name, values in declared.items() if name not in base]
    if not axes:
        raise TradewindError(
            f"Nothing is varied: {strategy.name} declares no SPACE.",
            f"Vary a parameter: --vary {next(iter(hints), 'name')}=LOW:HIGH:STEP.",
        )
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1 or name in base:
            raise TradewindError(f"Parameter {name!r} is given more than once.", "Vary it once, and do not --set it.")
    fixed = {name: value for name, value in strategy.params(base)._asdict().items() if name not in names}
    return Space(axes, [Condition(text, hints) for text in dict.fromkeys(conditions)], fixed)


def _kind(name: str, hints: Mapping[str, type]) -> type:
    if name not in hints:
        raise UnknownName("parameter", name, hints)
    return hints[name]


def _written(text: str, hints: Mapping[str, type], declared: Mapping[str, Any]) -> Axis:
    """Return the axis of one --vary; a name alone takes its range from the strategy file."""
    name, sign, rest = (part.strip() for part in text.partition("="))
    kind = _kind(name, hints)
    if not sign:
        if name not in declared:
            raise TradewindError(f"--vary {name} has no range, and the file declares none.", f"Write {name}=5:60:5.")
        return axis_of(name, declared[name], kind)
    return axis_of(name, rest, kind)


def axis_of(name: str, values: Any, kind: type) -> Axis:
    """Return the axis of a parameter of type `kind` from text, a `range` or a list of values."""
    if isinstance(values, str):
        parts = values.split(":")
        if len(parts) in (2, 3):
            return _range(name, parts, kind)
        values = [part.strip() for part in values.split(",") if part.strip()]
    found = [_number(name, str(one), kind) for one in values]
    points = tuple(dict.fromkeys(found))
    if not points:
        raise TradewindError(f"--vary {name} has no values.", f"Write {name}=5:60:5 or {name}=1,2,3.")
    rising = kind is not bool and list(points) == sorted(points)
    return Axis(name, kind, points, float(min(points)), float(max(points)), ordered=rising)


def _range(name: str, parts: Sequence[str], kind: type) -> Axis:
    """Return the axis of low:high, low:high:step or low:high:log."""
    text = ":".join(parts)
    if kind is bool:
        raise TradewindError(f"--vary {name}={text}: it is true or false.", f"Write {name}=true,false.")
    low, high = _number(name, parts[0], kind), _number(name, parts[1], kind)
    if low >= high:
        raise TradewindError(f"--vary {name}={text} is no range.", "Write the lower end first.")
    last = parts[2].strip() if len(parts) > 2 else ""
    if last == "log":
        if low <= 0:
            raise TradewindError(f"--vary {name}={text}: a logarithmic scale has no 0.", "Begin above 0.")
        points = tuple(range(int(low), int(high) + 1)) if kind is int else ()
        return Axis(name, kind, points, float(low), float(high), log=True)
    if not last and kind is float:
        return Axis(name, kind, (), float(low), float(high))
    try:
        step = Decimal(last or "1")
    except InvalidOperation:
        raise TradewindError(f"--vary {name}={text}: {last!r} is no step.", "Write LOW:HIGH:STEP or :log.") from None
    count = 0 if step <= 0 else int((Decimal(str(high)) - Decimal(str(low))) / step) + 1
    if not 0 < count <= MOST_POINTS or (kind is int and step % 1):
        raise TradewindError(f"--vary {name}={text}: {last} is no step for it.", "Write a step above 0 that fits.")
    values = (Decimal(str(low)) + step * place for place in range(count))
    return Axis(name, kind, tuple(kind(one) for one in values), float(low), float(high))


def _number(name: str, text: str, kind: type) -> Value:
    """Return text as a value of a parameter."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        value: Value = words[text.strip().lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        wanted = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, kind.__name__)
        raise TradewindError(f"--vary {name}: {text!r} is not {wanted}.", "Correct the range.") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise TradewindError(f"--vary {name}: {text!r} is no number to trade by.", "Correct the range.")
    return value
