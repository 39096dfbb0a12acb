"""Bars and ticks as they were delivered, and what is known of each series.

On TimescaleDB the two are hypertables that are compressed with age; without the extension they are partitioned by
UTC month, and the months are made as they are needed. Times are nanoseconds since 1970 UTC in one column: it is what
a series is ordered, matched and cut by, and no zone can be mixed into it. Nothing refers to `bars` and `ticks` by a
foreign key and they refer to nothing, because checking one for each of a million rows takes longer than storing them.
For the same reason ticks have a coarse index: they come in order of time and are read a stretch at a time.

Revision ID: m002
Revises: m001.
"""

from alembic import op

from tradewind.databases.extension import COMPRESSED, HYPERTABLES, NONE, extension

revision = "m002"
down_revision = "m001"

DAY_NS = 86_400 * 1_000_000_000

SERIES = """
CREATE TABLE market.series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol text NOT NULL CHECK (symbol <> ''),
    kind text NOT NULL CHECK (kind IN ('bars', 'ticks')),
    timeframe integer NOT NULL CHECK ((timeframe > 0) = (kind = 'bars') AND timeframe >= 0),
    feed text NOT NULL CHECK (feed <> ''),
    side text NOT NULL CHECK (side = 'both' AND kind = 'ticks' OR side IN ('bid', 'ask', 'mid') AND kind = 'bars'),
    revision bigint NOT NULL DEFAULT 0,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    UNIQUE (symbol, kind, timeframe, feed, side)
);
COMMENT ON TABLE market.series IS
    'One feed of one instrument at one bar size and one side; neither feeds nor sides are ever mixed.';
COMMENT ON COLUMN market.series.timeframe IS 'Seconds of a bar; 0 for ticks.';
COMMENT ON COLUMN market.series.revision IS 'One more after every write that changed a row.';

CREATE TABLE market.months (
    series integer NOT NULL REFERENCES market.series ON DELETE CASCADE,
    month text NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    rows bigint NOT NULL CHECK (rows > 0),
    first_ns bigint NOT NULL,
    last_ns bigint NOT NULL CHECK (last_ns >= first_ns),
    PRIMARY KEY (series, month)
);
COMMENT ON TABLE market.months IS 'What a series holds in each UTC month, so that nobody has to count.';

CREATE TABLE market.sources (
    series integer NOT NULL REFERENCES market.series ON DELETE CASCADE,
    digest text NOT NULL,
    number integer GENERATED ALWAYS AS IDENTITY,
    imported timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL,
    PRIMARY KEY (series, digest)
);
COMMENT ON TABLE market.sources IS 'Where the rows of a series came from: one entry a file or download, as JSON.';

CREATE TABLE market.documents (
    series integer NOT NULL REFERENCES market.series ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    document text NOT NULL,
    PRIMARY KEY (series, name)
);
COMMENT ON TABLE market.documents IS 'What is kept beside a series, such as what the data doctor found, as JSON.';
"""

BARS = """
CREATE TABLE market.bars (
    series integer NOT NULL,
    ts_ns bigint NOT NULL,
    open double precision NOT NULL,
    high double precision NOT NULL,
    low double precision NOT NULL,
    close double precision NOT NULL,
    volume double precision,
    spread double precision,
    PRIMARY KEY (series, ts_ns)
) {partitioned};
COMMENT ON TABLE market.bars IS 'Bars as delivered, named by the moment they open (nanoseconds UTC).';
"""

TICKS = """
CREATE TABLE market.ticks (
    series integer NOT NULL,
    ts_ns bigint NOT NULL,
    n integer NOT NULL,
    bid double precision NOT NULL,
    ask double precision NOT NULL,
    bid_size double precision,
    ask_size double precision
) {partitioned};
CREATE INDEX ticks_of_series ON market.ticks USING brin (series, ts_ns) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE market.ticks IS
    'Ticks as delivered. They have no key, because many are alike: a delivery takes the place of its whole stretch.';
COMMENT ON COLUMN market.ticks.n IS 'Which of the ticks of this instant it is, from 0.';
"""

