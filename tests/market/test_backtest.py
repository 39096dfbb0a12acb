"""The same prices in files and in a database: a backtest cannot tell where they came from."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts"))

from history_stores import DATABASES, database

from tradewind.data.synthetic import FIRST, write_synthetic
from tradewind.modes import Choice, Request, backtest, open_history
from tradewind.runner import LOGS
from tradewind.settings import Settings

WEEK = (FIRST, FIRST + 4 * 86_400 * 1_000_000_000)
CROSSING = """from tradewind import buy, close, held, memory
from tradewind.indicators import EMA, ema

MEMORY = memory(fast=EMA, slow=EMA)


def on_bar(state, bar, memory, params):
    above = ema(memory.fast, bar.close, 5) > ema(memory.slow, bar.close, 20)
    if above and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close - 500)
    elif not above:
        close(state, bar.instrument)
"""


@pytest.fixture(scope="module", params=DATABASES)
def place(request):
    with database(request.param) as address:
        yield address


def ran(settings):
    """Return every byte that a backtest wrote, the digests of what it read, and how many commands there were."""
    history = open_history(settings)
    strategy = settings.data / "crossing.py"
    strategy.write_text(CROSSING)
    plan = backtest(Request([Choice(strategy)], ["US30"], plain=True, settings=settings), history)
    digests = [history.digest(one, plan.start, plan.end) for one in plan.reads]
    return {log: plan.journal.read(log).tobytes() for log in LOGS}, digests, len(plan.journal.read("commands"))


def test_a_backtest_from_the_database_equals_one_from_files_byte_for_byte(place, tmp_path):
    in_files = Settings(data=tmp_path)
    in_database = Settings(data=tmp_path, ports={"history": str(place)})
    for settings in (in_files, in_database):
        write_synthetic(open_history(settings), ["US30"], span=WEEK)
    expected, digests, commands = ran(in_files)

    assert commands > 0
    assert ran(in_database) == (expected, digests, commands)
