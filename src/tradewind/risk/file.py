"""Reading a risk file or a pack: what is written, checked table by table, every error with line and column.

    name = "my challenge"
    version = 3                          # count it up when you change something
    packs = ["house", "ftmo-2step"]      # of several packs the tighter limit holds
    phase = "challenge"
    capital = 100000                     # what firms measure from; the account's balance if left out

    [exposure]                           # what the file says itself wins over its packs, and is shown as such
    risk_per_trade = "0.4 %"

    [[loss_rules]]                       # changes the pack's rule of this name, or adds one
    name = "daily hard loss"
    amount = "2 %"

    [groups.METALS]
    limit = "0.8 %"

    [instruments.XAUUSD]
    order_lots_cap = 5

A pack is such a file too, with phases, and sources for everything in it. Nothing is switched off by being left out: a
limit that neither the file nor a pack states is an error (`risk.resolving`).
"""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import ValidationError

from tradewind.errors import BadSettings, UnknownName, nearest
from tradewind.risk.controls import CONTROLS, SECTIONS, Control
from tradewind.risk.declared import (
    PACKS,
    Declared,
    Document,
    GroupTable,
    Header,
    LossTable,
    Objectives,
    Part,
)
from tradewind.risk.limits import OFF
from tradewind.risk.positions import Path, Place, places
from tradewind.risk.units import FORMS, Value, read, shown

Table = dict[str, Any]
T = TypeVar("T", bound=Declared)

CAPS = ("order_lots_cap", "order_value_cap", "position_lots_cap", "spread_cap")
"""The limits an instrument may have of its own."""
TABLES = (*SECTIONS, "loss_rules", "groups", "instruments", "objectives")


class _Fault(Exception):  # noqa: N818 - never leaves this file
    """Something at a path is wrong."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.path, self.message, self.hint = path, message, hint


def load_document(name_or_path: str | FilePath) -> Document:
    """Return a shipped pack by name, or a risk file of your own."""
    name = str(name_or_path)
    if name in PACKS:
        text = files("tradewind.risk").joinpath("packs", f"{name}.toml").read_text(encoding="utf-8")
        return read_document(text, f"pack {name}")
    path = FilePath(name)
    if path.suffix != ".toml":
        raise UnknownName("risk pack", name, ("none", *PACKS))
    try:
        return read_document(path.read_text(encoding="utf-8"), name)
    except FileNotFoundError:
        raise BadSettings(f"There is no risk file {name}.", f"Shipped packs: {', '.join(PACKS)}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The risk file {name} cannot be read: {error}.", "Correct the file.") from error


def read_document(text: str, where: str) -> Document:
    """Return what a text says; raise BadSettings for the first fault, with line and column."""
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{where}: {error}.", "Correct the line named.") from None
    lines = places(text)
    try:
        return _document(table, where, lines)
    except _Fault as fault:
        raise at(where, lines, fault.path, fault.message, fault.hint) from None


def at(where: str, lines: Mapping[Path, Place], path: Path, message: str, hint: str = "") -> BadSettings:
    """Return the error of something wrong at a path, with line and column of the nearest key that has them."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            line, column = lines[path[:length]]
            return BadSettings(f"{where}:{line}:{column}: {message}", hint)
    return BadSettings(f"{where}: {message}", hint)


def _document(table: Table, where: str, lines: dict[Path, Place]) -> Document:
    tables = {key: table.pop(key) for key in TABLES if key in table}
    phases = table.pop("phases", {})
    for key in table:
        if key not in Header.model_fields:
            raise _Fault((key,), *_unknown(key, (*Header.model_fields, *TABLES, "phases")))
    header = _validated(Header, table, ())
    part = _part(tables, (), set(header.sources))
    if not isinstance(phases, dict):
        raise _Fault(("phases",), "phases is a table of tables", "Write [phases.challenge.objectives].")
    known = {name: _phase(name, one, set(header.sources)) for name, one in phases.items()}
    return Document(where, header, part, known, lines)


def _phase(name: str, table: Table, sources: set[str]) -> Part:
    for key in table:
        if key not in TABLES:
            raise _Fault(("phases", name, key), *_unknown(key, TABLES))
    return _part(table, ("phases", name), sources)


