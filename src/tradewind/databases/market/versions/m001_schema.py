"""The schema of market data.

Revision ID: m001
Revises: nothing.
"""

from alembic import op

revision = "m001"
down_revision = None


def upgrade() -> None:
    """It is there."""
    op.execute("CREATE SCHEMA market")


def downgrade() -> None:
    """It is gone."""
    op.execute("DROP SCHEMA market")
