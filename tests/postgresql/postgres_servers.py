"""Servers of the tests' own, with their tables made; and one that is killed and started again."""

import itertools
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "research")]

from postgres import USER, programs, server  # noqa: E402  the folder of research has it

from tradewind.adapters.address import Address  # noqa: E402  after the path
from tradewind.databases.migrating import migrate  # noqa: E402  after the path
from tradewind.databases.opening import opened  # noqa: E402  after the path

_numbers = itertools.count(1)


@contextmanager
def open_folder():
    """Give a folder that the server's own user reaches, whatever other tests do to the folders of theirs."""
    with tempfile.TemporaryDirectory(prefix="tradewind-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def database():
    """Give the address of a database with all tables of trading, on a server that ends with it."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed here")
    with open_folder() as folder, server(folder / "server"):
        yield migrated(Address("postgresql", USER, str(folder / "server"), 5432, "postgres"))


def migrated(address):
    """Return the address, whose database has all tables of trading."""
    with opened(address) as connection:
        migrate("trading", connection)
    return address


def new_account():
    """Return the name of an account that no test had before."""
    return f"account-{next(_numbers)}"


def execute(address, *statements, **values):
    """The statements were carried out by force, with values by name; return the rows of the last one."""
    with psycopg.connect(
        host=address.host, port=address.port, user=address.user, dbname=address.database, autocommit=True
    ) as connection:
        for statement in statements:
            cursor = connection.execute(statement, values if "%(" in statement else None)
        return cursor.fetchall() if cursor.description else []


def changed(address, statement, **values):
    """The table of blocks was changed behind its triggers."""
    without = "ALTER TABLE trading.journal_blocks DISABLE TRIGGER USER"
    execute(address, without, statement, without.replace("DISABLE", "ENABLE"), **values)


class Fragile:
    """A server that can be killed and started again, with every write synced as in earnest."""

    def __init__(self, folder):
        """Its folder is new."""
        self.folder, self.data = folder, folder / "data"
        folder.mkdir(parents=True)
        self.owner = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self.owner = {"user": owner.pw_uid, "group": owner.pw_gid, "cwd": folder}
        command = [programs() / "initdb", "-D", self.data, "-U", USER, "-A", "trust", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, **self.owner)
        self.process = None
        self.address = Address("postgresql", USER, str(folder), 5432, "postgres")

    def start(self):
        """It was told to start; it may not answer yet."""
        options = [f"-cunix_socket_directories={self.folder}", "-clisten_addresses=", "-crestart_after_crash=on"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [programs() / "postgres", "-D", self.data, *options], stdout=log, stderr=log, **self.owner
        )
        log.close()

    def wait(self, seconds=60):
        """It answers."""
        until = time.monotonic() + seconds
        while True:
            try:
                execute(self.address, "SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
            else:
                return

    def kill(self):
        """Its first process is dead, without a word; its other ones notice."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """It is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
