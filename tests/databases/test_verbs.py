"""The verbs of databases as a person types them, mistakes included."""

import json

import psycopg
import pytest
from guarded import GUARDED, PASSWORD
from typer.testing import CliRunner

from tradewind.adapters.address import read_address
from tradewind.adapters.postgres.connection import DatabaseRefused, connect
from tradewind.cli import app
from tradewind.databases.migrating import WrongVersion, migrate, newest, require, version_of
from tradewind.databases.opening import opened
from tradewind.errors import TradewindError

NAMES = ("tradewind", "feed", "recorder", "trader", "api", "backup")


def secret(folder, name, text):
    """A file that its owner alone may read holds a password."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)


@pytest.fixture
def secrets(tmp_path):
    """A folder with a password for each user."""
    folder = tmp_path / "secrets"
    for name in NAMES:
        secret(folder, f"postgresql-{name}", PASSWORD if name == "tradewind" else f"{name}-of-this-test")
    return folder


@pytest.fixture
def url(socket):
    """The address of a database that nobody enters without a password, and that is not there yet."""
    with psycopg.connect(host=str(socket), user="tradewind", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {GUARDED}")
    return f"postgresql://tradewind@/{GUARDED}?host={socket}"


def ran(*words, fails=False):
    """Return what a command prints, or the error it ends with."""
    done = CliRunner().invoke(app, ["db", *map(str, words)])
    if fails:
        assert isinstance(done.exception, TradewindError), (done.output, done.exception)
        return str(done.exception)
    assert not isinstance(done.exception, Exception), (done.output, done.exception)
    return done.output


def test_init_makes_database_tables_and_users_that_can_log_in(url, secrets, socket):
    """Each service is let in with its own password, and with no other."""
    told = ran("init", "--url", url, "--secrets", secrets)
    assert newest("trading") in told

    for service in NAMES[1:]:
        address = read_address(f"postgresql://{service}@/{GUARDED}?host={socket}", secrets)
        with connect(address) as connection:
            assert connection.execute("SELECT count(*) > 10 FROM trading.sessions").fetchone() == (True,)
    secret(secrets, "postgresql-trader", "something-else")
    with pytest.raises(DatabaseRefused, match="authentication failed"):
        connect(read_address(f"postgresql://trader@/{GUARDED}?host={socket}", secrets))


def test_init_again_changes_passwords_and_nothing_else(url, secrets, socket):
    """A new password in the file is the user's after the next init."""
    ran("init", "--url", url, "--secrets", secrets)
    secret(secrets, "postgresql-trader", "a-new-password")
    ran("init", "--url", url, "--secrets", secrets)

    connect(read_address(f"postgresql://trader@/{GUARDED}?host={socket}", secrets)).close()


