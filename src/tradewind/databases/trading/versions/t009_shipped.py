"""The broker profiles, instruments and sessions that come with this Tradewind.

Revision ID: t009
Revises: t008.
"""

from alembic import op

from tradewind.databases.reference import refresh

revision = "t009"
down_revision = "t008"


def upgrade() -> None:
    """They are in their tables; a later `migrate` brings them up to date."""
    refresh(op.get_bind())


def downgrade() -> None:
    """They are gone, and accounts no longer point at them."""
    op.execute("UPDATE trading.account_instruments SET instrument = NULL")
    op.execute("DELETE FROM trading.sessions")
    op.execute("DELETE FROM trading.instruments")
    op.execute("DELETE FROM trading.broker_profiles")
