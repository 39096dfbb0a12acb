"""Everything a result depends on, as hashes: run it again with the same and the same must come out.

A run's id is the moment it was made and the first characters of the hash of its inputs:

    20251122-113045123-9f3ac1d2e0

so ids sort by time, two runs of the same thing end alike, and either half can be typed to find one. What may
not change a result (the machine, the versions of libraries) is written down but is not part of the hash.
"""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.errors import BadData
from tradewind.markets.clock import utc_datetime

DECISIVE = (
    "kernel", "indicators", "rules", "markets", "data", "compilation.py", "modes.py", "money.py", "plain.py",
    "runner.py", "strategy.py", "wiring.py",
)  # fmt: skip
"""The parts of the package that can change a result."""
SOURCES = (".py", ".toml", ".csv")
LIBRARIES = ("tradewind", "numpy", "numba", "polars")
HASH_CHARACTERS = 10


@dataclass(frozen=True)
class Provenance:
    """What a result depends on; hashes are hex digests."""

    code: str
    """`code_digest()`."""
    strategies: Mapping[str, str]
    """Digest of each strategy file (`Strategy.digest`), by name."""
    data: Mapping[str, str]
    """Digest of the rows of each series used (`History.digest`), by any name that tells them apart."""
    profile: str
    """Digest of the broker profile."""
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters of each strategy, by name."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Every setting that can change a result: account, sizing, fills, costs."""
    seed: int = 0
    spreads: Mapping[str, str] = field(default_factory=dict)
    """Digests of the spread curves that priced each series which has no ask, by the name of the series."""
    news: str = ""
    """Digest of what the run was told of releases."""
    risk: str = ""
    """Digest of the limits in force; empty without risk rules."""

    def content(self, *more: object) -> str:
        """Return the hash of all of it and of `more`, such as the period."""
        return digest_of({**self._plain(), "more": list(more)})

    def _plain(self) -> dict[str, Any]:
        return {
            "strategies": dict(self.strategies),
            "data": dict(self.data),
            "spreads": dict(self.spreads),
            "profile": self.profile,
            "parameters": {name: dict(values) for name, values in self.parameters.items()},
            "settings": dict(self.settings),
            "seed": self.seed,
            "news": self.news,
            "risk": self.risk,
            "code": self.code,
        }


def run_id(created_ns: int, content: str) -> str:
    """Return the id of a run made at `created_ns` (UTC) whose inputs have the hash `content`."""
    when = utc_datetime(created_ns)
    return f"{when:%Y%m%d-%H%M%S}{when.microsecond // 1000:03d}-{content[:HASH_CHARACTERS]}"


def code_digest(package: Path | None = None) -> str:
    """Return the hash of every source file of the package that can change a result."""
    root = package or Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for part in DECISIVE:
        files = [root / part] if part.endswith(".py") else sorted((root / part).rglob("*"))
        for path in files:
            if path.suffix in SOURCES and path.is_file():
                total.update(path.relative_to(root).as_posix().encode() + b"\0")
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """Return the hash of a file's bytes."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error


def digest_of(value: object) -> str:
    """Return the hash of plain data; the order of a mapping's keys does not matter."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def logs_digest(logs: Mapping[str, "np.ndarray[Any, Any]"]) -> str:
    """Return the hash of a run's logs: equal inputs must give it again, byte for byte."""
    total = hashlib.sha256()
    for name in sorted(logs):
        rows = np.ascontiguousarray(logs[name])
        total.update(f"{name} {len(rows)} ".encode())
        total.update(rows.tobytes())
    return total.hexdigest()


def environment() -> dict[str, str]:
    """Return where it ran: Python, platform and the versions of the libraries that calculate."""
    versions = {name: _version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "platform": platform.platform(), **versions}


def _version(name: str) -> str:
    from importlib import metadata  # noqa: PLC0415 - a fifth of the import time of all of this

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def plain(value: Any) -> Any:
    """Return a value as JSON has it: exact numbers as text, tuples as lists, numpy scalars as Python's."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Decimal | Fraction | Path):
        return str(value)
    return value
