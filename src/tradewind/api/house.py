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
    entrance: Entrance
    key: bytes
    now: Callable[[], int] = time.time_ns
    begins: Settings | None = None
    """What processes begun here are given; None: the settings. They have users of their own at the databases."""

    @property
    def given(self) -> Settings:
        """The settings as a person wrote them."""
        return self.settings if self.begins is None else self.begins

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.settings.data)


def house(settings: Settings, now: Callable[[], int] = time.time_ns, begins: Settings | None = None) -> House:
    """Return the things of an API over the data folder of the settings; `begins` are those of traders it begins."""
    data = Path(settings.data)
    secrets = settings.ports.secrets or data / "secrets"
    return House(settings, Entrance(data), signing_key(secrets / "tokens"), now, begins)


def house_of(request: Request) -> House:
    """Return what the application was made with."""
    found: House = request.app.state.house
    return found
