"""The log of what the gate did: one row for every refusal, reduction, halt, flatten, latch and change of limits."""

from tradewind.kernel.compiled import inner
from tradewind.kernel.records import RISK_ROWS


@inner
def note_risk(state, rule, action, value, limit, strategy, instrument, order, loss_rule):
    """A row of the risk log says that control `rule` did `action`; -1 stands for all strategies or instruments."""
    if state.risk_count >= RISK_ROWS:
        state.risk.lost_rows += 1
        return
    row = state.risk_rows[state.risk_count]
    state.risk_count += 1
    row.ts = state.now
    row.number = state.number
    row.rule = rule
    row.action = action
    row.value = float(value)
    row.limit = float(limit)
    row.strategy = strategy
    row.instrument = instrument
    row.loss_rule = loss_rule
    row.spare = 0
    row.order = order


@inner
def note_account(state, rule, action, value, limit):
    """A row of the risk log says what control `rule` did to the whole account."""
    note_risk(state, rule, action, value, limit, -1, -1, 0, -1)
