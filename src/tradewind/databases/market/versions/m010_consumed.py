"""How far readers of topics have come, and what could not be read.

Revision ID: m010
Revises: m003
"""

from tradewind.databases.statements import drop, run

revision = "m010"
down_revision = "m003"

UP = """
CREATE TABLE market.consumed (
    consumer    text NOT NULL,
    topic       text NOT NULL,
    partition   integer NOT NULL CHECK (partition >= 0),
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    epoch       bigint NOT NULL CHECK (epoch > 0),
    changed     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition)
);
COMMENT ON TABLE market.consumed IS 'How far readers of topics have come, in one transaction with their effects';
CREATE TABLE market.dead_letters (
    topic          text NOT NULL,
    partition      integer NOT NULL,
    message_offset bigint NOT NULL,
    key            bytea NOT NULL,
    raw            bytea NOT NULL,
    why            text NOT NULL,
    came           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, message_offset)
);
COMMENT ON TABLE market.dead_letters IS 'Messages that could not be read, with their bytes and the reason';
"""


def upgrade() -> None:
    """Both tables are there."""
    run(UP)


def downgrade() -> None:
    """Both are gone."""
    drop("market.dead_letters", "market.consumed")
