"""What a strategy opens while it is tried: files of data as of a moment, and files it writes kept apart.

Python's own `open` and the readers of polars are the doors (pandas and NumPy go through the first). A file with times
is replaced by a copy as of the moment of the trial; a file written is written beside, and found there again by the
same trial alone, so that nothing kept on disk carries one trial's future into the next. What cannot be cut in time
(arrays, pickles, databases, the network, other programs) is written down: it makes a certificate impossible.
"""

import builtins
import io
import os
import site
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tradewind.kernel.compiled import CACHE_FOLDER
from tradewind.research.causality.outside import COLUMNAR, OPAQUE, TABLES, Table, read_table, write_as_of

READERS = ("read_csv", "read_parquet", "read_ipc", "scan_csv", "scan_parquet", "scan_ipc")
FOREIGN = {"socket.connect": "the network", "sqlite3.connect": "a database", "subprocess.Popen": "another program"}
OURS = tuple(
    str(Path(one).resolve())
    for one in (
        *sysconfig.get_paths().values(),
        *site.getsitepackages(),
        CACHE_FOLDER.parent,
        Path(__file__).parents[2],
    )
)
"""Folders of Python, of libraries and of machine code: none of their files is anybody's data."""


class Overlay:
    """The files of one trial."""

    def __init__(self, scratch: Path, as_of: tuple[str, int, int], declared: Mapping[str, str]) -> None:
        """Files are as of (how, moment, seed), see `outside`; copies lie in `scratch`."""
        self.scratch, self.as_of, self.declared = scratch, as_of, declared
        self.read: dict[str, dict[str, Any]] = {}
        self.opaque: dict[str, str] = {}
        self._copies: dict[Path, Path] = {}
        self._written: dict[Path, Path] = {}
        self._open = builtins.open
        self._inside = False

    def install(self) -> None:
        """Every door leads through here, until the process ends."""
        builtins.open = self._opened
        io.open = self._opened
        sys.addaudithook(self._heard)
        import polars as pl  # noqa: PLC0415  after the fork: its threads belong to the trial

        for name in READERS:
            setattr(pl, name, self._reading(getattr(pl, name)))

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """What leads out of the process is written down."""
        if event in FOREIGN and not self._inside:
            self.opaque[str(arguments[0])[:200]] = FOREIGN[event]

    def _opened(self, file: Any, mode: str = "r", *others: Any, **named: Any) -> Any:
        if isinstance(file, str | os.PathLike) and not self._inside:
            path = Path(os.path.abspath(os.fspath(file)))  # noqa: PTH100  resolve() opens nothing, but follows links
            file = self._to_write(path, mode) if set(mode) & set("wax+") else self._to_read(path)
        return self._open(file, mode, *others, **named)

    def _to_write(self, path: Path, mode: str) -> Path:
        """Return where the trial writes what it believes to write to `path`."""
        if not str(path).startswith(OURS) and path not in self._written and str(path) != os.devnull:
            target = self.scratch / f"written_{len(self._written)}{path.suffix}"
            if "w" not in mode and path.is_file():
                target.write_bytes(path.read_bytes())
            self._written[path] = target
        return self._written.get(path, path)

    def _to_read(self, path: Path) -> Path:
        """Return the file as of the moment of the trial."""
        if path in self._written:
            return self._written[path]
        suffix = path.suffix.lower()
        if str(path).startswith(OURS) or not path.is_file() or self.scratch in path.parents:
            return path
        if suffix in OPAQUE:
            self.opaque[str(path)] = f"a {suffix} file"
        if suffix not in TABLES + COLUMNAR:
            return path
        if path not in self._copies:
            self._copies[path] = self._copy(path)
        return self._copies[path]

    def _copy(self, path: Path) -> Path:
        self._inside = True
        try:
            table = read_table(path, self.declared.get(path.name))
            if table is None:
                self.opaque[str(path)] = "a file without times"
                return path
            self.read[str(path)] = {
                "rows": len(table.stamps),
                "stamps": table.reading,
                "unfinished": _unfinished(table),
            }
            target = self.scratch / f"read_{len(self._copies)}{path.suffix}"
            write_as_of(table, path, target, self.as_of)
        finally:
            self._inside = False
        return target

    def _reading(self, reader: Callable[..., Any]) -> Any:
        """Return a reader of polars that is given the file as of the moment."""

        def read(source: Any, *others: Any, **named: Any) -> Any:
            if isinstance(source, str | os.PathLike) and not self._inside:
                source = self._to_read(Path(source).absolute())
            return reader(source, *others, **named)

        door: Any = read
        door.whole = reader
        return door


def _unfinished(table: Table) -> bool:
    """Return whether rows are known later than their stamps."""
    return bool((table.known > table.stamps).any())
