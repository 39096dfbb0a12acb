"""What a trader counts as it happens.

Orders, fills and decisions are counted where they become durable, in the journal's rows, so that paper and live count
alike and nothing is counted that did not happen.
"""

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind import money
from tradewind.kernel.refusals import BALANCE_OF_BROKER, REASONS, REPEATED_EXECUTION, TOO_MANY_MESSAGES
from tradewind.kernel.rows import (
    ACCEPTED,
    BAR,
    CANCEL,
    CANCELLED,
    CORRECTED,
    EXPIRED,
    FILLED,
    PLACE,
    QUOTE,
    REFUSE,
    REFUSED_COMMAND,
    REJECTED,
    REPLACE,
    REPLACED,
    RISK_ACTIONS,
    UNKNOWN_OUTCOME,
)
from tradewind.metrics.told import Told
from tradewind.results.facts import numbered

if TYPE_CHECKING:
    from tradewind.live.desk import Desk, DurableJournal

STATES = {
    ACCEPTED: "accepted", REJECTED: "rejected", FILLED: "filled", CANCELLED: "cancelled", EXPIRED: "expired",
    REPLACED: "replaced", UNKNOWN_OUTCOME: "unknown",
}  # fmt: skip
"""Reports that change what an order is."""
ACTIONS = {PLACE: "place", CANCEL: "cancel", REPLACE: "replace", REFUSED_COMMAND: "refuse"}
MARKET = {QUOTE: "quote", BAR: "bar"}
THROTTLES = (TOO_MANY_MESSAGES, REPEATED_EXECUTION)
"""Refusals that mean: too much, too fast."""


class Counting:
    """A desk's journal that counts what is written; everything else it is asked for is the journal's."""

    def __init__(self, journal: "DurableJournal", told: Told, desk: "Desk", venue: str) -> None:
        """Everything that may be counted stands at zero, so that its rate is known from the first."""
        self._journal, self._told, self._venue = journal, told, venue
        self._names = numbered([one.name for one in desk.prepared.strategies])
        self.commit_s: float | None = None
        """What the last commit took."""
        self.committed_at: float | None = None
        """When it ended, by the monotonic clock."""
        self._commits = told.histogram("tradewind_journal_fsync_seconds")
        self._kinds = {kind: told.counter("tradewind_md_events_total", venue, name) for kind, name in MARKET.items()}
        self._fills = told.counter("tradewind_fills_total", venue)
        self._late = told.histogram("tradewind_fill_late_seconds")
        self._slippage = told.histogram("tradewind_slippage_bps")
        self._currency = desk.prepared.request.settings.account.currency
        told.counter("tradewind_order_rejects_total", venue, "none").inc(0)
        for name in self._names:
            for state in STATES.values():
                told.counter("tradewind_orders_total", venue, name, state).inc(0)
            for action in ACTIONS.values():
                told.counter("tradewind_decisions_total", name, action).inc(0)
            told.counter("tradewind_risk_throttle_trips_total", name).inc(0)

    def __getattr__(self, name: str) -> Any:
        """Return what the journal has."""
        return getattr(self._journal, name)

    def append(self, log: str, rows: Any) -> None:
        """The rows stand at the end of the log, and are counted."""
        self._journal.append(log, rows)
        if log == "events":
            self._events(rows)
        elif log == "commands":
            self._commands(rows)
        elif log == "risk":
            self._risk(rows)

    def commit(self, epoch: int) -> int:
        """Everything so far is durable, and how long that took is known."""
        began = time.perf_counter()
        found = self._journal.commit(epoch)
        self.commit_s = time.perf_counter() - began
        self.committed_at = time.monotonic()
        self._commits.observe(self.commit_s)
        return found

    def _events(self, rows: Any) -> None:
        kinds = rows["kind"]
        for kind, counter in self._kinds.items():
            if count := int(np.count_nonzero(kinds == kind)):
                counter.inc(count)
        for place in np.flatnonzero((kinds >= ACCEPTED) & (kinds <= CORRECTED)):
            self._report(rows[int(place)])

    def _report(self, row: Any) -> None:
        kind = int(row["kind"])
        if kind in STATES:
            self._told.counter("tradewind_orders_total", self._venue, self._named(row), STATES[kind]).inc()
        if kind == FILLED:
            self._fills.inc()
            self._late.observe(max(0, int(row["ts"]) - int(row["occurred"])) / 1e9 if row["occurred"] else 0.0)
            if row["price"] > 0:
                self._slippage.observe(int(row["slippage"]) / int(row["price"]) * 1e4)
        elif kind == REJECTED:
            self._told.counter("tradewind_order_rejects_total", self._venue, _reason(row)).inc()
        elif kind == CORRECTED:
            self._told.counter("tradewind_adjustments_total", _reason(row)).inc()
            if int(row["reason"]) == BALANCE_OF_BROKER:
                drift = float(money.amount(-int(row["amount"]), self._currency))
                self._told.gauge("tradewind_cash_drift", self._currency).set(drift)

    def _commands(self, rows: Any) -> None:
        for row in rows:
            kind, name = int(row["kind"]), self._named(row)
            if kind in ACTIONS:
                self._told.counter("tradewind_decisions_total", name, ACTIONS[kind]).inc()
            if kind == PLACE:
                self._told.counter("tradewind_risk_checks_total", name, "passed", "none").inc()
            elif kind == REFUSED_COMMAND:
                self._told.counter("tradewind_risk_checks_total", name, "refuse", _reason(row)).inc()
                if int(row["reason"]) in THROTTLES:
                    self._told.counter("tradewind_risk_throttle_trips_total", name).inc()

    def _risk(self, rows: Any) -> None:
        """What the gate did besides refusing, which the commands tell already."""
        for row in rows:
            if int(row["action"]) != REFUSE:
                action, rule = RISK_ACTIONS[int(row["action"])], REASONS.get(int(row["rule"]), ("none", ""))[0]
                self._told.counter("tradewind_risk_checks_total", self._named(row), action, rule).inc()

    def _named(self, row: Any) -> str:
        number = int(row["strategy"])
        return self._names[number] if 0 <= number < len(self._names) else "account"


def _reason(row: Any) -> str:
    return REASONS.get(int(row["reason"]), ("none", ""))[0]
