"""What processes said: the ends of their logs, a bounded piece at a time, with what is secret covered.

A log is one of those that our own verbs write below the data folder; it is named from a list, never by a path.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from tradewind.errors import UnknownName
from tradewind.live.folder import account_names
from tradewind.logs.masking import covered
from tradewind.logs.reading import in_words
from tradewind.settings import Settings

PIECE = 262_144
"""Bytes read at once."""
MOST = 1_000
"""Lines told at once."""
LONGEST, OVER = 2_000, 200
"""Characters of a line that are told, and how many more are looked at, so that no secret is cut in half."""
LEVELS = {"warning": "warning", "error": "bad", "critical": "bad"}
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BAD = re.compile(r"\b(ERROR|FATAL|PANIC|CRITICAL|Traceback|error:)")
_WARNING = re.compile(r"\b(WARN|WARNING|warning:)")


def logs(settings: Settings) -> list[dict[str, Any]]:
    """Return every log there is: its name, bytes, and when it was last written (ns UTC)."""
    found = []
    for name, path in _files(settings).items():
        stat = path.stat()
        found.append({"name": name, "bytes": stat.st_size, "written_ns": stat.st_mtime_ns})
    return found


def read_log(settings: Settings, name: str, lines: int = 200, before: int | None = None) -> dict[str, Any]:
    """Return the last lines of a log, or those before a byte; UnknownName where there is none of that name.

    `before` of the answer leads further back, None where its first line is the log's.
    """
    files = _files(settings)
    if name not in files:
        raise UnknownName("log", name, files)
    with files[name].open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        end = size if before is None else min(before, size)
        begin = max(0, end - PIECE)
        file.seek(begin)
        raw = file.read(end - begin)
    if begin:  # the first line may have begun before the piece; one longer than a piece is told in parts
        cut = raw.find(b"\n") + 1
        raw = raw[cut:] or raw
    pieces = raw.splitlines(keepends=True)[-min(lines, MOST) :]
    begin = end - sum(map(len, pieces))
    told = [shown(piece) for piece in pieces]
    return {"name": name, "bytes": size, "lines": told, "before": begin if begin > 0 else None}


def shown(raw: bytes) -> dict[str, str]:
    """Return a line that can be looked at, and whether it speaks of something bad (bad, warning or empty)."""
    whole = raw.decode("utf-8", "replace").rstrip("\r\n")[: LONGEST + OVER]
    text = _UNSEEN.sub("", _ESCAPES.sub("", whole)).replace("\t", "    ")
    text, told = _in_words(covered(text))
    if told:
        return {"text": text[:LONGEST], "level": LEVELS.get(told, "")}
    level = "bad" if _BAD.search(text) else "warning" if _WARNING.search(text) else ""
    return {"text": text[:LONGEST], "level": level}


def _in_words(text: str) -> tuple[str, str]:
    """Return a line as a person reads it, and the level it names: lines of our own logs are JSON."""
    if not text.startswith('{"ts": '):
        return text, ""
    try:
        line = json.loads(text)
        return in_words(line), str(line["level"])
    except (ValueError, KeyError, TypeError):
        return text, ""


def _files(settings: Settings) -> dict[str, Path]:
    """Return the logs by name: of traders begun from here, of the stack, and what each process of ours keeps."""
    data = Path(settings.data)
    found = {}
    for account in account_names(data):
        for name, file in (("trader", "trader.log"), ("trader.before", "trader.log.1")):
            found[f"{name}.{account}"] = data / "accounts" / account / file
    for path in sorted((data / "stack").glob("*/*.log")):
        if path.stem == path.parent.name:
            found[path.stem] = path
    for path in sorted((data / "logs").glob("*.log")):
        found[f"log.{path.stem}"] = path
    return {name: path for name, path in found.items() if path.is_file() and not path.is_symlink()}
