"""Our own services as processes of the stack, begun after its servers."""

import json
import ssl
import sys
import time
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from tradewind.errors import BadSettings, TradewindError
from tradewind.settings import Api, Settings
from tradewind.stack.processes import Running, begin

LIVEZ_S = 5.0
SILENT_S = 30.0
"""Whoever works says so every second; one that waits to try again is quiet for a while."""


class Service(NamedTuple):
    """A service, and the words after `tradewind` that run it until it is told to stop."""

    name: str
    words: tuple[str, ...]
    address: str = ""
    """Where it listens, if it does."""


SERVICES: tuple[Service, ...] = (
    Service("outbox", ("run", "outbox")),
    Service("recorder", ("run", "recorder")),
)
"""Those of every stack, in the order in which they are begun; they are stopped in reverse."""
FEED = Service("feed", ("run", "feed"))
WATCHDOG, TRADER = Service("watchdog", ("run", "watchdog")), Service("trader", ("run", "trader"))

API = Service("api", ("run", "api"))
"""Begun last, so that what it shows is there, and stopped first."""
LIBRARIES = ("argon2", "fastapi", "jwt", "nicegui", "uvicorn")
"""Of the extra `serve`."""


def services_of(settings: Settings) -> tuple[Service, ...]:
    """Return the services that the settings have work for: a feed for a broker, a trader where one trades, the API."""
    feed = (FEED,) if settings.broker.name != "none" else ()
    trading = (WATCHDOG, TRADER) if settings.trader.strategies else ()
    shown = (API._replace(address=f"{settings.api.host}:{settings.api.port}"),) if serves(settings.api) else ()
    return (*SERVICES, *feed, *trading, *shown)


def serves(wanted: Api) -> bool:
    """Whether the API is one of the services; BadSettings where a person wrote so and its libraries are missing."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if wanted.up and missing and "up" in wanted.model_fields_set:
        raise BadSettings(f"[api] up = true, and {missing[0]} is not installed.", "pip install 'tradewind[serve]'")
    return wanted.up and not missing


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


def livez(wanted: Api) -> None:
    """The API answers on this machine; TradewindError where it does not."""
    kind = HTTPConnection if wanted.certificate is None else partial(HTTPSConnection, context=_unchecked())
    host = "127.0.0.1" if wanted.host in ("0.0.0.0", "::") else wanted.host  # noqa: S104 - asked, not listened at
    asked = kind(host, wanted.port, timeout=LIVEZ_S)
    try:
        asked.request("GET", "/livez", headers={"Host": "127.0.0.1"})
        status = asked.getresponse().status
    except (OSError, HTTPException) as error:
        raise TradewindError(f"The API at {host}:{wanted.port} does not answer: {error}.", "Look at its log.") from None
    finally:
        asked.close()
    if status != HTTPStatus.OK:
        raise TradewindError(f"The API at {host}:{wanted.port} answers {status}.", "Look at its log.")


def _unchecked() -> ssl.SSLContext:
    """Return a context that takes any certificate: whether somebody answers is all that is asked, and nothing told."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
