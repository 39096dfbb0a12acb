"""What runs here: the version, a digest of the code as it is on the disk, and one of the settings.

Two processes that should be alike and are not show by these: an upgrade that reached one of them, a file changed by
hand. The digest of the code stands where others put a commit: it is known without a repository.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tradewind.metrics.told import Told

DIGITS = 12


class Build(NamedTuple):
    """What tells one build from another."""

    version: str
    commit: str
    config_hash: str


def build_of(settings: str) -> Build:
    """Return what runs here, with settings given as text."""
    package, code = Path(__file__).resolve().parent.parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return Build(
        version("tradewind"), code.hexdigest()[:DIGITS], hashlib.sha256(settings.encode()).hexdigest()[:DIGITS]
    )


def tell_build(told: Told, build: Build) -> None:
    """The build stands among the figures."""
    told.gauge("tradewind_build_info", *build).set(1)
