"""A mapping: a small TOML file that says what the columns of any table are.

    clock = "NY+7"                      # or "offset": each time carries its own offset from UTC
    format = "%d/%m/%Y %H:%M"           # or iso, seconds, milliseconds, microseconds, nanoseconds
    separator = ";"
    decimal = ","
    bar = "M1"
    side = "bid"

    [columns]                           # by name, or by number from 1
    date = "Date"
    time = "Time"
    open = "Open"                       # or bid_open ... ask_close for both sides, or bid and ask for ticks
    high = "High"
    low = "Low"
    close = "Close"

What is stated on the command line wins over it. A mistake in it is named with its line.
"""

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from tradewind.data.importers.adjusted import factor
from tradewind.data.importers.parsed import Stated, clock_name
from tradewind.data.series import checked_side, seconds_of
from tradewind.errors import BadSettings, TradewindError, nearest

PRICES = ("open", "high", "low", "close")
BOTH_SIDES = tuple(f"{side}_{price}" for side in ("bid", "ask") for price in PRICES)
QUOTE = ("bid", "ask")
COLUMNS = ("date", "time", *PRICES, "volume", "spread", *BOTH_SIDES, *QUOTE, "bid_size", "ask_size")
COUNTS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
OFFSET = "offset"

_WORDS = (
    "symbol",
    "feed",
    "bar",
    "side",
    "clock",
    "stamp",
    "format",
    "separator",
    "decimal",
    "spread",
    "scale",
    "point",
)
_KINDS: dict[str, type] = dict.fromkeys(_WORDS, str) | {"header": bool, "skip": int, "columns": dict}
_CHOICES = {
    "stamp": ("open", "close"), "decimal": (".", ","), "spread": ("price", "points"),
    "separator": (",", ";", "\t", "|", " "),
}  # fmt: skip


class TableMapping(NamedTuple):
    """What a table is; None where the user or the file must say it."""

    columns: dict[str, str | int]
    written: str = "iso"
    separator: str = ","
    decimal: str = "."
    header: bool = True
    skip: int = 0
    """Lines before the header, or before the first row."""
    clock: str | None = None
    symbol: str | None = None
    feed: str | None = None
    seconds: int | None = None
    side: str | None = None
    stamp: str | None = None
    scale: Decimal | None = None
    point: Decimal | None = None
    """The price of one point, if spreads are in points."""

    @property
    def ticks(self) -> bool:
        """Whether rows are ticks."""
        return "bid" in self.columns


def completed(stated: Stated) -> Stated:
    """Return what is stated, and what a mapping says besides."""
    if stated.mapping is None:
        return stated
    mapping = load(stated.mapping)
    return stated._replace(
        symbol=stated.symbol or mapping.symbol,
        clock=stated.clock or (None if mapping.clock == OFFSET else mapping.clock),
        side=stated.side or mapping.side,
        feed=stated.feed or mapping.feed,
        timeframe=stated.timeframe or mapping.seconds,
        scale=stated.scale or mapping.scale,
        stamp=stated.stamp or mapping.stamp,
    )


def load(path: Path) -> TableMapping:
    """Return the mapping in a file, or refuse it with the line of its first mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TradewindError(f"The mapping {path} cannot be read: {error}.", "Check its path.") from error
    return parse(text, path.name)


def parse(text: str, name: str) -> TableMapping:
    """Return the mapping in a text, or refuse it with the line of its first mistake."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"The mapping {name} is not TOML: {error}.", 'Texts need quotes: side = "bid".') from error
    told = _Told(text, name, said)
    for key, value in said.items():
        if key not in _KINDS:
            told.refuse(key, f"there is no {key!r}", f"{nearest(key, _KINDS).strip() or 'Known: ' + ', '.join(_KINDS)}")
        kind = _KINDS[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            told.refuse(key, f"{key} is {value!r}", f"It must be {_NAMES[kind]}.")
        if key in _CHOICES and value not in _CHOICES[key]:
            told.refuse(key, f"{key} is {value!r}", f"Choose one of {', '.join(map(repr, _CHOICES[key]))}.")
    columns = _columns(told)
    if said.get("skip", 0) < 0:
        told.refuse("skip", f"skip is {said['skip']}", "Give the number of lines before the table, 0 or more.")
    point = told.valued("point", factor)
    if said.get("spread") == "points" and point is None:
        told.refuse("spread", "spread is in points", 'Say what a point is worth too: point = "0.01".')
    return TableMapping(
        columns, _format(told), said.get("separator", ","), said.get("decimal", "."), said.get("header", True),
        said.get("skip", 0), told.valued("clock", _clock), said.get("symbol"), said.get("feed"),
        told.valued("bar", seconds_of), told.valued("side", checked_side), said.get("stamp"),
        told.valued("scale", factor), point if said.get("spread") == "points" else None,
    )  # fmt: skip


_NAMES = {str: "a text in quotes", bool: "true or false", int: "a whole number", dict: "a section: [columns]"}


class _Told:
    """What a mapping says, and where."""

    def __init__(self, text: str, name: str, said: dict[str, Any]) -> None:
        self._lines = text.splitlines()
        self._name = name
        self.said = said

    def valued(self, key: str, understand: Any) -> Any:
        """Return the value of a key as `understand` takes it, None where it is not said; refuse it at its line."""
        if key not in self.said:
            return None
        try:
            return understand(self.said[key])
        except TradewindError as error:
            self.refuse(key, error.message.rstrip("."), error.hint)

    def refuse(self, key: str, what: str, advice: str) -> NoReturn:
        """Refuse the mapping at the line of a key."""
        is_key = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=|\s*\[\s*{re.escape(key)}\s*\]")
        line = next((number for number, line in enumerate(self._lines, 1) if is_key.match(line)), 1)
        raise BadSettings(f"The mapping {self._name}, line {line}: {what}.", advice)


def _columns(told: _Told) -> dict[str, str | int]:
    columns: dict[str, str | int] = told.said.get("columns", {})
    header = told.said.get("header", True)
    for key, value in columns.items():
        if key not in COLUMNS:
            told.refuse(
                key, f"there is no column {key!r}", nearest(key, COLUMNS).strip() or f"Known: {', '.join(COLUMNS)}."
            )
        if isinstance(value, bool) or not isinstance(value, str | int) or (isinstance(value, int) and value < 1):
            told.refuse(key, f"the column {key} is {value!r}", "Give its name, or its number from 1.")
        if isinstance(value, str) and not header:
            told.refuse(key, f"the column {key} is named {value!r}, but the table has no header", "Give its number.")
    kinds = [kind for kind in (PRICES, BOTH_SIDES, QUOTE) if set(kind) & set(columns)]
    if len(kinds) != 1:
        what = "no prices are named" if not kinds else f"{kinds[0][0]} and {kinds[1][0]} are named together"
        told.refuse("columns", what, "Name open, high, low, close; or bid_open to ask_close; or bid and ask.")
    missing = [name for name in ("time", *kinds[0]) if name not in columns]
    if missing:
        told.refuse("columns", f"the column {missing[0]!r} is missing", "Add it: its name, or its number from 1.")
    return columns


def _format(told: _Told) -> str:
    written: str = told.said.get("format", "iso")
    if written != "iso" and written not in COUNTS and "%" not in written:
        valid = ["iso", *COUNTS]
        told.refuse(
            "format", f"format is {written!r}", f"Give a pattern, or {', '.join(valid)}.{nearest(written, valid)}"
        )
    return written


def _clock(text: str) -> str:
    return OFFSET if text == OFFSET else clock_name(text)
