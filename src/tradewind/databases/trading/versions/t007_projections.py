"""How far each account's journal is in these tables.

Revision ID: t007
Revises: t006.
"""

from tradewind.databases.statements import drop, run

revision = "t007"
down_revision = "t006"

TABLES = """
CREATE TABLE monitoring.projections (
    account text PRIMARY KEY,
    commit_number bigint NOT NULL CHECK (commit_number >= 0),
    counts jsonb NOT NULL
);
COMMENT ON TABLE monitoring.projections IS
'The last commit of each journal that is in these tables, and how many rows of each log went before';
"""


def upgrade() -> None:
    """It is there."""
    run(TABLES)


def downgrade() -> None:
    """It is gone."""
    drop("monitoring.projections")
