"""What brokers trade: profiles, instruments, sessions.

Revision ID: t002
Revises: t001.
"""

from tradewind.databases.statements import drop, run

revision = "t002"
down_revision = "t001"

TABLES = """
CREATE TABLE trading.broker_profiles (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    server_clock text NOT NULL,
    margin_call_level numeric NOT NULL,
    stop_out_level numeric NOT NULL,
    negative_balance_protection boolean NOT NULL
);
COMMENT ON TABLE trading.broker_profiles IS 'How a broker counts days and margin, as shipped';

CREATE TABLE trading.instruments (
    id uuid PRIMARY KEY,
    profile text NOT NULL REFERENCES trading.broker_profiles (name),
    symbol text NOT NULL,
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    broker_symbol text NOT NULL,
    asset_class text NOT NULL CHECK (asset_class IN ('us_index', 'eu_index', 'metal', 'energy', 'fx')),
    base_currency text NOT NULL,
    quote_currency text NOT NULL,
    margin_currency text NOT NULL,
    contract_size numeric NOT NULL,
    digits smallint NOT NULL CHECK (digits BETWEEN 0 AND 8),
    tick_size numeric NOT NULL,
    volume_min numeric NOT NULL,
    volume_max numeric NOT NULL,
    volume_step numeric NOT NULL,
    session_template text NOT NULL,
    holiday_group text NOT NULL,
    declared jsonb NOT NULL,
    UNIQUE (profile, symbol, valid_from)
);
COMMENT ON TABLE trading.instruments IS
'What one lot, one tick and one step are at a broker from a date on; prices elsewhere are ticks of tick_size, quantities
steps of volume_step; declared holds margin, commission, swap, spread and sources';

CREATE TABLE trading.sessions (
    id uuid PRIMARY KEY,
    number smallint NOT NULL UNIQUE CHECK (number >= 0),
    name text NOT NULL UNIQUE,
    cash_venue text,
    opens_zone text,
    opens_minute smallint,
    opens_days smallint,
    closes_zone text,
    closes_minute smallint,
    closes_days smallint
);
COMMENT ON TABLE trading.sessions IS
'Parts of the day, each end in the wall time of its own zone; an end without a zone is the instrument''s own New York
anchor, a session without ends is that of its cash venue or follows the instrument''s hours';
"""


def upgrade() -> None:
    """They are there."""
    run(TABLES)


def downgrade() -> None:
    """They are gone."""
    drop("trading.sessions", "trading.instruments", "trading.broker_profiles")
