"""The tables of a walk-forward study, and the figures of its tests taken together."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tradewind.markets.clock import day_date
from tradewind.research.tried import Tried
from tradewind.research.walkforward import Walk
from tradewind.results import statistics

if TYPE_CHECKING:
    from rich.table import Table

    from tradewind.research.study import Study


def windows_table(study: "Study", tried: Tried, walked: Walk) -> pl.DataFrame:
    """Return one row a window: its dates, what was chosen and how it did inside and outside."""
    rows = []
    for number, one in enumerate(walked.steps, 1):
        part = one.window
        inside, outside = (study.trades(tried, one.chosen, which) for which in (part.train, part.test))
        mean_in, mean_out = _mean_r(inside), _mean_r(outside)
        rows.append(
            {
                "window": number,
                "train_from": day_date(int(tried.dates[part.train_start])),
                "train_to": day_date(int(tried.dates[part.train_end - 1])),
                "test_from": day_date(int(tried.dates[part.test_start])),
                "test_to": day_date(int(tried.dates[part.test_end - 1])),
                "params": json.dumps(dict(tried.variants[one.chosen])),
                "objective_in": one.inside,
                "objective_out": one.outside,
                "return_year_in": one.return_inside,
                "return_year_out": one.return_outside,
                "efficiency": one.efficiency,
                "trades_in": inside.height,
                "trades_out": outside.height,
                "mean_r_in": mean_in,
                "mean_r_out": mean_out,
                "stability": one.stability,
                "rank_correlation": one.rank_correlation,
            }
        )
    floats = ("efficiency", "mean_r_in", "mean_r_out", "stability", "rank_correlation")
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides=dict.fromkeys(floats, pl.Float64))


def days_table(tried: Tried, walked: Walk, initial: float) -> pl.DataFrame:
    """Return the tested dates in order: window, return, and the equity of who had traded what was chosen."""
    number = np.concatenate(
        [np.full(one.window.test_end - one.window.test_start, place) for place, one in enumerate(walked.steps, 1)]
    )
    return pl.DataFrame(
        {
            "date": pl.Series(tried.dates[walked.places]).cast(pl.Int32).cast(pl.Date),
            "window": number,
            "return": walked.returns,
            "equity": initial * np.cumprod(1 + walked.returns),
        }
    )


def trades_table(study: "Study", tried: Tried, walked: Walk) -> pl.DataFrame:
    """Return the trades opened on tested dates by the variants chosen for them, with the window's number."""
    found = [
        study.trades(tried, one.chosen, one.window.test).with_columns(window=pl.lit(number, pl.Int64))
        for number, one in enumerate(walked.steps, 1)
    ]
    return pl.concat(found)


def pooled(tried: Tried, walked: Walk, trades: pl.DataFrame) -> dict[str, Any]:
    """Return the figures of all tests together as plain data."""
    ratio = statistics.sharpe(walked.returns)
    expected = statistics.expectancy(trades["r"].drop_nulls().to_numpy())
    efficiencies = [one.efficiency for one in walked.steps if one.efficiency is not None]
    equity = np.cumprod(1 + walked.returns)
    return {
        "windows": len(walked.steps),
        "days": len(walked.returns),
        "from": day_date(int(tried.dates[walked.places[0]])).isoformat(),
        "to": day_date(int(tried.dates[walked.places[-1]])).isoformat(),
        "return_share": float(equity[-1] - 1),
        "return_year": float(walked.returns.mean()) * statistics.TRADING_DATES_A_YEAR,
        "sharpe_year": ratio.per_year if ratio else None,
        "max_drawdown": statistics.max_drawdown(equity, 1.0),
        "trades": trades.height,
        "expectancy_r": expected.mean if expected else None,
        "expectancy_error_r": expected.error if expected else None,
        "efficiency": walked.efficiency,
        "efficiency_median": float(np.median(efficiencies)) if efficiencies else None,
        "windows_won": sum(one.return_outside > 0 for one in walked.steps),
        "variants_chosen": len({one.chosen for one in walked.steps}),
    }


def _mean_r(trades: pl.DataFrame) -> float | None:
    expected = statistics.expectancy(trades["r"].drop_nulls().to_numpy())
    return expected.mean if expected else None


def shown(windows: pl.DataFrame) -> "Table":
    """Return the windows as a table for a terminal."""
    from rich import box  # noqa: PLC0415 - loaded only when a table is made
    from rich.table import Table  # noqa: PLC0415 - loaded only when a table is made

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("learnt", "tested", "chosen"):
        table.add_column(name, overflow="fold")
    for name in ("return in", "out, a year", "kept", "mean R in", "out", "trades", "stable"):
        table.add_column(name, justify="right")
    for row in windows.iter_rows(named=True):
        params = " ".join(f"{name}={value}" for name, value in json.loads(row["params"]).items())
        table.add_row(
            f"{row['train_from']} to {row['train_to']}", f"{row['test_from']} to {row['test_to']}", params,
            f"{row['return_year_in']:+.1%}", f"{row['return_year_out']:+.1%}", _share(row["efficiency"]),
            _two(row["mean_r_in"]), _two(row["mean_r_out"]), str(row["trades_out"]), _share(row["stability"]),
        )  # fmt: skip
    return table


def said(document: Mapping[str, Any]) -> list[str]:
    """Return what came of the walk, a sentence a line."""
    walk, checked = document["walk_forward"], document["walk_forward"]["cross_validation"]
    lines = ["SYNTHETIC DATA: prices were made up."] if document["synthetic"] else []
    error = "-" if walk["expectancy_error_r"] is None else f"{walk['expectancy_error_r']:.2f}"
    lines.append(
        f"Out of sample {walk['from']} to {walk['to']}, {walk['days']} days, {walk['trades']} trades: "
        f"{walk['return_year']:+.1%} a year, Sharpe {_two(walk['sharpe_year'])}, "
        f"mean R {_two(walk['expectancy_r'])} ± {error}, {walk['windows_won']} of {walk['windows']} windows won."
    )
    lines.append(
        f"Kept {_share(walk['efficiency'])} of what it made in sample (half is the common bar); "
        f"purge {walk['purge']} and embargo {walk['embargo']} trading dates; {walk['variants']:,} variants, "
        f"{walk['variants_known']:,} of them known to the ledger."
    )
    if checked:
        ratios = checked["sharpe_year"]
        lines.append(
            f"Cross-validated over {checked['paths']} paths: Sharpe {ratios['median']:+.2f} ({ratios['low']:+.2f} to "
            f"{ratios['high']:+.2f}), {checked['below_zero']:.0%} below zero, in sample "
            f"{checked['inside_sharpe_year']:+.2f}; probability of overfitting "
            f"{checked['overfitting_probability']:.0%}."
        )
    lines += [f"{len(walk['variants_failed'])} variants failed."] if walk["variants_failed"] else []
    if "sentence" in document["honesty"]:
        lines.append(document["honesty"]["sentence"])
    return [*lines, f"run {document['id']}"]


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
