"""A backtest with its calendar: which windows it was told of, what they forbid, and what the summary says of them."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from tradewind.adapters.parquet import History
from tradewind.data import synthetic
from tradewind.data.releases import import_news
from tradewind.kernel.records import NEWS
from tradewind.markets.clock import HOUR, MINUTE, from_utc
from tradewind.markets.loading import load_profile
from tradewind.modes import Choice, Request, backtest, news_calendar, open_news
from tradewind.results.printing import news_rows
from tradewind.runs import finish, news_of
from tradewind.settings import News, Settings

ALWAYS = '''"""Buys whenever flat and closes at the next bar: an entry at every second bar."""

from tradewind import buy, close, held


def on_bar(state, bar, memory, params):
    if held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close // 2)
    else:
        close(state, bar.instrument)
'''
FIRST = int(datetime(2025, 11, 17, tzinfo=UTC).timestamp()) * 10**9
LAST = int(datetime(2025, 11, 22, tzinfo=UTC).timestamp()) * 10**9
"""The week of the payrolls of Thursday, 20 November 2025."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a week of made-up gold and Dow, and a strategy."""
    folder = tmp_path_factory.mktemp("news")
    (folder / "always.py").write_text(ALWAYS, encoding="utf-8")
    history = History(folder / "history")
    for symbol in ("US30", "XAUUSD"):
        bars = synthetic.synthetic_bars(load_profile("metatrader").instrument(symbol), FIRST, LAST)
        # Without its spreads, so that the typical ones are used.
        history.write((symbol, "bars", 60, "synthetic", "bid"), bars.drop("spread"), {"source": "made up"})
    return folder


def ran(folder, symbols=("US30",), **news):
    """Return a plan that has run, and its document."""
    settings = Settings(data=folder, news=News(**news))
    history = History(folder / "history")
    plan = backtest(Request([Choice(folder / "always.py")], list(symbols), plain=True, settings=settings), history)
    return plan, finish(plan, history)[0]


def at(moment):
    return from_utc(int(moment), "UTC").strftime("%m-%d %H:%M")


def test_the_shipped_calendar_is_on_the_tape(folder):
    """From its first moment a run knows the next window; when that is over, the one after it."""
    plan, document = ran(folder, ("US30", "XAUUSD"))
    events = plan.journal.read("events")
    news = events[events["kind"] == NEWS]

    assert [(at(row["ts"]), row["instrument"], at(row["opens"]), at(row["closes"])) for row in news] == [
        (at(plan.start), 0, "11-20 13:15", "11-20 13:45"),
        (at(plan.start), 1, "11-20 13:15", "11-20 13:45"),
        ("11-20 13:45", 0, "12-10 18:30", "12-10 20:30"),
        ("11-20 13:45", 1, "12-10 18:30", "12-10 20:30"),
    ]
    assert document["news"]["calendars"] == ["shipped"]
    assert document["news"]["windows"] == {"US30": 1, "XAUUSD": 1}
    assert document["news"]["uncovered"] == []


def test_slippage_is_rough_in_the_window(folder):
    """Market orders filled in it lose three times the usual share of the spread."""
    plan, _ = ran(folder, spread_minutes=0)
    events = plan.journal.read("events")
    fills = events[events["kind"] == 18]
    opens = int(datetime(2025, 11, 20, 13, 15, tzinfo=UTC).timestamp()) * 10**9
    share = fills["slippage"] / fills["spread"]
    inside = (fills["occurred"] >= opens) & (fills["occurred"] < opens + 30 * MINUTE)
    around = (np.abs(fills["occurred"] - opens) < 3 * HOUR) & ~inside

    assert inside.sum() > 3
    assert np.median(share[inside]) == pytest.approx(3 * np.median(share[around]), rel=0.1)


def test_spreads_that_were_not_recorded_are_wider_after_the_release(folder):
    """The fill in the minutes after 13:30 pays the news multiple of the Dow, four, and not ten minutes later."""
    wide, _ = ran(folder, spread_minutes=5)
    usual, _ = ran(folder, spread_minutes=0)
    after = int(datetime(2025, 11, 20, 13, 30, tzinfo=UTC).timestamp()) * 10**9
    found = []
    for plan in (wide, usual):
        events = plan.journal.read("events")
        fills = events[events["kind"] == 18]
        found.append(fills[(fills["occurred"] >= after) & (fills["occurred"] < after + 15 * MINUTE)]["spread"].tolist())

    assert len(found[0]) == len(found[1]) > 1
    assert found[0][0] > 2 * found[1][0]
    assert found[0][1:] == found[1][1:]


def test_switched_off_there_are_no_news(folder):
    """No NEWS on the tape, and the summary says that they were switched off."""
    plan, document = ran(folder, enabled=False)
    events = plan.journal.read("events")

    assert not (events["kind"] == NEWS).any()
    assert document["news"] == {"enabled": False}
    assert news_rows(document["news"])[-1] == ("News calendar", "none: switched off")


def test_the_lock_refuses_entries(folder):
    """With a firm's rule of two minutes no entry leaves from 13:28 to 13:32."""
    plan, _ = ran(folder, lock=(2, 2))
    commands = plan.journal.read("commands")
    refused = commands[commands["reason"] == 25]

    assert [at(ts) for ts in refused["ts"]] == ["11-20 13:30"]


def test_what_was_imported_counts_beside_what_is_shipped(folder, tmp_path):
    """An imported release makes a window and changes the hash; one of another currency changes neither."""
    settings = Settings(data=tmp_path)
    store = open_news(settings)
    plan, document = ran(folder)
    file = tmp_path / "own.csv"
    file.write_text("time,currency,name,impact\n2025-11-19T13:30Z,USD,CPI,high\n", encoding="utf-8")
    import_news(file, store, FIRST)
    more = dataclasses.replace(plan, news=news_calendar(settings))
    found = news_of(more)

    assert found["windows"] == {"US30": 2}
    assert found["calendars"] == ["shipped", "imported"]
    assert found["hash"] != document["news"]["hash"]
    file.write_text("time,currency,name,impact\n2025-11-19T09:30Z,GBP,CPI,high\n", encoding="utf-8")
    import_news(file, store, FIRST)
    assert news_of(dataclasses.replace(plan, news=news_calendar(settings)))["hash"] == found["hash"]


def test_what_no_calendar_covers_is_said(folder):
    """Years before and after, and currencies without any release, are named and printed."""
    plan, _ = ran(folder)
    traded = [load_profile("metatrader").instrument(symbol) for symbol in ("GBPUSD", "USOIL")]
    listings = [plan.listings[0].__class__(one) for one in traded]
    early = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    late = int(datetime(2028, 6, 1, tzinfo=UTC).timestamp()) * 10**9
    found = news_of(dataclasses.replace(plan, listings=listings, start=early, end=late))

    assert found["uncovered"] == [
        "US payrolls after 2027", "FOMC decisions before 2013", "FOMC decisions after 2027",
        "EIA crude stocks before 2013", "EIA crude stocks after 2027", "any release in GBP",
    ]  # fmt: skip
    assert news_rows(found)[-1] == ("Not in the calendar", ", ".join(found["uncovered"]))
