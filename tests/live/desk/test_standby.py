"""A trader on standby waits for whoever leads the account, and takes over when that one ends or is dead."""

import asyncio

import pytest
from oanda_desk import limits

from tradewind.adapters.file_lock import LockHeld
from tradewind.live.folder import account_folder
from tradewind.live.prepare import prepare
from tradewind.live.start import lock_leader
from tradewind.live.trading import once_free
from tradewind.modes import Choice, Request
from tradewind.requests import strategy_path
from tradewind.settings import Settings


@pytest.fixture
def prepared(tmp_path):
    """What would be traded."""
    settings = Settings(data=tmp_path)
    return prepare(Request([Choice(strategy_path("ema_cross"))], ["XAUUSD"], settings=settings, risk=limits()))


def test_it_runs_once_the_account_is_free_and_reaches_for_nothing_before(prepared):
    """It says once that it stands by, and who leads."""
    folder = account_folder(prepared.request.settings.data, "live")
    folder.make()
    leader = lock_leader(prepared.request.settings, folder)
    said, ran = [], []

    async def trade():
        ran.append(asyncio.get_running_loop().time())

    async def both():
        waiting = asyncio.create_task(once_free(prepared, "live", trade, said.append))
        await asyncio.sleep(1.2)
        assert not ran
        leader.release()
        await asyncio.wait_for(waiting, 10)

    asyncio.run(both())

    assert len(ran) == 1
    assert len(said) == 1
    assert said[0].startswith("Standing by.")


def test_without_standby_it_is_told_who_leads(prepared):
    """The run itself refuses, once, and nobody waits."""

    async def trade():
        raise LockHeld("The account live is in use.", "Stop that one first.", {})

    with pytest.raises(LockHeld):
        asyncio.run(once_free(prepared, "live", trade, None))


def test_one_that_loses_the_race_for_a_free_account_stands_by_again(prepared):
    """Two may wait: the slower finds the account taken once more."""
    account_folder(prepared.request.settings.data, "live").make()
    ends = [LockHeld("The account live is in use.", "Wait.", {}), None]
    said = []

    async def trade():
        end = ends.pop(0)
        if end is not None:
            raise end

    asyncio.run(once_free(prepared, "live", trade, said.append))

    assert not ends
    assert len(said) == 1
