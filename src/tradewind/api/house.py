"""What every route needs: settings, the entrance, the key tokens are signed with, and the time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.sessions import signing_key
from tradewind.settings import Settings


@dataclass(frozen=True)
class House:
    """One API's own things; the same for every request."""

    settings: Settings
    """With the database users that may read."""
    entrance: Entrance
    key: bytes
    now: Callable[[], int] = time.time_ns
    trading: Settings | None = None
    """Those that traders are begun with, where they differ: a trader writes what the API may only read."""

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.settings.data)

    @property
    def begun_with(self) -> Settings:
        """The settings of traders that are begun from here."""
        return self.trading or self.settings


def house(settings: Settings, now: Callable[[], int] = time.time_ns) -> House:
    """Return the things of an API over the data folder of the settings."""
    data = Path(settings.data)
    secrets = settings.ports.secrets or data / "secrets"
    return House(reading(settings), Entrance(data), signing_key(secrets / "tokens"), now, settings)


def reading(settings: Settings) -> Settings:
    """Return the settings with the database user `api`, who adds no order and changes no price."""
    return _as_api(settings, ("journal", "runs", "history"))


def for_jobs(settings: Settings) -> Settings:
    """Return the settings of jobs: they add runs as `api` does, and prices as the settings say."""
    return _as_api(settings, ("journal", "runs"))


def _as_api(settings: Settings, names: tuple[str, ...]) -> Settings:
    """Return the settings with another user at these databases, wherever there is a password of theirs."""
    ports, folder = settings.ports, settings.ports.secrets
    if folder is None:
        return settings
    users = {}
    for port in names:
        text = str(getattr(ports, port))
        scheme, found, rest = text.partition("://")
        if found and (folder / f"{scheme}-api").is_file():
            users[port] = f"{scheme}://api@{rest.rpartition('@')[2]}"
    return settings.model_copy(update={"ports": ports.model_copy(update=users)})


def house_of(request: Request) -> House:
    """Return what the application was made with."""
    found: House = request.app.state.house
    return found
