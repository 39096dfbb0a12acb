"""Who is told of what: fills, alerts and the day's summary become notices for people, and nobody is waited for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tradewind.adapters.notices import Day, Notice, fill, summary
from tradewind.broker import Report
from tradewind.live.desk import Desk
from tradewind.logs.log import QUIET, Level, Log
from tradewind.markets.clock import day_date
from tradewind.markets.instruments import Instrument
from tradewind.results.facts import numbered
from tradewind.trading.requests import Alert

LEVELS: dict[str, Level] = {"info": "info", "warning": "warning", "critical": "critical"}
KINDS: dict[str, Any] = {
    "refusals": "refusal",
    "limits": "limit",
    "disconnects": "disconnect",
    "reconciliation": "reconciliation",
    "kill": "kill",
}
"""What an alert's kind is called where people are told of it."""


class Telling:
    """What tells people about one desk."""

    def __init__(self, desk: Desk, tell: Callable[[Notice], Any], say: Callable[[str], Any], log: Log = QUIET) -> None:
        """`tell` takes a notice and never waits; `say` writes a line where a person watches."""
        self.desk, self.tell, self.say, self.log = desk, tell, say, log
        self.currency = desk.prepared.request.settings.account.currency
        self._begin()

    def _begin(self) -> None:
        """A day begins with what the account is worth now."""
        state = self.desk.core.state
        self.date = int(state["date"])
        self.opened = self.highest = self._equity()
        self.worst = 0
        self.refused = self._refusals()
        self.trades: list[Any] = []

    def turn(self) -> None:
        """What happened since the last turn is told; when a trading date has ended, so is what it came to."""
        for alert in self.desk.alerts:
            self.alert(alert)
        self.desk.alerts.clear()
        names = numbered([one.name for one in self.desk.prepared.strategies])
        for report, strategy in self.desk.fills:
            instrument = self.desk.prepared.listings[report.instrument].instrument
            name = names[strategy] if strategy >= 0 else ""
            self.tell(fill(report, instrument, self.currency, name))
            self._log_fill(report, instrument, name)
        self.desk.fills.clear()
        self.trades += self.desk.finished
        self.desk.finished.clear()
        equity = self._equity()
        self.highest = max(self.highest, equity)
        self.worst = min(self.worst, equity - self.highest)
        if int(self.desk.core.state["date"]) != self.date:
            if self.date:
                self.tell(summary(self._day()))
            self._begin()

    def alert(self, alert: Alert) -> None:
        """An alert is said, written down and told."""
        self.log.note("alert", alert.text, LEVELS.get(alert.level, "info"), reason_code=alert.kind)
        self.say(f"[{alert.level}] {alert.text}")
        self.tell(Notice(KINDS.get(alert.kind, "reconciliation"), alert.text))

    def _log_fill(self, report: Report, instrument: Instrument, strategy: str) -> None:
        self.log.note(
            "fill",
            strategy=strategy or None,
            instrument=instrument.symbol,
            client_order_id=report.id or None,
            venue_order_id=report.broker_order or None,
            exec_id=report.execution,
            side="buy" if report.side > 0 else "sell",
            lots=float(report.quantity * instrument.volume_step),
            price=float(report.price * instrument.tick_size),
        )

    def _day(self) -> Day:
        costs = [int(one["commission"]) for one in self.trades]
        financing = [int(one["financing"]) for one in self.trades]
        gross = [int(one["gross"]) for one in self.trades]
        net = [sum(parts) for parts in zip(gross, costs, financing, strict=True)]
        state = self.desk.core.state
        count = int(state["instrument_count"])
        return Day(
            day=day_date(self.date),
            currency=self.currency,
            opened_with=self.opened,
            closed_with=self._equity(),
            realised=sum(gross),
            costs=sum(costs),
            financing=sum(financing),
            trades=len(net),
            winners=sum(one > 0 for one in net),
            refusals=self._refusals() - self.refused,
            open_positions=sum(int(one) for one in state["instruments"]["open_positions"][:count]),
            worst=self.worst,
        )

    def _equity(self) -> int:
        account = self.desk.core.state["account"]
        return int(account["balance"]) + int(account["unrealised"])

    def _refusals(self) -> int:
        return sum(int(one["refusals"]) for one in self.desk.core.state["strategies"])


def notifier_of(addresses_file: Path | None, title: str) -> Any:
    """Return what delivers notices, or None where nobody asked for them."""
    if addresses_file is None:
        return None
    from tradewind.adapters.notify import Notifier, addresses  # noqa: PLC0415 - only who is told loads the library

    return Notifier(addresses(addresses_file), title)
