"""What TimescaleDB can do for the tables of market data: everything, a part, or it is not there."""

from typing import Any

import sqlalchemy
from sqlalchemy import text

NONE, HYPERTABLES, COMPRESSED = range(3)
"""Not there; only its Apache-licensed part; all of it, with compression and continuous aggregates."""

_LOADED = """
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
   AND current_setting('shared_preload_libraries') LIKE '%timescaledb%'
"""


def extension(connection: Any) -> int:
    """Return what of TimescaleDB this database has; it is switched on where the server brings it and lets us."""
    if not connection.execute(text(_LOADED)).scalar():
        return NONE
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
    except sqlalchemy.exc.DBAPIError:
        return NONE
    licence = connection.execute(text("SELECT current_setting('timescaledb.license')")).scalar()
    return COMPRESSED if licence == "timescale" else HYPERTABLES
