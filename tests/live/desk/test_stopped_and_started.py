"""An account that a person stopped opens positions again after its next start."""

from oanda_desk import limits

from tradewind.kernel.refusals import STARTING, STOPPING
from tradewind.live.people import carry_out
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.modes import Choice, Request
from tradewind.requests import strategy_path
from tradewind.settings import Settings

START = 1_763_800_000_000_000_000
BIT = 1 << (STOPPING - STARTING)


def test_a_stop_ends_with_the_life_it_was_given_in(tmp_path):
    """The hold is in the journal and the snapshot; the next life takes it back, once, and the journal says so."""
    prepared = prepare(
        Request([Choice(strategy_path("ema_cross"))], ["XAUUSD"], settings=Settings(data=tmp_path), risk=limits())
    )
    desk, journal = open_account(prepared, "test", "paper")
    with journal:
        desk.begin(START, desk.start_document)
        carry_out(desk, {"verb": "stop", "person": "Ann", "reason": "a test"})
        assert desk.core.held(0) & BIT
        desk.snapshot()

    desk, journal = open_account(prepared, "test", "paper")
    with journal:
        assert desk.core.held(0) & BIT
        desk.begin(START + 1, desk.start_document)
        assert not desk.core.held(0) & BIT
        events = desk.core.events

    desk, journal = open_account(prepared, "test", "paper")
    with journal:
        assert (desk.core.events, desk.core.held(0) & BIT) == (events, 0)
