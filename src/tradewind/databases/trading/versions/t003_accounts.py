"""Who trades what: accounts, their instruments and strategies by the numbers the journal uses.

Revision ID: t003
Revises: t002.
"""

from tradewind.databases.statements import drop, run

revision = "t003"
down_revision = "t002"

TABLES = """
CREATE TABLE trading.accounts (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    mode text NOT NULL DEFAULT '',
    tag text NOT NULL DEFAULT '',
    profile text NOT NULL DEFAULT '',
    currency text NOT NULL DEFAULT '',
    epoch bigint NOT NULL DEFAULT 0,
    balance bigint,
    equity bigint,
    margin bigint,
    valued_ns bigint,
    begun_ns bigint NOT NULL,
    start_document jsonb
);
COMMENT ON TABLE trading.accounts IS
'Accounts as of the last commit that reached this database; money in minor units of their currency';

CREATE TABLE trading.account_instruments (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number smallint NOT NULL CHECK (number >= 0),
    symbol text NOT NULL,
    instrument uuid REFERENCES trading.instruments (id),
    UNIQUE (account, number)
);
COMMENT ON TABLE trading.account_instruments IS
'Which instrument a number means in the rows of an account; instrument is empty where its profile is not a shipped one';

CREATE TABLE trading.strategies (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number smallint NOT NULL CHECK (number >= 0),
    name text NOT NULL,
    file text NOT NULL,
    digest text NOT NULL,
    parameters jsonb NOT NULL,
    UNIQUE (account, number)
);
COMMENT ON TABLE trading.strategies IS 'Which strategy a number means in the rows of an account, and with what';
"""


def upgrade() -> None:
    """They are there."""
    run(TABLES)


def downgrade() -> None:
    """They are gone."""
    drop("trading.strategies", "trading.account_instruments", "trading.accounts")