def _part(tables: Table, above: Path, sources: set[str]) -> Part:
    """Return what the tables below a path say."""
    values: dict[str, Value] = {}
    origins: dict[str, str] = {}
    for section in SECTIONS:
        table = dict(_as_table(tables.get(section, {}), (*above, section)))
        source = table.pop("source", "file")
        for name in {source} if isinstance(source, str) else set(source.values()):
            _check_source(name, sources, (*above, section, "source"))
        found = _values(table, (*above, section), [one for one in CONTROLS.values() if one.section == section])
        values.update(found)
        origins.update(
            {
                name: source if isinstance(source, str) else source.get(name, source.get("default", "file"))
                for name in found
            }
        )
    rules = tuple(
        _validated(LossTable, row, (*above, "loss_rules", number))
        for number, row in enumerate(tables.get("loss_rules", []))
    )
    groups = {
        name: _validated(GroupTable, row, (*above, "groups", name)) for name, row in tables.get("groups", {}).items()
    }
    caps = {
        symbol: _values(row, (*above, "instruments", symbol), [CONTROLS[name] for name in CAPS])
        for symbol, row in tables.get("instruments", {}).items()
    }
    objectives = _validated(Objectives, tables.get("objectives", {}), (*above, "objectives"))
    named = {*(rule.source for rule in rules), *(group.source for group in groups.values()), objectives.source}
    for name in named:
        _check_source(name, sources, above)
    return Part(values, rules, groups, caps, objectives, origins)


def _check_source(name: str, sources: set[str], path: Path) -> None:
    if name != "file" and name not in sources:
        raise _Fault(path, f"There is no source {name!r}.", f"Add it to [sources].{nearest(name, sources)}")


def _as_table(value: object, path: Path) -> Table:
    if not isinstance(value, dict):
        raise _Fault(path, f"{path[-1]} is a table", f"Write [{path[-1]}] on a line of its own.")
    return value


def _values(table: Table, path: Path, controls: list[Control]) -> dict[str, Value]:
    """Return the single limits of a table, each read and within its range."""
    known = {control.name: control for control in controls}
    found: dict[str, Value] = {}
    for name, value in table.items():
        if name in known:
            found[name] = _value(known[name], value, (*path, name))
        elif name in CONTROLS and CONTROLS[name].section != path[-1]:
            raise _Fault((*path, name), f"{name} does not stand here.", f"Move it to [{CONTROLS[name].section}].")
        else:
            raise _Fault((*path, name), *_unknown(name, known))
    return found


def _value(control: Control, value: object, path: Path) -> Value:
    try:
        result = read(control.unit, value)
    except ValueError as error:
        raise _Fault(path, f"{control.name} = {_written(value)}: {error}.") from None
    if result == OFF and control.unit != "R":
        if not control.can_be_off:
            raise _Fault(path, f'{control.name} = "off": it cannot be switched off.', f"It is {FORMS[control.unit]}.")
    elif not control.low <= result <= control.high:
        low, high = (_bound(control.unit, end) for end in (control.low, control.high))
        raise _Fault(
            path,
            f"{control.name} = {_written(value)} is out of range.",
            f"Give {FORMS[control.unit]}, {low} to {high}.",
        )
    return result


def _bound(unit: str, end: float) -> str:
    return f"{end:g}" if unit == "cash" else shown(unit, end, "USD")


def _written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(name: str, known: Iterable[str]) -> tuple[str, str]:
    """Return what to say about a name that is not known here, or stands in the wrong table."""
    names = list(known)
    advice = nearest(name, names).strip()
    if not advice and name in CONTROLS:
        advice = f"It stands in [{CONTROLS[name].section}]."
    if not advice and (elsewhere := nearest(name, CONTROLS).strip()):
        advice = elsewhere
    return f"There is no {name!r} here.", advice or f"Known: {', '.join(names)}."


def _validated(model: type[T], table: Table, path: Path) -> T:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = (*path, *(part for part in problem["loc"] if isinstance(part, int) or part in _keys(table)))
        name = ".".join(str(part) for part in where[len(path) :]) or str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            raise _Fault(where, *_unknown(name, model.model_fields)) from None
        if problem["type"] == "missing":
            raise _Fault(path, f"{name} is missing.", "State it.") from None
        message = problem["msg"].removeprefix("Value error, ").lower()
        raise _Fault(where, f"{name} = {_written(problem.get('input'))}: {message}.") from None


def _keys(value: object) -> set[str]:
    """Return every key in a table and in the tables below it."""
    if not isinstance(value, dict):
        return set()
    return {*value, *(key for one in value.values() for key in _keys(one))}
