"""A PostgreSQL cluster of our own: passwords by SCRAM, checksums on, listening on this machine alone."""

import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from tradewind.errors import TradewindError
from tradewind.stack.processes import Running, answers, begin

OWNER = "tradewind"
"""The superuser of the cluster; services have roles of their own."""


def programs() -> Path:
    """Return the folder of PostgreSQL's programs; TradewindError where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    if not found:
        raise TradewindError("PostgreSQL is not installed.", "apt install postgresql")
    return found[-1].parent


def start_postgres(
    folder: Path, port: int, password_file: Path, *, name: str = "postgresql", durable: bool = True
) -> Running:
    """Return a running cluster in `folder`, made there the first time with the password in the file."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    user = _unprivileged(folder)
    if not (data / "PG_VERSION").is_file():
        _make(data, password_file, user)
    fsync = [] if durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
    command = [
        str(programs() / "postgres"), "-D", str(data), "-c", "listen_addresses=127.0.0.1", "-c", f"port={port}",
        "-c", "unix_socket_directories=", "-c", "max_connections=60", *fsync, *_extension(),
    ]  # fmt: skip
    return begin(name, command, folder, f"127.0.0.1:{port}", ready=lambda: _ready(port), user=user)


def _extension() -> list[str]:
    """Return what lets databases have TimescaleDB where it is installed: it has to be there from the server's start."""
    if not (programs().parent / "lib" / "timescaledb.so").is_file():
        return []
    return ["-c", "shared_preload_libraries=timescaledb", "-c", "timescaledb.telemetry_level=off"]


def _make(data: Path, password_file: Path, user: int | None) -> None:
    """The cluster lies in `data`; the password passes through a file that is gone afterwards."""
    passing = data.parent / f".{secrets.token_hex(8)}"
    passing.touch(0o600)
    passing.write_text(password_file.read_text(encoding="ascii").strip(), encoding="ascii")
    if user is not None:
        os.chown(passing, user, -1)
    command = [
        str(programs() / "initdb"), "-D", str(data), "-U", OWNER, "-A", "scram-sha-256", "--pwfile", str(passing),
        "--data-checksums", "--encoding=UTF8", "--locale=C",
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, capture_output=True, text=True, check=False, user=user, group=user, cwd=data.parent
        )
    finally:
        passing.unlink()
    if done.returncode:
        raise TradewindError(f"The cluster was not made: {done.stderr.strip()[-300:]}", f"Look at {data}.")


def _unprivileged(folder: Path) -> int | None:
    """Return who runs it where we are root, which PostgreSQL refuses to be; the folder is theirs then."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam("postgres").pw_uid
    except KeyError:
        raise TradewindError(
            "There is no user postgres, and root may not run PostgreSQL.", "Use another user."
        ) from None
    os.chown(folder, user, -1)
    for parent in folder.resolve().parents[:-1]:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o001)  # it has to get through to its own folder
    return user


def _ready(port: int) -> bool:
    """Whether the cluster takes connections, and not only its port."""
    if not answers(port):
        return False
    done = subprocess.run(  # noqa: S603 - our own words
        [programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False, timeout=10
    )
    return done.returncode == 0
