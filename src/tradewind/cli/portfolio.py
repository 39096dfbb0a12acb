"""Verbs of the portfolio: who made what of a run, and how to share risk out among strategies and instruments."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import TradewindError

if TYPE_CHECKING:
    from tradewind.results.budget import Budget

app = typer.Typer()


@app.command()
def attribution(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or latest.")] = "latest",
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show what each strategy made in each instrument: profit, risk, part of the drawdown, correlations."""
    from tradewind.modes import open_runs

    runs = open_runs(settings_of(settings_file, data))
    document = runs.get(runs.find(run))
    if "attribution" not in (document["summary"] or {}):
        raise _too_old(document["id"])
    if as_json:
        typer.echo(json.dumps(document["summary"]["attribution"], indent=2))
        return
    from rich.console import Console

    from tradewind.results.printing_portfolio import attribution_tables

    for table in attribution_tables(document):
        Console().print(table)


@app.command()
def portfolio(
    runs: Annotated[list[str], typer.Argument(help="Runs: ids, beginnings of ids, or latest.")],
    method: Annotated[str, typer.Option(help="equal, inverse, volatility or hrp.")] = "equal",
    target: Annotated[
        float | None, typer.Option(help="Volatility a year, such as 0.10; else that of weights of 1.", min=0.001, max=1)
    ] = None,
    most: Annotated[
        float | None, typer.Option(help="Largest weight, if less than where the risk fraction meets its cap.", min=0.01)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New settings file to write the weights to.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Share risk out among the strategies and instruments of saved runs, as weights of the risk fraction."""
    from tradewind.modes import open_runs
    from tradewind.results.printing import plain
    from tradewind.results.printing_portfolio import budget_table, weights_toml

    store = open_runs(settings_of(settings_file, data))
    names = list(dict.fromkeys(store.find(run) for run in runs))
    documents = [store.get(name) for name in names]
    for document in documents:
        if "attribution" not in document["summary"]:
            raise _too_old(document["id"])
    stored = [
        (document, {table: store.table(name, table) for table in ("lines", "equity")})
        for name, document in zip(names, documents, strict=True)
    ]
    budget = _budget(stored, method, target, most)
    text = weights_toml(budget, names)
    if out is not None:
        _write_new(out, text)
    if as_json:
        typer.echo(json.dumps(plain(budget._asdict()), indent=2))
        return
    from rich.console import Console

    Console().print(budget_table(budget, synthetic=any(document["synthetic"] for document in documents)))
    typer.echo(f"weights written to {out}" if out is not None else text)


def _budget(stored: Any, method: str, target: float | None, most: float | None) -> "Budget":
    """Return the risk of stored runs shared out."""
    from tradewind.results.budget import share_out
    from tradewind.results.hierarchy import hierarchical_weights
    from tradewind.results.side_by_side import side_by_side

    found = side_by_side(stored)
    # A weight beyond the cap of the risk fraction would not be traded, whatever is asked for.
    limit = found.most if most is None else min(most, found.most)
    return share_out(found.pairs, found.shares, method, target=target, most=limit, hierarchy=hierarchical_weights)


def _too_old(run: str) -> TradewindError:
    return TradewindError(f"Run {run} kept no daily results of its lines.", "It is of an older version: run it again.")


def _write_new(path: Path, text: str) -> None:
    """The file holds the text; one that is there already is never overwritten."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise TradewindError(f"{path} is there already.", "Name a new file, and copy the weights from it.") from None
