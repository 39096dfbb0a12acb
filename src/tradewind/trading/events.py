"""Rows of EVENT from what comes in from the outside."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from tradewind.broker import Quote
from tradewind.kernel.records import EVENT, OPERATOR, QUOTE, TIME
from tradewind.kernel.step import HOLD, RELEASE
from tradewind.ports import Rows


def event(kind: int, ts: int, **fields: Any) -> Rows:
    """Return one row."""
    row = np.zeros(1, EVENT)
    row["kind"], row["ts"] = kind, ts
    for name, value in fields.items():
        row[name] = value
    return row


_QUOTE = struct.Struct("<qqhhi4q4iq")
"""A price as the bytes of an EVENT row: setting fields one by one costs ten times as much."""
assert _QUOTE.size == EVENT.itemsize  # noqa: S101 - the layout of the kernel's rows


def quote_rows(quotes: Sequence[Quote], *, beat: bool) -> Rows:
    """Return quotes as rows; with a `beat` a TIME at the last moment follows, so that strategies see them at once."""
    parts = []
    for instrument, ts, bid, ask, _ in quotes:
        spread = ask - bid
        parts.append(_QUOTE.pack(0, ts, QUOTE, instrument, 0, bid, bid, bid, bid, spread, spread, spread, spread, 1))
    if beat:
        latest = max(quote.ts for quote in quotes)
        parts.append(_QUOTE.pack(0, latest, TIME, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    rows: Rows = np.frombuffer(bytearray().join(parts), EVENT)
    return rows


def time_row(ts: int) -> Rows:
    """Return a TIME: this moment has passed."""
    return event(TIME, ts)


def hold_row(ts: int, instrument: int, refusal_bits: int, *, on: bool) -> Rows:
    """Return the operator's event that holds or releases an instrument, -1 for all."""
    return event(OPERATOR, ts, verb=HOLD if on else RELEASE, instrument=instrument, level=refusal_bits)