def test_passwords_stand_neither_in_the_output_nor_in_the_servers_log(url, secrets, socket):
    """The server keeps a proof of each; its log, which shows every statement here, has none of them."""
    with psycopg.connect(host=str(socket), user="tradewind", dbname="postgres", autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
        told = ran("init", "--url", url, "--secrets", secrets)
        connection.execute("ALTER SYSTEM RESET log_statement")
        connection.execute("SELECT pg_reload_conf()")
    log = (socket / "log").read_text()

    assert "ALTER ROLE trader" in log
    assert not [name for name in NAMES[1:] if f"{name}-of-this-test" in told + log]


def test_check_says_that_all_is_well_or_what_to_do(url, secrets, socket):
    """A line a thing; what is wrong is named with what to do, and the exit code tells."""
    words = ("check", "--url", url, "--secrets", secrets, "--json", "--hash")
    ran("init", "--url", url, "--secrets", secrets)
    done = CliRunner().invoke(app, ["db", *map(str, words)])
    (found,) = json.loads(done.output).values()
    lines = {one["what"]: one for one in found}
    assert set(lines) >= {"server", "tables", "extension", "roles", "rights", "partitions", "clock", "disk", "hash"}
    # This server was started without fsync, to be quick: the only thing wrong with it, and it is said.
    assert [one["what"] for one in found if one["todo"]] == ["commits"]
    assert done.exit_code == 1

    with psycopg.connect(host=str(socket), user="tradewind", dbname="postgres", autocommit=True) as owner:
        owner.execute(f"GRANT CONNECT ON DATABASE {GUARDED} TO PUBLIC")
    with connect(read_address(url, secrets)) as connection:
        connection.execute("GRANT DELETE ON trading.fills TO tradewind_api")
    done = CliRunner().invoke(app, ["db", *map(str, words)])
    (found,) = json.loads(done.output).values()
    wrong = next(one for one in found if one["what"] == "rights")
    assert "tradewind_api may delete trading.fills" in wrong["found"]
    assert "tradewind db migrate" in wrong["todo"]


def test_hashes_of_equal_tables_are_equal_wherever_they_are(url, secrets, place):
    """Two databases that were made apart have the same rows, keys included."""
    other = place()
    ran("init", "--url", url, "--secrets", secrets)
    ran("migrate", "--url", str(other))
    words = [("check", "--json", "--hash", "--url", one, "--secrets", secrets) for one in (url, other)]
    told = [CliRunner().invoke(app, ["db", *map(str, one)]).output for one in words]
    hashes = [found["found"] for one in told for found in json.loads(one).popitem()[1] if found["what"] == "hash"]

    assert len(hashes) == 2
    assert hashes[0] == hashes[1]


def test_a_backup_comes_back_by_the_verbs(url, secrets, place, tmp_path):
    """Kept from one database, brought into another."""
    other = place()
    ran("init", "--url", url, "--secrets", secrets)
    kept = ran("backup", tmp_path / "kept", "--url", url, "--secrets", secrets)
    back = ran("restore", tmp_path / "kept", "--url", other)

    assert kept.split("hash ")[1].split(".")[0] in back


def test_a_file_has_the_same_verbs(tmp_path):
    """SQLite: made, migrated down and up, checked."""
    url = f"sqlite:{tmp_path / 'tables.sqlite'}"
    ran("init", "--url", url)
    assert "takes tables away" in ran("migrate", "--url", url, "--to", "base", fails=True)
    assert "version none" in ran("migrate", "--url", url, "--to", "base", "--yes")
    assert newest("trading") in ran("migrate", "--url", url)
    assert "SQLite" in ran("check", "--url", url)


MISTAKES = {
    "no such kind": ("mysql://me@127.0.0.1/x", "is no address"),
    "another kind": ("redis://127.0.0.1/0", "is no database"),
    "a password in it": ("postgresql://me:secret@127.0.0.1/x", "password stands in the address"),
    "no database": ("postgresql://me@127.0.0.1", "names no database"),
    "nobody listens": ("postgresql://me@127.0.0.1:1/x", "No connection|refused|The database"),
    "no such port": ("postgresql://me@127.0.0.1:99999/x", "names no port"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_address_is_one_sentence(mistake):
    """What was wrong and what to do; nothing of a password."""
    url, words = MISTAKES[mistake]
    said = ran("migrate", "--url", url, fails=True)

    assert any(one in said for one in words.split("|")), said
    assert "secret@" not in said


def test_a_wrong_password_is_said_and_nothing_is_made(url, secrets):
    """Neither tables nor users."""
    ran("init", "--url", url, "--secrets", secrets)
    secret(secrets, "postgresql-tradewind", "not-the-password")
    said = ran("migrate", "--url", url, "--secrets", secrets, fails=True)

    assert "authentication failed" in said
    assert "secret" in said
    assert "not-the-password" not in said


def test_a_missing_database_is_said(socket):
    """Whoever migrates what is not there is told so."""
    said = ran("migrate", "--url", f"postgresql://tradewind@/nowhere?host={socket}", fails=True)

    assert '"nowhere" does not exist' in said


def test_a_password_file_that_others_can_read_is_refused(url, secrets):
    """The mode is said, and how to mend it."""
    (secrets / "postgresql-trader").chmod(0o644)

    assert "chmod 600" in ran("init", "--url", url, "--secrets", secrets, fails=True)


def test_two_databases_of_one_server_need_one_password_a_user(secrets, socket, tmp_path):
    """Files that differ are refused before anything is made."""
    secret(secrets, "timescale-trader", "another-password")
    settings = tmp_path / "tradewind.toml"
    settings.write_text(
        f'[ports]\njournal = "postgresql://trader@/one?host={socket}"\n'
        f'history = "timescale://trader@:5432/two?host={socket}"\nsecrets = "{secrets}"\n'
    )
    said = ran("init", "--settings", settings, fails=True)

    assert "different passwords" in said
    assert "timescale-trader" in said
    assert "another-password" not in said


def test_the_databases_of_the_settings_are_made_each_once(secrets, socket, tmp_path):
    """Journal and runs share one; history has its own, with its own tables."""
    settings = tmp_path / "tradewind.toml"
    settings.write_text(
        f'[ports]\njournal = "postgresql://trader@/shared1?host={socket}"\n'
        f'runs = "postgresql://api@/shared1?host={socket}"\n'
        f'history = "timescale://recorder@:5432/shared2?host={socket}"\nsecrets = "{secrets}"\n'
    )
    told = ran("init", "--settings", settings)

    assert told.count("trading at postgresql://tradewind@/shared1") == 1
    assert told.count("market at timescale://tradewind@:5432/shared2") == 1
    assert "without" not in ran("migrate", "--settings", settings)


def test_no_database_at_all_is_said(tmp_path):
    """Defaults need no server, and there is nothing to migrate."""
    settings = tmp_path / "tradewind.toml"
    settings.write_text("")

    assert "--url" in ran("migrate", "--settings", settings, fails=True)


def test_tables_of_another_version_are_not_worked_with(place):
    """Older ones name the verb to run; newer ones are left alone."""
    address = place()
    with opened(address) as connection:
        with pytest.raises(WrongVersion, match=r"not there; .* is needed"):
            require("trading", connection)
        migrate("trading", connection, "t004")
        with pytest.raises(WrongVersion, match=r"of version t004.*tradewind db migrate"):
            require("trading", connection)
        migrate("trading", connection)
        require("trading", connection)
        connection.exec_driver_sql("UPDATE tradewind_version_trading SET version_num = 't999'")
        connection.commit()
        with pytest.raises(WrongVersion, match=r"t999.*Update Tradewind"):
            require("trading", connection)
        connection.rollback()
        with pytest.raises(WrongVersion, match="t999"):
            migrate("trading", connection)
        assert version_of("trading", connection) == "t999"


def test_an_unknown_version_is_said(place):
    """Nothing is done towards it."""
    assert "cannot go to version t777" in ran("migrate", "--url", str(place()), "--to", "t777", fails=True)
