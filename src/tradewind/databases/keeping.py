"""Backups and the way back, with a proof: what is restored hashes to what was in the tables when it was taken.

One transaction sees the tables as they are at one moment, hashes them, and lends that moment to `pg_dump`. Where that
program is missing, and for TimescaleDB, whose hypertables it does not bring back by itself, rows are copied table by
table, and the way back makes the tables by the versions of `databases/`.
"""

import contextlib
import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import text

from tradewind.adapters.address import Address
from tradewind.databases import dumping, manifest
from tradewind.databases.manifest import Manifest
from tradewind.databases.migrating import config_of, knows, migrate, newest, settle, standing_of, version_of
from tradewind.databases.opening import opened
from tradewind.databases.rights import SCHEMAS
from tradewind.databases.state import contents_of, hash_of, ordered
from tradewind.errors import BadData

PARTITIONS = """
SELECT n.nspname || '.' || c.relname, p.nspname || '.' || o.relname, pg_get_expr(c.relpartbound, c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_inherits AS i ON i.inhrelid = c.oid JOIN pg_class AS o ON o.oid = i.inhparent
JOIN pg_namespace AS p ON p.oid = o.relnamespace
WHERE c.relispartition AND c.relkind IN ('r', 'p') AND n.nspname = ANY(:schemas) ORDER BY 1
"""


def backup(address: Address, tree: str, folder: Path) -> Manifest:
    """The folder, which was not there, holds everything committed to the tables; services may go on meanwhile."""
    if folder.exists():
        raise BadData(f"{folder} is there already.", "Name a new folder: a backup never writes over another.")
    with opened(address) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        version = version_of(tree, connection)
        if not version:
            raise BadData(f"The database {address} has no {tree} tables.", "See `tradewind db check`.")
        folder.mkdir(parents=True, mode=0o700)
        try:
            contents = contents_of(connection, tree)
            way = "rows" if _has_timescale(connection) or not dumping.available() else "dump"
            if way == "dump":
                snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
                dumping.dump(address, SCHEMAS[tree], snapshot, folder / "tables.dump")
            else:
                for table in contents:
                    _copy_out(connection, table, folder / f"{table}.gz")
            found = connection.execute(text(PARTITIONS), {"schemas": list(SCHEMAS[tree])}).all()
            partitions = [(str(name), str(table), str(bound)) for name, table, bound in found]
            taken = datetime.now(UTC).isoformat(timespec="seconds")
            done = Manifest(tree, version, way, taken, contents, partitions)
            manifest.write(folder, done)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return done


def restore(address: Address, folder: Path) -> Manifest:
    """The database, which had no such tables, has what the backup holds, proven by its hash."""
    told = manifest.read(folder)
    if told.tree not in SCHEMAS:
        raise BadData(f"The backup {folder} is of {told.tree!r}, which is no tree of tables.", "Update Tradewind.")
    if not knows(told.tree, told.version):
        raise BadData(
            f"The backup {folder} is of version {told.version}, which this Tradewind does not know.",
            "Update Tradewind.",
        )
    with opened(address) as connection:
        _refuse_unless_empty(connection, address, told.tree)
        try:
            if told.way == "dump":
                connection.rollback()
                dumping.restore(address, folder / "tables.dump")
                config = config_of(told.tree)
                config.attributes["connection"] = connection
                command.stamp(config, told.version)
            else:
                migrate(told.tree, connection, told.version)
                _copy_in(connection, told, folder)
            connection.commit()
            _prove(connection, told)
        except BaseException:
            connection.rollback()
            _empty(connection, told.tree)
            raise
        if told.version == newest(told.tree):
            settle(told.tree, connection)
    return told


def _refuse_unless_empty(connection: Any, address: Address, tree: str) -> None:
    query = text("SELECT nspname FROM pg_namespace WHERE nspname = ANY(:schemas)")
    there = list(connection.scalars(query, {"schemas": list(SCHEMAS[tree])}))
    if there or standing_of(tree, connection) != "missing":
        raise BadData(
            f"The database {address} is not empty: it has {', '.join(there) or 'a version of the tables'}.",
            "Restore into a new database, look at it, and then name it in [ports].",
        )
    connection.rollback()


def _prove(connection: Any, told: Manifest) -> None:
    """What is in the tables is what was in them."""
    found = contents_of(connection, told.tree)
    connection.rollback()
    if hash_of(found) != hash_of(told.contents):
        wrong = sorted(
            name for name in found.keys() | told.contents.keys() if found.get(name) != told.contents.get(name)
        )
        raise BadData(f"After the restore {', '.join(wrong)} is not what was backed up.", "Restore another backup.")


def _empty(connection: Any, tree: str) -> None:
    """Nothing half restored is left."""
    for schema in SCHEMAS[tree]:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    connection.execute(text(f"DROP TABLE IF EXISTS tradewind_version_{tree}"))
    connection.commit()


def _has_timescale(connection: Any) -> bool:
    return bool(connection.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")))


def _copy_out(connection: Any, table: str, path: Path) -> None:
    """The file has the rows of a table."""
    query = f"COPY ({ordered(connection, table)}) TO STDOUT"
    cursor = connection.connection.driver_connection.cursor()
    with cursor, cursor.copy(query) as stream, gzip.open(path, "wb", compresslevel=1) as file:
        for part in stream:
            file.write(part)
    path.chmod(0o600)


def _copy_in(connection: Any, told: Manifest, folder: Path) -> None:
    """The tables, which have just been made, have the rows of the files, in one transaction."""
    order = _parents_first(connection, list(told.contents))
    for name, table, bound in told.partitions:
        connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} {bound}")
    for table in order:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # they guard what is new, not what was
    for table in reversed(order):
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - names of a manifest that the catalogue knows
    for table in order:
        _copy_table_in(connection, table, folder / f"{table}.gz")
    for table in order:
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _copy_table_in(connection: Any, table: str, path: Path) -> None:
    try:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(gzip.open(path, "rb"))
            cursor = stack.enter_context(connection.connection.driver_connection.cursor())
            stream = stack.enter_context(cursor.copy(f"COPY {table} FROM STDIN"))
            while part := file.read(1 << 20):
                stream.write(part)
    except (FileNotFoundError, EOFError, gzip.BadGzipFile) as error:
        raise BadData(f"The backup's file {path} is missing or damaged.", "Restore another backup.") from error
    columns = text(
        "SELECT attname, pg_get_serial_sequence(:table, attname) FROM pg_attribute"
        " WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped"
    )
    for column, sequence in connection.execute(columns, {"table": table}).all():
        if sequence is not None:
            highest = f"SELECT setval('{sequence}', max({column})) FROM {table} HAVING max({column}) IS NOT NULL"  # noqa: S608 - names of the catalogue
            connection.execute(text(highest))


def _parents_first(connection: Any, tables: list[str]) -> list[str]:
    """Return the tables so that each stands behind those it refers to; one that the versions do not know is refused."""
    query = text(
        "SELECT CAST(conrelid AS regclass)::text, CAST(confrelid AS regclass)::text FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid <> confrelid"
    )
    pairs = [(str(child), str(parent)) for child, parent in connection.execute(query).all()]
    for table in tables:
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table}) is None:
            raise BadData(f"The backup has a table {table}, which is none of this version's.", "Update Tradewind.")
    found: list[str] = []
    while len(found) < len(tables):
        free = [
            one
            for one in tables
            if one not in found and all(p in found or p not in tables for child, p in pairs if child == one)
        ]
        found += free or [one for one in tables if one not in found]
    return found
