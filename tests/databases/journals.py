"""A journal of real trading to be projected: a strategy that does everything, on hours of real ticks."""

import os
import sys
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tradewind.adapters.journal.heads import NOTES
from tradewind.adapters.journal.reading import everything_after, note_in
from tradewind.data.importers import import_files
from tradewind.kernel.loop import EVERYTHING
from tradewind.kernel.records import INSTRUMENTS
from tradewind.live.paper import run_tape
from tradewind.live.prepare import prepare
from tradewind.live.start import LAYOUTS, open_account
from tradewind.modes import Choice, Request, open_history, plan_backtest
from tradewind.risk.limits import OFF
from tradewind.settings import Account, Settings

TESTS = Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "live" / "desk"))
WEEK = "XAUUSD_ticks_oanda_20140504_20140509.parquet"
HOURS = 3600 * 1_000_000_000


class Moment(NamedTuple):
    """What the kernel knew after a commit."""

    commit: int
    orders: np.ndarray
    positions: dict


class Traded(NamedTuple):
    """A journal, commit by commit, and what the kernel knew at some of them."""

    commits: list
    moments: list
    journal: object


def request(folder):
    """Return what is traded: gold, by everything there is to do."""
    data = os.environ.get("TRADEWIND_DATA")
    if not data:
        pytest.skip("market data are not at hand: set TRADEWIND_DATA")
    settings = Settings(data=folder, account=Account(balance=Decimal(10_000_000)))
    history = open_history(settings)
    import_files([Path(data) / WEEK], history)
    choices = [
        Choice(TESTS / "parity" / "busy.py", {"reach": 40, "lots": 0.2}),
        Choice(TESTS / "parity" / "busy.py", {"seed": 7, "lots": 0.1}),
    ]
    whole = Request(choices, ["XAUUSD"], bar="M1", settings=settings, risk=loose(), journal_events=EVERYTHING)
    start = int(plan_backtest(whole, history).start)
    return replace(whole, end=start + 7 * HOURS), history


def loose():
    """Return the house's limits without what would soon stop a strategy that throws dice."""
    from oanda_desk import limits  # noqa: PLC0415  its folder was just added to the path

    off = (
        "gross_leverage",
        "net_leverage",
        "margin_use",
        "order_value_share",
        "order_value_cap",
        "position_lots_cap",
        "messages_per_day",
        "messages_per_minute",
        "stop_required",
        "stop_within_s",
    )
    return limits(loss_rules=(), **dict.fromkeys(off, OFF))


def traded(folder):
    """Return a journal of seven hours, cut once and gone on with under a new epoch."""
    wanted, history = request(folder)
    moments = []

    def look(desk):
        held = [desk.core.state["positions"][strategy * INSTRUMENTS] for strategy in range(2)]
        rows = {(strategy, 0): (int(one["quantity"]), int(one["cost"])) for strategy, one in enumerate(held)}
        moments.append(Moment(desk.journal.position.commit, desk.core.living().copy(), rows))

    for cut in (15_000, None):
        desk, journal = open_account(prepare(wanted), "busy", "paper", beats=False)
        desk.begin(1, desk.start_document)
        run_tape(desk, pieces(plan_backtest(wanted, history).feed(), 1_000, cut), on_turn=look)
        if cut is not None:
            journal.close()
    return Traded(commits_of(journal), moments, journal)


def pieces(blocks, rows, cut):
    """Yield a tape in pieces of so many rows, up to `cut` of them."""
    left = cut
    for block in blocks:
        for start in range(0, len(block), rows):
            part = block[start : start + rows]
            if left is not None:
                part = part[:left]
                left -= len(part)
            if len(part):
                yield part


def commits_of(journal):
    """Return the journal as [(commit, [(log, rows or note), ...]), ...]."""
    blocks = everything_after(journal._shelf, 0, journal.position.seq)
    return [
        (
            number,
            [
                (one.log, note_in(one) if one.log == NOTES else np.frombuffer(one.payload, LAYOUTS[one.log]))
                for one in those
            ],
        )
        for number, those in groupby(blocks, key=lambda one: one.commit_number)
    ]
