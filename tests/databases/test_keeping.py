"""A backup comes back with the same hash, by pg_dump and row by row, and never over anything that is there."""

import gzip
import json

import psycopg
import pytest

from tradewind.adapters.projection import beat, project_all
from tradewind.databases import dumping, keeping
from tradewind.databases.migrating import migrate, version_of
from tradewind.databases.opening import opened
from tradewind.databases.rights import SERVICES, group_of
from tradewind.databases.state import contents_of, hash_of
from tradewind.errors import BadData, TradewindError

MONTHS = """
CREATE TABLE market.kept (id bigint GENERATED ALWAYS AS IDENTITY, at bigint NOT NULL, PRIMARY KEY (id, at))
PARTITION BY RANGE (at)
"""
FILLED = """
CREATE TABLE market.kept_2025_01 PARTITION OF market.kept FOR VALUES FROM ('0') TO ('100');
CREATE TABLE market.kept_2025_02 PARTITION OF market.kept FOR VALUES FROM ('100') TO ('200');
INSERT INTO market.kept (at) SELECT generate_series(0, 199)
"""


@pytest.fixture(params=["dump", "rows"])
def way(request, monkeypatch):
    """With the programs of PostgreSQL, and where they are missing."""
    if request.param == "rows":
        monkeypatch.setattr(dumping, "program", lambda _name: None)
    return request.param


@pytest.fixture
def filled(place, busy):
    """A database in which an account has traded."""
    address = place()
    with opened(address) as connection:
        migrate("trading", connection)
    with psycopg.connect(host=address.host, user=address.user, dbname=address.database) as connection:
        project_all(connection, "busy", busy.commits[:12])
        beat(connection, "busy", {"pid": 7, "mode": "paper", "ready": True, "account": "busy"}, 1_000)
    return address


def hashed(address, tree="trading"):
    """Return the hash of everything in the tables, and how many rows that is."""
    with opened(address) as connection:
        contents = contents_of(connection, tree)
    return hash_of(contents), sum(one.rows for one in contents.values())


def test_what_is_restored_hashes_to_what_was_kept(filled, place, way, tmp_path):
    """Another database, the same hash, and the services' rights again."""
    other = place()
    done = keeping.backup(filled, "trading", tmp_path / "kept")
    keeping.restore(other, tmp_path / "kept")

    assert done.way == way
    assert hashed(other) == hashed(filled)
    assert hashed(other)[1] > 1000
    with psycopg.connect(host=other.host, user=other.user, dbname=other.database) as connection:
        query = "SELECT has_table_privilege(%s, 'trading.orders', 'SELECT')"
        may = {one: connection.execute(query, (group_of(one),)).fetchone()[0] for one in SERVICES}
    assert may == {"feed": False, "recorder": True, "trader": False, "api": True, "backup": True, "monitor": True}


@pytest.mark.usefixtures("way")
def test_a_restored_database_goes_on_where_the_backup_was_taken(filled, place, tmp_path, busy):
    """What the journal says after it comes into the tables as if nothing had been."""
    other = place()
    keeping.backup(filled, "trading", tmp_path / "kept")
    keeping.restore(other, tmp_path / "kept")
    for address in (filled, other):
        with psycopg.connect(host=address.host, user=address.user, dbname=address.database) as connection:
            project_all(connection, "busy", busy.commits[:20])

    assert hashed(other) == hashed(filled)


def test_a_backup_is_of_one_moment_while_others_write(filled, tmp_path, busy, monkeypatch):
    """A commit that arrives between the hash and the dump is in neither."""
    before = hashed(filled)[0]
    dump = dumping.dump

    def written_meanwhile(*given):
        with psycopg.connect(host=filled.host, user=filled.user, dbname=filled.database) as connection:
            project_all(connection, "busy", busy.commits[:15])
        dump(*given)

    monkeypatch.setattr(dumping, "dump", written_meanwhile)
    done = keeping.backup(filled, "trading", tmp_path / "kept")

    assert hash_of(done.contents) == before != hashed(filled)[0]


def test_partitions_and_numbers_that_the_server_gives_come_back(place, way, tmp_path, monkeypatch):
    """Rows of two months, and the next number is the next."""
    address, other = place("timescale"), place("timescale")
    with opened(address) as connection:
        migrate("market", connection)
        for statement in (MONTHS + ";" + FILLED).split(";"):
            connection.exec_driver_sql(statement)
        connection.commit()
    keeping.backup(address, "market", tmp_path / "kept")

    def with_months(tree, connection, to):
        """The version that makes such a table."""
        migrate(tree, connection, to)
        connection.exec_driver_sql(MONTHS)

    if way == "rows":
        with pytest.raises(BadData, match=r"market.kept, which is none of this version's"):
            keeping.restore(other, tmp_path / "kept")
    monkeypatch.setattr(keeping, "migrate", with_months)
    keeping.restore(other, tmp_path / "kept")

    assert hashed(other, "market") == hashed(address, "market")
    with psycopg.connect(host=other.host, user=other.user, dbname=other.database) as connection:
        (number,) = connection.execute("INSERT INTO market.kept (at) VALUES (7) RETURNING id").fetchone()
    assert number == 201


def test_nothing_is_written_over(filled, tmp_path):
    """Neither a folder that is there nor tables that are there."""
    keeping.backup(filled, "trading", tmp_path / "kept")
    before = hashed(filled)
    with pytest.raises(BadData, match="is there already"):
        keeping.backup(filled, "trading", tmp_path / "kept")
    with pytest.raises(BadData, match="is not empty"):
        keeping.restore(filled, tmp_path / "kept")

    assert hashed(filled) == before


def damaged_rows(folder):
    """One row of one table is another."""
    for path in [*folder.glob("*fills.gz")]:
        raw = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(raw.replace(b"\tevent 1", b"\tevent 2", 1)))
    dump = folder / "tables.dump"
    if dump.exists():
        raw = bytearray(dump.read_bytes())
        raw[len(raw) // 2] ^= 255
        dump.write_bytes(raw)


def cut(folder):
    """The largest file ends too soon."""
    path = max(folder.iterdir(), key=lambda one: one.stat().st_size)
    path.write_bytes(path.read_bytes()[:-200])


def without_manifest(folder):
    """The backup was never finished."""
    (folder / "manifest.json").unlink()


def other_hash(folder):
    """The manifest tells of other rows than the files hold."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    told["contents"]["trading.fills"][1] = "0" * 64
    path.write_text(json.dumps(told))


def of_the_future(folder):
    """It was taken by a newer Tradewind."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": "t999"}))


def with_sql(folder):
    """Somebody wrote statements into the manifest."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    told["partitions"] = [["market.x", "market.y", "DEFAULT; DROP SCHEMA trading CASCADE"]]
    path.write_text(json.dumps(told))


@pytest.mark.parametrize("harm", [damaged_rows, cut, without_manifest, other_hash, of_the_future, with_sql])
@pytest.mark.usefixtures("way")
def test_a_backup_that_is_not_whole_is_refused_and_leaves_nothing(filled, place, tmp_path, harm):
    """An error of ours, and the database is as empty as before."""
    other = place()
    keeping.backup(filled, "trading", tmp_path / "kept")
    harm(tmp_path / "kept")
    with pytest.raises(TradewindError):
        keeping.restore(other, tmp_path / "kept")

    with opened(other) as connection:
        assert version_of("trading", connection) == ""
        assert connection.exec_driver_sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'trading'").scalar() == 0
