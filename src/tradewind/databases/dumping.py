"""`pg_dump` and `pg_restore`, PostgreSQL's own programs, run without a password on their command line."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tradewind.adapters.address import Address
from tradewind.errors import TradewindError

PROGRAMS = ("pg_dump", "pg_restore")


class DumpFailed(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A program of PostgreSQL's did not do what it was asked."""


def program(name: str) -> str | None:
    """Return where a program is; the newest of those a Debian keeps beside the path."""
    if found := shutil.which(name):
        return found
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda one: one.parts[-3].zfill(4))
    return str(kept[-1]) if kept else None


def available() -> bool:
    """Whether both programs are here."""
    return all(program(name) for name in PROGRAMS)


def dump(address: Address, schemas: Sequence[str], snapshot: str, path: Path) -> None:
    """The file holds the schemas as the snapshot of another transaction shows them."""
    wanted = [f"--schema={schema}" for schema in schemas]
    _run("pg_dump", address, ["--format=custom", f"--snapshot={snapshot}", f"--file={path}", *wanted])
    path.chmod(0o600)


def restore(address: Address, path: Path) -> None:
    """The database has what the file holds, or nothing of it."""
    _run("pg_restore", address, ["--single-transaction", "--exit-on-error", str(path)])


def _run(name: str, address: Address, words: Sequence[str]) -> None:
    where = [f"--host={address.host}", f"--port={address.port}", f"--dbname={address.database}", "--no-password"]
    who = [f"--username={address.user}"] if address.user else []
    line = [str(program(name)), *where, *who, "--no-owner", "--no-privileges", *words]
    with _password_file(address) as environment:
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - words of our own
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise DumpFailed(f"{name} failed at {address}: {said}.", "See `tradewind db check`.")


@contextlib.contextmanager
def _password_file(address: Address) -> Iterator[dict[str, str]]:
    """Give an environment in which the program finds the password in a file that only we can read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pgpass"
        path.touch(mode=0o600)
        if address.password is not None:
            secret = address.password.revealed().replace("\\", "\\\\").replace(":", "\\:")
            path.write_text(f"*:*:*:*:{secret}\n")
        yield {**os.environ, "PGPASSFILE": str(path), "PGCONNECT_TIMEOUT": "5"}
