"""Finished runs, their tables, and what was noted beside them.

Revision ID: t011
Revises: t010.
"""

from alembic import op

revision = "t011"
down_revision = "t010"

TABLES = (
    # The exact text of the document, and beside it the same for people who like SQL: jsonb cannot hold every text.
    """CREATE TABLE analytics.runs (
    id text PRIMARY KEY CHECK (id <> ''),
    document json NOT NULL,
    fields jsonb NOT NULL,
    saved timestamptz NOT NULL DEFAULT now(),
    kind text GENERATED ALWAYS AS (fields ->> 'kind') STORED,
    created text GENERATED ALWAYS AS (fields ->> 'created') STORED
)""",
    "COMMENT ON TABLE analytics.runs IS 'Backtests, walk-forwards and sweeps that were finished, one a row'",
    """CREATE TABLE analytics.run_tables (
    run text NOT NULL REFERENCES analytics.runs (id) ON DELETE CASCADE,
    name text NOT NULL,
    parquet bytea NOT NULL,
    PRIMARY KEY (run, name)
)""",
    "COMMENT ON TABLE analytics.run_tables IS 'The tables of each run (trades, equity, ...), each as a Parquet file'",
    """CREATE TABLE analytics.run_notes (
    run text NOT NULL REFERENCES analytics.runs (id) ON DELETE CASCADE,
    name text NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    record json NOT NULL,
    PRIMARY KEY (run, name, number)
)""",
    "COMMENT ON TABLE analytics.run_notes IS 'What was noted beside a run after it was saved, in order'",
    """CREATE VIEW analytics.metrics AS
SELECT r.id AS run, part.which || '.' || one.key AS name, (one.value #>> '{}')::double precision AS value
FROM analytics.runs r
CROSS JOIN (VALUES ('account'), ('total')) AS part (which)
CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(r.fields -> 'summary' -> part.which) = 'object'
                              THEN r.fields -> 'summary' -> part.which ELSE '{}' END) AS one
WHERE jsonb_typeof(one.value) = 'number'""",
    "COMMENT ON VIEW analytics.metrics IS 'What a run came to, one number a row'",
    """CREATE VIEW analytics.parameters AS
SELECT r.id AS run, part.key AS strategy, one.key AS name, one.value
FROM analytics.runs r
CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(r.fields -> 'parameters') = 'object'
                              THEN r.fields -> 'parameters' ELSE '{}' END) AS part
CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(part.value) = 'object' THEN part.value ELSE '{}' END) AS one""",
    "COMMENT ON VIEW analytics.parameters IS 'What a run was made with, one parameter a row'",
)


def upgrade() -> None:
    """They are there."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """They are gone."""
    op.execute("DROP VIEW analytics.parameters, analytics.metrics")
    for name in ("run_notes", "run_tables", "runs"):
        op.execute(f"DROP TABLE analytics.{name}")
