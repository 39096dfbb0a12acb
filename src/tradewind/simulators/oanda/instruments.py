"""What can be traded at the simulated venue: instrument records as OANDA gives them.

By default they are made from our `oanda` profile. Whoever has an account can use its own: the file that
`GET /v3/accounts/{id}/instruments` answers. Financing comes with newer records only; where it is missing there is none.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.errors import BadSettings
from tradewind.markets.instruments import Instrument
from tradewind.markets.loading import load_profile
from tradewind.simulators.oanda.wire import Document, read_number

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
TRAILS = {"CFD": ("5.0", "10000.0"), "METAL": ("0.0", "100.0"), "CURRENCY": ("0.0", "1.0")}
"""Least and greatest trailing distance by kind, as a real account has them for US30, gold and EUR/USD."""

PER_YEN = 100
"""Distances in yen are so many times those in dollars."""


class Listed(NamedTuple):
    """An instrument as the simulator reckons with it."""

    name: str
    quote: str
    """The currency its prices are in."""
    base: str
    digits: int
    units_digits: int
    margin_rate: Decimal
    smallest: Decimal
    largest: Decimal
    """Of one order."""
    largest_position: Decimal
    """0: no bound."""
    trail: tuple[Decimal, Decimal]
    rates: tuple[Decimal, Decimal]
    """Financing of a long and of a short position, as a share a year; negative costs."""
    nights: tuple[int, ...]
    """Nights charged at 17:00 New York of each weekday, Monday first."""
    record: Document
    """As the wire shows it."""


def listed(record: Mapping[str, Any]) -> Listed:
    """Return an instrument from OANDA's record of it, or raise BadSettings."""
    try:
        name = str(record["name"])
        base, quote = name.split("_")
        financing = record.get("financing") or {}
        nights = {day["dayOfWeek"]: int(day["daysCharged"]) for day in financing.get("financingDaysOfWeek", ())}
        return Listed(
            name,
            quote,
            base,
            int(record["displayPrecision"]),
            int(record["tradeUnitsPrecision"]),
            _number(record["marginRate"]),
            _number(record["minimumTradeSize"]),
            _number(record["maximumOrderUnits"]),
            _number(record.get("maximumPositionSize", "0")),
            (_number(record["minimumTrailingStopDistance"]), _number(record["maximumTrailingStopDistance"])),
            (_number(financing.get("longRate", "0")), _number(financing.get("shortRate", "0"))),
            tuple(nights.get(day, 0) for day in DAYS),
            dict(record),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadSettings(
            f"This is not an instrument record: {str(record)[:120]!r} ({error}).",
            "Give what GET /v3/accounts/{id}/instruments answers.",
        ) from None


def _number(value: object) -> Decimal:
    found = read_number(value)
    if found is None:
        raise ValueError(f"{value!r} is no number")
    return found


def by_name(records: Iterable[Mapping[str, Any]]) -> dict[str, Listed]:
    """Return instruments by their names."""
    return {one.name: one for one in map(listed, records)}


def from_file(path: Path) -> dict[str, Listed]:
    """Return the instruments of a file as OANDA answers it, or raise BadSettings."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path} cannot be read as JSON: {error}.", "Give OANDA's list of instruments.") from None
    records = document.get("instruments") if isinstance(document, dict) else document
    if not isinstance(records, list) or not records:
        raise BadSettings(f"{path} has no list of instruments.", "Give OANDA's list of instruments.")
    return by_name(records)


def from_profile(profile: str = "oanda") -> dict[str, Listed]:
    """Return the instruments of a broker profile of ours whose names at the broker look like OANDA's."""
    found = load_profile(profile)
    latest = [found.instrument(symbol) for symbol in found.symbols]
    return by_name(_record(one) for one in latest if one.broker_symbol.count("_") == 1)


def _record(instrument: Instrument) -> Document:
    kind = {"fx": "CURRENCY", "metal": "METAL"}.get(instrument.asset_class, "CFD")
    pips = {"CURRENCY": instrument.digits - 1, "METAL": 2}.get(kind, 0)
    least, most = TRAILS[kind]
    yen = kind == "CURRENCY" and instrument.quote_currency == "JPY"
    swap = instrument.swap
    shares = (swap.long / 100, swap.short / 100) if swap.mode.startswith("percent") else (Decimal(0), Decimal(0))
    return {
        "name": instrument.broker_symbol,
        "type": kind,
        "displayName": instrument.broker_symbol.replace("_", "/"),
        "pipLocation": -pips,
        "displayPrecision": instrument.digits,
        "tradeUnitsPrecision": 0 if instrument.volume_step == int(instrument.volume_step) else 1,
        "minimumTradeSize": str(instrument.volume_min),
        "maximumTrailingStopDistance": str(Decimal(most) * PER_YEN) if yen else most,
        "minimumTrailingStopDistance": least,
        "maximumPositionSize": "0",
        "maximumOrderUnits": str(instrument.volume_max),
        "marginRate": f"{Decimal(str(float(instrument.margin.initial))):f}",
        "guaranteedStopLossOrderMode": "DISABLED",
        "tags": [],
        "financing": {
            "longRate": f"{shares[0]:f}",
            "shortRate": f"{shares[1]:f}",
            "financingDaysOfWeek": [
                {"dayOfWeek": day, "daysCharged": nights} for day, nights in zip(DAYS, swap.nights, strict=True)
            ],
        },
    }
