"""Our own services as processes of the stack, begun after its servers."""

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tradewind.errors import TradewindError
from tradewind.stack.processes import Running, begin

SILENT_S = 10.0
"""A service says how it is every second."""


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


def sign_of_life(data: Path, name: str, now_s: float | None = None) -> str:
    """Return the state that a service's own file tells; TradewindError where it is stopped or has not been heard of.

    The file's age is judged by the disk's clock and ours, which are one wherever both run on one machine.
    """
    path = data / "services" / f"{name}.json"
    try:
        age = (time.time() if now_s is None else now_s) - path.stat().st_mtime
        told = json.loads(path.read_text(encoding="utf-8"))
        state = str(told["state"])
    except FileNotFoundError:
        raise TradewindError(f"{name} has not been heard of: there is no {path}.", "Was it started?") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise TradewindError(f"{path} cannot be read.", "Look at the service's log.") from None
    if age > SILENT_S or state == "stopped":
        raise TradewindError(f"{name} is {state} and was last heard of {age:.0f} s ago.", "Look at its log.")
    return state
