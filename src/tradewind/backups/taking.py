"""A backup is taken while everything runs.

SQLite databases are copied by its own way for databases in use, each as of one moment, journals with the watermark
that fits the copy. Databases on servers are kept as `db backup` does.
Secrets stay out unless they are asked for. The backup gets its name once it is whole and was read again.
"""

import contextlib
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tradewind.adapters.extras import module_of
from tradewind.adapters.journal import SqliteJournal
from tradewind.backups.contents import Contents, Journal, check, digest_of, write
from tradewind.errors import BadData, TradewindError
from tradewind.live.start import LAYOUTS
from tradewind.settings import Settings
from tradewind.watchdog.beats import write_whole

LEFT_OUT = ("backups", "cache", "demo", "logs", "metrics", "services", "stack", "history", "secrets")
"""Folders of the data folder that are made again by themselves, or are asked for apart."""
PASSING = (".lock", ".pid", "-wal", "-shm", "-journal", ".tmp", ".reserve")
SIGNS = ("status.json", "beginning.json", "begun.json", "watchdog.json", "lease")
"""Signs of life: of processes that do not live in the copy."""
JOURNAL, WATERMARK = "journal.sqlite", "journal.watermark"
SETTINGS = Path("tradewind.toml")
EMERGENCY = "emergency.toml"
"""How the watchdog reaches the broker: it may hold the token."""
LAST = Path("backups") / "last.json"
Say = Callable[[str], Any]


def take(settings: Settings, to: Path, *, history: bool, secrets: bool, settings_file: Path | None, say: Say) -> Path:
    """Return the folder of a new backup of everything these settings keep, whole and read again."""
    data = Path(settings.data)
    if not data.is_dir() and not (settings_file or SETTINGS).is_file():
        raise BadData(f"There is no data folder {data} and no {SETTINGS}.", "Run it where they are, or give --data.")
    name = datetime.now(UTC).strftime("tradewind-%Y%m%dT%H%M%S%fZ")
    to.mkdir(parents=True, exist_ok=True)
    passing = to / f".{name}.unfinished"
    passing.mkdir(mode=0o700)
    try:
        _copy_all(data, passing / "data", history=history, secrets=secrets)
        _copy_settings(settings, settings_file, passing)
        if secrets and settings.ports.secrets is not None:
            shutil.copytree(settings.ports.secrets, passing / "secrets")
        databases = tuple(_databases(settings, passing, say))
        there = [path for path in sorted(passing.rglob("*")) if path.is_file()]
        files = {path.relative_to(passing).as_posix(): digest_of(path) for path in there}
        made = datetime.now(UTC).isoformat(timespec="seconds")
        contents = Contents(made, version("tradewind"), files, dict(_journals(passing / "data")), databases)
        write(passing, contents)
        check(passing, contents)
        passing.rename(to / name)
    except BaseException:
        shutil.rmtree(passing, ignore_errors=True)
        raise
    tell_last(data, to / name)
    return to / name


def tell_last(data: Path, backup: Path) -> None:
    """Whoever asks hears that a good backup was made just now, and where it is."""
    (data / LAST).parent.mkdir(parents=True, exist_ok=True)
    told = {"target": "data", "at_ns": time.time_ns(), "folder": str(backup.resolve())}
    write_whole(data / LAST, json.dumps(told).encode())


def _copy_all(data: Path, into: Path, *, history: bool, secrets: bool) -> None:
    """Everything in the data folder that cannot be made again is copied."""
    out = tuple(name for name in LEFT_OUT if not (history and name == "history"))
    for path in sorted(_files(data, out)):
        if path.name == EMERGENCY and not secrets:
            continue
        copy = into / path.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.suffix != ".sqlite":
            with contextlib.suppress(FileNotFoundError):  # gone meanwhile: it was of passing use
                shutil.copy2(path, copy)
    for path in sorted(_files(data, out)):
        if path.name == JOURNAL:
            _copy_journal(path, into / path.relative_to(data))
        elif path.suffix == ".sqlite":
            _copy_database(path, into / path.relative_to(data))


def _files(data: Path, out: tuple[str, ...]) -> Iterator[Path]:
    for path in data.rglob("*"):
        parts = path.relative_to(data).parts
        passes = path.name.endswith(PASSING) or path.name in (*SIGNS, WATERMARK) or parts[0] in out
        passes = passes or bool({"inbox", "outbox"} & set(parts))
        if not passes and path.is_file() and not path.is_symlink():
            yield path


def _copy_journal(path: Path, copy: Path) -> None:
    """The copy is the journal up to a commit, and beside it lies the watermark of that commit."""
    with SqliteJournal.open(path, LAYOUTS, readonly=True) as journal:
        journal.backup(copy)
    copy.chmod(0o600)


def _copy_database(path: Path, copy: Path) -> None:
    """The copy is the database as of one moment, and whole."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            found = target.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        hint = "`tradewind doctor` says what is wrong with it."
        raise TradewindError(f"{path} cannot be copied: {error}.", hint) from None
    if found != "ok":
        raise TradewindError(f"{path} is damaged: {found}.", "`tradewind doctor` says what can be done.")
    copy.chmod(0o600)


def _copy_settings(settings: Settings, file: Path | None, into: Path) -> None:
    """The settings file and the strategies of one's own are copied."""
    named = file or SETTINGS
    if named.is_file():
        shutil.copy2(named, into / "tradewind.toml")
    if Path(settings.strategies).is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(settings.strategies, into / "strategies", ignore=ignored)
    if settings.risk.endswith(".toml") and Path(settings.risk).is_file():
        shutil.copy2(settings.risk, into / Path(settings.risk).name)


def _journals(data: Path) -> Iterator[tuple[str, Journal]]:
    """Yield how far each account's journal in the backup reaches."""
    for path in sorted(data.glob("accounts/*/journal.sqlite")):
        with contextlib.closing(sqlite3.connect(path)) as database:
            row = database.execute("SELECT commit_number, chain FROM blocks ORDER BY seq DESC LIMIT 1").fetchone()
        if row is not None:
            yield path.parent.name, Journal(int(row[0]), bytes(row[1]).hex())


def _databases(settings: Settings, into: Path, say: Say) -> Iterator[str]:
    """What [ports] keeps on servers is kept as well; yield the folders."""
    named = {name: getattr(settings.ports, name) for name in ("journal", "runs", "history")}
    if not any("://" in text for text in named.values()):
        return
    places = module_of("stack", "tradewind.databases.places").places_of(
        named, settings.ports.secrets, url=None, user=None
    )
    keeping = module_of("stack", "tradewind.databases.keeping")
    for place in places:
        if isinstance(place.where, Path):
            continue
        folder = Path("databases") / place.tree
        (into / "databases").mkdir(exist_ok=True)
        keeping.backup(place.where, place.tree, into / folder)
        say(f"{place}: kept.")
        yield folder.as_posix()
