"""A role a service, with least rights: `databases/rights.py` has the table.

Revision ID: t008
Revises: t007.
"""

from alembic import op

from tradewind.databases import rights

revision = "t008"
down_revision = "t007"


def upgrade() -> None:
    """They are there; what they may is granted after the newest version, when all tables are."""
    if op.get_bind().dialect.name == "postgresql":
        rights.make_groups(op.get_bind())


def downgrade() -> None:
    """They stay: they belong to the server, and other databases of it may need them."""
