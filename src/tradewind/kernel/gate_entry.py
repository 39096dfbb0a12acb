"""The gate for callers in Python: rows of numpy arrays go in by address, numbers come out.

`gate_decision` is what a naive twin, a screen that asks "what would happen", and the tests call.
"""

from tradewind.kernel.compiled import compiled, record_at
from tradewind.kernel.floors import begin_floors
from tradewind.kernel.records import COMMAND, STATE
from tradewind.kernel.risk import decide
from tradewind.kernel.risk_calendar import plan_all


@compiled
def begin_limits(address):
    """The limits in the state at `address` are in force, and floors stand where the capital puts them."""
    state = record_at(address, STATE)
    account = state.account
    state.ruled = 1
    state.risk.close_equity = account.balance + account.unrealised
    begin_floors(state)
    plan_all(state)


@compiled
def decide_at(address, command):
    """See `gate_decision`; both are addresses."""
    return decide(record_at(address, STATE), record_at(command, COMMAND))


def gate_decision(state, command):
    """Return (action, reason, quantity): what the gate would do now with a new order that is not sent.

    `state` and `command` are one-row arrays of STATE and COMMAND. The action is 0 for passed, or REDUCE or REFUSE of
    `rows`; the reason a number of `refusals.REASONS`; the quantity what would be sent, lot steps. State and command
    are as they were, but for the gate's own measurements.
    """
    action, reason, quantity = decide_at(state.ctypes.data, command.ctypes.data)
    return int(action), int(reason), int(quantity)
