"""A desk that fills its indicators from history goes on with the calendar where the history ended."""

import numpy as np
from oanda_desk import SECOND, SHIFT, WEDNESDAY, request

from tradewind.broker import Quote
from tradewind.data.synthetic import write_synthetic
from tradewind.kernel.records import BAR, DAY, QUOTE, SESSION
from tradewind.kernel.refusals import REASONS, WARMING_UP
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.live.trading import _warm_up
from tradewind.modes import open_history

HOUR = 3600 * SECOND


def quotes(desk, start, hours):
    """The desk gets a price every half minute for so many hours."""
    for ts in range(start, start + hours * HOUR, 30 * SECOND):
        desk.quotes([Quote(0, ts, 2_400_000 + ts // SECOND % 1000, 2_400_400 + ts // SECOND % 1000)])
        desk.clock(ts)
        desk.settle(ts)


def test_every_date_is_told_once_through_warm_up_trading_and_a_restart(tmp_path):
    """Neither the end of the history nor a kill doubles or loses a day or a session."""
    wanted = request(tmp_path, bar="M5")
    prepared = prepare(wanted)
    write_synthetic(open_history(wanted.settings), ["XAUUSD"], 1, (WEDNESDAY - 12 * 24 * HOUR, WEDNESDAY))
    said = []
    desk, journal = open_account(prepared, "warm", "paper")
    desk.begin(WEDNESDAY, desk.start_document)
    _warm_up(desk, prepared, 10, SHIFT, said.append)
    desk.follow_calendar(WEDNESDAY)
    quotes(desk, WEDNESDAY, 4)
    journal.close()

    desk, journal = open_account(prepared, "warm", "paper")
    with journal:
        desk.begin(WEDNESDAY + 4 * HOUR, desk.start_document)
        desk.follow_calendar(WEDNESDAY + 4 * HOUR)
        quotes(desk, WEDNESDAY + 4 * HOUR, 5)
        desk.settle(desk.core.now, at_once=True)
        events = journal.read("events")

    assert "Warmed up" in said[0]
    assert np.count_nonzero(events["kind"] == BAR) > 5000
    assert np.count_nonzero(events["kind"] == QUOTE) == 9 * 120
    days = events["date"][events["kind"] == DAY]
    assert (np.diff(days) >= 1).all()
    assert len(days) >= 10
    told = events[events["kind"] == SESSION]
    kept = list(zip(told["session"].tolist(), told["opens"].tolist(), strict=True))
    assert len(kept) == len(set(kept))


def test_nothing_is_opened_while_indicators_are_filled(tmp_path):
    """A strategy that turns at every bar is refused by name until the present is reached."""
    wanted = request(tmp_path, bar="M5")
    prepared = prepare(wanted)
    write_synthetic(open_history(wanted.settings), ["XAUUSD"], 1, (WEDNESDAY - 3 * 24 * HOUR, WEDNESDAY))
    desk, journal = open_account(prepared, "cold", "paper")
    with journal:
        desk.begin(WEDNESDAY, desk.start_document)
        _warm_up(desk, prepared, 2, SHIFT, print)
        commands = journal.read("commands")

    assert len(commands) > 100
    assert {REASONS[int(one)][0] for one in commands["reason"]} <= {REASONS[WARMING_UP][0], "market closed"}
    assert desk.core.held(0) == 0
