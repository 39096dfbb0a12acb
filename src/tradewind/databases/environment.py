"""What Alembic runs a tree's versions in; each tree's `env.py` calls it."""

from typing import Any

from alembic import context

from tradewind.databases.migrating import VERSION_TABLE


def run(tree: str) -> None:
    """The versions asked for have run, each in a transaction of its own; one that fails leaves no trace."""
    connection: Any = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        version_table=f"{VERSION_TABLE}_{tree}",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
