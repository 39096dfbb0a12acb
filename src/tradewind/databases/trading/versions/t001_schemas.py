"""The three schemas.

Revision ID: t001
Revises: nothing.
"""

from alembic import op

revision = "t001"
down_revision = None
SCHEMAS = ("trading", "analytics", "monitoring")


def upgrade() -> None:
    """They are there."""
    for schema in SCHEMAS:
        op.execute(f"CREATE SCHEMA {schema}")


def downgrade() -> None:
    """They are gone."""
    for schema in SCHEMAS:
        op.execute(f"DROP SCHEMA {schema}")
