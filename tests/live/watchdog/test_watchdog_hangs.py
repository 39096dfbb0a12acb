"""The watchdog against traders that really hang: found, ended, entries cancelled, protection left alone."""

import pytest
from watchdog_broker import FakeOanda
from watchdog_trials import table, trials


def test_a_trader_that_hangs_is_ended_and_only_its_protection_stays(tmp_path, capsys):
    """Twenty hangs of four kinds beside an unreadable journal: nothing that may open is left, every stop is."""
    with FakeOanda() as broker:
        done = trials(broker, tmp_path, 20)
    with capsys.disabled():
        print(f"\n{table(done)}")

    assert len(done) == 20


@pytest.mark.soak
def test_five_hundred_hangs_end_the_same_way(tmp_path, capsys):
    """The same five hundred times over."""
    with FakeOanda() as broker:
        done = trials(broker, tmp_path, 500)
    with capsys.disabled():
        print(f"\n{table(done)}")

    assert len(done) == 500
