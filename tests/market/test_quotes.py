"""Recorded quotes: each once, in the recorder's own transaction, whatever is told again."""

import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts"))

from history_stores import DATABASES, database, emptied

from tradewind.adapters.postgres.connection import DatabaseRefused, connect
from tradewind.adapters.timescale.history import History
from tradewind.adapters.timescale.quotes import Quotes, recorded_ticks, write_quotes

START = np.datetime64("2025-01-31T23:59:00", "ns").astype(np.int64)
SECOND = 1_000_000_000
EVER = (-(2**62), 2**62)


@pytest.fixture(scope="module", params=DATABASES)
def place(request):
    with database(request.param) as address:
        yield address


@pytest.fixture
def connection(place):
    emptied(place, "market.quotes, market.quoted")
    with connect(place) as connection:
        yield connection


def quotes(first, count, symbol="XAUUSD", epoch=1, size="0.01"):
    """Return quotes numbered from `first`, one a second, whose bid is their number."""
    seq = np.arange(first, first + count)
    return Quotes(symbol, Decimal(size), epoch, seq, START + seq * SECOND, 200_000 + seq, 200_020 + seq)


def counted(connection):
    return connection.execute("SELECT count(*) FROM market.quotes").fetchone()[0]


def test_what_is_told_again_is_counted_and_not_stored_twice(connection):
    assert write_quotes(connection, "oanda", [quotes(0, 100), quotes(0, 50, "US30", size="0.1")]) == (150, 0)
    assert write_quotes(connection, "oanda", [quotes(50, 100)]) == (50, 50)
    assert write_quotes(connection, "oanda", [quotes(0, 10), quotes(5, 10)]) == (0, 20)
    assert write_quotes(connection, "other", [quotes(0, 10)]) == (10, 0)
    assert write_quotes(connection, "oanda", [quotes(0, 0)]) == (0, 0)
    assert counted(connection) == 210


def test_a_new_life_of_the_feed_begins_its_numbers_again_and_loses_nothing(connection):
    assert write_quotes(connection, "oanda", [quotes(0, 10)]).new == 10
    assert write_quotes(connection, "oanda", [quotes(0, 10, epoch=2)]).new == 10


def test_nothing_is_stored_before_the_caller_commits(connection, place):
    write_quotes(connection, "oanda", [quotes(0, 10)])
    with connect(place) as other:
        assert counted(other) == 0
    connection.rollback()
    assert counted(connection) == 0
    assert write_quotes(connection, "oanda", [quotes(0, 10)]).new == 10
    connection.commit()
    with connect(place) as other:
        assert counted(other) == 10


def test_recorded_quotes_become_a_series_of_ticks(connection, place):
    write_quotes(connection, "oanda", [quotes(60, 60), quotes(0, 60), quotes(0, 9, "US30", size="0.1")])
    connection.commit()
    frame = recorded_ticks(connection, "oanda", "XAUUSD", *EVER)

    assert frame["bid"].to_list() == [round(2000 + number / 100, 2) for number in range(120)]
    assert frame["ts"].to_physical().to_list() == (START + np.arange(120) * SECOND).tolist()
    assert recorded_ticks(connection, "oanda", "EURUSD", *EVER).is_empty()
    history = History(emptied(place))
    written = history.write(("XAUUSD", "ticks", 0, "oanda", "both"), frame, {"recorded": "oanda"})
    history.close()
    assert (written.new, written.months) == (120, ("2025-01", "2025-02"))


def test_bars_of_quotes_are_counted_in_utc(connection):
    write_quotes(connection, "oanda", [quotes(0, 120)])
    connection.commit()
    minutes = connection.execute(
        "SELECT opens_ns, open, high, low, close, spread, quotes FROM market.quote_minutes ORDER BY 1"
    ).fetchall()

    minute = 60 * SECOND
    assert minutes == [
        (START, 200_000, 200_059, 200_000, 200_059, 20, 60),
        (START + minute, 200_060, 200_119, 200_060, 200_119, 20, 60),
    ]
    hours = connection.execute("SELECT opens_ns, quotes FROM market.quote_hours ORDER BY 1").fetchall()
    assert [(opens % (60 * minute), count) for opens, count in hours] == [(0, 60), (0, 60)]


def test_prices_can_be_read_by_people(connection):
    write_quotes(connection, "oanda", [quotes(0, 1)])
    row = connection.execute("SELECT feed, symbol, at::text, bid, spread FROM market.prices").fetchone()
    assert row == ("oanda", "XAUUSD", "2025-01-31 23:59:00+00", Decimal("2000.00"), Decimal("0.20"))


def test_a_table_that_is_not_there_is_told_with_what_to_do(connection):
    connection.execute("ALTER TABLE market.quoted RENAME TO elsewhere")
    with pytest.raises(DatabaseRefused, match=r"quotes of oanda.*tradewind db migrate"):
        write_quotes(connection, "oanda", [quotes(0, 1)])
    connection.rollback()


def test_there_is_room_for_the_months_to_come_and_old_ones_go_when_their_time_is_over(connection):
    write_quotes(connection, "oanda", [quotes(0, 120)])
    connection.execute("SELECT market.tidy()")
    assert counted(connection) == 120
    connection.execute("SELECT market.keep_for('quotes', 30)")
    if connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()[0] == "timescale":
        policies = "SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'"
        assert connection.execute(policies).fetchone()[0] == 1
    else:
        assert connection.execute("SELECT market.tidy()").fetchone()[0] > 0
        assert counted(connection) == 0
    connection.rollback()
