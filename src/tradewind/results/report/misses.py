"""Why there was no trade: which gates refused, what came nearest, which orders were refused, what risk rules did.

A *nearest miss* is a moment at which one gate alone stood in the way of a strategy in an instrument. How near is
measured
in the gate's own terms, missing / interquartile range of its values, because minutes and ticks cannot be compared.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tradewind.results.amounts import number_text, share_text
from tradewind.results.report.markup import Column, Html, folding, joined, section, table, tag, words

if TYPE_CHECKING:
    import polars as pl

NEAREST = 12
LOG_ROWS = 60


def misses(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]") -> Html:
    """Return the section of gates, refusals and the risk log."""
    lead = "Every condition a strategy asked is on record, and every order that was not let through."
    parts = [
        _gates(tables["gates"]),
        _nearest(tables["gates"]),
        _refusals(tables["refusals"]),
        _risk(run, tables["risk"]),
    ]
    return section("refused", "What did not happen", lead, *parts)


def gate_counts(gates: "pl.DataFrame") -> "pl.DataFrame":
    """Return how often each gate was asked, refused, and refused alone, the most frequent refusals first."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    return (
        gates.with_columns(alone=_alone())
        .group_by("strategy", "symbol", "gate")
        .agg(
            asked=pl.len(),
            refused=(~pl.col("passed")).sum(),
            alone=pl.col("alone").sum(),
        )
        .sort(["refused", "strategy", "symbol", "gate"], descending=[True, False, False, False])
    )


def _alone() -> "pl.Expr":
    """Whether a gate was the only one that did not pass at its moment."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    failed = ~pl.col("passed")
    return failed & (failed.sum().over("strategy", "symbol", "ts") == 1)


def _gates(gates: "pl.DataFrame") -> Html:
    if gates.height == 0:
        return tag("p", "The strategies asked no gates, so this run cannot say why they did not trade.", class_="hint")
    counts = gate_counts(gates)
    columns = [words("Gate"), words("Strategy, instrument"), Column("Asked"), Column("Refused"), Column("Share"),
               Column("Refused alone")]  # fmt: skip
    rows = [
        [
            row["gate"],
            f"{row['strategy']} {row['symbol']}",
            f"{row['asked']:,}",
            f"{row['refused']:,}",
            _bar(row["refused"] / row["asked"]),
            f"{row['alone']:,}",
        ]
        for row in counts.iter_rows(named=True)
    ]
    note = "A gate is only asked where those before it did not end the matter, so shares are of the times it was asked."
    return joined([folding(columns, rows, "Gates and how often they refused", 12), tag("p", note, class_="hint")])


def _bar(share: float) -> Html:
    """Return a share as a number with a bar of that length behind it."""
    width = f"width:{share * 100:.1f}%"
    return tag("span", tag("i", style=width), tag("span", share_text(share)), class_="share")


def _nearest(gates: "pl.DataFrame") -> Html:
    """Return the moments at which least was missing."""
    found = nearest_misses(gates)
    if not found:
        return Html("")
    columns = [words("When"), words("Gate"), words("Strategy, instrument"), Column("Value"), words("Needed"),
               Column("Missing"), Column("of its usual range")]  # fmt: skip
    rows = [
        [
            tag("a", row["when"], href="#candles", data_at=row["second"], data_symbol=row["symbol"]),
            row["gate"],
            f"{row['strategy']} {row['symbol']}",
            number_text(row["value"]),
            row["needed"],
            number_text(row["missing"], sign=True),
            share_text(row["near"]),
        ]
        for row in found
    ]
    note = "One gate alone was in the way, and it was this close. Choosing new bounds from this list is a trial."
    return joined([table(columns, rows, "Nearest misses"), tag("p", note, class_="hint")])


def nearest_misses(gates: "pl.DataFrame", most: int = NEAREST) -> list[dict[str, Any]]:
    """Return the refusals by one gate alone that missed by least, at most three of a gate."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    value, low, high = pl.col("value"), pl.col("low"), pl.col("high")
    key = ["strategy", "symbol", "gate"]
    finite = value.is_finite()
    width = (value.filter(finite).quantile(0.75) - value.filter(finite).quantile(0.25)).over(key)
    missing = pl.when(value < low).then(low - value).otherwise(high - value)
    rows = (
        gates.with_columns(
            alone=_alone(), width=width, missing=missing, second=pl.col("ts").to_physical() // 1_000_000_000
        )
        .filter(pl.col("alone") & finite & pl.col("missing").is_finite() & (pl.col("width") > 0) & (low < high))
        .with_columns(near=pl.col("missing").abs() / pl.col("width"))
        .sort(["near", "ts", *key])
        .with_columns(place=pl.col("near").cum_count().over(key))
        .filter(pl.col("place") <= 3)
        .head(most)
    )
    return [
        {
            **row,
            "when": f"{row['ts']:%Y-%m-%d %H:%M}",
            "needed": f"at least {row['low']:.6g}" if row["missing"] > 0 else f"at most {row['high']:.6g}",
        }
        for row in rows.iter_rows(named=True)
    ]


def _refusals(refusals: "pl.DataFrame") -> Html:
    heading = tag("h3", "Refused orders")
    if refusals.height == 0:
        return joined([heading, tag("p", "No order was refused.", class_="hint")])
    columns = [words("Reason"), words("What it means"), words("Strategy, instrument"), Column("Times"), words("First"),
               words("Last")]  # fmt: skip
    rows = [
        [
            row["reason"],
            row["sentence"],
            f"{row['strategy']} {row['symbol'] or ''}",
            f"{row['count']:,}",
            f"{row['first']:%Y-%m-%d %H:%M}",
            f"{row['last']:%Y-%m-%d %H:%M}",
        ]
        for row in refusals.iter_rows(named=True)
    ]
    return table(columns, rows, "Refused orders, times UTC")


def _risk(run: Mapping[str, Any], log: "pl.DataFrame") -> Html:
    """Return what the risk rules did besides refusing single orders."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    heading = tag("h3", "Risk log")
    if run.get("risk", {}).get("name", "none") == "none":
        return joined([heading, tag("p", "No risk rules were in force.", class_="hint")])
    acted = log.filter(pl.col("action") != "refuse")
    if acted.height == 0:
        return joined(
            [heading, tag("p", "The risk rules refused orders, counted above, and did nothing else.", class_="hint")]
        )
    columns = [words("When, UTC"), words("Rule"), words("What it did"), words("Floor"), Column("Value"),
               Column("Limit"), words("Strategy, instrument")]  # fmt: skip
    rows = [
        [
            f"{row['ts']:%Y-%m-%d %H:%M:%S}",
            row["rule"],
            row["action"],
            row["floor"] or "",
            number_text(row["value"]),
            number_text(row["limit"]),
            f"{row['strategy'] or 'all'} {row['symbol'] or ''}",
        ]
        for row in acted.head(LOG_ROWS).iter_rows(named=True)
    ]
    more = acted.height - len(rows)
    units = "Values in the units of the control: lot steps of a reduced order, minor units of the account for a floor."
    left = f" {more:,} more rows are in the run's table `risk`." if more > 0 else ""
    return joined([folding(columns, rows, "Risk log", 8), tag("p", units + left, class_="hint")])
