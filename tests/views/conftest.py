"""A paper account that has traded five weeks of the made-up market, and the backtest of the same tape."""

import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from tradewind.data.series import SYNTHETIC
from tradewind.data.synthetic import write_synthetic
from tradewind.kernel.loop import EVERYTHING
from tradewind.live.paper import run_tape
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.live.status import status_of
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import Choice, Request, backtest, open_history, plan_backtest
from tradewind.requests import risk_rules
from tradewind.settings import Settings

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
FIRST, LAST = date(2025, 1, 6), date(2025, 2, 7)


@pytest.fixture(scope="session")
def traded(tmp_path_factory):
    """The account `flip`, its settings, heartbeats at which it held something, and the backtest beside it."""
    folder = tmp_path_factory.mktemp("traded")
    settings = Settings(data=folder, strategies=HERE / "strategies", risk="house")
    history = open_history(settings)
    write_synthetic(history, ["XAUUSD"], 7, (day_open(FIRST), day_close(LAST)))
    request = Request(
        [Choice(HERE / "strategies" / "flip.py")], ["XAUUSD"], feed=SYNTHETIC, settings=settings,
        risk=risk_rules(settings).limits, journal_events=EVERYTHING, start=day_open(FIRST), end=day_close(LAST),
    )  # fmt: skip
    desk, journal = open_account(prepare(request), "flip", "paper", beats=False)
    held = []

    def look(one):
        if one.core.state["instruments"][0]["open_positions"]:
            held.append(status_of(one, "paper", leader=True, speed=0.0))

    with journal:
        desk.begin(1, desk.start_document)
        blocks = plan_backtest(request, history).feed()
        pieces = (rows[place : place + 30] for rows in blocks for place in range(0, len(rows), 30))
        run_tape(desk, pieces, on_turn=look, synthetic=True)
    plan = backtest(request, history)
    return SimpleNamespace(settings=settings, request=request, plan=plan, held=held, name="flip", data=folder)
