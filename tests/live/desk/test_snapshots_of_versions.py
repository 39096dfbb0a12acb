"""A snapshot of another version's layout is no use: the journal is read from its beginning, to the same state."""

from dataclasses import replace
from datetime import date

from oanda_desk import request

from tradewind.live.papering import on_a_tape, with_prices
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.markets.clock import day_close, day_open
from tradewind.runner import Runner


def opened(wanted):
    """Return the state's bytes after recovery, the snapshot it could begin from, and how much was replayed."""
    desk, journal = open_account(prepare(wanted), "paper", "paper", beats=False)
    with journal:
        return desk.core.state.tobytes(), journal.newest_snapshot(), desk.core.events


def test_a_snapshot_of_another_layout_is_passed_over(tmp_path, monkeypatch):
    """Its bytes would mean something else: they are not looked at, and nothing is lost."""
    wanted, _ = with_prices(
        replace(request(tmp_path, bar="M15"), start=day_open(date(2025, 3, 10)), end=day_close(date(2025, 3, 11))),
        "synthetic", 3,
    )  # fmt: skip
    on_a_tape(wanted, "paper", 0.0, fresh=False, on_turn=lambda _desk: None, say=lambda _text: None)
    state, snapshot, events = opened(wanted)
    assert snapshot is not None

    restored = []
    monkeypatch.setattr(Runner, "restore", lambda *_: restored.append(1))
    monkeypatch.setattr(Runner, "layout", staticmethod(lambda: "another"))
    again, _, replayed = opened(wanted)

    assert (again, replayed, restored) == (state, events, [])
