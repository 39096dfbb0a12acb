"""What a run of the chain came to, trade by trade, in whole minor units of the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tradewind.kernel.records import INSTRUMENTS
from tradewind.ports import Rows


class Decision(NamedTuple):
    """What a trade came of: who decided when, and the order's id in that run."""

    order: int
    decided: int
    """ns UTC; when it was filled, where no strategy decided it."""


class Deal(NamedTuple):
    """A trade, or a position still open at the end, with the money it made within the run."""

    strategy: int
    instrument: int
    side: int
    order: int
    decided: int
    opened: int
    closed: int
    """ns UTC; 0 while it is open."""
    quantity: int
    entry_cost: int
    exit_cost: int
    gross: int
    """Price difference alone; of an open position at the price it could be closed at."""
    commission: int
    financing: int
    reason: int = 0

    @property
    def net(self) -> int:
        """All of it."""
        return self.gross + self.commission + self.financing


class Fill(NamedTuple):
    """A fill as a run had it; `place` is the price row it happened on."""

    order: int
    place: int
    report: Any


@dataclass(frozen=True)
class Played:
    """A finished run."""

    deals: Sequence[Deal]
    commands: Rows | None
    fills: Sequence[Fill]
    total: int
    """Change of the equity."""

    @property
    def net(self) -> int:
        """The sum of the deals; equals `total` where every strategy's book is the broker's."""
        return sum(deal.net for deal in self.deals)


def equity(state: Any) -> int:
    """Return balance and what is unrealised, minor units."""
    account = state["account"][0]
    return int(account["balance"]) + int(account["unrealised"])


def deal_of(trade: Any, decision: Decision) -> Deal:
    """Return a row of the trade log as a deal."""
    return Deal(
        int(trade["strategy"]), int(trade["instrument"]), int(trade["side"]), decision.order, decision.decided,
        int(trade["opened_at"]), int(trade["closed_at"]), int(trade["quantity"]), int(trade["entry_cost"]),
        int(trade["exit_cost"]), int(trade["gross"]), int(trade["commission"]), int(trade["financing"]),
        int(trade["reason"]),
    )  # fmt: skip


def open_deal(state: Any, index: int, decision: Decision) -> Deal:
    """Return the open position with that index as a deal that has not ended."""
    row = state["positions"][0][index]
    return Deal(
        index // INSTRUMENTS, index % INSTRUMENTS, 1 if row["quantity"] > 0 else -1, decision.order, decision.decided,
        int(row["opened_at"]), 0, int(row["entry_steps"]), int(row["entry_cost"]), int(row["exit_cost"]),
        int(row["realised"]) + int(row["unrealised"]), int(row["commission"]), int(row["financing"]),
    )  # fmt: skip
