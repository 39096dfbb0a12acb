"""What watches the stack: Prometheus, its exporters and Alertmanager, as far as they are installed here.

They are not needed for anything else to run. Ours write where they tell their figures into `<data>/metrics`, and so
do the exporters here: Prometheus looks there, and nowhere else.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.address import Address
from tradewind.errors import TradewindError
from tradewind.metrics.door import remove_stale, tell_target
from tradewind.monitoring import RULES
from tradewind.monitoring.routing import SECRETS, routing_text
from tradewind.stack.processes import Running, answers, begin, free_ports
from tradewind.watchdog.beats import write_whole

PROMETHEUS, ALERTMANAGER = "prometheus", ("prometheus-alertmanager", "alertmanager")
KEPT = ("--storage.tsdb.retention.time=30d", "--storage.tsdb.retention.size=5GB")
MONITOR = "monitor"
"""Who reads at the databases for those who watch: figures of the server, and tables for pictures."""


class Watched(NamedTuple):
    """What there is to watch, and where."""

    folder: Path
    """Of the stack."""
    data: Path
    secrets: Path
    databases: tuple[tuple[str, Address], ...]
    """Names and addresses as their owner has them."""
    redis: Address
    prometheus: int
    """Its port."""
    alertmanager: int
    every_s: int


class Watcher(NamedTuple):
    """One program that watches."""

    name: str
    address: str
    start: Callable[[], Running]


def watchers_of(watched: Watched) -> tuple[Watcher, ...]:
    """Return those that are installed here, in the order in which they are begun."""
    found = [
        _exporter(watched, "node", ("prometheus-node-exporter", "node_exporter"), _node),
        *(
            _exporter(watched, name, ("prometheus-postgres-exporter", "postgres_exporter"), _postgres(watched, address))
            for name, address in watched.databases
        ),
        _exporter(watched, "redis-exporter", ("prometheus-redis-exporter", "redis_exporter"), _redis(watched)),
        _alertmanager(watched),
        _prometheus(watched),
    ]
    return tuple(one for one in found if one is not None)


def missing() -> list[str]:
    """Return the programs that would watch and are not installed."""
    wanted = {
        "prometheus": (PROMETHEUS,), "prometheus-alertmanager": ALERTMANAGER,
        "prometheus-node-exporter": ("prometheus-node-exporter", "node_exporter"),
        "prometheus-postgres-exporter": ("prometheus-postgres-exporter", "postgres_exporter"),
        "prometheus-redis-exporter": ("prometheus-redis-exporter", "redis_exporter"),
    }  # fmt: skip
    return [name for name, programs in wanted.items() if _program(programs) is None]


def _program(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name)) is not None), None)


Start = Callable[[str, Path, int], Running]
"""A program, a folder and a port become a process."""


def _exporter(watched: Watched, name: str, programs: tuple[str, ...], start: Start) -> Watcher | None:
    program = _program(programs)
    if program is None:
        return None

    def begun() -> Running:
        folder = watched.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (port,) = free_ports(1)
        running = start(program, folder, port)
        tell_target(watched.data, name, f"127.0.0.1:{port}", {"component": name})
        return running

    return Watcher(name, "127.0.0.1", begun)


def _node(program: str, folder: Path, port: int) -> Running:
    return _begun("node", [program, f"--web.listen-address=127.0.0.1:{port}"], folder, port)


def _postgres(watched: Watched, address: Address) -> Start:
    def start(program: str, folder: Path, port: int) -> Running:
        secret = watched.secrets / f"{address.scheme}-{MONITOR}"
        if not secret.is_file():
            raise TradewindError(f"There is no secret {secret}.", "`tradewind secrets make` writes those that lack.")
        environment = {
            "DATA_SOURCE_URI": f"127.0.0.1:{address.port}/{address.database}?sslmode=disable",
            "DATA_SOURCE_USER": MONITOR,
            "DATA_SOURCE_PASS_FILE": str(secret),
        }
        command = [program, f"--web.listen-address=127.0.0.1:{port}"]
        return _begun(folder.name, command, folder, port, environment)

    return start


def _redis(watched: Watched) -> Start:
    def start(program: str, folder: Path, port: int) -> Running:
        # By the environment of a process of ours: an argument would stand in every list of processes.
        password = (watched.secrets / "redis").read_text(encoding="ascii").strip()
        environment = {"REDIS_ADDR": f"redis://127.0.0.1:{watched.redis.port}", "REDIS_PASSWORD": password}
        command = [program, f"-web.listen-address=127.0.0.1:{port}"]
        return _begun("redis-exporter", command, folder, port, environment)

    return start


def _begun(
    name: str, command: list[str], folder: Path, port: int, environment: dict[str, str] | None = None
) -> Running:
    address = f"127.0.0.1:{port}"
    return begin(name, command, folder, address, ready=lambda: answers(port), environment=environment)


def _alertmanager(watched: Watched) -> Watcher | None:
    program = _program(ALERTMANAGER)
    if program is None:
        return None

    def begun() -> Running:
        folder = watched.folder / "alertmanager"
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "alertmanager.yml"
        addresses = {name: _read(watched.secrets / name) for name in SECRETS}
        write_whole(settings, routing_text(addresses).encode())
        command = [
            program, f"--config.file={settings}", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{watched.alertmanager}",
        ]  # fmt: skip
        return _begun("alertmanager", command, folder, watched.alertmanager)

    return Watcher("alertmanager", f"127.0.0.1:{watched.alertmanager}", begun)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _prometheus(watched: Watched) -> Watcher | None:
    program = shutil.which(PROMETHEUS)
    if program is None:
        return None

    def begun() -> Running:
        folder = watched.folder / "prometheus"
        folder.mkdir(parents=True, exist_ok=True)
        remove_stale(watched.data)
        settings = folder / "prometheus.yml"
        write_whole(settings, json.dumps(scraping(watched), indent=2).encode())  # JSON is YAML
        command = [
            program, f"--config.file={settings}", f"--storage.tsdb.path={folder / 'data'}", *KEPT,
            f"--web.listen-address=127.0.0.1:{watched.prometheus}",
        ]  # fmt: skip
        return _begun("prometheus", command, folder, watched.prometheus)

    return Watcher("prometheus", f"127.0.0.1:{watched.prometheus}", begun)


def scraping(watched: Watched) -> dict[str, object]:
    """Return Prometheus's settings: whoever tells where they are in `<data>/metrics` is scraped."""
    found = os.fspath((watched.data / "metrics").resolve() / "*.json")
    told: dict[str, object] = {
        "global": {"scrape_interval": f"{watched.every_s}s", "evaluation_interval": f"{watched.every_s}s"},
        "rule_files": [os.fspath(RULES / "*.yml")],
        "scrape_configs": [
            {
                "job_name": "tradewind",
                "scrape_timeout": f"{min(10, watched.every_s)}s",
                "sample_limit": 5_000,
                "file_sd_configs": [{"files": [found], "refresh_interval": "5s"}],
            },
            {"job_name": "prometheus", "static_configs": [{"targets": [f"127.0.0.1:{watched.prometheus}"]}]},
        ],
    }
    if _program(ALERTMANAGER) is not None:
        target = [f"127.0.0.1:{watched.alertmanager}"]
        told["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": target}]}]}
    return told
