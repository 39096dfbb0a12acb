"""Market data in PostgreSQL: hypertables where TimescaleDB is installed, monthly partitions where it is not."""
