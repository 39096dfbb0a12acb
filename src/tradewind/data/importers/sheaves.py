"""What is stored together: mostly one file, but a vendor's hours or days that follow each other within a month are one.

A store keeps a month in one file and one line in the manifest for each source. Stored hour by hour, a month of ticks
would be written seven hundred times, and ten years would be sixty thousand lines.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tradewind.data.importers import bi5, lean
from tradewind.data.importers.sources import Source

FOLLOWING = (bi5, lean)
"""Vendors whose files follow each other; they have `follows(before, after)` and `read_together(sources, stated)`."""


def natural(path: Path) -> list[tuple[str, int]]:
    """Return what sorts names as people do, 2 before 10: vendors number their files by time."""
    return [(text, int(word or 0)) for text, word in re.findall(r"(\D*)(\d{0,18})", path.as_posix())]


def _address(path: Path) -> str:
    return path.absolute().as_posix()


def sheaves(files: Iterable[Path]) -> Iterator[list[Path]]:
    """Yield files that are stored together: mostly one."""
    sheaf: list[Path] = []
    for path in files:
        if sheaf and not any(vendor.follows(_address(sheaf[-1]), _address(path)) for vendor in FOLLOWING):
            yield sheaf
            sheaf = []
        sheaf.append(path)
    if sheaf:
        yield sheaf


def together(found: Iterable[tuple[Source, Any]]) -> Iterator[tuple[list[Source], Any]]:
    """Yield sources that are stored together, with the module that reads them."""
    sheaf: list[Source] = []
    of: Any = None
    for source, vendor in found:
        if sheaf and not (vendor is of and of in FOLLOWING and of.follows(sheaf[-1].where, source.where)):
            yield sheaf, of
            sheaf = []
        sheaf, of = [*sheaf, source], vendor
    if sheaf:
        yield sheaf, of
