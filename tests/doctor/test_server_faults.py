"""Faults of real servers: the wrong password, no tables, a missing role, tables of another version, no topics."""

import pytest
from real_servers import folder, kafka, postgres, redis
from sqlalchemy import text

from tradewind.adapters.address import read_address
from tradewind.databases.migrating import migrate
from tradewind.databases.opening import create_if_missing, opened
from tradewind.databases.rights import tables_of
from tradewind.doctor.finding import BAD, GOOD
from tradewind.doctor.servers import databases
from tradewind.doctor.servers import kafka as kafka_lines
from tradewind.doctor.servers import redis as redis_lines
from tradewind.settings import Settings


@pytest.fixture(scope="module")
def journal():
    """The settings of a database with our newest tables, and where it is."""
    server = postgres()
    url = f"{server.removesuffix('/postgres')}/doctor"
    address = read_address(url, folder() / "secrets")
    create_if_missing(address)
    with opened(address) as connection:
        migrate("trading", connection)
        connection.commit()
    return Settings.model_validate({"ports": {"journal": url, "secrets": folder() / "secrets"}}), address


@pytest.fixture
def wrong(tmp_path):
    """A folder of secrets that no server knows."""
    for name in ("postgresql-tradewind", "redis"):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text("not-this-password")
    return tmp_path


def named(found, state):
    """Return the lines that stand so, by name."""
    return {one.name: one for one in found if one.state == state}


def test_a_database_as_it_was_made_has_nothing_bad(journal):
    """Tables of the newest version, roles and rights are good; the server of tests alone does without fsync."""
    found = databases(journal[0])

    assert {"trading: server", "trading: tables", "trading: rights"} <= named(found, GOOD).keys()
    assert named(found, BAD).keys() <= {"trading: commits"}


def test_a_wrong_password_is_red_and_names_the_folder(journal, wrong):
    """Who cannot log in is told where the password lies, and the password is not told."""
    ports = journal[0].ports.model_copy(update={"secrets": wrong})

    found = named(databases(journal[0].model_copy(update={"ports": ports})), BAD)

    assert "secrets" in found["trading: server"].cure
    assert "not-this-password" not in str(found)


def test_a_database_without_tables_is_red(journal):
    """An empty database is made by `db init`."""
    url = f"{postgres().removesuffix('/postgres')}/bare"
    create_if_missing(read_address(url, folder() / "secrets"))
    ports = journal[0].ports.model_copy(update={"journal": url})

    found = named(databases(journal[0].model_copy(update={"ports": ports})), BAD)

    assert "tradewind db init" in found["trading: tables"].cure


def test_older_tables_are_red(journal):
    """Tables of an earlier version are brought to the newest by `db migrate`."""
    url = f"{postgres().removesuffix('/postgres')}/older"
    address = read_address(url, folder() / "secrets")
    create_if_missing(address)
    with opened(address) as connection:
        migrate("trading", connection, "t011")
        connection.commit()
    ports = journal[0].ports.model_copy(update={"journal": url})

    found = named(databases(journal[0].model_copy(update={"ports": ports})), BAD)

    assert "tradewind db migrate" in found["trading: tables"].cure


def test_a_right_that_was_taken_away_is_red(journal):
    """A role that may not do what it needs to is found by asking the server."""
    with opened(journal[1]) as connection:
        names = tables_of(connection, "trading")
        may = text("SELECT has_table_privilege('tradewind_trader', CAST(:name AS text), 'SELECT')")
        table = next(name for name in names if connection.scalar(may, {"name": name}))
        connection.execute(text(f"REVOKE ALL ON {table} FROM tradewind_trader"))
        connection.commit()

    found = named(databases(journal[0]), BAD)

    assert "tradewind db migrate" in found["trading: rights"].cure


def test_redis_answers_who_knows_its_password_and_nobody_else(wrong):
    """The board is good with the right password and bad with another."""
    right = Settings.model_validate({"ports": {"board": redis(), "secrets": folder() / "secrets"}})
    other = Settings.model_validate({"ports": {"board": redis(), "secrets": wrong}})

    assert [one.state for one in redis_lines(right)] == [GOOD]
    assert [one.state for one in redis_lines(other)] == [BAD]
    assert "not-this-password" not in str(redis_lines(other))


def test_a_missing_topic_is_red():
    """A Kafka that answers and has no topics is good as a server, and its topics are made by a verb."""
    found = kafka_lines(Settings.model_validate({"ports": {"feed": f"kafka://{kafka()}"}}))

    assert named(found, GOOD).keys() == {"server"}
    assert "tradewind topics make" in named(found, BAD)["topics"].cure
