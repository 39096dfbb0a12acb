"""One backtest in three books: what it may have been, where nobody can know how orders were filled.

    book          order of prices in a bar             slippage       spread from a curve   typical spread
    pessimistic   the worse outcome                    half as much   a quarter more        three times
                                                       again
    neutral       open, nearer extreme, other, close   as set         as set                as set
    optimistic    the better outcome                   half           a fifth less          0.6 times

The order inside a bar is unknown, and so is what the market does during the latency and while a stop is being filled:
the slippage model charges for it on average, and half of that, either way, is what ticks were seen to differ by
(docs/research.md has the measurement). Recorded spreads are facts and stay as they are; a curve that was learned is a
few percent off altogether, and the typical spread of a profile up to three quarters (docs/data.md, the level).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from tradewind.adapters.histories import History
from tradewind.modes import Plan, Request, backtest
from tradewind.results.summary import summarise
from tradewind.results.tables import tables
from tradewind.runs import LOGS, facts_of

if TYPE_CHECKING:
    import polars as pl


class Runs(Protocol):
    """What runs a request; `modes.backtest`, or something of its form in a test."""

    def __call__(self, request: Request, history: History) -> Plan:
        """Return the plan that has run."""


BOOKS = ("pessimistic", "neutral", "optimistic")
MODES = {"pessimistic": "pessimistic", "neutral": "path", "optimistic": "optimistic"}
SLIPPAGE = {"pessimistic": 1.5, "neutral": 1.0, "optimistic": 0.5}
SPREAD = {
    "recorded": {"pessimistic": 1.0, "neutral": 1.0, "optimistic": 1.0},
    "curve": {"pessimistic": 1.25, "neutral": 1.0, "optimistic": 0.8},
    "typical": {"pessimistic": 3.0, "neutral": 1.0, "optimistic": 0.6},
}
"""By where the spread comes from: recorded asks, curves that were learned, or the profile's typical one."""

FLAGGED_ABOVE = 0.02
"""Of ambiguous trades (domain rules 7.3)."""


def in_book(request: Request, book: str, spread_from: str = "recorded") -> Request:
    """Return the request as one of the BOOKS fills it."""
    settings = request.settings
    costs = settings.costs
    changed = costs.model_copy(
        update={"slippage": costs.slippage * SLIPPAGE[book], "spread": costs.spread * SPREAD[spread_from][book]}
    )
    fills = settings.fills.model_copy(update={"mode": MODES[book]})
    return replace(request, settings=settings.model_copy(update={"costs": changed, "fills": fills}))


def spread_source(plan: Plan) -> str:
    """Return where the spreads of a plan that has run came from; of several, the least sure."""
    asks = {(one.symbol, one.feed, one.timeframe) for one in plan.reads if one.side == "ask"}
    traded = {one.instrument.symbol for one in plan.listings if one.tradable}
    unknown = [
        one
        for one in plan.reads
        if one.symbol in traded
        and one.side != "ask"
        and one.timeframe != 0
        and (one.symbol, one.feed, one.timeframe) not in asks
    ]
    if not unknown:
        return "recorded"
    return "curve" if all(" ".join(str(part) for part in one) in plan.spreads for one in unknown) else "typical"


def result_of(plan: Plan) -> tuple[Mapping[str, Any], Mapping[str, "pl.DataFrame"]]:
    """Return the summary and the tables of a plan that has run."""
    facts = facts_of(plan)
    made = tables({name: plan.journal.read(name) for name in LOGS}, facts)
    return summarise(made, facts), made


def run_bands(
    request: Request, history: History, plan: Plan, run: Runs = backtest
) -> tuple[dict[str, Any], dict[str, "pl.DataFrame"]]:
    """Return the bands of a request whose `plan` has run: what goes into its document, and a table for each book."""
    source = spread_source(plan)
    bands: dict[str, Any] = {}
    curves: dict[str, pl.DataFrame] = {}
    shares: list[float | None] = []
    for book in BOOKS:
        summary, made = result_of(run(in_book(request, book, source), history))
        account, total = summary["account"], summary["total"]
        bands[book] = {
            "net": account["final"] - account["initial"], "return_share": account["return_share"],
            "trades": total["trades"], "max_drawdown": account["max_drawdown"],
        }  # fmt: skip
        curves[f"band_{book}"] = made["equity"].select("ts", "equity")
        shares.append(total["ambiguous_share"])
    share = max((one for one in shares if one is not None), default=None)
    bands["ambiguous_share"] = share
    bands["unknowable_profit_share"] = unknowable_share([bands[book]["net"] for book in BOOKS])
    bands["flagged"] = share is not None and share > FLAGGED_ABOVE
    bands["advice"] = _advice(plan, share) if bands["flagged"] else ""
    bands["spread_from"] = source
    bands["assumes"] = _assumptions(source)
    return bands, curves


def unknowable_share(nets: Sequence[float]) -> float | None:
    """Return the share of the largest result that hangs on which book is true; 1 where they disagree on its sign."""
    low, high = min(nets), max(nets)
    largest = max(abs(low), abs(high))
    return None if largest == 0 else min(1.0, (high - low) / largest)


def _advice(plan: Plan, share: float | None) -> str:
    finest = min(info.timeframe for infos in plan.series[:1] for info in infos)
    need = "ticks" if finest <= 60 else "one-minute bars or ticks"
    return (
        f"{share or 0:.1%} of the trades could have ended either way inside a bar (the rule is 2 %): import {need} for "
        "this period, or keep stops and targets further away than one bar's range."
    )


def _assumptions(source: str) -> dict[str, str]:
    """Return what each book assumes, in words."""
    order = {"pessimistic": "worse", "neutral": "open, nearer extreme, other, close", "optimistic": "better"}
    names = {"recorded": "as recorded", "curve": "learned", "typical": "typical of the profile"}
    made = {}
    for book in BOOKS:
        spread = names[source] + ("" if source == "recorded" else f", x{SPREAD[source][book]:g}")
        made[book] = f"order inside a bar: {order[book]}; slippage x{SLIPPAGE[book]:g}; spread {spread}"
    return made
