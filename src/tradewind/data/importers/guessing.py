"""A first draft of a mapping, from the head of a table: what can be seen is filled in, what cannot be is a question.

A guess is no knowledge: nothing is imported by it until a person has read it. Whose clock the times are of, and of
which side the prices are, no table shows.
"""

import re
from pathlib import Path

from tradewind.data.importers.mapping import BOTH_SIDES, PRICES, QUOTE
from tradewind.data.importers.parsed import OFFSET
from tradewind.data.importers.sources import Source, sources
from tradewind.errors import BadData

_SEPARATORS = ("\t", ";", "|", ",", " ")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
_NAMES = {
    "date": ("date", "day"),
    "time": ("time", "datetime", "date time", "timestamp", "ts", "gmt time", "local time", "time utc", "open time"),
    "open": ("open", "o"), "high": ("high", "h"), "low": ("low", "l"), "close": ("close", "c", "last"),
    "volume": ("volume", "vol", "tick volume", "tickvol", "v"),
    "spread": ("spread",),
    "bid": ("bid", "bid price", "bidprice"), "ask": ("ask", "ask price", "askprice", "offer"),
    "bid_size": ("bid size", "bidsize", "bid volume", "bidvolume"),
    "ask_size": ("ask size", "asksize", "ask volume", "askvolume"),
} | {name: (name.replace("_", " "), name.replace("_", "")) for name in BOTH_SIDES}  # fmt: skip
_DATES = (
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"), (r"\d{4}\.\d\d\.\d\d", "%Y.%m.%d"), (r"\d{4}/\d\d/\d\d", "%Y/%m/%d"),
    (r"\d\d\.\d\d\.\d{4}", "%d.%m.%Y"), (r"\d\d/\d\d/\d{4}", "%d/%m/%Y"), (r"\d\d-\d\d-\d{4}", "%d-%m-%Y"),
    (r"\d{8}", "%Y%m%d"),
)  # fmt: skip
_TIMES = (
    (r"\d\d:\d\d:\d\d\.\d+", "%H:%M:%S%.f"), (r"\d\d:\d\d:\d\d", "%H:%M:%S"), (r"\d\d:\d\d", "%H:%M"),
    (r"\d{9}", "%H%M%S%3f"), (r"\d{6}", "%H%M%S"), (r"\d{4}", "%H%M"),
)  # fmt: skip
_OFFSET = r"(?P<offset> ?(?:GMT)?(?:Z|[+-]\d\d:?\d\d))?"
_EPOCHS = {10: "seconds", 13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}


def proposed(path: Path) -> str:
    """Return the text of a mapping for the table in a file, to be read and corrected."""
    return proposed_of(sources(path)[0])


def proposed_of(source: Source) -> str:
    """Return the text of a mapping for a table."""
    if source.name.endswith(".parquet"):
        raise BadData(f"{source.shown} is Parquet, whose columns have names.", "Write [columns] with those names.")
    lines = next(source.lines(), b"").decode(errors="replace").rstrip().splitlines()[:50]
    if not lines:
        raise BadData(f"{source.shown} is empty.", "Check that the download or export was complete.")
    separator = _separator(lines)
    skip = next(number for number, line in enumerate(lines) if line.count(separator) == lines[-1].count(separator))
    table = [[cell.strip().strip('"') for cell in line.split(separator)] for line in lines[skip:]]
    header = len(table) > 1 and not any(_NUMBER.fullmatch(cell) for cell in table[0])
    first = table[1] if header else table[0]
    columns = _by_name(table[0]) if header else _by_value(first)
    decimal = "," if separator != "," and any(re.fullmatch(r"\d+,\d+", cell) for cell in first) else "."
    cells = {name: first[place] for name, place in columns.items() if place < len(first)}
    written = _format(cells)
    if written and "/" in written and _is_month_first(table, columns):
        written = written.replace("%d/%m", "%m/%d")
    marked = written is not None and re.search(OFFSET, cells.get("time", "")) is not None
    shape = _shape(separator, decimal, header=header, skip=skip)
    return _drawn(source.name, [_clock(marked=marked), *shape], written, columns, table[0])


def _separator(lines: list[str]) -> str:
    """Return what splits most lines into the same number of three columns or more."""

    def steady(separator: str) -> int:
        counts = [line.count(separator) for line in lines]
        return counts.count(counts[-1]) if counts[-1] >= 2 else 0

    return max(_SEPARATORS, key=steady)  # the first of equals: a comma may be within numbers


