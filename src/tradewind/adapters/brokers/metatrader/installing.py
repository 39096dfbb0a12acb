"""The bridge as one file: its parts, joined in order, with nothing of Tradewind left in it."""

import ast
import os
from importlib.resources import files
from pathlib import Path
from secrets import token_hex

from tradewind.errors import BadSettings

PARTS = ("frames", "journal", "terminal", "effects", "server")
SCRIPT = "tradewind_bridge.py"
SECRET = "bridge-secret.txt"  # noqa: S105 - the name of a file

_HEAD = '''"""Tradewind's bridge to a MetaTrader 5 terminal: run it beside the terminal, with Python 3.8 or later.

    pip install MetaTrader5
    python tradewind_bridge.py

It needs the file bridge-secret.txt beside it, listens to this machine alone, and keeps bridge-journal.txt: never delete
that while orders are open. `--help` lists what can be chosen.
"""

from __future__ import annotations
'''


def script() -> str:
    """Return the text of the bridge."""
    parts = [_part(name) for name in PARTS]
    return _HEAD + "".join(f"\n\n# --- {name} ---\n{text}" for name, text in zip(PARTS, parts, strict=True))


def _part(name: str) -> str:
    """Return a part without its imports of other parts, which stand in the same file then."""
    text = (files(__package__) / "bridge" / f"{name}.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if module == "__future__" or module.split(".")[0] == "tradewind":
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            indent = " " * node.col_offset
            lines[first:last] = [f"{indent}pass" if indent else ""] + [""] * (last - first - 1)
    return "\n".join(lines).strip() + "\n"


def write_bridge(target: Path) -> tuple[Path, Path]:
    """The bridge and a fresh secret only its owner may read are in a folder; a secret that is there already is kept."""
    script_path, secret_path = target / SCRIPT, target / SECRET
    try:
        target.mkdir(parents=True, exist_ok=True)
        new = script_path.with_suffix(".tmp")
        new.write_text(script(), encoding="utf-8")
        new.replace(script_path)
        if not secret_path.exists():
            file = os.open(secret_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="ascii") as opened:
                opened.write(token_hex(32) + "\n")
    except OSError as error:
        raise BadSettings(f"The bridge cannot be written to {target}: {error.strerror}.", "Name a folder.") from None
    return script_path, secret_path
