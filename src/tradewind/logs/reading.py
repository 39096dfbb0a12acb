"""Lines of the log as a person reads them, and a log that is followed as it grows."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

BESIDE = ("ts", "level", "event", "text")
MARKS = {"warning": "▲", "error": "■", "critical": "■"}
LEVELS = ("debug", "info", "warning", "error", "critical")
POLL_S = 0.25
PIECE = 65_536


def in_words(line: Mapping[str, Any]) -> str:
    """Return a line for the eye: when, a mark where it is bad, what happened, then its other fields."""
    what = str(line.get("text") or line["event"])
    named = "" if line["event"] in ("said", "warning", "error") or not line.get("text") else f"{line['event']}: "
    more = " ".join(f"{name}={value}" for name, value in line.items() if name not in BESIDE and name != "pid")
    when = str(line["ts"])[:23].replace("T", " ")
    return f"{when} {MARKS.get(str(line['level']), ' ')} {named}{what}" + (f"  [{more}]" if more else "")


def lines_of(path: Path, *, last: int | None, follow: bool, rest: Callable[[float], Any] = time.sleep) -> Iterator[str]:
    """Give the last lines of a log, all of them with None, and with `follow` whatever is added to it later."""
    with path.open(encoding="utf-8", errors="replace") as file:
        held = file.read().splitlines()
        yield from held if last is None else held[len(held) - min(last, len(held)) :]
        while follow:
            if line := file.readline():
                yield line.rstrip("\n")
            elif path.exists() and path.stat().st_ino != os.fstat(file.fileno()).st_ino:
                break
            else:
                rest(POLL_S)
    if follow:  # it was put aside; what is written now stands in a new file of that name
        yield from lines_of(path, last=None, follow=True, rest=rest)


def chosen(text: str, level: str, words: str) -> Mapping[str, Any] | None:
    """Return the line if it is as bad as `level` or worse and has the words, else None; what is no line is None."""
    if words.casefold() not in text.casefold():
        return None
    try:
        line = json.loads(text)
        return line if LEVELS.index(line["level"]) >= LEVELS.index(level) and "event" in line and "ts" in line else None
    except (ValueError, KeyError, TypeError):
        return None
