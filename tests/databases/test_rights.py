"""Each service may do what the table of rights says and is refused everything else, by the server itself."""

import psycopg
import pytest

from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened
from tradewind.databases.rights import LETTERS, MATRIX, SCHEMAS, SERVICES, group_of, rights, tables_of

TRIES = {
    "r": "SELECT count(*) FROM {table}",
    "a": "INSERT INTO {table} DEFAULT VALUES",
    "w": "UPDATE {table} SET {column} = {column} WHERE false",
    "d": "DELETE FROM {table} WHERE false",
}
FORBIDDEN = (
    "TRUNCATE {table}",
    "DROP TABLE {table}",
    "ALTER TABLE {table} ADD COLUMN more text",
    "CREATE TRIGGER more BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE INDEX ON {table} ((1))",
)
ELSEWHERE = (
    "CREATE TABLE {schema}.more (id int)",
    "CREATE TABLE public.more (id int)",
    "CREATE SCHEMA more",
    "CREATE ROLE more",
    "CREATE DATABASE more",
    "UPDATE tradewind_version_{tree} SET version_num = 't001'",
    "SELECT pg_read_file('postgresql.conf')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT rolpassword FROM pg_authid",
    "SET ROLE tradewind",
    "SET SESSION AUTHORIZATION tradewind",
)


@pytest.fixture(params=sorted(SCHEMAS))
def tree(request):
    """A tree of tables."""
    return request.param


@pytest.fixture
def made(place, tree):
    """The newest tables of a tree."""
    address = place()
    with opened(address) as connection:
        migrate(tree, connection)
        tables = tables_of(connection, tree)
    return address, tables


def refused(connection, statement):
    """Return whether the server refuses a statement for want of a right, whatever else it says of it."""
    with connection.transaction(force_rollback=True):
        try:
            with connection.transaction():
                connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
        except psycopg.errors.InvalidParameterValue as error:
            return "permission" in str(error)
        except psycopg.Error:
            return False
    return False


def login(address, service):
    """Return a connection of a user who has a service's rights, and nothing else."""
    with psycopg.connect(host=address.host, user=address.user, dbname=address.database, autocommit=True) as owner:
        if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (f"case_{service}",)).fetchone():
            owner.execute(f"CREATE ROLE case_{service} LOGIN IN ROLE {group_of(service)}")
    return psycopg.connect(host=address.host, user=f"case_{service}", dbname=address.database, autocommit=True)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_what_the_table_says_and_nothing_else(made, service):
    """Every table, every verb, tried by a user of the service."""
    address, tables = made
    wrong = []
    with login(address, service) as connection:
        for table in tables:
            schema = table.split(".")[0]
            # Numbers that the server gives cannot be written by anybody, which says nothing about rights.
            query = """SELECT attname FROM pg_attribute WHERE attrelid = CAST(%s AS regclass) AND attnum > 0
            AND attidentity = '' AND NOT attisdropped ORDER BY attnum LIMIT 1"""
            (column,) = connection.execute(query, (table,)).fetchone()
            for letter, statement in TRIES.items():
                may = letter in rights()[table][service]
                if refused(connection, statement.format(table=table, column=column)) == may:
                    wrong.append(f"{LETTERS[letter]} {table}: {'refused' if may else 'not refused'}")
            wrong += [one for one in FORBIDDEN if not refused(connection, one.format(table=table, schema=schema))]

    assert not wrong


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_nothing_elsewhere_on_the_server(made, tree, service):
    """Neither other tables nor roles, databases, files, programs, passwords."""
    address, _ = made
    with login(address, service) as connection:
        tried = [one.format(schema=SCHEMAS[tree][0], tree=tree) for one in ELSEWHERE if "DATABASE" not in one]
        wrong = [one for one in tried if not refused(connection, one)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE DATABASE more")
        temporary = refused(connection, "CREATE TEMPORARY TABLE more (id int)")

    assert not wrong
    assert temporary == ((tree, service) != ("market", "recorder"))


def test_everybody_else_is_not_let_in(made):
    """A user without a service's rights does not even reach the database."""
    address, _ = made
    with psycopg.connect(host=address.host, user=address.user, dbname="postgres", autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS stranger")
        owner.execute("CREATE ROLE stranger LOGIN")
    with pytest.raises(psycopg.OperationalError, match="CONNECT"):
        psycopg.connect(host=address.host, user="stranger", dbname=address.database)


def test_every_table_has_a_line_in_the_table_of_rights(made):
    """A new table is nobody's before somebody decided."""
    _, tables = made

    assert set(tables) <= rights().keys()


def test_every_line_of_the_table_of_rights_can_be_read():
    """Each has a right known for each service."""
    for line in MATRIX.strip().splitlines():
        name, *may = line.split()
        assert len(may) == len(SERVICES), name
        assert all(set(one) <= set(LETTERS) or one == "-" for one in may), name


def test_what_a_service_was_given_beside_the_table_is_taken_back(made, tree):
    """Migrating again leaves exactly the rights of the table."""
    address, tables = made
    with psycopg.connect(host=address.host, user=address.user, dbname=address.database) as owner:
        for table in tables:
            owner.execute(f"GRANT ALL ON {table} TO tradewind_api, PUBLIC")
    with opened(address) as connection:
        migrate(tree, connection)
    with login(address, "api") as connection:
        assert all(refused(connection, TRIES["d"].format(table=table)) for table in tables)
