"""Whether all is well: heartbeats, alerts, audit, the gate's doings, data quality, reconciliations.

Revision ID: t006
Revises: t005.
"""

from tradewind.databases.statements import drop, run

revision = "t006"
down_revision = "t005"

TABLES = """
CREATE TABLE monitoring.heartbeats (
    id uuid PRIMARY KEY,
    source text NOT NULL UNIQUE,
    account text,
    pid bigint NOT NULL,
    mode text NOT NULL,
    ready boolean NOT NULL,
    kill_level smallint NOT NULL,
    beat jsonb NOT NULL,
    beat_at timestamptz NOT NULL,
    beat_ns bigint NOT NULL
);
COMMENT ON TABLE monitoring.heartbeats IS 'The latest sign of life of each process, with why nothing may be opened';

CREATE TABLE monitoring.alerts (
    id uuid PRIMARY KEY,
    source text NOT NULL,
    number bigint NOT NULL,
    about text NOT NULL,
    level text NOT NULL,
    text text NOT NULL,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    UNIQUE (source, number)
);
CREATE INDEX alerts_by_time ON monitoring.alerts (at_ns);
COMMENT ON TABLE monitoring.alerts IS 'What people were told; number is the note of the journal it stands in';

CREATE TABLE monitoring.audit (
    id uuid PRIMARY KEY,
    source text NOT NULL,
    number bigint NOT NULL,
    kind text NOT NULL,
    person text NOT NULL DEFAULT '',
    document jsonb NOT NULL,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    UNIQUE (source, number)
);
COMMENT ON TABLE monitoring.audit IS
'What people and processes did that is no trade: starts, orders of persons, limits';

CREATE TABLE monitoring.risk_actions (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    event bigint NOT NULL,
    control text NOT NULL,
    action text NOT NULL,
    value double precision,
    bound double precision,
    strategy smallint,
    instrument smallint,
    order_number bigint NOT NULL,
    UNIQUE (account, number)
);
COMMENT ON TABLE monitoring.risk_actions IS 'What the risk gate did, what it measured and what it was held against';

CREATE TABLE monitoring.data_quality (
    id uuid PRIMARY KEY,
    source text NOT NULL,
    number bigint NOT NULL,
    kind text NOT NULL,
    document jsonb NOT NULL,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    UNIQUE (source, number)
);
COMMENT ON TABLE monitoring.data_quality IS 'Prices that were missing, or other than the broker''s own bars';

CREATE TABLE monitoring.reconciliations (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number bigint NOT NULL,
    kind text NOT NULL,
    instrument smallint,
    order_number bigint NOT NULL DEFAULT 0,
    broker text NOT NULL DEFAULT '',
    ours bigint,
    theirs bigint,
    at timestamptz NOT NULL,
    at_ns bigint NOT NULL,
    UNIQUE (account, number)
);
COMMENT ON TABLE monitoring.reconciliations IS 'Each difference found between us and the broker';
"""


def upgrade() -> None:
    """They are there."""
    run(TABLES)


def downgrade() -> None:
    """They are gone."""
    names = ("reconciliations", "data_quality", "risk_actions", "audit", "alerts", "heartbeats")
    drop(*(f"monitoring.{name}" for name in names))
