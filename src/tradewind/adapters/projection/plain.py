"""Values as every database takes them: moments and documents as text, and text without what no text may hold."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ns: int) -> str:
    """Return a time in ns UTC as text, to the microsecond."""
    return (EPOCH + timedelta(microseconds=ns // 1000)).isoformat(" ", "microseconds")


def date_of(days: int) -> str | None:
    """Return a trading date by its days since 1970; None where there is none."""
    return None if days < 0 else (EPOCH + timedelta(days=days)).date().isoformat()


def text(value: Any) -> str:
    """Return words of somebody else without zero bytes and broken characters."""
    raw = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return raw.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def document(value: Any) -> str:
    """Return a document as JSON that every database takes."""
    return json.dumps(_clean(value), sort_keys=True, separators=(",", ":"))


def number(value: float) -> float | None:
    """Return a measured number; None where there is none."""
    return None if math.isnan(value) else value


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {text(key): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value
