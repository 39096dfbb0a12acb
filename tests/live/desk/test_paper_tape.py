"""Paper on a recorded tape writes the bytes of the backtest, over a full week of real ticks, however it was cut."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from oanda_desk import HERE, limits

from tradewind.adapters.journal import SqliteJournal
from tradewind.data.importers import import_files
from tradewind.kernel.loop import EVERYTHING
from tradewind.live.paper import run_tape
from tradewind.live.prepare import prepare
from tradewind.live.start import LAYOUTS, open_account
from tradewind.modes import Choice, Request, backtest, open_history, plan_backtest
from tradewind.runner import LOGS
from tradewind.settings import Settings

WEEK = "XAUUSD_ticks_oanda_20140504_20140509.parquet"


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """A backtest of the tick week with a strategy that turns every quarter of an hour."""
    data = os.environ.get("TRADEWIND_DATA")
    if not data:
        pytest.skip("market data are not at hand: set TRADEWIND_DATA")
    folder = tmp_path_factory.mktemp("week")
    settings = Settings(data=folder)
    history = open_history(settings)
    import_files([Path(data) / WEEK], history)
    request = Request(
        [Choice(HERE / "turns.py")], ["XAUUSD"], bar="M15", settings=settings, risk=limits(), journal_events=EVERYTHING
    )
    return request, history, backtest(request, history)


def traded(request, history, account, *, stops=()):
    """Return the journal of a paper run of the tape, cut and gone on with after so many events each."""
    for cut in (*stops, None):
        desk, journal = open_account(prepare(request), account, "paper", beats=False)
        with journal:
            desk.begin(1, desk.start_document)
            blocks = plan_backtest(request, history).feed()
            run_tape(desk, blocks if cut is None else up_to(blocks, cut))
    return SqliteJournal.open(desk.folder.journal, LAYOUTS, readonly=True)


def up_to(blocks, rows):
    """Yield the first rows of a tape."""
    for block in blocks:
        yield block[:rows]
        rows -= len(block)
        if rows <= 0:
            return


def test_the_journal_of_paper_is_that_of_the_backtest_byte_for_byte(week):
    """Every log of a week of ticks: events, commands, gates, trades, samples, risk and lines."""
    request, history, plan = week

    with traded(request, history, "whole") as journal:
        assert len(plan.journal.read("trades")) > 100
        for log in LOGS:
            assert journal.read(log).tobytes() == plan.journal.read(log).tobytes(), log


def test_a_run_that_was_cut_twice_and_went_on_has_the_same_bytes(week):
    """Where a run stopped cannot be seen in what it wrote."""
    request, history, plan = week

    with traded(request, history, "cut", stops=(123_457, 700_001)) as journal:
        assert len(journal.notes("start")) == 3
        for log in LOGS:
            assert journal.read(log).tobytes() == plan.journal.read(log).tobytes(), log


def test_a_journal_without_its_snapshots_replays_from_its_first_event(week):
    """Snapshots only save time: all of them may be lost."""
    request, history, plan = week
    part = replace(request, end=int(plan.start) + 36 * 3600 * 1_000_000_000)
    with traded(part, history, "bare") as journal:
        events, state = journal.read("events").tobytes(), journal.newest_snapshot()
    for path in (Path(part.settings.data) / "accounts" / "bare" / "journal.snapshots").iterdir():
        path.unlink()

    desk, journal = open_account(prepare(part), "bare", "paper", beats=False)
    with journal:
        desk.snapshot()
        assert journal.read("events").tobytes() == events
        assert journal.newest_snapshot()[1] == state[1]
