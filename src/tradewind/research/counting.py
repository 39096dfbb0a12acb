"""A run is counted: its trials go to the ledger, and what the ledger then says goes into its document.

One strategy makes one trial. Several in one run make one trial each, of what their own lines earned, and one more for
the whole, whose family is all their names; the whole is judged against every trial of its members too, because
each member was chosen among those. Runs on made-up prices are families of their own: to choose among them chooses
nothing on a market.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.ledger import Entry, Trial, Trials
from tradewind.adapters.memory_runs import LATEST
from tradewind.adapters.stored_runs import StoredRuns
from tradewind.errors import BadLedger, TradewindError
from tradewind.modes import Plan
from tradewind.research.ledger import honesty_of, made_trial, trial_digest
from tradewind.results.daily import DailyProfit, daily_of
from tradewind.results.provenance import Provenance, digest_of
from tradewind.results.trade_quality import separate_trades
from tradewind.strategy import Strategy

if TYPE_CHECKING:
    import polars as pl

    Tables = Mapping[str, pl.DataFrame]

EPOCH = date(1970, 1, 1)


def family_of(strategy: Strategy, *, synthetic: bool) -> str:
    """Return the family of a strategy: its file's FAMILY, or its name."""
    named = getattr(strategy.module, "FAMILY", strategy.name)
    if not isinstance(named, str) or not named.strip():
        raise TradewindError(f"{strategy.path}: FAMILY is {named!r}.", 'Write a name, such as FAMILY = "breakouts".')
    return f"{named.strip()} (synthetic)" if synthetic else named.strip()


def honesty_beside(
    runs: StoredRuns,
    store: Trials,
    plan: Plan,
    document: Mapping[str, Any],
    tables: "Tables",
    *,
    source: str = "backtest",
) -> dict[str, Any]:
    """Return what `count_run` says, with a `warning` if the ledger does not know what saved runs say it knew."""
    warning = missing_from(store, runs)
    return count_run(store, plan, document, tables, source) | ({"warning": warning} if warning else {})


def count_run(
    store: Trials, plan: Plan, document: Mapping[str, Any], tables: "Tables", source: str = "backtest"
) -> dict[str, Any]:
    """Every trial of the run stands in the ledger; return what it says of the run, as plain data.

    A ledger that cannot be used loses no run: then the answer holds the `error` and nothing else.
    """
    try:
        trials = trials_of(plan, document, tables, source)
        store.add(trials)
        told = honesty_of(store, trials[-1], [trial.family for trial in trials])
        opened, closed = (tables["trades"][name].to_physical().to_numpy() for name in ("opened", "closed"))
        return {**told, "trades": len(opened), "trades_apart": separate_trades(opened, closed)}
    except BadLedger as error:
        return {"error": str(error)}


def missing_from(store: Trials, runs: StoredRuns) -> str | None:
    """Return a warning where the newest run was counted in a ledger that is not this one any more."""
    if (newest := _newest(runs)) is None:
        return None
    counted = (newest.get("honesty") or {}).get("ledger")
    if not counted:
        return None
    try:
        if store.holds(Entry(counted["number"], counted["chain"])):
            return None
    except BadLedger as error:
        return str(error)
    return (
        f"The trial ledger {store.path} lacks row {counted['number']}, as which run {newest['id']} was counted: it was "
        "removed or replaced. The count begins again and says too little of luck."
    )


def _newest(runs: StoredRuns) -> Mapping[str, Any] | None:
    """Return the document of the newest run; None where none was ever saved."""
    try:
        return runs.get(runs.find(LATEST))
    except TradewindError:
        return None


def trials_of(plan: Plan, document: Mapping[str, Any], tables: "Tables", source: str) -> list[Trial]:
    """Return the trials that a run is: one for each strategy and, where there are several, the whole last."""
    names: Sequence[str] = document["strategies"]
    families = [family_of(one, synthetic=bool(document["synthetic"])) for one in plan.strategies]
    provenance = recorded(document)
    period = (plan.start, plan.end)
    digests = [trial_digest(provenance, name, document["instruments"], period) for name in names]
    profits = profits_of(document, tables)
    trials = [
        _trial(document, (family, digest, name), (plan, source), profits.dates, returns_of(profits, name))
        for family, digest, name in zip(families, digests, names, strict=True)
    ]
    if len(trials) > 1:
        whole = ("+".join(sorted(set(families))), digest_of(sorted(digests)), "+".join(names))
        trials.append(_trial(document, whole, (plan, source), profits.dates, returns_of(profits)))
    return trials


def recorded(document: Mapping[str, Any]) -> Provenance:
    """Return the provenance that a document has on record."""
    hashes = document["hashes"]
    return Provenance(
        code=hashes["code"],
        strategies=hashes["strategies"],
        data=hashes["data"],
        profile=hashes["profile"],
        parameters=document["parameters"],
        settings=document["settings"],
        spreads=hashes["spreads"],
        news=hashes["news"],
        risk=hashes["risk"],
    )


def profits_of(document: Mapping[str, Any], tables: "Tables") -> DailyProfit:
    """Return the daily profits of a run, from its document and its tables."""
    account = document["summary"]["account"]
    pairs = [(line["strategy"], line["symbol"]) for line in document["summary"]["lines"]]
    initial = round(account["initial"] * 10 ** account["digits"])
    return daily_of(tables["lines"], tables["equity"], pairs, account["digits"], initial)


def returns_of(profits: DailyProfit, strategy: str | None = None) -> NDArray[np.float64]:
    """Return the daily returns of the account, or what one strategy added to them; 0 once it is ruined."""
    if strategy is None:
        earned = np.diff(profits.equity, prepend=profits.initial)
    else:
        earned = profits.profit[:, [name == strategy for name, _ in profits.pairs]].sum(axis=1)
    before = profits.before
    returns: NDArray[np.float64] = np.where(before > 0, earned / np.where(before > 0, before, 1), 0.0)
    return returns


def _trial(
    document: Mapping[str, Any],
    named: tuple[str, str, str],
    made: tuple[Plan, str],
    dates: Sequence[Any],
    returns: NDArray[np.float64],
) -> Trial:
    """Return one trial: `named` its family, digest and strategy, `made` its plan and what ran it."""
    (family, digest, strategy), (plan, source) = named, made
    of_all = {f"{name}.{key}": value for name, one in document["parameters"].items() for key, value in one.items()}
    return made_trial(
        family,
        digest,
        strategy=strategy,
        params={name: str(value) for name, value in document["parameters"].get(strategy, of_all).items()},
        symbols=document["instruments"],
        period=(plan.start, plan.end),
        dates=np.array([(day - EPOCH).days for day in dates], np.int64),
        returns=returns,
        source=source,
        run=document["id"],
    )
