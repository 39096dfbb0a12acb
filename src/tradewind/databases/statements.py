"""What a version does, as plain SQL: several statements, each ending with a semicolon at the end of its line."""

from alembic import op


def run(text: str) -> None:
    """Every statement of the text has run, in order."""
    for statement in text.split(";\n"):
        if statement.strip():
            op.execute(statement.strip().rstrip(";"))


def drop(*tables: str) -> None:
    """The tables are gone, with what was in them."""
    for table in tables:
        op.execute(f"DROP TABLE {table}")
