"""What is looked at afterwards: equity, signals, gates; and of runs their parameters, metrics and trials.

Revision ID: t005
Revises: t004.
"""

from tradewind.databases.statements import drop, run

revision = "t005"
down_revision = "t004"

TABLES = """
CREATE TABLE analytics.equity (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    trading_date date,
    balance bigint NOT NULL,
    equity bigint NOT NULL,
    low_equity bigint NOT NULL,
    margin bigint NOT NULL,
    UNIQUE (account, number)
);
CREATE INDEX equity_by_time ON analytics.equity (account, at_ns);
COMMENT ON TABLE analytics.equity IS
'Samples of an account in minor units; trading_date where the sample ends one; number is its place in the journal';

CREATE TABLE analytics.signals (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    event bigint NOT NULL,
    strategy smallint NOT NULL,
    instrument smallint NOT NULL,
    side smallint NOT NULL,
    wanted text NOT NULL CHECK (wanted IN ('place', 'cancel', 'replace', 'refused')),
    order_number bigint NOT NULL,
    quantity bigint NOT NULL,
    risk bigint NOT NULL,
    reason text NOT NULL,
    UNIQUE (account, number)
);
CREATE INDEX signals_by_time ON analytics.signals (account, at_ns);
COMMENT ON TABLE analytics.signals IS
'What strategies wanted, sent or refused, and why; number is its place in the journal';

CREATE TABLE analytics.gates (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    strategy smallint NOT NULL,
    instrument smallint NOT NULL,
    gate smallint NOT NULL,
    passed boolean NOT NULL,
    value double precision,
    low double precision,
    high double precision,
    UNIQUE (account, number)
);
CREATE INDEX gates_by_time ON analytics.gates (account, at_ns);
COMMENT ON TABLE analytics.gates IS
'Conditions a strategy asked for, with the value and the bounds it was held against: why there was no trade';
"""


def upgrade() -> None:
    """They are there."""
    run(TABLES)


def downgrade() -> None:
    """They are gone."""
    drop(*(f"analytics.{name}" for name in ("gates", "signals", "equity")))
