"""What was sent and what came of it: orders, fills, positions, trades.

Revision ID: t004
Revises: t003.
"""

from tradewind.databases.statements import drop, run

revision = "t004"
down_revision = "t003"

TABLES = """
CREATE TABLE trading.orders (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    client_id text NOT NULL,
    version smallint NOT NULL CHECK (version >= 0),
    number bigint NOT NULL,
    parent bigint NOT NULL DEFAULT 0,
    strategy smallint NOT NULL,
    instrument smallint NOT NULL,
    side smallint NOT NULL CHECK (side IN (-1, 1)),
    type text NOT NULL CHECK (type IN ('market', 'limit', 'stop', 'stop limit')),
    role text NOT NULL CHECK (role IN ('entry', 'stop-loss', 'take-profit')),
    status text NOT NULL CHECK (status IN ('held', 'sent', 'working', 'cancelling', 'replacing', 'unknown', 'filled',
        'cancelled', 'expired', 'rejected', 'refused', 'replaced')),
    living boolean NOT NULL,
    quantity bigint NOT NULL CHECK (quantity >= 0),
    filled bigint NOT NULL DEFAULT 0 CHECK (filled >= 0),
    price bigint NOT NULL DEFAULT 0,
    trigger bigint NOT NULL DEFAULT 0,
    trail bigint NOT NULL DEFAULT 0,
    stop_loss bigint NOT NULL DEFAULT 0,
    take_profit bigint NOT NULL DEFAULT 0,
    expires_ns bigint NOT NULL DEFAULT 0,
    risk bigint NOT NULL DEFAULT 0,
    reduce_only boolean NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT '',
    broker_order text NOT NULL DEFAULT '',
    decided_at timestamptz NOT NULL,
    decided_ns bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_ns bigint NOT NULL,
    UNIQUE (account, client_id, version)
);
CREATE INDEX orders_by_number ON trading.orders (account, number);
CREATE INDEX orders_living ON trading.orders (account) WHERE living;
CREATE INDEX orders_by_time ON trading.orders (account, decided_ns);
COMMENT ON TABLE trading.orders IS
'Every order as sent, one row a version of it; prices in ticks, quantities in lot steps, risk in minor units';

CREATE TABLE trading.fills (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    execution text NOT NULL,
    event bigint,
    ours boolean NOT NULL,
    order_number bigint NOT NULL DEFAULT 0,
    client_id text NOT NULL DEFAULT '',
    strategy smallint,
    instrument smallint NOT NULL,
    side smallint NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    price bigint NOT NULL,
    commission bigint NOT NULL,
    realised bigint,
    spread bigint,
    slippage bigint,
    ambiguous boolean NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT '',
    broker_order text NOT NULL DEFAULT '',
    broker_position text NOT NULL DEFAULT '',
    occurred_at timestamptz NOT NULL,
    occurred_ns bigint NOT NULL,
    UNIQUE (account, execution)
);
CREATE INDEX fills_by_time ON trading.fills (account, occurred_ns);
COMMENT ON TABLE trading.fills IS
'Every fill once, by the broker''s id of it, or the event''s number where the venue was simulated; ours is false for
fills in the account that none of our orders explains';

CREATE TABLE trading.positions (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    strategy smallint NOT NULL,
    instrument smallint NOT NULL,
    quantity bigint NOT NULL,
    cost bigint NOT NULL,
    opened_ns bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_ns bigint NOT NULL,
    UNIQUE (account, strategy, instrument)
);
COMMENT ON TABLE trading.positions IS
'What each strategy holds now: signed lot steps, and steps times ticks paid for them; quantity 0 is flat';

CREATE TABLE trading.trades (
    id uuid PRIMARY KEY,
    account text NOT NULL REFERENCES trading.accounts (name),
    number bigint NOT NULL,
    strategy smallint NOT NULL,
    instrument smallint NOT NULL,
    side smallint NOT NULL CHECK (side IN (-1, 1)),
    quantity bigint NOT NULL CHECK (quantity > 0),
    entry_cost bigint NOT NULL,
    exit_cost bigint NOT NULL,
    risk bigint NOT NULL,
    gross bigint NOT NULL,
    commission bigint NOT NULL,
    financing bigint NOT NULL,
    spread_cost bigint NOT NULL,
    slippage_cost bigint NOT NULL,
    worst_price bigint NOT NULL,
    best_price bigint NOT NULL,
    fills bigint NOT NULL,
    ambiguous bigint NOT NULL,
    reason text NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_ns bigint NOT NULL,
    closed_at timestamptz NOT NULL,
    closed_ns bigint NOT NULL,
    UNIQUE (account, number)
);
CREATE INDEX trades_by_time ON trading.trades (account, closed_ns);
COMMENT ON TABLE trading.trades IS
'From flat to flat; number is that of the event that closed it, money in minor units of the account';
"""


def upgrade() -> None:
    """They are there."""
    run(TABLES)


def downgrade() -> None:
    """They are gone."""
    drop("trading.trades", "trading.positions", "trading.fills", "trading.orders")
