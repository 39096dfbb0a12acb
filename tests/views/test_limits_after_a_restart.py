"""Limits that were changed while an account ran are known after a restart, and the heartbeat tells of them."""

from dataclasses import replace

import pytest

from tradewind.live.paper import run_tape
from tradewind.live.people import carry_out
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.live.status import status_of
from tradewind.modes import open_history, plan_backtest
from tradewind.risk.digest import with_digest


def other(limits, name, **changed):
    """Return the limits with some of them changed."""
    return with_digest(limits._replace(name=name, version=limits.version + 1, **changed))


@pytest.mark.parametrize("again", ["house", "others"])
def test_a_desk_that_was_given_limits_starts_again_with_them(traded, tmp_path, again):
    """From a snapshot behind the change, whatever rules the start names."""
    (tmp_path / "history").symlink_to(traded.data / "history")
    request = replace(traded.request, settings=traded.settings.model_copy(update={"data": tmp_path}))
    tighter = other(request.risk, "tighter", risk_per_trade=0.001)
    desk, journal = open_account(prepare(request), "changed", "paper", beats=False)
    with journal:
        desk.begin(1, desk.start_document)
        blocks = plan_backtest(request, open_history(request.settings)).feed()
        run_tape(desk, [next(iter(blocks))[:2_000]])
        assert "tighter" in carry_out(desk, {"verb": "limits", "limits": tighter.as_tree()})
        desk.settle(desk.core.now, at_once=True)
        desk.snapshot()
    named = request if again == "house" else replace(request, risk=other(request.risk, "others", open_risk=0.01))

    desk, journal = open_account(prepare(named), "changed", "paper", beats=False)
    with journal:
        assert desk.limits().risk_per_trade == 0.001
        told = status_of(desk, "paper")["risk"]

    assert set(told["floors"]) == {rule.name for rule in request.risk.loss_rules}
