"""The ledger of trials as rows to print."""

from typing import TYPE_CHECKING, Any

from tradewind.adapters.ledger import Trials
from tradewind.errors import UnknownName
from tradewind.markets.clock import utc_datetime
from tradewind.research.ledger import SAMPLE, correlation_of
from tradewind.results.trials import effective_trials

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = {"sharpe_day": "Sharpe/day", "best_sharpe_day": "best Sharpe/day", "n_eff": "independent"}
WORDS = ("family", "created", "source", "symbols", "params", "first", "last")
UNSHOWN = ("run",)


def families_listed(store: Trials) -> list[dict[str, Any]]:
    """Return one row a family: how much was tried, what it is worth in independent trials, the best and when."""
    rows = []
    for one in store.families():
        sample, marks = store.of_family(one.name, SAMPLE), store.marks(one.name)
        rated = [mark.sharpe_day for mark in marks if mark.sharpe_day is not None]
        rows.append(
            {
                "family": one.name,
                "trials": one.trials,
                "repeats": one.repeats,
                "n_eff": effective_trials(len(rated), correlation_of(sample)),
                "best_sharpe_day": max(rated, default=None),
                "first": _moment(one.first),
                "last": _moment(one.last),
            }
        )
    return rows


def family_listed(store: Trials, family: str, newest: int) -> list[dict[str, Any]]:
    """Return one row a trial of a family, the `newest` of them (0 for all), oldest first.

    Parameters that all of them share are left out.
    """
    trials = store.of_family(family)
    if not trials:
        raise UnknownName("family in the trial ledger", family, [one.name for one in store.families()])
    repeats = store.repeats(family)
    same = set.intersection(*(set(one.params.items()) for one in trials)) if len(trials) > 1 else set()
    rows = [
        {
            "trial": place,
            "created": _moment(one.created),
            "source": one.source,
            "symbols": ",".join(one.symbols),
            "days": one.days,
            "sharpe_day": one.sharpe_day,
            "repeats": repeats.get(one.digest, 0),
            "params": " ".join(f"{name}={value}" for name, value in one.params.items() if (name, value) not in same),
            "run": one.run,
        }
        for place, one in enumerate(trials, 1)
    ]
    return rows[-newest:] if newest else rows


def listing_table(rows: list[dict[str, Any]]) -> "Table":
    """Return the rows as a table for a terminal."""
    from rich import box  # noqa: PLC0415 - loaded only when a table is made
    from rich.table import Table  # noqa: PLC0415 - loaded only when a table is made

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    names = [name for name in rows[0] if name not in UNSHOWN]
    for name in names:
        table.add_column(SHOWN.get(name, name), justify="left" if name in WORDS else "right", overflow="fold")
    for row in rows:
        values = [row[name] for name in names]
        table.add_row(*("-" if v is None else f"{v:.4g}" if isinstance(v, float) else str(v) for v in values))
    return table


def _moment(ns: int) -> str:
    return f"{utc_datetime(ns):%Y-%m-%d %H:%M}"
