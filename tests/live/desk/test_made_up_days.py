"""Paper on made-up prices: weeks pass at once and fill what has to be filled; the last days are traded, and paced."""

import pytest
from oanda_desk import HERE, limits

from tradewind.adapters.journal import SqliteJournal
from tradewind.kernel.refusals import WARMING_UP
from tradewind.live.papering import _at_once_until, on_a_tape, with_prices
from tradewind.live.start import LAYOUTS
from tradewind.modes import Choice, Request
from tradewind.settings import Settings


@pytest.fixture
def request_without_days(tmp_path):
    """Give a request that names no day."""
    wanted = Request([Choice(HERE / "turns.py")], ["XAUUSD"], bar="M15", settings=Settings(data=tmp_path),
                     risk=limits())  # fmt: skip
    return with_prices(wanted, "synthetic", 5)[0]


def test_nothing_is_traded_before_the_days_that_are_shown_and_everything_after(request_without_days, tmp_path):
    """A restart in the middle of the weeks before holds entries until they are over, too."""
    shown = _at_once_until(request_without_days)

    class EnoughError(Exception):
        """It was killed."""

    def turned(desk):
        if desk.core.events > 20_000:
            raise EnoughError

    with pytest.raises(EnoughError):
        on_a_tape(request_without_days, "paper", 0.0, fresh=False, on_turn=turned, say=lambda _: None)
    on_a_tape(request_without_days, "paper", 0.0, fresh=False, on_turn=lambda _: None, say=lambda _: None)

    with SqliteJournal.open(tmp_path / "accounts/paper/journal.sqlite", LAYOUTS, readonly=True) as journal:
        commands, trades, events = (journal.read(log) for log in ("commands", "trades", "events"))
    early = commands[commands["ts"] < shown]
    assert len(early) > 100
    assert set(early["reason"].tolist()) == {WARMING_UP}
    assert len(trades) > 20
    assert trades["opened_at"].min() >= shown
    assert (events["ts"] < shown).sum() > 40_000
