"""Every version goes up and down again, on data, on a server and in a file."""

import sqlalchemy

from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened


def tables(connection):
    """Return every table of ours with its columns."""
    looked = sqlalchemy.inspect(connection)
    schemas = [None] if connection.dialect.name == "sqlite" else ["trading", "analytics", "monitoring"]
    return sorted(
        (schema or "", name, tuple(column["name"] for column in looked.get_columns(name, schema=schema)))
        for schema in schemas
        for name in (looked.get_table_names(schema=schema) if schema is None or looked.has_schema(schema) else [])
        if not name.startswith("tradewind_version")
    )


def test_all_versions_go_up_down_and_up_again(where):
    """What is made is gone after the way down, and made the same again."""
    pictures = []
    with opened(where) as connection:
        for target in ("head", "base", "head"):
            migrate("trading", connection, target)
            pictures.append(tables(connection))

    assert pictures[0] == pictures[2] != []
    assert pictures[1] == []
