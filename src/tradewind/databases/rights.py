"""Who may do what: a role a service, with what it needs and nothing else.

Each service has a group of rights (`tradewind_trader`), which nobody can log in as, and a user of its own (`trader`)
who is in it; passwords belong to users and come from the folder of secrets. A role belongs to the server, not to one
database of it, so it stays when tables go. What is not named here is refused: tables, databases, temporary tables.
"""

from typing import Any

from sqlalchemy import text

SERVICES = ("feed", "recorder", "trader", "api", "backup", "monitor")
SCHEMAS = {"trading": ("trading", "analytics", "monitoring"), "market": ("market",)}
LETTERS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}

MATRIX = """
trading.broker_profiles     r     r     r     r     r     r
trading.instruments         r     r     r     r     r     r
trading.sessions            r     r     r     r     r     r
trading.accounts            -     raw   -     r     r     r
trading.account_instruments -     raw   -     r     r     r
trading.strategies          -     raw   -     r     r     r
trading.orders              -     raw   -     r     r     r
trading.fills               -     raw   -     r     r     r
trading.positions           -     raw   -     r     r     r
trading.trades              -     raw   -     r     r     r
trading.journal_blocks      -     r     ra    r     r     -
trading.journal_layouts     -     r     ra    r     r     -
trading.journal_snapshots   -     r     rawd  r     r     -
trading.leases              -     -     raw   r     r     r
trading.outbox              -     r     raw   r     r     r
analytics.equity            -     raw   -     r     r     r
analytics.signals           -     raw   -     r     r     r
analytics.gates             -     raw   -     r     r     r
analytics.runs              -     -     ra    ra    r     r
analytics.run_tables        -     -     ra    ra    r     r
analytics.run_notes         -     -     ra    ra    r     r
monitoring.heartbeats       raw   raw   raw   r     r     r
monitoring.alerts           ra    ra    ra    r     r     r
monitoring.audit            -     ra    -     ra    r     r
monitoring.risk_actions     -     ra    -     r     r     r
monitoring.data_quality     ra    ra    -     r     r     r
monitoring.reconciliations  -     ra    -     r     r     r
monitoring.projections      -     raw   -     r     r     r
monitoring.consumed         -     raw   raw   r     r     r
monitoring.dead_letters     ra    ra    ra    r     r     r
market.series               r     raw   r     r     r     r
market.months               r     rawd  r     r     r     r
market.sources              r     rawd  r     r     r     r
market.documents            r     rawd  r     r     r     r
market.bars                 r     rawd  r     r     r     r
market.ticks                r     rawd  r     r     r     r
market.quotes               r     ra    r     r     r     r
market.quoted               r     ra    r     r     r     r
market.retention            -     r     -     r     r     r
market.dead_letters         -     ra    -     r     r     r
market.consumed             -     raw   -     r     r     r
"""
"""Tables and what each service may: read, add, write over, delete. Tables that are not there yet are passed over."""

READERS = ("api", "backup", "monitor")
"""Who reads the views."""

CREATE_ROLE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

WATCHES = """
DO $$ BEGIN
    GRANT pg_monitor TO {role};
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$
"""
"""Whoever watches sees the server's own figures; where the owner of the tables may not say so, somebody else has to."""


def rights() -> dict[str, dict[str, str]]:
    """Return the letters of each service by table."""
    rows = (line.split() for line in MATRIX.strip().splitlines())
    return {name: dict(zip(SERVICES, (one.strip("-") for one in may), strict=True)) for name, *may in rows}


def group_of(service: str) -> str:
    """Return the role that has a service's rights."""
    return f"tradewind_{service}"


def make_groups(connection: Any) -> None:
    """The server has the role of each service; none is changed that is there."""
    there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    for service in SERVICES:
        if group_of(service) not in there:
            connection.execute(text(CREATE_ROLE.format(role=group_of(service))))
    connection.execute(text(WATCHES.format(role=group_of("monitor"))))


def grant(connection: Any, tree: str) -> None:
    """Every service has the rights of the table above in this database and no others, in the transaction under way."""
    tables = tables_of(connection, tree)
    groups = ", ".join(group_of(service) for service in SERVICES)
    database = connection.dialect.identifier_preparer.quote(connection.scalar(text("SELECT current_database()")))
    said = [
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {groups}",
    ]
    if tree == "market":
        said.append(f"GRANT TEMPORARY ON DATABASE {database} TO {group_of('recorder')}")
    for schema in SCHEMAS[tree]:
        said += [
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {groups}",
            f"GRANT USAGE ON SCHEMA {schema} TO {groups}",
            f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {group_of('backup')}",
        ]
    for table, may in rights().items():
        for service, letters in may.items():
            if letters and table in tables:
                words = ", ".join(LETTERS[one] for one in letters)
                said.append(f"GRANT {words} ON {table} TO {group_of(service)}")
    readers = ", ".join(group_of(service) for service in READERS)
    said += [f"GRANT SELECT ON {view} TO {readers}" for view in tables_of(connection, tree, kinds="vm")]
    said.append(f"GRANT SELECT ON public.tradewind_version_{tree} TO {groups}")
    for one in said:
        connection.execute(text(one))


def tables_of(connection: Any, tree: str, *, kinds: str = "rp") -> list[str]:
    """Return the tables of a tree that stand by themselves, partitions left out, in order; of `kinds` vm, its views."""
    query = text(
        "SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY(:schemas) AND c.relkind = ANY(:kinds) AND NOT c.relispartition ORDER BY 1"
    )
    return list(connection.scalars(query, {"schemas": list(SCHEMAS[tree]), "kinds": list(kinds)}))
