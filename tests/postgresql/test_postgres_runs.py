"""Runs on a server are whole or absent, and can be asked for in SQL."""

import threading

import polars as pl
import pytest
from postgres_servers import execute, new_account

from tradewind.adapters.address import Address
from tradewind.adapters.postgres.connection import DatabaseRefused, DatabaseUnreachable
from tradewind.adapters.postgres.runs import PostgresRuns
from tradewind.errors import TradewindError


@pytest.fixture
def runs(address):
    """An empty store."""
    execute(address, "TRUNCATE analytics.runs CASCADE")
    return PostgresRuns(address)


def test_a_save_that_fails_in_the_middle_leaves_nothing(runs, address):
    execute(address, "ALTER TABLE analytics.run_tables ADD CONSTRAINT small CHECK (name <> 'second')")
    try:
        with pytest.raises(DatabaseRefused, match="Run a1 was not saved"):
            runs.save({"id": "a1"}, {"first": pl.DataFrame({"a": [1]}), "second": pl.DataFrame({"a": [2]})})
    finally:
        execute(address, "ALTER TABLE analytics.run_tables DROP CONSTRAINT small")

    assert list(runs.list()) == []
    assert execute(address, "SELECT count(*) FROM analytics.run_tables") == [(0,)]


def test_the_same_run_saved_by_many_at_once_is_there_once(runs, address):
    run = {"id": new_account(), "kind": "backtest", "summary": {"net": 1.5}}
    table = {"trades": pl.DataFrame({"net": [1.0, 2.0]})}
    threads = [threading.Thread(target=runs.save, args=(run, table)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(runs.list()) == [run]
    asked = execute(address, "SELECT kind, (fields -> 'summary' ->> 'net')::float FROM analytics.runs")
    assert asked == [("backtest", 1.5)]


def test_notes_of_many_at_once_are_all_there(runs):
    runs.save({"id": "a1"}, {})
    threads = [threading.Thread(target=runs.append, args=("a1", "looks", {"by": number})) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one["by"] for one in runs.appended("a1", "looks")) == list(range(8))
    with pytest.raises(TradewindError, match="There is no run 'b2'"):
        runs.append("b2", "looks", {})
    with pytest.raises(TradewindError, match="There is no run 'b2'"):
        runs.appended("b2", "looks")


def test_a_server_that_is_not_there_is_said_plainly(tmp_path):
    with pytest.raises(DatabaseUnreachable, match="Is the server running"):
        PostgresRuns(Address("postgresql", "nobody", str(tmp_path), 5432, "nothing")).list()


def test_what_a_run_came_to_and_was_made_with_are_tables_of_numbers(runs, address):
    """Views of the document, so that they can never say anything else; what is no number is left out."""
    total = {"strategy": "total", "trades": 3, "net": -1.5, "profit_factor": None}
    runs.save(
        {"id": "a1", "summary": {"total": total, "lines": []}, "parameters": {"coin": {"seed": 3, "on": True}}}, {}
    )
    runs.save({"id": "a2", "summary": None, "parameters": []}, {})

    assert execute(address, "SELECT * FROM analytics.metrics ORDER BY name") == [
        ("a1", "total.net", -1.5),
        ("a1", "total.trades", 3.0),
    ]
    assert execute(address, "SELECT * FROM analytics.parameters ORDER BY name") == [
        ("a1", "coin", "on", True),
        ("a1", "coin", "seed", 3),
    ]
