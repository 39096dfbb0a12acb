"""What the numbers allow to be said, in sentences that do not flatter.

A mean within two standard errors of zero is called indistinguishable from zero, and how many trades of that size it
would take to tell is said beside it: n = (2 s / mean)^2 with s the deviation of R.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tradewind.results.amounts import cash_text, share_text
from tradewind.results.columns import minor_of

if TYPE_CHECKING:
    import polars as pl

FEW = 30
"""Fewer trades than this are called few."""
BEST = 5


class Remark(NamedTuple):
    """A sentence and its weight: "good", "caution", "bad" or "note"."""

    kind: str
    text: str


def verdict(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]", measures: Mapping[str, Any]) -> list[Remark]:
    """Return what can be said of a run, the heaviest first."""
    trades = tables["trades"]
    if trades.height == 0:
        return [Remark("bad", "No trade was made, so there is nothing to judge.")]
    found = [*_expectancy(run, trades, measures), *_costs(run), *_few_trades(run, trades), *_inside_bars(run)]
    found += [*_open_positions(run), *_tries(run)]
    order = {"bad": 0, "caution": 1, "good": 2, "note": 3}
    return [found[0], *sorted(found[1:], key=lambda each: order[each.kind])]


def _expectancy(run: Mapping[str, Any], trades: "pl.DataFrame", measures: Mapping[str, Any]) -> list[Remark]:
    """Return whether the mean R can be told from zero."""
    total = run["summary"]["total"]
    mean, error, rated = total["expectancy_r"], total["expectancy_error_r"], total["rated"]
    unit = "trade" if rated == 1 else "trades"
    if mean is None:
        return [Remark("caution", f"None of {trades.height:,} trades had a stop, so nothing can be measured in R.")]
    if not error:
        return [
            Remark("caution", f"{rated:,} {unit}: the mean R of {mean:+.2f} has no standard error, it is no evidence.")
        ]
    told = f"{rated:,} {unit}: the mean R of {mean:+.2f} ± {error:.2f}"
    wider = max(error, measures["expectancy_error_effective_r"] or 0.0)
    if wider > error * 1.05:
        told += f" (± {wider:.2f} counting the {measures['effective_trades']:,} that do not overlap)"
    ratio = mean / wider
    if abs(ratio) < 2:
        needed = math.ceil((2 * wider * math.sqrt(rated) / mean) ** 2) if mean else 0
        more = f" If it were the true mean, about {needed:,} trades would be needed to tell." if needed else ""
        return [Remark("caution", f"{told} cannot be told from 0.{more}")]
    if ratio < 0:
        return [Remark("bad", f"{told} lies {-ratio:.1f} standard errors below 0: it loses.")]
    return [
        Remark(
            "good",
            f"{told} lies {ratio:.1f} standard errors above 0, if this was the only variant looked at.",
        )
    ]


def _costs(run: Mapping[str, Any]) -> list[Remark]:
    """Return what was left before and after costs."""
    total, account = run["summary"]["total"], run["summary"]["account"]
    gross, digits, unit = total["gross_mid"], account["digits"], account["currency"]
    told = cash_text(gross, digits, unit)
    if gross <= 0:
        return [Remark("bad", f"It lost before any cost ({told} at mid prices): no cheaper broker would mend it.")]
    share = total["cost_share"]
    if share is not None and share >= 1:
        return [Remark("bad", f"Costs took {share_text(share)} of the {told} made at mid prices: all of it and more.")]
    kind = "caution" if share is not None and share > 0.3 else "note"
    return [Remark(kind, f"Costs took {share_text(share)} of the {told} made at mid prices.")]


def _few_trades(run: Mapping[str, Any], trades: "pl.DataFrame") -> list[Remark]:
    """Return how much hangs on a few trades."""
    account = run["summary"]["account"]
    digits, found = account["digits"], []
    if trades.height < FEW:
        found.append(
            Remark("caution", f"{trades.height:,} trades are few: any figure below may turn with the next ones.")
        )
    net = minor_of(trades["net"], digits)
    total, best = int(net.sum()), int(np.sort(net)[-BEST:].sum())
    if total > 0 and trades.height > BEST and total - best <= 0:
        rest = cash_text((total - best) / 10**digits, digits, account["currency"])
        found.append(Remark("caution", f"Without its {BEST} best trades the net would be {rest}."))
    return found


def _inside_bars(run: Mapping[str, Any]) -> list[Remark]:
    """Return how much hangs on what nobody can know."""
    share = run["summary"]["total"]["ambiguous_share"]
    if not share:
        return []
    kind = "caution" if share > 0.05 else "note"
    words = f"{share_text(share)} of the trades were decided inside one bar, where the order of prices is not known."
    unknowable = run.get("bands", {}).get("unknowable_profit_share")
    if unknowable is not None:
        words += f" {share_text(unknowable)} of the profit hangs on it."
    return [Remark(kind, words)]


def _open_positions(run: Mapping[str, Any]) -> list[Remark]:
    account = run["summary"]["account"]
    if not account["open"]:
        return []
    told = cash_text(account["open"], account["digits"], account["currency"])
    return [
        Remark("note", f"Positions still open at the end stand at {told}; they are in the equity, not in the trades.")
    ]


def _tries(run: Mapping[str, Any]) -> list[Remark]:
    """Return what the number of variants tried does to all this."""
    found = run.get("honesty", {})
    deflated, count = found.get("dsr"), found.get("trials")
    if deflated is None and found.get("sentence"):
        return [Remark("note", f"{found['sentence'][0].upper()}{found['sentence'][1:]}")]
    if deflated is None:
        return [
            Remark(
                "note", "How many variants were tried before this one is not in this run; every one more weakens it."
            )
        ]
    kind = "good" if deflated >= 0.95 else "caution"
    return [
        Remark(kind, f"After {count:,} trials on record the Sharpe ratio beats luck with probability {deflated:.2f}.")
    ]
