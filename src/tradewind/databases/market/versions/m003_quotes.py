"""Quotes as a feed recorded them, bars of them, and how long each table is kept.

A recorded quote has a key, because it may be told twice: its feed and instrument, its time, and its number in the
feed's epoch. Bars of quotes are counted in UTC and are for looking at: they are continuous aggregates on TimescaleDB
and views without it. Bars of sessions and of New York days are not made here, because zones change their clocks
(TimescaleDB issues 8898 and 10296); Tradewind makes and stores those itself.

Revision ID: m003
Revises: m002.
"""

from alembic import op

from tradewind.databases.extension import COMPRESSED, HYPERTABLES, NONE, extension

revision = "m003"
down_revision = "m002"

DAY_NS = 86_400 * 1_000_000_000
MINUTE_NS = 60 * 1_000_000_000

QUOTES = """
CREATE TABLE market.quoted (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL CHECK (feed <> ''),
    symbol text NOT NULL CHECK (symbol <> ''),
    tick_size numeric NOT NULL CHECK (tick_size > 0),
    UNIQUE (feed, symbol, tick_size)
);
COMMENT ON TABLE market.quoted IS 'What a feed quotes: an instrument, and what one tick of its prices is worth.';

CREATE TABLE market.quotes (
    quoted integer NOT NULL,
    ts_ns bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    bid bigint NOT NULL,
    ask bigint NOT NULL,
    received_ns bigint NOT NULL,
    PRIMARY KEY (quoted, ts_ns, epoch, seq)
) {partitioned};
COMMENT ON TABLE market.quotes IS 'Quotes as recorded while they came, in ticks of the size in market.quoted.';
COMMENT ON COLUMN market.quotes.ts_ns IS 'When, by the broker''s clock; nanoseconds UTC.';
COMMENT ON COLUMN market.quotes.epoch IS 'Which life of the feed: its numbers begin again with each.';
COMMENT ON COLUMN market.quotes.received_ns IS 'When it reached us, by our clock; 0 where nobody noted it.';

CREATE VIEW market.prices AS
SELECT d.feed, d.symbol, to_timestamp(q.ts_ns / 1e9) AS at, q.ts_ns,
       q.bid * d.tick_size AS bid, q.ask * d.tick_size AS ask, (q.ask - q.bid) * d.tick_size AS spread
FROM market.quotes q JOIN market.quoted d ON d.id = q.quoted;
COMMENT ON VIEW market.prices IS 'Recorded quotes as people read them; times are cut to the microsecond.';
"""

RETENTION = """
CREATE TABLE market.retention (
    which text PRIMARY KEY CHECK (which IN ('bars', 'ticks', 'quotes')),
    days integer CHECK (days > 0)
);
COMMENT ON TABLE market.retention IS 'After how many days rows are deleted; nothing means never.';
INSERT INTO market.retention VALUES ('bars', NULL), ('ticks', NULL), ('quotes', NULL);

CREATE FUNCTION market.keep_for(what text, how_long integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path}, pg_temp AS $$
BEGIN
    UPDATE market.retention SET days = how_long WHERE which = what;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'market.% is not deleted by age', what;
    END IF;
    {policy}
END $$;
COMMENT ON FUNCTION market.keep_for(text, integer) IS
    'Rows of market.bars, market.ticks or market.quotes are deleted after so many days; NULL is never.';
REVOKE ALL ON FUNCTION market.keep_for(text, integer) FROM PUBLIC;
"""

POLICY = """
    PERFORM remove_retention_policy(format('market.%I', what)::regclass, if_exists => true);
    IF how_long IS NOT NULL THEN
        PERFORM add_retention_policy(format('market.%I', what)::regclass, how_long * {day}::bigint);
    END IF;
"""

TIDY_MONTHS = """
CREATE FUNCTION market.tidy() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old record;
    gone integer := 0;
BEGIN
    PERFORM market.make_room('quotes', market.now_ns(), market.now_ns() + 62 * {day}::bigint);
    FOR old IN
        SELECT c.relname, r.which FROM market.retention r
        JOIN pg_inherits i ON i.inhparent = format('market.%I', r.which)::regclass
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE r.days IS NOT NULL
          AND market.month_ns(to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month')
              <= market.now_ns() - r.days * {day}::bigint
    LOOP
        EXECUTE format('DROP TABLE market.%I', old.relname);
        gone := gone + 1;
    END LOOP;
    RETURN gone;
END $$;
"""

