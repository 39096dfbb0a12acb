"""Our own services as processes of the stack, begun after its servers."""

import sys
from pathlib import Path
from typing import NamedTuple

from tradewind.stack.processes import Running, begin


class Service(NamedTuple):
    """A service, and the words after `tradewind` that run it until it is told to stop."""

    name: str
    words: tuple[str, ...]


SERVICES: tuple[Service, ...] = (
    Service("outbox", ("run", "outbox")),
    Service("recorder", ("run", "recorder")),
)
"""In the order in which they are begun; they are stopped in reverse."""


def start_service(service: Service, folder: Path, settings_file: Path) -> Running:
    """Return the running process; it works where this command was given, so that paths in settings mean the same."""
    folder.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "tradewind.cli",
        *service.words,
        "--settings",
        settings_file.resolve(),
    ]
    return begin(service.name, command, folder, "", ready=lambda: True, within=Path.cwd())
