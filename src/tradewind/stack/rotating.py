"""Secrets that lack are made, and one is changed where it is used before its file is.

A password of PostgreSQL is changed at the server first, then in its file, which is replaced at once and whole. Were the
machine to stop between both, the hidden file beside it (`.postgresql-trader.new`) has the new one. Who signs tokens and
what Redis asks for are read at their start.
"""

import secrets
from pathlib import Path

from tradewind.adapters.address import Address, read_address
from tradewind.adapters.brokers.tokens import read_token
from tradewind.adapters.extras import module_of
from tradewind.errors import BadSettings, UnknownName
from tradewind.settings import Settings
from tradewind.stack.beginning import (
    ALERTS,
    BROKER,
    CONTAINER_SECRETS,
    PLAIN_SECRETS,
    SECRET_BYTES,
    STACK_SECRETS,
    USERS,
)
from tradewind.watchdog.beats import write_whole

GIVEN = (BROKER, *ALERTS)
AFTER = {
    "tokens": "Everybody has to log in again once the API is restarted.",
    "redis": "Restart Redis and all services: tradewind stack down, then up.",
    "grafana": "Grafana takes it at its first start only; later: grafana cli admin reset-admin-password.",
}
RESTART = "Restart the services that log in as this user."


def make_lacking(settings: Settings) -> list[str]:
    """Every secret that these settings need and that has no file has one now; return the new ones."""
    folder = _folder_of(settings)
    served = any("://" in text for text in (settings.ports.journal, settings.ports.history, settings.ports.board))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = [name for name in PLAIN_SECRETS + (STACK_SECRETS if served else ()) if not (folder / name).exists()]
    for name in made:
        _write(folder / name, secrets.token_urlsafe(SECRET_BYTES))
    return made


def rotate(settings: Settings, name: str) -> str:
    """The secret of that name is another, at its server and in its file; return what is left to do.

    Raises UnknownName, and BadSettings where somebody else gives it or its server does not answer.
    """
    folder = _folder_of(settings)
    known = (*PLAIN_SECRETS, *STACK_SECRETS, *CONTAINER_SECRETS, *GIVEN)
    if name not in known:
        raise UnknownName("secret", name, known)
    if name in GIVEN:
        raise BadSettings(f"{name} is given by others.", f"Write the new one into {folder / name}, then restart.")
    path, new = folder / name, secrets.token_urlsafe(SECRET_BYTES)
    scheme, _, user = name.partition("-")
    if user:
        owner, beside = _owner_of(settings, scheme), path.with_name(f".{name}.new")
        _write(beside, new)
        module_of("stack", "tradewind.databases.users").change_password(owner, user, new)
        for other in _same_server(settings, scheme, user):
            _write(folder / other, new)
        beside.replace(path)
        return RESTART
    _write(path, new)
    return AFTER[name]


def _folder_of(settings: Settings) -> Path:
    if settings.ports.secrets is None:
        raise BadSettings("[ports] secrets names no folder.", 'Write secrets = "secrets" under [ports].')
    return settings.ports.secrets


def _write(path: Path, secret: str) -> None:
    write_whole(path, f"{secret}\n".encode())
    path.chmod(0o600)


def _addresses(settings: Settings) -> dict[str, Address]:
    """Return the servers of the settings by kind."""
    named = (settings.ports.journal, settings.ports.runs, settings.ports.history)
    found = [read_address(text) for text in named if "://" in text]
    return {one.scheme: one for one in found}


def _same_server(settings: Settings, scheme: str, user: str) -> list[str]:
    """Return the files that hold the password of the same user of the same server under another kind."""
    servers = _addresses(settings)
    mine = servers.get(scheme)
    return [
        f"{other}-{user}"
        for other, one in servers.items()
        if mine is not None and other != scheme and (one.host, one.port) == (mine.host, mine.port)
    ]


def _owner_of(settings: Settings, scheme: str) -> Address:
    """Return how the owner of the tables, who may change passwords, logs in at the server."""
    address = _addresses(settings).get(scheme)
    if address is None:
        raise BadSettings(f"[ports] names no server of {scheme}.", "Nothing was changed.")
    return address._replace(user=USERS[0], password=read_token(_folder_of(settings) / f"{scheme}-{USERS[0]}"))
