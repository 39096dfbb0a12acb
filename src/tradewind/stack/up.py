"""The whole stack: its servers, their tables and our services, up and down, from any shell and after any death.

`stack.json` names what was begun, before it is: a command that is killed half-way leaves nothing that another cannot
stop. What stands in it is never trusted as a pid alone; see `processes`.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.adapters.file_lock import FileLock
from tradewind.errors import BadData, TradewindError
from tradewind.stack.health import health_of_database, health_of_kafka, health_of_redis
from tradewind.stack.kafka import start_kafka
from tradewind.stack.places import Places
from tradewind.stack.postgres import start_postgres
from tradewind.stack.processes import Running, lives, read_running, stop, unnoted
from tradewind.stack.redis import start_redis
from tradewind.stack.services import API, beat_file, sign_of_life, start_service
from tradewind.stack.tables import prepare
from tradewind.stack.watching import missing, watchers_of

STATE = "stack.json"
SETTLE_S, LOOK_S = 20.0, 0.1
Say = Callable[[str], Any]


class Server(NamedTuple):
    """A process of the stack: how it is begun, and how it is known to be well."""

    name: str
    address: str
    start: Callable[[], Running]
    health: Callable[[], str]
    """Says what it is; raises one of our errors where it is not well."""


class Health(NamedTuple):
    """One line of the table."""

    name: str
    address: str
    pid: int
    """0: it does not run."""
    well: bool
    told: str


def servers_of(places: Places) -> tuple[Server, ...]:
    """Return the servers in the order in which they are begun."""
    folder, secrets, ports = places.folder, places.secrets, places.ports

    def database(name: str, port: int, scheme: str) -> Callable[[], Running]:
        return lambda: start_postgres(folder / name, port, secrets / f"{scheme}-tradewind", name=name)

    return (
        Server(
            "postgresql", f"127.0.0.1:{ports.postgresql}", database("postgresql", ports.postgresql, "postgresql"),
            lambda: health_of_database("trading", places.trading),
        ),
        Server(
            "timescale", f"127.0.0.1:{ports.timescale}", database("timescale", ports.timescale, "timescale"),
            lambda: health_of_database("market", places.market),
        ),
        Server(
            "redis", f"127.0.0.1:{ports.redis}", lambda: start_redis(folder / "redis", ports.redis, secrets / "redis"),
            lambda: health_of_redis(places.redis),
        ),
        Server(
            "kafka", f"127.0.0.1:{ports.kafka}",
            lambda: start_kafka(
                folder / "kafka", ports.kafka, ports.kafka_controller,
                told=None if places.watched is None else folder.parent,
            ),
            lambda: health_of_kafka(f"127.0.0.1:{ports.kafka}"),
        ),
    )  # fmt: skip


def up(places: Places, settings_file: Path, say: Say) -> list[Health]:
    """Everything runs and its tables are of the newest version; what ran before was left alone."""
    with _alone(places.folder):
        servers = servers_of(places)
        _write_state(places.folder, [(server.name, server.address) for server in servers])
        for server in servers:
            _begin(places.folder, server, say)
        prepare(places, say)
        _begin_watching(places, say)
        for service in places.services:
            if running_in(places.folder, service.name) is None:
                say(f"{service.name} ...")
                start_service(service, places.folder / service.name, settings_file, places.folder.parent)
        _settle(places)
        return status(places)


def _begin_watching(places: Places, say: Say) -> None:
    """What watches runs, as far as it is installed; what cannot be begun is said, and trading is none the worse."""
    if places.watched is None:
        return
    for one in watchers_of(places.watched):
        try:
            if running_in(places.folder, one.name) is None:
                one.start()
        except (TradewindError, OSError) as error:
            say(f"{one.name} does not watch: {error}")
    if lacking := missing():
        say(f"Not installed, so not watching: {', '.join(lacking)} (apt install).")


def _settle(places: Places) -> None:
    """Every service works, or the time it has for that is over; what it lacks it says itself."""
    until = time.monotonic() + SETTLE_S
    for service in places.services:
        while time.monotonic() < until:
            with contextlib.suppress(TradewindError):
                if sign_of_life(beat_file(places.folder.parent, service.name)).state == "working":
                    break
            time.sleep(LOOK_S)


def down(folder: Path, say: Say) -> int:
    """Nothing of the stack runs; return how many processes were stopped. Services first, servers in reverse."""
    with _alone(folder):
        stopped = 0
        for name in reversed(_names(folder)):
            running = running_in(folder, name) or unnoted(folder / name, name)
            if running is not None:
                say(f"{name} stops ...")
                stopped += stop(running)
            (folder / name / f"{name}.pid").unlink(missing_ok=True)
            (folder.parent / "metrics" / f"{name}.json").unlink(missing_ok=True)
        (folder / STATE).unlink(missing_ok=True)
        return stopped


def status(places: Places) -> list[Health]:
    """Return how everything is, one line each."""
    lines = []
    for server in servers_of(places):
        running = running_in(places.folder, server.name)
        try:
            told, well = (server.health(), True) if running is not None else ("it does not run", False)
        except TradewindError as error:
            told, well = str(error), False
        lines.append(Health(server.name, server.address, running.pid if running else 0, well, told))
    for one in () if places.watched is None else watchers_of(places.watched):
        running = running_in(places.folder, one.name)
        told = "watches" if running else "it does not run"
        lines.append(Health(one.name, one.address, running.pid if running else 0, running is not None, told))
    for service in places.services:
        running = running_in(places.folder, service.name)
        try:
            sign = sign_of_life(beat_file(places.folder.parent, service.name))
            told, well = sign.why or sign.state, sign.state == "working"
        except TradewindError as error:
            told, well = str(error), False
        if running is None:
            told, well = "it does not run", False
        lines.append(Health(service.name, service.address, running.pid if running else 0, well, told))
    return lines


def running_in(folder: Path, name: str) -> Running | None:
    """Return the process of that name which was begun in this folder and still runs."""
    running = read_running(folder / name / f"{name}.pid")
    return running if running is not None and lives(running) else None


def _begin(folder: Path, server: Server, say: Say) -> None:
    """The server runs."""
    if running_in(folder, server.name) is not None:
        return
    say(f"{server.name} ...")
    begun = time.monotonic()
    running = server.start()
    if not lives(running):
        raise TradewindError(f"{server.name} ended right after its start.", f"See {running.log}.")
    say(f"{server.name} is ready after {time.monotonic() - begun:.1f} s.")


def _names(folder: Path) -> list[str]:
    """Return what `stack.json` names, in the order of their start; every service of ours after the servers."""
    try:
        told = json.loads((folder / STATE).read_text(encoding="utf-8"))
        names = [str(one["name"]) for one in told["servers"]]
    except FileNotFoundError:
        names = []
    except (OSError, ValueError, KeyError, TypeError):
        raise BadData(f"{folder / STATE} cannot be read.", "Delete it; `stack up` finds what runs again.") from None
    found = (path.parent.name for path in folder.glob("*/*.log") if path.stem == path.parent.name)
    there = sorted(found, key=lambda name: (name == API.name, name))
    return names + [name for name in there if name not in names]


def _write_state(folder: Path, servers: list[tuple[str, str]]) -> None:
    told = {
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "servers": [{"name": name, "address": address} for name, address in servers],
    }
    path = folder / f".{STATE}"
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    path.replace(folder / STATE)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One command a stack at a time."""
    lock = FileLock(folder / "lock", f"The stack in {folder}", datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        yield
    finally:
        lock.release()
