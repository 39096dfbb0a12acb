"""What is in the tables, as hashes: equal rows are equal hashes, on whatever server and in whatever order they came."""

import hashlib
from typing import Any, NamedTuple

from sqlalchemy import inspect, text

from tradewind.databases.rights import SCHEMAS, tables_of


class Content(NamedTuple):
    """What is in one table."""

    rows: int
    digest: str


def contents_of(connection: Any, tree: str) -> dict[str, Content]:
    """Return what is in each table of a tree, as one moment shows it."""
    if connection.dialect.name == "sqlite":
        return {table: _of_file(connection, table) for table in _tables_of_file(connection, tree)}
    return {table: _of_server(connection, table) for table in tables_of(connection, tree)}


def hash_of(contents: dict[str, Content]) -> str:
    """Return one hash of all tables."""
    lines = "".join(f"{table} {one.rows} {one.digest}\n" for table, one in sorted(contents.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def ordered(connection: Any, table: str) -> str:
    """Return a query of all rows of a table in the order of its key, or of all columns where it has none."""
    schema, name = table.split(".")
    looked = inspect(connection)
    key = looked.get_pk_constraint(name, schema=schema)["constrained_columns"]
    names = key or [one["name"] for one in looked.get_columns(name, schema=schema)]
    quoted = ", ".join(f'"{one}"' for one in names)
    return f"SELECT * FROM {table} ORDER BY {quoted}"  # noqa: S608 - names from the catalogue


def _of_server(connection: Any, table: str) -> Content:
    told, rows = hashlib.sha256(), 0
    query = f"COPY ({ordered(connection, table)}) TO STDOUT"
    cursor = connection.connection.driver_connection.cursor()
    with cursor, cursor.copy(query) as stream:
        for part in stream:
            told.update(part)
            rows += bytes(part).count(b"\n")
    return Content(rows, told.hexdigest())


def _tables_of_file(connection: Any, tree: str) -> list[str]:
    starts = tuple(f"{schema}_" for schema in SCHEMAS[tree])
    return [name for name in inspect(connection).get_table_names() if name.startswith(starts)]


def _of_file(connection: Any, table: str) -> Content:
    told, rows = hashlib.sha256(), 0
    key = inspect(connection).get_pk_constraint(table)["constrained_columns"]
    for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY {', '.join(key)}")):  # noqa: S608 - names from the catalogue
        told.update(f"{tuple(row)!r}\n".encode())
        rows += 1
    return Content(rows, told.hexdigest())