TIDY_CHUNKS = """
CREATE FUNCTION market.tidy() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT count(c)::integer FROM market.retention r,
        drop_chunks(format('market.%I', r.which)::regclass, market.now_ns() - r.days * {day}::bigint) c
        WHERE r.days IS NOT NULL $$;
"""

TIDY_BY_ITSELF = """
CREATE FUNCTION market.tidy() RETURNS integer LANGUAGE sql AS
    $$ SELECT 0 $$;
"""

TIDY_COMMENT = """
COMMENT ON FUNCTION market.tidy() IS
    'There is room for the quotes of the next two months, and months past their time are dropped; call it every day.'
"""

CHUNKS = """
SELECT create_hypertable('market.quotes', 'ts_ns', chunk_time_interval => {chunk}, create_default_indexes => false);
SELECT set_integer_now_func('market.quotes', 'market.now_ns');
"""

COMPRESSION = """
ALTER TABLE market.quotes SET (
    timescaledb.compress, timescaledb.compress_segmentby = 'quoted', timescaledb.compress_orderby = 'ts_ns, epoch, seq'
);
SELECT add_compression_policy('market.quotes', {after}::bigint);
"""

BARS_OF_QUOTES = {"quote_minutes": MINUTE_NS, "quote_quarters": 15 * MINUTE_NS, "quote_hours": 60 * MINUTE_NS}

AGGREGATE = """
CREATE MATERIALIZED VIEW market.{name} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT quoted, time_bucket({span}::bigint, ts_ns) AS opens_ns, first(bid, ts_ns) AS open, max(bid) AS high,
       min(bid) AS low, last(bid, ts_ns) AS close, last(ask - bid, ts_ns) AS spread, count(*) AS quotes
FROM market.quotes GROUP BY 1, 2 WITH NO DATA;
SELECT add_continuous_aggregate_policy('market.{name}', start_offset => 3 * {day}::bigint, end_offset => {span}::bigint,
    schedule_interval => interval '1 minute');
COMMENT ON VIEW market.{name} IS {comment};
"""

VIEW = """
CREATE VIEW market.{name} AS
SELECT quoted, ts_ns - ts_ns % {span}::bigint AS opens_ns, (array_agg(bid ORDER BY ts_ns, epoch, seq))[1] AS open,
       max(bid) AS high, min(bid) AS low, (array_agg(bid ORDER BY ts_ns DESC, epoch DESC, seq DESC))[1] AS close,
       (array_agg(ask - bid ORDER BY ts_ns DESC, epoch DESC, seq DESC))[1] AS spread, count(*) AS quotes
FROM market.quotes GROUP BY 1, 2;
COMMENT ON VIEW market.{name} IS {comment};
"""

COMMENT = "'Bids of quotes in UTC, in ticks, for screens; a run reads market.ticks and market.bars.'"


def upgrade() -> None:
    """They are there."""
    has = extension(op.get_bind())
    op.execute(QUOTES.format(partitioned="PARTITION BY RANGE (ts_ns)" if has == NONE else ""))
    policy, path = "", "pg_catalog"
    if has >= HYPERTABLES:
        op.execute(CHUNKS.format(chunk=DAY_NS))
    if has >= COMPRESSED:
        op.execute(COMPRESSION.format(after=7 * DAY_NS))
        policy, path = POLICY.format(day=DAY_NS), "public"
    op.execute(RETENTION.format(policy=policy, path=path))
    op.execute({NONE: TIDY_MONTHS, HYPERTABLES: TIDY_CHUNKS, COMPRESSED: TIDY_BY_ITSELF}[has].format(day=DAY_NS))
    op.execute(TIDY_COMMENT)
    form = AGGREGATE if has >= COMPRESSED else VIEW
    for name, span in BARS_OF_QUOTES.items():
        op.execute(form.format(name=name, span=span, day=DAY_NS, comment=COMMENT))


def downgrade() -> None:
    """They are gone, with everything in them."""
    kind = "MATERIALIZED VIEW" if extension(op.get_bind()) >= COMPRESSED else "VIEW"
    for name in BARS_OF_QUOTES:
        op.execute(f"DROP {kind} market.{name}")
    op.execute("DROP FUNCTION market.keep_for(text, integer), market.tidy()")
    op.execute("DROP VIEW market.prices")
    op.execute("DROP TABLE market.quotes, market.quoted, market.retention")
