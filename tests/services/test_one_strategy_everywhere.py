"""The same strategy on the same tape: embedded, and through Kafka into a journal on PostgreSQL, and into tables."""

from dataclasses import replace
from datetime import date

import pytest
import stacked
from oanda_desk import HERE, limits

from tradewind.adapters.address import read_address
from tradewind.data.synthetic import write_synthetic
from tradewind.kernel.records import FILLED
from tradewind.live.folder import account_folder
from tradewind.live.papering import on_a_tape
from tradewind.live.start import open_journal
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import Choice, Request, backtest, open_history
from tradewind.runner import LOGS
from tradewind.settings import Settings

SPAN = day_open(date(2024, 3, 4)), day_close(date(2024, 3, 8))


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """A request on a few made-up days with nothing but files."""
    settings = Settings(data=tmp_path_factory.mktemp("embedded"))
    write_synthetic(open_history(settings), ["XAUUSD"], 7, SPAN)
    return Request([Choice(HERE / "turns.py")], ["XAUUSD"], bar="M15", start=SPAN[0], end=SPAN[1], settings=settings,
                   feed="synthetic", risk=limits())  # fmt: skip


def traded(request, account):
    """The tape was traded; return its journal's digest and rows."""
    on_a_tape(request, account, 0.0, fresh=False, on_turn=lambda _desk: None, say=lambda _line: None)
    with open_journal(request.settings, account_folder(request.settings.data, account), readonly=True) as journal:
        return journal.digest(LOGS), {log: journal.read(log) for log in LOGS}


def test_the_journal_is_the_same_to_the_byte_and_the_tables_say_what_it_says(embedded, tmp_path):
    ports = stacked.settings(tmp_path).ports.model_copy(update={"history": "parquet"})
    served = replace(embedded, settings=embedded.settings.model_copy(update={"ports": ports}))
    mine, account = stacked.name(), stacked.name()

    digest, _ = traded(embedded, mine)
    same, rows = traded(served, account)
    assert digest == same
    plan = backtest(embedded, open_history(embedded.settings))
    assert rows["trades"].tobytes() == plan.journal.read("trades").tobytes()
    assert len(rows["trades"]) > 10

    wanted = stacked.settings(tmp_path)
    with stacked.running(wanted, "outbox", "recorder"):
        told = {"trades": len(rows["trades"]), "fills": int((rows["events"]["kind"] == FILLED).sum())}
        for table, wanted_rows in told.items():
            query = f"SELECT count(*) FROM trading.{table} WHERE account = %s"  # noqa: S608 - our own names
            stacked.until(lambda query=query, rows=wanted_rows: stacked.count(query, account) == rows)


def test_addresses_are_what_the_settings_say(tmp_path):
    ports = stacked.settings(tmp_path).ports

    assert read_address(ports.feed).port > 0
    assert "secret" not in ports.journal
