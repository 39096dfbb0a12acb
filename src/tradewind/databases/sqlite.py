"""The same tables in one SQLite file: what a version says in PostgreSQL's words is said in SQLite's.

SQLite has no schemas, so `trading.orders` is the table `trading_orders`; one file keeps a commit over all of them
whole, which attached files would not. What it has no words for (schemas, comments, roles, functions, views of JSON)
is left out: those guard a server that others reach too, and a file has its owner's permissions.
"""

import re

SCHEMAS = ("trading", "analytics", "monitoring", "market")
TYPES = {
    "timestamptz": "TEXT", "jsonb": "TEXT", "uuid": "TEXT", "numeric": "TEXT", "date": "TEXT", "bytea": "BLOB",
    "bigserial": "INTEGER", "bigint": "INTEGER", "smallint": "INTEGER", "boolean": "INTEGER",
    "double precision": "REAL",
}  # fmt: skip
"""Decimals and documents stay text: SQLite would turn them into floats."""
_NAME = re.compile(rf"\b({'|'.join(SCHEMAS)})\.([a-z_]+)\b")
_TYPE = re.compile(rf"(?<=[a-z_] )({'|'.join(TYPES)})\b")
_ABSENT = re.compile(
    r"\s*(?:COMMENT|GRANT|REVOKE|DO|(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?"
    r"(?:SCHEMA|ROLE|FUNCTION|TRIGGER|EXTENSION|DEFAULT|VIEW)|ALTER\s+TABLE\s+\S+\s+(?:SET|ENABLE|DISABLE|ADD\s+CONSTRAINT))\b",
    re.IGNORECASE,
)


def in_sqlite(statement: str) -> str:
    """Return the statement as SQLite understands it; one that does nothing where it has no words for it."""
    if _ABSENT.match(statement):
        return "SELECT 1"
    text = _NAME.sub(r"\1_\2", statement)
    if text.lstrip().upper().startswith("CREATE TABLE"):
        text = _TYPE.sub(lambda found: TYPES[found[1]], text)
        text = re.sub(r"\bnow\(\)", "CURRENT_TIMESTAMP", text)
    return text
