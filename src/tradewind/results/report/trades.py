"""The trades as columns for the page, and the empty state of a run that has none.

200,000 trades must fit into a few megabytes, so columns are packed in the order of their weight, what can be calculated
from others is not stored (r = net / risk, gross at mid = net less every cost), and what does not fit is named.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.results.columns import minor_of
from tradewind.results.report.markup import Html, joined, section, tag
from tradewind.results.report.misses import gate_counts
from tradewind.results.report.packing import Packed, coded, pack, within

if TYPE_CHECKING:
    import polars as pl

SECOND = 1_000_000_000
MOST = 250_000
"""Of more trades the newest are in the page."""
WORDS = ("symbol", "side", "strategy", "reason")
CASH = ("net", "risk", "spread", "slippage", "commission", "financing")


def trade_columns(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]", budget: int) -> dict[str, Any]:
    """Return the trades as the page reads them, in at most `budget` characters."""
    trades, digits = tables["trades"].tail(MOST), run["summary"]["account"]["digits"]
    dictionary: dict[str, list[str]] = {}
    places: dict[str, Packed] = {}
    for name in WORDS:
        dictionary[name], numbers = coded(trades[name].to_list())
        places[name] = pack(numbers)
    prices = {name: _digits(trades[name]) for name in ("entry_price", "exit_price")}
    scale = 10 ** max(prices.values())
    columns: dict[str, Packed] = {
        "opened": pack(_seconds(trades["opened"])),
        "closed": pack(_seconds(trades["closed"]) - _seconds(trades["opened"])),
        **places,
        "net": _cash(trades["net"], digits),
        "entry": pack(trades["entry_price"].to_numpy(), scale),
        "move": pack((trades["exit_price"] - trades["entry_price"]).to_numpy(), scale),
        "risk": _cash(trades["risk"], digits),
        "lots": pack(trades["lots"].to_numpy(), 10 ** _digits(trades["lots"])),
        "ambiguous": pack(np.minimum(trades["ambiguous"].to_numpy(), 1)),
        "stop": pack(_stops(trades, tables), scale),
        **{name: _cash(trades[name], digits) for name in CASH[2:]},
        "mae": pack(trades["mae_r"].to_numpy(), 100),
        "mfe": pack(trades["mfe_r"].to_numpy(), 100),
        "target": pack(_stops(trades, tables, "take_profit"), scale),
    }
    kept, left_out = within(columns, budget)
    return {
        "count": trades.height,
        "words": dictionary,
        "columns": kept,
        "left_out": left_out,
        "price_digits": max(prices.values()),
        "cash_digits": digits,
    }


def _seconds(column: "pl.Series") -> "np.ndarray[Any, np.dtype[np.int64]]":
    seconds: np.ndarray[Any, np.dtype[np.int64]] = column.to_physical().to_numpy() // SECOND
    return seconds


def _cash(column: "pl.Series", digits: int) -> Packed:
    """Return cash in units of the account, exact to the minor unit."""
    if column.null_count():
        return pack(column.to_numpy(), 10**digits)
    return pack(minor_of(column, digits) / 10**digits, 10**digits)


def _digits(column: "pl.Series") -> int:
    """Return the digits after the point that a column uses, at most six."""
    values = column.drop_nulls().to_numpy()
    return next((n for n in range(6) if np.allclose(values, np.round(values, n), rtol=0, atol=1e-9)), 6)


def _stops(
    trades: "pl.DataFrame", tables: "Mapping[str, pl.DataFrame]", which: str = "stop_loss"
) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return the stop (or target) that stood with the order of each trade's entry; NaN where none is known."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    trades = trades.select("strategy", "symbol", "opened")
    if "fills" not in tables or "orders" not in tables:
        return np.full(trades.height, np.nan)
    orders = tables["orders"].filter(pl.col("order") > 0).select("order", pl.col(which).cast(pl.Float64).alias("level"))
    entries = (
        tables["fills"]
        .filter(pl.col("role") == "entry")
        .select("strategy", "symbol", "order", opened="filled")
        .join(orders.unique("order", keep="first"), on="order", how="left")
        .unique(["strategy", "symbol", "opened"], keep="first", maintain_order=True)
        .select("strategy", "symbol", "opened", "level")
    )
    found = trades.join(entries, on=["strategy", "symbol", "opened"], how="left", maintain_order="left")
    return found["level"].to_numpy().astype(np.float64)


def trades_section(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]", left_out: list[str]) -> Html:
    """Return the section that the page's script fills with the table, or what to do where there was no trade."""
    if tables["trades"].height == 0:
        return section("trades", "Trades", None, no_trades(run, tables))
    lead = (
        "Filter, sort by a heading, and choose a row to see it among the candles. Figures of what is chosen "
        "stand above it."
    )
    unit = run["account"]["currency"]
    missing = [f"the columns {', '.join(left_out)}"] if left_out else []
    if tables["trades"].height > MOST:
        missing.insert(0, f"all but the newest {MOST:,} of {tables['trades'].height:,} trades")
    words = f"Left out of this page for its size: {' and '.join(missing)}. The run's table `trades` has them."
    note = tag("p", words, class_="hint") if missing else None
    return section(
        "trades",
        "Trades",
        lead,
        tag("form", id="filters", class_="filters", aria_label="Filter the trades"),
        tag("p", id="chosen", class_="chosen", role="status", aria_live="polite"),
        tag("div", id="ledger", class_="ledger", data_unit=unit),
        tag("p", "On paper: the trades as they stood on the screen.", class_="paper hint"),
        tag("noscript", tag("p", "The table of trades needs JavaScript; the run's table `trades` has them all.")),
        note,
    )


def no_trades(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]") -> Html:
    """Return why there was no trade, as far as the run can tell, and what to do."""
    gates, refusals, orders = tables["gates"], tables["refusals"], tables["orders"]
    said: list[object] = []
    if gates.height == 0 and orders.height == 0:
        said.append(
            "The strategies asked no gate and gave no order: did they wake at all? Look at the period and "
            "the timeframe."
        )
    said += [
        f"Gate {row['gate']} of {row['strategy']} in {row['symbol']} refused {row['refused']:,} of "
        f"the {row['asked']:,} times it was asked, {row['alone']:,} times alone."
        for row in gate_counts(gates).iter_rows(named=True)
        if row["refused"]
    ][:5]
    said += [
        f"{row['count']:,} orders were refused: {row['sentence']}" for row in refusals.head(5).iter_rows(named=True)
    ]
    if orders.height and not said:
        said.append(f"{orders.height:,} orders were given and none was filled: they expired or were cancelled.")
    symbol = run["instruments"][0]
    todo = joined(
        [
            "Ask about one bar: ",
            tag("code", f"tradewind why {run['id']} --on {symbol} --at MOMENT"),
            ". Then widen the gate that refuses most with ",
            tag("code", "--set name=value"),
            ", or give a longer period.",
        ]
    )
    return tag(
        "div",
        tag("p", tag("b", "No trade in this run.")),
        tag("ul", *(tag("li", each) for each in said)),
        tag("p", todo),
        class_="empty",
    )
