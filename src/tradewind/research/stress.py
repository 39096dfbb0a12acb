"""Cost stress: the same backtest with spread and slippage times 0, 1 and 2, and the multiple at which nothing is left.

The result is not a straight line in the multiple: a wider spread stops positions out and makes sizes smaller. So the
break-even is found by running again, between a multiple that earns and one that loses, at the place where a straight
line between the two would cross.
"""

from collections.abc import Callable
from typing import Any

from tradewind.adapters.histories import History
from tradewind.modes import Request, backtest
from tradewind.research.again import at_costs
from tradewind.research.bands import Runs, result_of

SHOWN = (0.0, 1.0, 2.0)
HIGHEST = 16.0
"""A strategy that still earns there does not depend on its costs."""
CLOSE_ENOUGH = 0.02
"""The multiple is known to this."""
RUNS = 8


def run_stress(request: Request, history: History, run: Runs = backtest) -> dict[str, Any]:
    """Return net results by multiple of spread and slippage, and the break-even multiple.

    `break_even` is 0 where the strategy loses without any cost, None where it earns at sixteen times the costs.
    """
    nets: dict[float, float] = {}

    def net(multiple: float) -> float:
        if multiple not in nets:
            account = result_of(run(at_costs(request, multiple), history))[0]["account"]
            nets[multiple] = account["final"] - account["initial"]
        return nets[multiple]

    shown = {f"{multiple:g}": net(multiple) for multiple in SHOWN}
    return {**shown, "break_even": break_even(net), "runs": len(nets)}


def break_even(net: Callable[[float], float]) -> float | None:
    """Return the multiple at which `net` is nothing: 0 where it is never above, None where it is at HIGHEST."""
    if net(0.0) <= 0:
        return 0.0
    low, high = 0.0, 1.0
    while net(high) > 0:
        low, high = high, high * 2
        if high > HIGHEST:
            return None
    # What the result is taken for at either end: halved where the same end stays twice, so that both ends move.
    taken = {low: net(low), high: net(high)}
    for _ in range(RUNS):
        middle = low + (high - low) * taken[low] / (taken[low] - taken[high])
        middle = min(max(middle, low + 0.02 * (high - low)), high - 0.02 * (high - low))
        value = net(middle)
        if value > 0:
            taken = {middle: value, high: taken[high] / 2 if low > 0 else taken[high]}
            low = middle
        else:
            taken = {low: taken[low] / 2, middle: value}
            high = middle
        if high - low < CLOSE_ENOUGH or abs(value) < 1e-9:
            break
    ends = net(low), net(high)
    return low + (high - low) * ends[0] / (ends[0] - ends[1])
