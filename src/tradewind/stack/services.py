"""Our own services as processes of the stack, begun after its servers."""

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.extras import served
from tradewind.errors import TradewindError
from tradewind.settings import Settings
from tradewind.stack.processes import Running, begin

SILENT_S = 30.0
"""Whoever works says so every second; one that waits to try again is quiet for a while."""


class Service(NamedTuple):
    """A service, and the words after `tradewind` that run it until it is told to stop."""

    name: str
    words: tuple[str, ...]


SERVICES: tuple[Service, ...] = (
    Service("outbox", ("run", "outbox")),
    Service("recorder", ("run", "recorder")),
)
"""Those of every stack, in the order in which they are begun; they are stopped in reverse."""
FEED = Service("feed", ("run", "feed"))
API = Service("api", ("run", "api"))
WATCHDOG, TRADER = Service("watchdog", ("run", "watchdog")), Service("trader", ("run", "trader"))


def services_of(settings: Settings) -> tuple[Service, ...]:
    """Return the services that the settings have work for: a feed for a broker, the API, a trader where one trades."""
    feed = (FEED,) if settings.broker.name != "none" else ()
    api = (API,) if settings.api.up and served() else ()
    return (*SERVICES, *feed, *api, *((WATCHDOG, TRADER) if settings.trader.strategies else ()))


class Sign(NamedTuple):
    """What a service says of itself: working, degraded, starting; and why it is not working."""

    state: str
    why: str


def start_service(service: Service, folder: Path, settings_file: Path, data: Path) -> Running:
    """Return the process once it has said how it is; it works where this command was given, so paths mean the same."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.time()
    told = ("--settings", str(settings_file.resolve()), "--data", str(data.resolve()))
    command = [sys.executable, "-m", "tradewind.cli", *service.words, *told]

    def ready() -> bool:
        path = beat_file(data, service.name)
        return path.is_file() and path.stat().st_mtime >= begun

    return begin(service.name, command, folder, "", ready=ready, within=Path.cwd())


def beat_file(data: Path, name: str, account: str | None = None) -> Path:
    """Return where a service writes how it is; the trader and the watchdog of an account write into its folder."""
    if account is None:
        return data / "services" / f"{name}.json"
    return data / "accounts" / account / ("watchdog.json" if name == "watchdog" else "status.json")


def sign_of_life(path: Path, now_s: float | None = None) -> Sign:
    """Return what a service's file tells; TradewindError where it stopped or has not been heard of.

    The file's age is judged by the disk's clock and ours, which are one wherever both run on one machine.
    """
    try:
        age = (time.time() if now_s is None else now_s) - path.stat().st_mtime
        told = json.loads(path.read_text(encoding="utf-8"))
        sign = Sign(str(told.get("state", "working")), str(told.get("why", "")))
    except FileNotFoundError:
        raise TradewindError(f"There is no sign of life {path}.", "Was it started?") from None
    except (OSError, ValueError, AttributeError):
        raise TradewindError(f"The sign of life {path} cannot be read.", "Look at the service's log.") from None
    if sign.state == "stopped":
        raise TradewindError(f"{path.stem} stopped{': ' if sign.why else '.'}{sign.why}", "Look at its log.")
    if age > SILENT_S:
        raise TradewindError(f"{path.stem} was last heard of {age:.0f} s ago.", "Look at its log.")
    return sign