def _by_name(header: list[str]) -> dict[str, int]:
    """Return the places of the columns whose names say what they are; a date alone is the time."""
    plain = [re.sub(r"[^a-z0-9]+", " ", name.lower()).strip() for name in header]
    found = {ours: plain.index(name) for ours, names in _NAMES.items() for name in reversed(names) if name in plain}
    if "date" in found and "time" not in found:
        found["time"] = found.pop("date")
    return found


def _by_value(first: list[str]) -> dict[str, int]:
    """Return the places of the columns of a table without a header, as they usually stand."""
    dated = len(first) > 1 and _form(first[0], _DATES) is not None and _form(first[1], _TIMES) is not None
    names = ["date", "time"] if dated else ["time"]
    rest = len(first) - len(names)
    if rest >= 4 and all(_NUMBER.fullmatch(cell) for cell in first[len(names) : len(names) + 4]):
        names += [*PRICES, "volume"][:rest]
    else:
        names += [*QUOTE][:rest]
    return {name: place for place, name in enumerate(names)}


def _form(cell: str, forms: tuple[tuple[str, str], ...]) -> str | None:
    return next((pattern for form, pattern in forms if re.fullmatch(form, cell)), None)


def _format(cells: dict[str, str]) -> str | None:
    """Return how times are written, None where it cannot be seen."""
    time = cells.get("time", "")
    if time.isdigit() and len(time) in _EPOCHS and "date" not in cells:
        return _EPOCHS[len(time)]
    text = f"{cells['date']} {time}" if "date" in cells else time
    if re.fullmatch(r"\d{4}-\d\d-\d\d(?:[T ].*)?", text):
        return "iso"
    for form, pattern in _DATES:
        for clock, finer in (*((f" {form_of}", f" {finer}") for form_of, finer in _TIMES), ("", "")):
            found = re.fullmatch(form + clock + _OFFSET, text)
            if found:
                offset = found["offset"] or ""
                return pattern + finer + ("" if not offset else re.sub(r"(?:Z|[+-].*)$", "%z", offset))
    return None


def _is_month_first(table: list[list[str]], columns: dict[str, int]) -> bool:
    """Answer whether some date has a second number that can be no month."""
    place = columns.get("date", columns.get("time", 0))
    seconds = [re.match(r"\d\d/(\d\d)/", row[place]) for row in table if place < len(row)]
    return any(found is not None and int(found[1]) > 12 for found in seconds)


def _clock(*, marked: bool) -> str:
    if marked:
        return 'clock = "offset"         # each time carries its own; if that is a false label, name the clock'
    return '# clock = "NY+7"         # whose clock the times are of; docs/data.md tells how to find out'


def _shape(separator: str, decimal: str, *, header: bool, skip: int) -> list[str]:
    written = "\\t" if separator == "\t" else separator
    return [
        f'separator = "{written}"', f'decimal = "{decimal}"', f"header = {str(header).lower()}", f"skip = {skip}",
    ]  # fmt: skip


def _drawn(name: str, shape: list[str], written: str | None, columns: dict[str, int], header: list[str]) -> str:
    """Return a mapping as a person would write it; what is not known stands there as a comment."""
    ticks = "bid" in columns and "open" not in columns
    lines = [f"# What {name} is: a proposal. Read it, correct it, and fill in what begins with #.", ""]
    lines += ['# symbol = "XAUUSD"', '# feed = "my-broker"']
    lines.append(shape[0])
    lines += [] if ticks else ['# bar = "M1"             # only where it is not the usual step between rows']
    lines += [] if ticks or "bid_open" in columns else ['# side = "bid"           # bid, ask or mid']
    lines += [] if ticks else ['# stamp = "open"         # or close, where bars are named after their end']
    if written and "%d/%m" in written:
        lines.append("# in these days the month may as well come first: %m/%d")
    lines.append(f'format = "{written}"' if written else '# format = "%d/%m/%Y %H:%M"   # could not be seen')
    if "spread" in columns:
        lines += ['spread = "price"         # or points, with the price of one:', '# point = "0.01"']
    lines += [*shape[1:], "", "[columns]"]
    quoted = any(not _NUMBER.fullmatch(cell) for cell in header) and "header = true" in shape
    for ours, place in sorted(columns.items(), key=lambda column: column[1]):
        lines.append(f"{ours} = {_text(header[place])}" if quoted else f"{ours} = {place + 1}")
    lines += [
        f"# {ours} = " for ours in ("time", *PRICES) if ours not in columns and not ticks and "bid_open" not in columns
    ]
    return "\n".join(lines) + "\n"


def _text(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