NOW = """
CREATE FUNCTION market.now_ns() RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT (extract(epoch FROM now()) * 1000000)::bigint * 1000 $$;
COMMENT ON FUNCTION market.now_ns() IS 'The time in nanoseconds since 1970 UTC, for policies that look at age.';

CREATE FUNCTION market.month_ns(month timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT extract(epoch FROM month)::bigint * 1000000000 $$;
COMMENT ON FUNCTION market.month_ns(timestamp) IS 'When a UTC month begins, in nanoseconds since 1970.';
"""

ROOM_IN_MONTHS = """
CREATE FUNCTION market.make_room(which text, first_ns bigint, last_ns bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month timestamp := date_trunc('month', timestamp 'epoch' + make_interval(secs => div(first_ns, 1000000000)));
    name text;
BEGIN
    IF which NOT IN ('bars', 'ticks', 'quotes') THEN
        RAISE EXCEPTION 'market.% has no months', which;
    END IF;
    WHILE market.month_ns(month) <= last_ns LOOP
        name := which || '_' || to_char(month, 'YYYY_MM');
        IF to_regclass('market.' || name) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('market.make_room.' || which, 0));
            IF to_regclass('market.' || name) IS NULL THEN
                -- Made apart and attached, because that waits for no reader and makes none wait.
                EXECUTE format('CREATE TABLE market.%I (LIKE market.%I INCLUDING ALL)', name, which);
                EXECUTE format('ALTER TABLE market.%I ATTACH PARTITION market.%I FOR VALUES FROM (%s) TO (%s)',
                    which, name, market.month_ns(month), market.month_ns(month + interval '1 month'));
            END IF;
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;
"""

ROOM_IN_CHUNKS = """
CREATE FUNCTION market.make_room(which text, first_ns bigint, last_ns bigint) RETURNS void LANGUAGE sql AS
    $$ SELECT $$;
"""

ROOM_COMMENT = """
COMMENT ON FUNCTION market.make_room(text, bigint, bigint) IS
    'There is a place for rows of market.bars, market.ticks or market.quotes between two moments.'
"""

CHUNKS = """
SELECT create_hypertable('market.{table}', 'ts_ns', chunk_time_interval => {chunk}, create_default_indexes => false);
SELECT set_integer_now_func('market.{table}', 'market.now_ns');
"""

COMPRESSION = """
ALTER TABLE market.{table} SET (
    timescaledb.compress, timescaledb.compress_segmentby = '{segment}', timescaledb.compress_orderby = '{order}'
);
SELECT add_compression_policy('market.{table}', {after}::bigint);
"""


def upgrade() -> None:
    """They are there."""
    has = extension(op.get_bind())
    op.execute(SERIES)
    op.execute(NOW)
    partitioned = "PARTITION BY RANGE (ts_ns)" if has == NONE else ""
    op.execute(BARS.format(partitioned=partitioned))
    op.execute(TICKS.format(partitioned=partitioned))
    op.execute(ROOM_IN_MONTHS if has == NONE else ROOM_IN_CHUNKS)
    op.execute(ROOM_COMMENT)
    if has >= HYPERTABLES:
        op.execute(CHUNKS.format(table="bars", chunk=90 * DAY_NS))
        op.execute(CHUNKS.format(table="ticks", chunk=7 * DAY_NS))
    if has >= COMPRESSED:
        op.execute(COMPRESSION.format(table="bars", segment="series", order="ts_ns", after=180 * DAY_NS))
        op.execute(COMPRESSION.format(table="ticks", segment="series", order="ts_ns, n", after=30 * DAY_NS))


def downgrade() -> None:
    """They are gone, with everything in them."""
    op.execute("DROP TABLE market.bars, market.ticks, market.documents, market.sources, market.months, market.series")
    op.execute("DROP FUNCTION market.make_room(text, bigint, bigint), market.now_ns(), market.month_ns(timestamp)")
