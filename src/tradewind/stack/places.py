"""Where the servers of the stack listen, as the settings say; all of them on this machine and nowhere else."""

from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.address import Address, read_address
from tradewind.errors import BadSettings
from tradewind.settings import Settings
from tradewind.stack.services import Service, services_of
from tradewind.stack.watching import Watched

TRADING, MARKET = "tradewind", "market"
"""Names of the databases."""
OWNER = "tradewind"
HERE = ("127.0.0.1", "localhost", "::1")


class Ports(NamedTuple):
    """One port a server, on 127.0.0.1."""

    postgresql: int = 5432
    timescale: int = 5433
    redis: int = 6379
    kafka: int = 9092
    kafka_controller: int = 9093
    api: int = 8600
    prometheus: int = 9090
    alertmanager: int = 9095


DEFAULT = Ports()


def ports_from(base: int) -> Ports:
    """Return ports in a row from `base` on."""
    last = 65_535 - len(Ports._fields)
    if not 1_024 <= base <= last:
        raise BadSettings(f"--port-base {base} leaves no room for the ports.", f"Give 1024 to {last}.")
    return Ports(*range(base, base + len(Ports._fields)))


class Places(NamedTuple):
    """What is started, and where it keeps what it has."""

    folder: Path
    secrets: Path
    ports: Ports
    trading: Address
    market: Address
    redis: Address
    watched: Watched | None
    """What watches; None where nothing shall."""
    services: tuple[Service, ...]


def places_of(settings: Settings) -> Places:
    """Return the places that [ports] names; BadSettings where one lies elsewhere or a secret is missing."""
    told = settings.ports
    if told.secrets is None:
        raise BadSettings("[ports] names no folder of secrets.", "`tradewind init --stack FOLDER` makes such settings.")
    secrets = told.secrets.resolve()
    trading = _database(told.journal, "journal", "postgresql", secrets)
    market = _database(told.history, "history", "timescale", secrets)
    board = _here(told.board, "board", "redis", secrets)
    kafka = _here(told.feed, "feed", "kafka", None)
    controller = DEFAULT.kafka_controller if kafka.port == DEFAULT.kafka else kafka.port + 1
    ports = Ports(trading.port, market.port, board.port, kafka.port, controller, settings.api.port,
                  settings.metrics.prometheus, settings.metrics.alertmanager)  # fmt: skip
    taken = [port for port in ports if port]
    if len(set(taken)) < len(taken):
        raise BadSettings(
            f"Two servers cannot share a port: {', '.join(map(str, ports))}.", "Correct [ports] and [api]."
        )
    missing = [str(path) for path in needed_secrets(secrets) if not path.is_file()]
    if missing:
        raise BadSettings(f"There is no secret {missing[0]}.", "`tradewind init --stack FOLDER` makes all of them.")
    folder = (settings.data / "stack").resolve()
    named = (("postgresql-exporter", trading), ("timescale-exporter", market))
    watched = Watched(folder, folder.parent, secrets, named, board, ports.prometheus, ports.alertmanager,
                      settings.metrics.every)  # fmt: skip
    watches = settings.metrics.enabled and settings.metrics.prometheus > 0
    return Places(folder, secrets, ports, trading, market, board, watched if watches else None, services_of(settings))


def needed_secrets(secrets: Path) -> tuple[Path, ...]:
    """Return the files without which no server starts."""
    return tuple(secrets / name for name in (f"postgresql-{OWNER}", f"timescale-{OWNER}", "redis"))


def _here(text: str, name: str, scheme: str, secrets: Path | None) -> Address:
    """Return the address of a server on this machine."""
    if "://" not in text:
        raise BadSettings(f"[ports] {name} = {text!r} needs no server.", f"The stack has {scheme}://127.0.0.1 there.")
    address = read_address(text, secrets)
    if address.scheme != scheme or address.host not in HERE:
        raise BadSettings(
            f"[ports] {name} = {text!r} is no {scheme} on this machine.", "`stack` starts servers on 127.0.0.1 alone."
        )
    return address._replace(host="127.0.0.1")


def _database(text: str, name: str, scheme: str, secrets: Path) -> Address:
    """Return the address of a database as its owner has it."""
    address = _here(text, name, scheme, secrets)
    if not address.database:
        raise BadSettings(f"[ports] {name} = {text!r} names no database.", "Write its name after the last /.")
    return read_address(f"{scheme}://{OWNER}@127.0.0.1:{address.port}/{address.database}", secrets)
