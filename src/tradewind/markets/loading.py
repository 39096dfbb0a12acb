"""Reading broker profiles: the two we ship, and your own TOML file on top of one of them.

A file of your own names its `base` and overrides what differs; whatever it does not mention stays:

    base = "metatrader"
    name = "my broker"
    server_clock = "NY+7"

    [instruments.US30]            # a table changes fields of every row of the base
    contract_size = 5

    [[instruments.XAUUSD]]        # a list replaces the base's rows, each completed from the base's latest
    valid_from = 2024-01-01
    swap = {long = -38, short = 14}

    [classes.metal]               # changes fields of all metals whose own rows do not mention them
    session_template = "late metals"

    [[hours."late metals"]]       # a weekly template of your own
    valid_from = 2005-01-01
    hours = [["previous 18:05", "16:50"]]
    source = "broker's page of 2025-12-01"

    [[holidays]]                  # a deviation of one date, for a symbol or a product group
    date = 2025-12-26
    for = "metals"
    close_ny = "17:00"
    reopen_ny = "2025-12-28 18:05"
    source = "broker's notice"
"""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tradewind.errors import BadSettings, UnknownName, nearest
from tradewind.markets.clock import clock
from tradewind.markets.holidays import GROUPS, Holiday
from tradewind.markets.instruments import Instrument, Profile
from tradewind.markets.weekly import shipped_templates, weekly_templates

SHIPPED = ("metatrader", "oanda")
_KEYS = {
    "base", "name", "server_clock", "holiday_broker", "margin_call_level", "stop_out_level",
    "negative_balance_protection", "classes", "instruments", "hours", "holidays",
}  # fmt: skip

Table = dict[str, Any]


def load_profile(name_or_path: str | Path) -> Profile:
    """Return a shipped broker profile by name, or your own from a TOML file."""
    document = _document(str(name_or_path))
    try:
        return _profile(document)
    except ValidationError as error:
        raise BadSettings(f"Profile {name_or_path}: {_first(error)}", "Correct the file.") from error


def _document(name_or_path: str) -> Table:
    if name_or_path in SHIPPED:
        text = files("tradewind.markets").joinpath("profiles", f"{name_or_path}.toml").read_text(encoding="utf-8")
        return tomllib.loads(text, parse_float=Decimal)
    path = Path(name_or_path)
    if path.suffix != ".toml":
        raise UnknownName("broker profile", name_or_path, SHIPPED)
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise BadSettings(f"There is no profile file {path}.", f"Shipped profiles: {', '.join(SHIPPED)}.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"The profile {path} cannot be read: {error}.", "Correct the file.") from error
    if unknown := sorted(own.keys() - _KEYS):
        raise BadSettings(f"Profile {path}: there is no setting {unknown[0]!r}.", nearest(unknown[0], _KEYS))
    base = own.pop("base", None)
    if base is None:
        return own
    if base not in SHIPPED:
        raise UnknownName("base profile", base, SHIPPED)
    return _overlaid(_document(base), own)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Table:
    """Return two tables as one; where both have a table, those are merged too."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _overlaid(base: Table, own: Table) -> Table:
    """Return the base with the user's overrides; instruments are resolved against their rows."""
    changed = own.pop("instruments", {})
    result = _merged(base, own)
    for symbol, change in changed.items():
        rows = _as_rows(base["instruments"].get(symbol, []))
        if isinstance(change, dict):
            result["instruments"][symbol] = [_merged(row, change) for row in rows] or [change]
        else:
            latest = rows[-1] if rows else {}
            result["instruments"][symbol] = [_merged(latest, row) for row in change]
    return result


def _profile(document: Table) -> Profile:
    name, server_clock = document.get("name", "unnamed"), document.get("server_clock", "NY+7")
    clock(server_clock)
    templates = shipped_templates() | weekly_templates(document.get("hours", {}))
    own = tuple(_holiday(row, document.get("instruments", {})) for row in document.get("holidays", []))
    known = {"broker": name, "server_clock": server_clock}
    rows: list[Instrument] = []
    for symbol, declared in document.get("instruments", {}).items():
        versions = [_instrument(known | {"symbol": symbol}, fields, document) for fields in _dated(declared)]
        for row in versions:
            if row.session_template not in templates:
                raise UnknownName("session template", row.session_template, templates)
            rows.append(row.located(templates[row.session_template], str(document.get("holiday_broker", name)), own))
        _check_dates(symbol, versions)
    settings = {key: document[key] for key in _KEYS & document.keys() & Profile.model_fields.keys()}
    return Profile.model_validate(settings | {"name": name, "server_clock": server_clock, "rows": tuple(rows)})


def _as_rows(declared: Table | list[Table]) -> list[Table]:
    """Return an instrument's rows; a single table is one row."""
    return declared if isinstance(declared, list) else [declared]


def _dated(declared: Table | list[Table]) -> list[Table]:
    """Return an instrument's rows, oldest first, each ending before the next unless it says otherwise."""
    rows = sorted(_as_rows(declared), key=lambda row: str(row.get("valid_from")))
    for older, newer in pairwise(rows):
        if isinstance(newer.get("valid_from"), date):
            older.setdefault("valid_to", newer["valid_from"] - timedelta(1))
    return rows


def _instrument(known: Table, fields: Table, document: Table) -> Instrument:
    defaults = document.get("classes", {}).get(fields.get("asset_class"), {})
    try:
        return Instrument.model_validate(_merged(known | defaults, fields))
    except ValidationError as error:
        raise BadSettings(f"Profile {known['broker']}, {known['symbol']}: {_first(error)}") from error


def _check_dates(symbol: str, versions: list[Instrument]) -> None:
    """Refuse two rows of one symbol that are valid on the same date."""
    for older, newer in pairwise(versions):
        if older.valid_to is None or older.valid_to >= newer.valid_from:
            raise BadSettings(
                f"{symbol}: the rows from {older.valid_from} and {newer.valid_from} overlap.",
                "Let the older row's valid_to lie before the newer row's valid_from.",
            )


def _holiday(row: Table, symbols: Table) -> Holiday:
    try:
        values = [str(row[key]) for key in ("date", "for", "close_ny", "reopen_ny", "source")]
    except KeyError as error:
        raise BadSettings(
            f"A row of [[holidays]] lacks {error}.", "It needs date, for, close_ny, reopen_ny, source."
        ) from None
    if values[1] not in {*symbols, *GROUPS}:
        raise UnknownName("symbol or product group", values[1], {*symbols, *GROUPS})
    return Holiday.parse(*values)


def _first(error: ValidationError) -> str:
    """Return the first thing wrong as one sentence."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    shown = problem.get("input")
    value = f" (it is {shown})" if where and isinstance(shown, str | int | Decimal) else ""
    advice = nearest(where, Instrument.model_fields) if problem["type"] == "extra_forbidden" else ""
    return f"{where + ': ' if where else ''}{message}{value}.{advice}"
