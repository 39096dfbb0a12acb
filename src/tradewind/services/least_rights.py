"""Whom the API is at the databases: the user of its own, who reads accounts and market data and writes runs.

The settings name the users of the trader and the recorder, whose processes the API begins but does not share rights
with. Jobs have the API's rights too; only imports write market data, as the recorder.
"""

from collections.abc import Mapping
from pathlib import Path

from tradewind.adapters.address import read_server
from tradewind.live.launch import as_toml
from tradewind.settings import Settings
from tradewind.watchdog.beats import write_whole

DATABASES = {"journal": "postgresql", "runs": "postgresql", "history": "timescale"}
IMPORTS = "import"
"""The kind of job that writes market data."""


def as_user(settings: Settings, user: str) -> Settings:
    """Return the settings with another user at every database whose password for them lies in the folder of secrets."""
    secrets, found = settings.ports.secrets, {}
    for port, scheme in DATABASES.items():
        text = str(getattr(settings.ports, port))
        if secrets is not None and text.startswith(f"{scheme}:") and (secrets / f"{scheme}-{user}").exists():
            found[port] = str(read_server(text, scheme)._replace(user=user))
    return settings.model_copy(update={"ports": settings.ports.model_copy(update=found)})


def jobs_settings(settings: Settings) -> Mapping[str, Path]:
    """Return the settings file of each kind of job, "" for every other kind; the files are there."""
    folder = settings.data / "services"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"": as_user(settings, "api"), IMPORTS: settings}
    found = {kind: (folder / f"jobs{kind and f'-{kind}'}.toml").resolve() for kind in wanted}
    for kind, path in found.items():
        write_whole(path, as_toml(wanted[kind]).encode())
    return found
