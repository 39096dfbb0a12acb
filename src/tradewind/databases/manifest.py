"""What a backup says of itself: which tables of which version, how they were written, and what was in them."""

import json
import re
from pathlib import Path
from typing import NamedTuple

from tradewind.databases.state import Content
from tradewind.errors import BadData

NAME = "manifest.json"
_NAME = re.compile(r"[a-z_]+\.[a-z0-9_]+")
_BOUND = re.compile(r"DEFAULT|FOR VALUES (FROM|IN) \([\w' :+.-]*\)( TO \([\w' :+.-]*\))?")
FORMAT = 1


class Manifest(NamedTuple):
    """A finished backup; it is written last, so a folder without one holds none."""

    tree: str
    version: str
    way: str
    """"dump": one file of pg_dump; "rows": a file of rows a table."""
    taken: str
    contents: dict[str, Content]
    partitions: list[tuple[str, str, str]]
    """Partitions to be made again: name, table, and what it holds, as the server says it."""
    format: int = FORMAT


def write(folder: Path, manifest: Manifest) -> None:
    """The folder holds a finished backup."""
    told = {**manifest._asdict(), "contents": {name: list(one) for name, one in manifest.contents.items()}}
    unfinished = folder / f"{NAME}.tmp"
    unfinished.write_text(json.dumps(told, indent=2))
    unfinished.chmod(0o600)
    unfinished.rename(folder / NAME)


def read(folder: Path) -> Manifest:
    """Return what the backup in a folder says of itself."""
    try:
        told = json.loads((folder / NAME).read_text())
        if told["format"] != FORMAT:
            raise BadData(f"The backup {folder} has the format {told['format']}, not {FORMAT}.", "Update Tradewind.")
        contents = {str(name): Content(int(rows), str(digest)) for name, (rows, digest) in told["contents"].items()}
        partitions = [(str(name), str(table), str(bound)) for name, table, bound in told["partitions"]]
        names = [*contents, *(one for name, table, _ in partitions for one in (name, table))]
        if not all(map(_NAME.fullmatch, names)) or not all(_BOUND.fullmatch(bound) for _, _, bound in partitions):
            raise BadData(f"{folder / NAME} names what no table is called.", "Take another backup.")
        return Manifest(told["tree"], told["version"], told["way"], told["taken"], contents, partitions)
    except FileNotFoundError:
        raise BadData(f"{folder} holds no finished backup: it has no {NAME}.", "Name the folder of one.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadData(f"{folder / NAME} is damaged.", "Take another backup.") from None
