"""The journal, states to begin from, who leads an account, and how far the journal was published.

Revision ID: t010
Revises: t009.
"""

from alembic import op

revision = "t010"
down_revision = "t009"

TABLES = (
    """CREATE TABLE trading.leases (
    account text PRIMARY KEY CHECK (account <> ''),
    epoch bigint NOT NULL CHECK (epoch >= 0),
    holder text NOT NULL,
    lock text NOT NULL,
    ttl_ms bigint NOT NULL CHECK (ttl_ms > 0),
    taken timestamptz NOT NULL,
    expires timestamptz NOT NULL
)""",
    """COMMENT ON TABLE trading.leases IS
'Who trades an account: nobody else gets it before it expires. Epoch rises each time it is taken; lock names the lock on
the machine that the holder has besides, so that its successor there need not wait'""",
    """CREATE TABLE trading.journal_layouts (
    account text NOT NULL,
    log text NOT NULL,
    layout text NOT NULL,
    PRIMARY KEY (account, log)
)""",
    """COMMENT ON TABLE trading.journal_layouts IS
'Which fields the rows of each log of a journal have, as a hash: rows of another version are not read'""",
    """CREATE TABLE trading.journal_blocks (
    account text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    commit_number bigint NOT NULL,
    remaining bigint NOT NULL,
    epoch bigint NOT NULL,
    ts_ns bigint NOT NULL,
    log text NOT NULL,
    before bigint NOT NULL,
    start bigint NOT NULL,
    rows bigint NOT NULL,
    crc bigint NOT NULL,
    chain bytea NOT NULL CHECK (length(chain) = 32),
    payload bytea NOT NULL,
    PRIMARY KEY (account, seq)
)""",
    """COMMENT ON TABLE trading.journal_blocks IS
'What happened and what was wanted, account by account, each block chained to the one before by a hash: the truth about
trading. It only grows, block after block, and only by the leader of the account'""",
    """CREATE TABLE trading.journal_snapshots (
    account text NOT NULL,
    commit_number bigint NOT NULL,
    seq bigint NOT NULL,
    chain bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (account, commit_number)
)""",
    """COMMENT ON TABLE trading.journal_snapshots IS
'States after a commit, from which a recovery begins; the last three of each account, and all of them may be lost'""",
    """CREATE TABLE trading.outbox (
    account text PRIMARY KEY CHECK (account <> ''),
    published_seq bigint NOT NULL CHECK (published_seq >= 0)
)""",
    """COMMENT ON TABLE trading.outbox IS
'Up to which block each journal was handed on and acknowledged; what stands behind it will be'""",
)
FUNCTIONS = (
    """CREATE FUNCTION trading.journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a journal only grows' USING ERRCODE = 'TWJ00';
END $$""",
    # The lock on the lease is the weakest that a take-over waits for: what was begun before it is there after it.
    """CREATE FUNCTION trading.journal_of_the_leader() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
    last_seq bigint;
    last_epoch bigint;
BEGIN
    SELECT epoch INTO held FROM trading.leases WHERE account = NEW.account FOR KEY SHARE;
    IF held IS NOT NULL AND held::text IS DISTINCT FROM current_setting('tradewind.lease', true) THEN
        RAISE EXCEPTION 'another holds the lease of the account' USING ERRCODE = 'TWJ01';
    END IF;
    SELECT seq, epoch INTO last_seq, last_epoch
        FROM trading.journal_blocks WHERE account = NEW.account ORDER BY seq DESC LIMIT 1;
    IF NEW.epoch < last_epoch THEN
        RAISE EXCEPTION 'an older leader may not write' USING ERRCODE = 'TWJ02';
    END IF;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 THEN
        RAISE EXCEPTION 'the block is not the next one' USING ERRCODE = 'TWJ03';
    END IF;
    RETURN NEW;
END $$""",
    """CREATE FUNCTION trading.lease_only_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.epoch < OLD.epoch OR NEW.account <> OLD.account THEN
        RAISE EXCEPTION 'the epoch of a lease only rises' USING ERRCODE = 'TWJ04';
    END IF;
    RETURN NEW;
END $$""",
)
TRIGGERS = (
    """CREATE TRIGGER journal_blocks_only_grow BEFORE UPDATE OR DELETE ON trading.journal_blocks
    FOR EACH ROW EXECUTE FUNCTION trading.journal_only_grows()""",
    """CREATE TRIGGER journal_blocks_stay BEFORE TRUNCATE ON trading.journal_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION trading.journal_only_grows()""",
    """CREATE TRIGGER journal_blocks_of_the_leader BEFORE INSERT ON trading.journal_blocks
    FOR EACH ROW EXECUTE FUNCTION trading.journal_of_the_leader()""",
    """CREATE TRIGGER leases_only_rise BEFORE UPDATE OR DELETE ON trading.leases
    FOR EACH ROW EXECUTE FUNCTION trading.lease_only_rises()""",
)
GONE = ("outbox", "journal_snapshots", "journal_blocks", "journal_layouts", "leases")
FUNCTIONS_GONE = ("lease_only_rises", "journal_of_the_leader", "journal_only_grows")


def upgrade() -> None:
    """They are there, and the server sees to it that only the leader writes."""
    for statement in (*TABLES, *FUNCTIONS, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """They are gone, and every journal in them."""
    for name in GONE:
        op.execute(f"DROP TABLE trading.{name}")
    for name in FUNCTIONS_GONE:
        op.execute(f"DROP FUNCTION trading.{name}()")
