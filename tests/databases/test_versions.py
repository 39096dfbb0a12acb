"""Every version goes up and down again, on data, on a server and in a file."""

import threading
from pathlib import Path

import pytest
import sqlalchemy
from alembic.script import ScriptDirectory
from stored import everything, tables_at

from tradewind.adapters.projection import project_all
from tradewind.adapters.projection.picture import KEYS
from tradewind.databases.migrating import TREES, config_of, migrate, newest, version_of
from tradewind.databases.opening import opened
from tradewind.databases.reference import rows


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


@pytest.mark.parametrize("tree", TREES)
def test_every_version_goes_down_and_up_alone(where, tree):
    """One step down and up again, from the newest to none, leaves the tables of each version as they were."""
    if tree == "market" and isinstance(where, Path):
        return  # prices lie in Parquet files where there is no server
    revisions = [one.revision for one in ScriptDirectory.from_config(config_of(tree)).walk_revisions()]
    with opened(where) as connection:
        migrate(tree, connection)
        for upper, lower in zip(revisions, [*revisions[1:], "base"], strict=True):
            before = tables(connection)
            migrate(tree, connection, lower)
            migrate(tree, connection, upper)
            assert tables(connection) == before, upper
            migrate(tree, connection, lower)

        assert version_of(tree, connection) == ""


def test_the_way_down_and_up_on_data_ends_with_tables_the_journal_fills_again(where, busy):
    """Versions that took tables away give them back empty; the same journal gives the same rows."""
    part = busy.commits[:6]
    with tables_at(where) as connection:
        project_all(connection, "busy", part)
        connection.commit()
        once = everything(connection)
    revisions = [one.revision for one in ScriptDirectory.from_config(config_of("trading")).walk_revisions()]
    with opened(where) as connection:
        for revision in [*revisions[1:], "base", "head"]:
            migrate("trading", connection, revision)
    with tables_at(where) as connection:
        assert not everything(connection)["trading.orders"]
        project_all(connection, "busy", part)
        assert everything(connection) == once


def test_what_the_package_ships_is_in_the_tables_and_comes_back_when_changed(where):
    """Every profile, instrument and session; a row that somebody changed is right again after the next migrate."""
    shipped = list(rows())
    counts = [sum(table == name for table, _ in shipped) for name in ("trading.instruments", "trading.sessions")]
    with opened(where) as connection:
        migrate("trading", connection)
        change = sqlalchemy.text("UPDATE trading.instruments SET contract_size = 7, declared = '{}'")
        before = connection.execute(sqlalchemy.text("SELECT * FROM trading.instruments ORDER BY id")).all()
        connection.execute(change)
        connection.commit()
        migrate("trading", connection)
        after = connection.execute(sqlalchemy.text("SELECT * FROM trading.instruments ORDER BY id")).all()
        found = [
            connection.scalar(sqlalchemy.text(f"SELECT count(*) FROM {name}"))  # noqa: S608  two names of ours
            for name in ("trading.instruments", "trading.sessions")
        ]

    assert found == counts
    assert min(counts) > 10
    assert after == before


def test_several_who_migrate_at_once_do_it_one_after_the_other(place):
    """Four services that start together end with the newest tables and without an error."""
    address, wrong = place(), []

    def one():
        try:
            with opened(address) as connection:
                migrate("trading", connection)
        except Exception as error:  # noqa: BLE001  the test reads it
            wrong.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not wrong
    with opened(address) as connection:
        assert version_of("trading", connection) == newest("trading")


def test_every_table_says_what_it_is(place):
    """A comment in the trader's words stands at each table, and none is missing that a journal fills."""
    address = place()
    query = (
        "SELECT n.nspname || '.' || c.relname, obj_description(c.oid) FROM pg_class AS c"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('trading', 'analytics', 'monitoring') AND c.relkind = 'r'"
    )
    with opened(address) as connection:
        migrate("trading", connection)
        found = dict(connection.exec_driver_sql(query).all())

    assert not [name for name, told in found.items() if not told]
    assert set(KEYS) <= found.keys()
