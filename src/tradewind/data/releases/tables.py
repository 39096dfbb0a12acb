"""Calendars as tables: CSV and JSON, ours and those that vendors export, told apart by the names of their columns.

    time,currency,name,impact[,id][,kind][,known_at][,cancelled][,source]
    2026-01-09T13:30Z,USD,Non-Farm Payrolls,high

A date and a time of day may be two columns. Known are the words of Forex Factory (title, country, date, time, impact)
and of MetaTrader's calendar (date, time, currency, importance, event). What a release said, was expected to say or
said before is never read.
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from tradewind.data.releases.rows import Row
from tradewind.errors import BadData, nearest

ALIASES = {
    "when": ("datetime", "timestamp", "time_utc", "timeutc", "date_time"),
    "date": ("date", "day"),
    "time": ("time", "hour"),
    "name": ("name", "event", "title", "event_name"),
    "currency": ("currency", "country", "ccy", "currency_code"),
    "impact": ("impact", "importance"),
    "id": ("id", "event_id"),
    "kind": ("kind",),
    "known_at": ("known_at",),
    "cancelled": ("cancelled", "canceled"),
    "source": ("source",),
}
_IGNORED = {"actual", "forecast", "previous", "revised", "consensus", "deviation", "unit", "url"}
_NEEDED = {"name": "name, event or title", "impact": "impact", "currency": "currency"}


def read_csv(text: str, file: str, *, stated: frozenset[str]) -> list[Row]:
    """Return the rows of a CSV whose first line names its columns; `stated` are those that may be absent."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    columns = _columns(table[0], file, stated)
    rows = []
    for number, cells in enumerate(table[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(table[0]):
            raise BadData(
                f"{file}, row {number}: {len(cells)} cells under {len(table[0])} columns.", "Correct the row."
            )
        rows.append(_row(f"row {number}", {name: cells[place] for name, place in columns.items()}))
    return rows


def read_json(text: str, file: str, *, stated: frozenset[str]) -> list[Row]:
    """Return the rows of a JSON list of objects, or of the list under `events`."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise BadData(f"{file} is not JSON: {error}.", "Check that the download was complete.") from None
    listed = whole.get("events") if isinstance(whole, dict) else whole
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadData(f"{file} is no list of events.", "Give a list of objects, or one under the name events.")
    rows = []
    for number, one in enumerate(listed, 1):
        columns = _columns([str(name) for name in one], f"{file}, event {number}", stated)
        values = [_text(value) for value in one.values()]
        rows.append(_row(f"event {number}", {name: values[place] for name, place in columns.items()}))
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _columns(header: list[str], where: str, stated: frozenset[str]) -> dict[str, int]:
    """Return the place of each column we know."""
    places: dict[str, int] = {}
    for place, title in enumerate(header):
        word = title.strip().strip('\ufeff<>"').lower().replace(" ", "_")
        name = next((name for name, words in ALIASES.items() if word in words), None)
        if name is None:
            if word in _IGNORED or not word:
                continue
            known = [one for words in ALIASES.values() for one in words]
            raise BadData(
                f"{where}: there is no column {title!r}.{nearest(word, known)}", f"Known: {', '.join(known)}."
            )
        if name in places:
            raise BadData(f"{where}: two columns say the {name}.", "Take one out.")
        places[name] = place
    if not {"when", "date", "time"} & places.keys():
        raise BadData(f"{where} has no column of times.", "Name it time, or date and time.")
    for name, words in _NEEDED.items():
        if name not in places and name not in stated:
            raise BadData(f"{where} has no column {words}.", f"Name one, or state it with --{name}.")
    return places


def _row(place: str, cells: Mapping[str, str]) -> Row:
    when = cells.get("when") or " ".join(filter(None, (cells.get("date", "").strip(), cells.get("time", "").strip())))
    others = {name: text for name, text in cells.items() if name in Row._fields and name != "when"}
    return Row(place, when, **{"name": "", **others})
