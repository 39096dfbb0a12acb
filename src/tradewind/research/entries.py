"""The entries of a run and the bars it was made of, as `results.random_entry` asks for them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.kernel.records import BAR, QUOTE
from tradewind.ports import Rows
from tradewind.research.kit import Prepared
from tradewind.results.random_entry import Bars, Chance, Entries, against_chance

if TYPE_CHECKING:
    import polars as pl

    Tables = Mapping[str, pl.DataFrame]

NS = 1_000_000_000
CORNERS = ("open", "high", "low", "close", "spread_open", "spread_high", "spread_low", "spread_close")


def entries_by_lot(prepared: Prepared, tables: "Tables", *, draws: int, seed: int) -> Chance | None:
    """Return the run's entries beside entries drawn; None where they cannot be compared.

    Left out are trades without a stop at their entry. A run on ticks is not compared: it has no bars to draw from.
    """
    parts = []
    for number, one in enumerate(prepared.kit.facts.instruments):
        bars = bars_of(prepared.blocks, number, float(one.tick_size))
        found = None if bars is None else entries_of(tables, one.symbol, bars)
        if bars is not None and found is not None:
            parts.append((bars, found))
    return against_chance(parts, draws=draws, seed=seed) if parts else None


def bars_of(blocks: Sequence[Rows], instrument: int, tick: float) -> Bars | None:
    """Return the bars of an instrument on a tape, in price units; None where it has quotes or nothing."""
    columns: dict[str, list[Any]] = {name: [] for name in ("ts", "span", *CORNERS)}
    for block in blocks:
        mine = block["instrument"] == instrument
        if (mine & (block["kind"] == QUOTE)).any():
            return None
        chosen = np.flatnonzero(mine & (block["kind"] == BAR))
        for name, parts in columns.items():
            parts.append(np.ascontiguousarray(block[name])[chosen].astype(np.int64))
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    if whole["ts"].size == 0:
        return None
    return Bars(whole["ts"] - whole["span"] * NS, whole["ts"], *(whole[name] * tick for name in CORNERS))


def entries_of(tables: "Tables", symbol: str, bars: Bars) -> Entries | None:
    """Return the trades of a symbol that had a stop when they were entered; None where there are none."""
    import polars as pl  # noqa: PLC0415  a verb that needs no frame should not wait for it

    fills = tables["fills"].filter((pl.col("symbol") == symbol) & (pl.col("role") == "entry"))
    fills = fills.select("order", pl.col("filled").alias("opened"), pl.col("slippage").alias("paid")).unique(
        "opened", keep="first", maintain_order=True
    )
    orders = tables["orders"].filter(pl.col("order") > 0)
    orders = orders.select("order", "type", "stop_loss", "take_profit").unique("order", keep="first")
    rows = (
        tables["trades"]
        .filter(pl.col("symbol") == symbol)
        .join(fills, on="opened", how="inner")
        .join(orders, on="order", how="inner")
        .filter(pl.col("stop_loss").is_not_null() & (pl.col("stop_loss") != pl.col("entry_price")))
        .sort("opened")
    )
    if rows.height == 0:
        return None
    side = np.where(rows["side"].to_numpy() == "long", 1, -1)
    price = rows["entry_price"].to_numpy()
    target = (rows["take_profit"] - rows["entry_price"]).abs().fill_null(np.inf).to_numpy()
    worth = _worth(rows, side)
    paid = rows["paid"].to_numpy()
    later = -(rows["slippage"] + rows["commission"] + rows["financing"]).to_numpy() / worth - paid
    opened, market = rows["opened"].to_physical().to_numpy(), rows["type"].to_numpy() == "market"
    # A market order fills as a bar opens; a stop or a limit inside one that is stamped with its close.
    row = np.where(market, *(np.searchsorted(bars.closed, opened, side=way) for way in ("right", "left")))
    return Entries(
        row.clip(max=len(bars.closed) - 1),
        side,
        price,
        np.abs(price - rows["stop_loss"].to_numpy()),
        target,
        paid,
        later,
        ~market,
        rows["closed"].to_physical().to_numpy(),
    )


def _worth(rows: "pl.DataFrame", side: Any) -> Any:
    """Return the cash that a price unit was worth to each trade; a lot is worth the same in all of them, about."""
    gross = (rows["net"] - rows["commission"] - rows["financing"]).to_numpy()
    moved = (rows["exit_price"] - rows["entry_price"]).to_numpy() * side
    lots = rows["lots"].to_numpy()
    known = moved != 0
    per_lot = float(np.median(gross[known] / moved[known] / lots[known])) if known.any() else 1.0
    return per_lot * lots
