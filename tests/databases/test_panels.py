"""Questions in SQL of the dashboards, asked with the rights of the user who watches, of tables with real rows."""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy" / "grafana"))

from boards import operating, trading

from tradewind.adapters.projection.projecting import project_all
from tradewind.adapters.timescale.history import History
from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened
from tradewind.databases.rights import group_of

ASKED = [
    (f"{board.uid}: {one.title}", one.database, text)
    for board in (*trading.BOARDS, *operating.BOARDS)
    for one in board.panels
    if one.database
    for text in one.ask
]
DIFFERENCE = """
INSERT INTO monitoring.reconciliations (id, account, number, kind, at, at_ns)
VALUES (gen_random_uuid(), 'busy', 1, 'position missing', now(), 1)
"""
RECORDED = "INSERT INTO monitoring.reconciliations SELECT * FROM monitoring.reconciliations WHERE false"


@pytest.fixture
def trading_tables(place, busy):
    """The tables of an account that traded, with a difference that was found."""
    address = place()
    with opened(address) as connection:
        migrate("trading", connection)
    with psycopg.connect(host=address.host, user=address.user, dbname=address.database) as connection:
        project_all(connection, "busy", busy.commits)
        connection.execute(DIFFERENCE)
    return address


@pytest.fixture
def market_tables(place):
    """The tables of the market with an hour of bars."""
    address = place("timescale")
    with opened(address) as connection:
        migrate("market", connection)
    begin = int(dt.datetime(2026, 1, 5, 14, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
    prices = {name: np.full(60, 49_000.0) for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"ts": begin + np.arange(60) * 60_000_000_000, **prices, "volume": np.ones(60)})
    History(address).write(("US30", "bars", 60, "case", "bid"), frame, {"source": "made up"})
    with psycopg.connect(host=address.host, user=address.user, dbname=address.database, autocommit=True) as connection:
        connection.execute("ANALYZE")
        connection.execute("SELECT pg_stat_force_next_flush()")
    return address


@pytest.mark.parametrize(("name", "database", "text"), ASKED, ids=[name for name, _, _ in ASKED])
def test_a_panel_in_sql_shows_rows_to_the_user_who_watches(request, name, database, text):
    address = request.getfixturevalue(f"{database}_tables")
    with psycopg.connect(host=address.host, user=address.user, dbname=address.database) as connection:
        connection.execute(f"SET ROLE {group_of('monitor')}")
        rows = connection.execute(text).fetchall()

    assert rows, name
    assert all(not isinstance(cell, Decimal) or cell.is_finite() for row in rows for cell in row)
    change = RECORDED if database == "trading" else "DELETE FROM market.bars"
    with psycopg.connect(host=address.host, user=address.user, dbname=address.database) as connection:
        connection.execute(f"SET ROLE {group_of('monitor')}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change)
