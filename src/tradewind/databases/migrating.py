"""Databases are brought to a version of their tables, up or down, each step in one transaction."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tradewind.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable

TREES = ("trading", "market")
HERE = Path(__file__).parent
VERSION_TABLE = "tradewind_version"


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


def migrate(tree: str, connection: Any, to: str = "head") -> None:
    """The tables are those of version `to`: "head" is the newest, "base" none."""
    config = config_of(tree)
    config.attributes["connection"] = connection
    before = version_of(tree, connection)
    connection.rollback()
    go: Callable[..., None] = command.downgrade if is_before(tree, to, before) else command.upgrade
    go(config, to)


def is_before(tree: str, to: str, now: str) -> bool:
    """Whether version `to` is older than `now`."""
    if to == "base":
        return True
    if to == "head" or not now:
        return False
    script = ScriptDirectory.from_config(config_of(tree))
    return to in {one.revision for one in script.iterate_revisions(now, "base")} - {now}
