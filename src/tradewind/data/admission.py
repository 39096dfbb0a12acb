"""What data a backtest may use: series in which the doctor found nothing that makes results wrong.

An open blocker within the period is refused, with the commands that mend or waive it. What is waived, and what is only
a warning or a note, goes into the run's document, so that a reader of the results knows what they rest on.
"""

from collections.abc import Iterable
from typing import Any

from tradewind.data.doctor import BLOCKER, NOTE, WARNING, Finding, Record, record, words
from tradewind.data.series import SYNTHETIC, History, Identity, Series
from tradewind.errors import BadData
from tradewind.markets.instruments import Profile


def admitted(
    history: History, reads: Iterable[Series], profile: Profile, period: tuple[int, int]
) -> dict[str, dict[str, Any]]:
    """Return by series what is known of its quality in a period of ns UTC; raise BadData for an open blocker.

    Made-up prices are not examined: they are what they are by construction.
    """
    known = {}
    for series in reads:
        if series.feed != SYNTHETIC:
            one = record(history, series, profile)
            _refuse(one, *period)
            known[words(series)] = _quality(one, *period)
    return known


def with_asks(history: History, wanted: Iterable[Identity]) -> list[Series]:
    """Return the series a tape reads for those wanted: bids are read with the asks of the same feed and size."""
    found = [Series(*identity) for identity in wanted]
    asks = [
        Series(*held.series)
        for one in found
        if one.side == "bid"
        for held in history.find(one.symbol, one.feed, "ask", one.timeframe)
    ]
    return [*found, *asks]


def _within(finding: Finding, start_ns: int, end_ns: int) -> bool:
    return finding.first < end_ns and finding.last >= start_ns


def _refuse(one: Record, start_ns: int, end_ns: int) -> None:
    found = [finding for finding in one.open_blockers if _within(finding, start_ns, end_ns)]
    if found:
        first = found[0]
        more = f" ({len(found) - 1} more: see `tradewind data doctor {one.series.symbol}`)" if len(found) > 1 else ""
        mend = f"Mend it: {first.command}" if first.command else "Import the series again from a better source"
        raise BadData(
            f"{words(one.series)}: {first.code}. {first.evidence}{more}",
            f"{mend}; or accept it: tradewind data waive {words(one.series)} {first.code} --reason TEXT",
        )


def _quality(one: Record, start_ns: int, end_ns: int) -> dict[str, Any]:
    inside = [finding for finding in one.findings if _within(finding, start_ns, end_ns)]
    waived = {finding.code: waiver.reason for finding in inside if (waiver := one.waiver(finding)) is not None}
    counts = {kind: sum(finding.severity == kind for finding in inside) for kind in (BLOCKER, WARNING, NOTE)}
    return {"blockers": counts[BLOCKER], "warnings": counts[WARNING], "notes": counts[NOTE], "waived": waived}
