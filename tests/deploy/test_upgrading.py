"""What docs/upgrading.md says of stored formats is what the code does with them."""

import importlib
import json
import re
import sqlite3
from contextlib import closing

import msgspec
import numpy as np
import pytest
from compose_file import ROOT

from tradewind.adapters import catalogue
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.job_store import JobStore
from tradewind.adapters.journal.faults import BadJournal
from tradewind.adapters.journal.store import SqliteJournal
from tradewind.adapters.kafka import messages
from tradewind.adapters.ledger import Trials
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.backups import contents
from tradewind.errors import TradewindError
from tradewind.live.edge import habits_of
from tradewind.liveness.habits import NOTHING

PAGE = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
TABLE = re.search(r"<!-- formats -->\n(.*?)<!-- /formats -->", PAGE, re.DOTALL)[1]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()[2:]]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_number_of_a_format_is_that_of_the_code(row):
    """The second column names where it stands, the third what stands there."""
    module, name, argument = re.fullmatch(r"`(tradewind[\w.]*)\.(\w+)(?:\(\"(\w+)\"\))?`", row[1]).groups()
    found = getattr(importlib.import_module(module), name)

    assert str(found(argument) if argument else found) == row[2]


def numbered(path, version):
    """The SQLite file says that it is of this version."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {version}")
        database.commit()


def users_of(path):
    with Entrance(path).opened() as database:
        return database.execute("SELECT name, once FROM users").fetchall()


FILES = {
    "entrance.sqlite": users_of,
    "trials.sqlite": lambda path: Trials(path).families(),
    "runs.sqlite": lambda path: list(SqliteRuns(path).list()),
    "jobs.sqlite": lambda path: JobStore(path).list(),
}


def opened(name, path):
    """The file was made by whoever makes it, where it is not there, and read."""
    if name == "runs.sqlite" and not (path / name).exists():
        SqliteRuns(path).save({"id": "a"}, {})
    elif name == "trials.sqlite" and not (path / name).exists():
        with Trials(path)._open():
            pass
    return FILES[name](path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_later_version_is_refused_where_the_table_says_so(name, tmp_path):
    """It is said which version the file has, and nothing is changed."""
    told = next(row for row in ROWS if name in row[0])[4]
    opened(name, tmp_path)
    numbered(tmp_path / name, 99)

    if told == "refused":
        with pytest.raises(TradewindError, match="has format 99"):
            opened(name, tmp_path)
    else:
        assert "doctor" in told
        opened(name, tmp_path)


def test_users_of_the_first_version_are_brought_along(tmp_path):
    """What the first version did not know has its usual value afterwards."""
    users_of(tmp_path)
    with closing(sqlite3.connect(tmp_path / "entrance.sqlite")) as database:
        database.execute("ALTER TABLE users DROP COLUMN once")
        database.execute("INSERT INTO users (name, password, scopes, made_ns) VALUES ('ann', 'x', 'read', 1)")
        database.commit()
    numbered(tmp_path / "entrance.sqlite", 1)

    assert users_of(tmp_path) == [("ann", 0)]


@pytest.mark.parametrize("version", [0, 2])
def test_a_journal_of_any_other_version_is_refused(version, tmp_path):
    path = tmp_path / "journal.sqlite"
    SqliteJournal.open(path, {"events": np.dtype([("ts", "<i8")])}).close()
    numbered(path, version)

    with pytest.raises(BadJournal):
        SqliteJournal.open(path, {"events": np.dtype([("ts", "<i8")])})


@pytest.mark.parametrize("version", [0, 2])
def test_prices_of_any_other_version_are_refused(version, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": version}))

    with pytest.raises(TradewindError, match=f"has format {version}, this version reads 1"):
        catalogue.load(tmp_path)


def test_a_backup_of_a_later_version_is_refused(tmp_path):
    (tmp_path / contents.MANIFEST).write_text(json.dumps({"format": 2}))

    with pytest.raises(TradewindError, match="has format 2, this version knows 1"):
        contents.read(tmp_path)


def test_habits_of_another_version_are_passed_over(tmp_path):
    (tmp_path / "habits").mkdir()
    (tmp_path / "habits" / "XAUUSD.json").write_text(json.dumps({"format": "tradewind feed habits", "version": 2}))

    assert habits_of(tmp_path, "XAUUSD") is NOTHING


def test_messages_of_another_version_are_not_guessed_at():
    """They are told as unreadable, with their version; a field that is new is passed over."""
    alert = messages.Alert(account="a", ts=1, about="b", level="page", text="c")
    raw = msgspec.msgpack.decode(messages.encoded(alert))

    later = messages.decoded(msgspec.msgpack.encode(raw | {"v": 2}))
    wider = messages.decoded(msgspec.msgpack.encode(raw | {"new": 1}))

    assert isinstance(later, messages.Unreadable)
    assert "version 2" in later.why
    assert wider == alert
