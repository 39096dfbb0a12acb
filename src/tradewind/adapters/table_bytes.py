"""A table as the bytes of a Parquet file, and back."""

import io

import polars as pl


def bytes_of(table: pl.DataFrame) -> bytes:
    """Return the table as the bytes of a Parquet file."""
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()


def table_in(raw: bytes) -> pl.DataFrame:
    """Return the table in the bytes of a Parquet file."""
    return pl.read_parquet(io.BytesIO(raw))
