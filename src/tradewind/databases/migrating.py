"""Databases are brought to a version of their tables, up or down, each step in one transaction."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text

from tradewind.databases import rights
from tradewind.databases.reference import refresh
from tradewind.errors import TradewindError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable

TREES = ("trading", "market")
HERE = Path(__file__).parent
VERSION_TABLE = "tradewind_version"
LOCK = 7_319_502
"""The number of the server's lock under which tables are changed: two who start together do it one after the other."""
Standing = Literal["missing", "older", "current", "newer"]


class WrongVersion(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The tables are not those this Tradewind works with."""


def config_of(tree: str) -> Config:
    """Return what Alembic needs to know of a tree of migrations."""
    if tree not in TREES:
        raise UnknownName("tree of tables", tree, TREES)
    config = Config()
    config.set_main_option("script_location", str(HERE / tree))
    config.set_main_option("path_separator", "os")
    return config


def newest(tree: str) -> str:
    """Return the version this Tradewind works with."""
    return ScriptDirectory.from_config(config_of(tree)).get_current_head() or ""


def version_of(tree: str, connection: Any) -> str:
    """Return the version of the tables behind a SQLAlchemy connection; empty where there are none."""
    options = {"version_table": f"{VERSION_TABLE}_{tree}"}
    return MigrationContext.configure(connection, opts=options).get_current_revision() or ""


def knows(tree: str, version: str) -> bool:
    """Whether a version is one of this Tradewind's."""
    return version in {one.revision for one in ScriptDirectory.from_config(config_of(tree)).walk_revisions()}


def standing_of(tree: str, connection: Any) -> Standing:
    """Return how the tables behind a connection stand to those this Tradewind works with."""
    version = version_of(tree, connection)
    if not version:
        return "missing"
    if not knows(tree, version):
        return "newer"
    return "current" if version == newest(tree) else "older"


def require(tree: str, connection: Any) -> None:
    """The tables are those this Tradewind works with, or WrongVersion is raised."""
    version, standing = version_of(tree, connection), standing_of(tree, connection)
    if standing == "newer":
        raise WrongVersion(
            f"The {tree} tables are of version {version}, which this Tradewind does not know.",
            f"Update Tradewind: it works with {newest(tree)}.",
        )
    if standing != "current":
        told = f"of version {version}" if version else "not there"
        raise WrongVersion(f"The {tree} tables are {told}; {newest(tree)} is needed.", "Run `tradewind db migrate`.")


def migrate(tree: str, connection: Any, to: str = "head") -> None:
    """The tables are those of version `to`: "head" is the newest, "base" none.

    At the newest version the shipped reference data are brought up to date, and every service has its rights.
    Nothing is done to tables of a newer Tradewind: WrongVersion is raised.
    """
    config = config_of(tree)
    config.attributes["connection"] = connection
    with _alone(connection):
        before = version_of(tree, connection)
        if before and standing_of(tree, connection) == "newer":
            require(tree, connection)
        connection.rollback()
        go: Callable[..., None] = command.downgrade if is_before(tree, to, before) else command.upgrade
        try:
            go(config, to)
        except CommandError as error:
            raise WrongVersion(
                f"The {tree} tables cannot go to version {to}: {error}.", "See `tradewind db check`."
            ) from error
        if version_of(tree, connection) == newest(tree):
            settle(tree, connection)
        connection.rollback()


def settle(tree: str, connection: Any) -> None:
    """Reference data and rights are those of this Tradewind."""
    if connection.dialect.name == "postgresql":
        rights.make_groups(connection)
        rights.grant(connection, tree)
    if tree == "trading":
        refresh(connection)
    connection.commit()


@contextlib.contextmanager
def _alone(connection: Any) -> Iterator[None]:
    """Nobody else changes tables of this database meanwhile; a file is locked by each transaction itself."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        connection.commit()


def is_before(tree: str, to: str, now: str) -> bool:
    """Whether version `to` is older than `now`."""
    if to == "base":
        return True
    if to == "head" or not now:
        return False
    script = ScriptDirectory.from_config(config_of(tree))
    return to in {one.revision for one in script.iterate_revisions(now, "base")} - {now}
